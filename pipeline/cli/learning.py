"""What verdicts say about the keywords, in the shell."""

from dataclasses import asdict

from rich.table import Table

from pipeline.cli.opening import opened, out, print_json, ready
from pipeline.learn import Lesson, Suggestion, learn
from pipeline.now import utc_now
from pipeline.stages.precision import Recall, Share
from pipeline.watch import rules_in_force

_SHOWN = 5


def evaluate_verdicts(*, as_json: bool) -> None:
    """Print precision and estimated recall of every conflict's keywords, and what would help."""
    settings = ready()
    rules = rules_in_force(settings.sources, settings.database_url)
    with opened(settings) as database:
        lessons = learn(database, rules, utc_now())
    if as_json:
        print_json([_as_json(each) for each in lessons])
        return
    judged = sum(each.precision.share.total for each in lessons)
    if not judged:
        out.print("Nobody has decided a match yet: approve and reject some on the desk first.")
        return
    table = Table("conflict", "verdicts", "precision", "95 %", "recall", "95 %", "noisiest terms")
    for each in lessons:
        table.add_row(*_row(each))
    out.print(table)
    for each in lessons:
        _print_suggestions(each)


def _row(lesson: Lesson) -> tuple[str, ...]:
    share, recall = lesson.precision.share, lesson.recall
    noisy = [term for term in lesson.precision.terms if term.share.wrong][:_SHOWN]
    return (
        lesson.precision.conflict,
        str(share.total),
        _percent(share.value),
        _between(share),
        _percent(recall.value),
        _between(recall) if recall.drawn else "no sample",
        ", ".join(
            f"{term.term} ({term.share.wrong} of {term.share.total} wrong)" for term in noisy
        ),
    )


def _print_suggestions(lesson: Lesson) -> None:
    for each in lesson.excludes:
        out.print(
            f"{lesson.precision.conflict}: as an exclude, “{each.term}” would drop "
            f"{each.rejected} rejected and lose {each.approved} approved",
            markup=False,
        )
    for each in lesson.new_terms:
        out.print(
            f"{lesson.precision.conflict}: “{each.term}” stands in {each.approved} approved and "
            f"{each.rejected} rejected articles, and in {each.unmatched} that match nothing",
            markup=False,
        )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _between(share: Share | Recall) -> str:
    low, high = share.interval
    return f"{low:.0%} to {high:.0%}"


def _as_json(lesson: Lesson) -> dict[str, object]:
    found = lesson.precision
    return {
        "conflict": found.conflict,
        "precision": _figures(found.share),
        "recall": {
            "value": lesson.recall.value,
            "interval": lesson.recall.interval,
            **asdict(lesson.recall),
        },
        "terms": [
            {"term": each.term, "kind": each.kind, **_figures(each.share)} for each in found.terms
        ],
        "silent": found.silent,
        "new_terms": _suggested(lesson.new_terms),
        "excludes": _suggested(lesson.excludes),
    }


def _suggested(suggestions: tuple[Suggestion, ...]) -> list[dict[str, object]]:
    return [asdict(each) for each in suggestions]


def _figures(share: Share) -> dict[str, object]:
    return {
        "value": share.value,
        "interval": share.interval,
        "right": share.right,
        "wrong": share.wrong,
    }

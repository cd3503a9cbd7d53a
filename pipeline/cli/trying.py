"""Commands that try and measure keywords, without storing anything."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from pipeline.cli.learning import evaluate_verdicts
from pipeline.cli.opening import AsJson, out, print_json, ready
from pipeline.errors import PipelineError
from pipeline.model import ArticleText, Kind, Match
from pipeline.stages.evaluate import ConflictFigures, Evaluation, Judged
from pipeline.stages.evaluate import evaluate as measure
from pipeline.stages.match import Explanation, Sighting
from pipeline.watch import Rules, rules_in_force


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("try")(try_keywords)
    app.command("evaluate")(evaluate)


def try_keywords(
    headline: str = typer.Argument("", help="A headline to try the keywords on."),
    summary: str = typer.Option("", help="Its summary."),
    lang: str = typer.Option("", help="Its language, such as fr."),
    jsonl: str = typer.Option(
        "", help="A file of objects {id,title,summary,lang}, one a line; - reads standard input."
    ),
    as_json: bool = AsJson,
) -> None:
    """Tell which conflicts an article would fall under, and why."""
    settings = ready()
    if bool(headline) == bool(jsonl):
        raise typer.BadParameter("give a headline in quotes, or --jsonl FILE")
    rules = rules_in_force(settings.sources, settings.database_url)
    if jsonl:
        for where, row in _rows(jsonl):
            matches = [_match(each) for each in rules.matcher.match(_text(row, where))]
            print_json({"id": row.get("id"), "matches": matches}, indent=None)
        return
    text = ArticleText(title=headline, summary=summary, language=lang)
    if as_json:
        print_json({"matches": [_match(each) for each in rules.matcher.match(text)]})
        return
    _print_explanations(rules, text)


def _rows(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each line's object with where it stands; `-` is standard input."""
    if name == "-":
        yield from _objects(sys.stdin.buffer, "standard input")
        return
    try:
        with Path(name).open("rb") as file:
            yield from _objects(file, name)
    except OSError as error:
        raise PipelineError(f"{name} cannot be read: {error.strerror}") from None


def _objects(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise PipelineError(f"{where}: not UTF-8 (byte {error.start} of the line)") from None
        except (ValueError, RecursionError) as error:
            raise PipelineError(f"{where}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise PipelineError(f'{where}: not an object such as {{"title": "…"}}')
        yield where, row


def _text(row: Mapping[str, Any], where: str) -> ArticleText:
    fields = {key: row.get(key) or "" for key in ("title", "summary", "lang")}
    for key, value in fields.items():
        if not isinstance(value, str):
            raise PipelineError(f"{where}: {key} is not text")
    return ArticleText(title=fields["title"], summary=fields["summary"], language=fields["lang"])


def _match(match: Match) -> dict[str, object]:
    return {
        "conflict": match.conflict,
        "score": match.score,
        "hits": [asdict(hit) for hit in match.hits],
    }


def _print_explanations(rules: Rules, text: ArticleText) -> None:
    explained = rules.matcher.explain(text)
    found = [each for each in explained if each.match is not None]
    near = [each for each in explained if each.match is None and _nearly(each)]
    if not found:
        out.print("No conflict matches.")
    for each in found:
        assert each.match is not None
        out.print(f"{each.conflict}: score {each.match.score}", markup=False)
        _print_hits(each)
    for each in near:
        out.print(f"{each.conflict}: no match, {each.reason}", markup=False)
        _print_hits(each)


def _nearly(explanation: Explanation) -> bool:
    """Tell a near miss from conflicts that merely share a subject word with the article."""
    placed = any(hit.kind is not Kind.SUBJECT for hit in explanation.hits)
    return placed or any(map(_tells, explanation.held_back))


def _tells(held: Sighting) -> bool:
    """Tell conditions that failed from mere other spellings, of which every text has many."""
    return not held.because.startswith("it is not written")


def _print_hits(explanation: Explanation) -> None:
    for hit in explanation.hits:
        out.print(f"  {hit.kind:<9} {hit.field}: {hit.text}  [{hit.term}]", markup=False)
    for held in filter(_tells, explanation.held_back):
        out.print(
            f"  not used  {held.field}: {held.text}  [{held.term}] {held.because}", markup=False
        )
    for held in explanation.excluded_by:
        out.print(f"  excluded  {held.field}: {held.text}  [{held.term}]", markup=False)


def evaluate(
    file: Path | None = typer.Argument(
        None, help="Labelled articles, one JSON object a line, with `labels`."
    ),
    verdicts: bool = typer.Option(
        False, "--verdicts", help="Measure on what editors decided, instead of a file."
    ),
    as_json: bool = AsJson,
) -> None:
    """Measure the keywords: precision, recall and F1 per conflict, on labels or on verdicts."""
    if (file is None) != verdicts:
        raise typer.BadParameter("give a FILE of labelled articles, or --verdicts")
    if file is None:
        evaluate_verdicts(as_json=as_json)
        return
    settings = ready()
    rules = rules_in_force(settings.sources, settings.database_url)
    judged = []
    for where, row in _rows(str(file)):
        labels, grey = row.get("labels"), row.get("grey") or []
        if not isinstance(labels, list) or not isinstance(grey, list):
            raise PipelineError(f"{where}: `labels` (and `grey`) must be lists of slugs")
        matches = rules.matcher.match(_text(row, where))
        judged.append(Judged(matches=matches, labels=labels, grey=grey))
    result = measure(judged, [conflict.slug for conflict in rules.conflicts])
    if as_json:
        print_json(_as_json(result))
    else:
        _print_evaluation(result)


def _as_json(result: Evaluation) -> dict[str, object]:
    return {
        "articles": result.articles,
        "mean_f1": result.mean_f1,
        "unknown_labels": dict(result.unknown_labels),
        "conflicts": {each.conflict: _figures(each) for each in result.conflicts},
    }


def _figures(each: ConflictFigures) -> dict[str, object]:
    def terms(chosen: Sequence[object]) -> list[object]:
        return [asdict(term) for term in chosen]  # type: ignore[call-overload]

    return {
        **asdict(each.figures),
        "precision": each.figures.precision,
        "recall": each.figures.recall,
        "f1": each.figures.f1,
        "best_terms": terms(each.best_terms()),
        "worst_terms": terms(each.worst_terms()),
    }


def _print_evaluation(result: Evaluation) -> None:
    table = Table(
        "conflict", "precision", "recall", "F1", "right", "false", "missed", "worst terms"
    )
    for each in result.conflicts:
        figures = each.figures
        worst = ", ".join(f"{term.term} ({term.wrong})" for term in each.worst_terms(3))
        table.add_row(
            each.conflict,
            *(_share(value) for value in (figures.precision, figures.recall, figures.f1)),
            str(figures.true_positives),
            str(figures.false_positives),
            str(figures.false_negatives),
            worst,
        )
    out.print(table)
    out.print(f"{result.articles} articles; mean F1 {_share(result.mean_f1)}.")
    if result.unknown_labels:
        names = ", ".join(f"{name} ({count})" for name, count in result.unknown_labels)
        out.print(f"Labels that name no conflict here: {names}.")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

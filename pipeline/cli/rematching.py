"""Commands about keywords and the stored articles: what they would change, and changing it."""

import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from pipeline.backtest import SHOWN
from pipeline.backtest import backtest as compare
from pipeline.cli.opening import AsJson, opened, out, print_json, ready, short_time, watching
from pipeline.cli.surveying import counting
from pipeline.model import ChangedMatch, Conflict, ConflictBacktest, MatchStatus
from pipeline.now import utc_now
from pipeline.rematch import RematchReport, preview_rematch
from pipeline.rematch import rematch as match_again
from pipeline.sources import load_sources
from pipeline.watch import rules_in_force

_Split = Mapping[MatchStatus | None, int]
_ORDER = (
    MatchStatus.APPROVED,
    MatchStatus.REJECTED,
    MatchStatus.PENDING,
    MatchStatus.WITHDRAWN,
    None,
)


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("backtest")(backtest)
    app.command("rematch")(rematch)


def backtest(
    other: Path = typer.Argument(help="A sources.yaml with other keywords."),
    conflict: str = typer.Option("", help="Compare only the keywords of this conflict."),
    limit: int = typer.Option(
        SHOWN, min=0, help="Show at most so many articles gained, and so many lost, by conflict."
    ),
    as_json: bool = AsJson,
) -> None:
    """Tell what other keywords would gain and lose on the stored articles; changes nothing."""
    settings = ready()
    running = rules_in_force(settings.sources, settings.database_url).conflicts
    proposed = load_sources(other).conflicts
    if conflict:
        _require(conflict, {each.slug for each in (*running, *proposed)})
    with opened(settings) as database, counting("reading stored articles") as told:
        found = compare(
            database,
            _only(running, conflict),
            _only(proposed, conflict),
            shown=limit,
            progress=told,
        )
    if as_json:
        print_json(
            {
                "articles": found.articles,
                "conflicts": [_conflict(each) for each in found.conflicts],
                "unchanged": found.unchanged,
            }
        )
        return
    for each in found.conflicts:
        _print_conflict(each)
    if not found.conflicts:
        out.print("The keywords are the same.")
    elif found.unchanged:
        out.print(f"The same keywords: {', '.join(found.unchanged)}.")
    out.print(f"{found.articles} stored articles compared; nothing was changed.")


def _require(slug: str, known: set[str]) -> None:
    if slug not in known:
        near = difflib.get_close_matches(slug, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
        raise typer.BadParameter(f"there is no conflict {slug!r}; {hint}")


def _only(conflicts: Sequence[Conflict], slug: str) -> list[Conflict]:
    return [each for each in conflicts if slug in ("", each.slug)]


def _conflict(found: ConflictBacktest) -> dict[str, object]:
    return {
        "conflict": found.conflict,
        "gained": _counts(found.gained),
        "lost": _counts(found.lost),
        "kept": _counts(found.kept),
        "gained_articles": [_changed(each) for each in found.gained_articles],
        "lost_articles": [_changed(each) for each in found.lost_articles],
    }


def _counts(split: _Split) -> dict[str, int]:
    """Counts by where the match stands; `none`: the database has no match."""
    named = {str(status or "none"): split.get(status, 0) for status in _ORDER}
    return {"total": sum(split.values()), **named}


def _changed(changed: ChangedMatch) -> dict[str, object]:
    return {
        "id": changed.article.article_id,
        "title": changed.article.title,
        "publisher": changed.article.publisher,
        "url": changed.article.url,
        "published_at": changed.article.published_at,
        "status": str(changed.status or "none"),
        "score": changed.score,
        "hits": changed.hits,
    }


def _print_conflict(found: ConflictBacktest) -> None:
    out.print(
        f"{found.conflict}: {_gains(found.gained)}; {_losses(found.lost)}; "
        f"keeps {sum(found.kept.values())}.",
        markup=False,
    )
    for sign, articles in (("+", found.gained_articles), ("-", found.lost_articles)):
        for each in articles:
            stands = f" [{each.status}]" if each.status else ""
            words = ", ".join(dict.fromkeys(hit.text for hit in each.hits))
            out.print(
                f"  {sign} {short_time(each.article.published_at)}  {each.article.publisher}  "
                f"{each.article.title}{stands}  ({words})",
                markup=False,
            )


def _gains(gained: _Split) -> str:
    total = sum(gained.values())
    return f"would gain {total}" + _said(
        gained,
        {
            MatchStatus.REJECTED: "rejected before",
            MatchStatus.APPROVED: "approved already",
            MatchStatus.PENDING: "pending already",
            MatchStatus.WITHDRAWN: "withdrawn before",
            None: "new",
        },
    )


def _losses(lost: _Split) -> str:
    """Say `would lose 3 approved, drop 41 rejected, withdraw 12 pending`."""
    verbs = {
        MatchStatus.APPROVED: "lose {} approved",
        MatchStatus.REJECTED: "drop {} rejected",
        MatchStatus.PENDING: "withdraw {} pending",
        MatchStatus.WITHDRAWN: "no longer find {} withdrawn",
        None: "no longer find {} that were never matched",
    }
    parts = [verbs[status].format(lost[status]) for status in _ORDER if lost.get(status)]
    return f"would {', '.join(parts)}" if parts else "loses nothing"


def _said(split: _Split, words: Mapping[MatchStatus | None, str]) -> str:
    parts = [f"{split[status]} {words[status]}" for status in words if split.get(status)]
    return f" ({', '.join(parts)})" if parts else ""


def rematch(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only count what would change."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask, even on a terminal."),
) -> None:
    """Apply the keywords to all stored articles again; only pending matches change.

    On a terminal it counts what would change and asks first. Interrupted, it goes on from there
    when it is run again.
    """
    settings = ready()
    with watching(settings) as (database, watch):
        asking = sys.stdin.isatty() and sys.stdout.isatty() and not yes
        if dry_run or asking:
            with counting("comparing") as told:
                expected = preview_rematch(database, watch.rules, told)
            out.print(f"Would change of {expected.articles} articles: {_changes(expected)}.")
        if dry_run or (asking and not typer.confirm("Change these matches?")):
            return
        with counting("matching again") as told:
            report = match_again(database, watch.rules, utc_now(), told)
    if report.resumed:
        out.print(f"Went on after {report.resumed} articles of an interrupted run.")
    moved = f" {report.withdrawn} withdrawn, {report.returned} returned."
    out.print(
        f"{report.articles} articles matched again, {report.matches_new} new matches."
        + (moved if report.withdrawn or report.returned else "")
    )


def _changes(report: RematchReport) -> str:
    stay = f"; {report.approved_stay} approved ones are no longer found and stay"
    return (
        f"{report.matches_new} new matches, {report.withdrawn} withdrawn, "
        f"{report.returned} returned{stay if report.approved_stay else ''}"
    )

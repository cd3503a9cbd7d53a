"""Commands of editors: verdicts and backgrounds."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.table import Table

from pipeline import background, browse
from pipeline.cli.opening import (
    AsJson,
    opened,
    out,
    print_json,
    ready,
    require_conflict,
    shell_user,
    short_time,
    table_that_fits,
    watching,
)
from pipeline.errors import BackgroundError, ReviewError
from pipeline.model import Decision, Hit, Kind, MatchStatus, SectionKind, Verdict
from pipeline.now import utc_now
from pipeline.review import review as take_verdicts
from pipeline.stages.background import to_markdown

background_commands = typer.Typer(help="A conflict's curated background.", no_args_is_help=True)
review_commands = typer.Typer(help="The desk from the shell.", no_args_is_help=True)

_Ids = typer.Argument(
    min=1,
    max=2**63 - 1,  # what a database can count to
    help="Numbers of matches; several are decided together or not at all.",
)
_Editor = typer.Option("", help="Who decides; by default the operating system's user.")
_Conflict = typer.Argument(help="The conflict's slug, such as mali.")


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(review_commands, name="review")
    app.add_typer(background_commands, name="background")


@review_commands.command("list")
def list_matches(
    conflict: str = typer.Option("", help="Only this conflict."),
    status: str = typer.Option("pending", help="pending, approved, rejected, withdrawn or all."),
    limit: int = typer.Option(0, min=0, help="At most so many; everything when not given."),
    as_json: bool = AsJson,
) -> None:
    """List matches, best first, with the words that were found."""
    settings = ready()
    if status != "all" and status not in list(MatchStatus):
        raise typer.BadParameter(f"status is all or one of {', '.join(MatchStatus)}")
    with opened(settings) as database:
        found = browse.matches(
            database,
            status=None if status == "all" else MatchStatus(status),
            conflict=conflict or None,
            limit=limit or None,
        )
        if not found:
            require_conflict(database, conflict)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        out.print("Nothing is waiting." if status == "pending" else "There is no such match.")
        return
    out.print(
        table_that_fits(
            {
                "id": [str(each.id) for each in found],
                "conflict": [each.conflict for each in found],
                "score": [str(each.score) for each in found],
                "status": [str(each.status) for each in found],
                "published": [short_time(each.published_at) for each in found],
                "publisher": [each.publisher for each in found],
                "headline": [each.title or each.summary[:80] for each in found],
                "why": [_found_words(each.hits) for each in found],
            },
            narrow=("id", "conflict", "headline", "why"),
        )
    )


def _found_words(hits: Sequence[Hit]) -> str:
    """Tell which words of which kind were found: `place: Kidal, Gao; subject: attacked`."""
    words: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    for hit in hits:
        words[hit.kind].setdefault(hit.text.casefold(), hit.text)
    return "; ".join(f"{kind}: {', '.join(each.values())}" for kind, each in words.items() if each)


@review_commands.command("approve")
def approve(
    ids: list[int] = _Ids,
    reason: str = typer.Option("", help="Why, for the log."),
    editor: str = _Editor,
) -> None:
    """Approve matches: they go into the digest with the next publication."""
    _decide(ids, Verdict.APPROVE, reason, editor)


@review_commands.command("reject")
def reject(
    ids: list[int] = _Ids,
    reason: str = typer.Option("", help="Why, for the log; such as off-topic or sport."),
    editor: str = _Editor,
) -> None:
    """Reject matches; what was published before is withdrawn."""
    _decide(ids, Verdict.REJECT, reason, editor)


@review_commands.command("reopen")
def reopen(
    ids: list[int] = _Ids,
    reason: str = typer.Option("", help="Why, for the log."),
    editor: str = _Editor,
) -> None:
    """Take verdicts back: the matches wait in the queue again."""
    _decide(ids, Verdict.REOPEN, reason, editor)


def _decide(ids: list[int], verdict: Verdict, reason: str, editor: str) -> None:
    settings = ready()
    who = editor or shell_user()
    decisions = [
        Decision(match_id=each, verdict=verdict, editor=who, reason=reason)
        for each in dict.fromkeys(ids)
    ]
    with opened(settings) as database:
        try:
            done = take_verdicts(database, decisions, utc_now())
        except ReviewError as error:
            raise ReviewError(
                f"{error}; nothing was changed (`dateline review list --status all` shows matches)"
            ) from None
    for each in done:
        word = "was already" if each.review_id is None else "is now"
        out.print(f"match {each.match_id} {word} {each.after}")


@background_commands.command("import")
def import_background(
    file: Path = typer.Argument(help="A tracker page as text, or Markdown with front matter."),
    conflict: str = typer.Option(..., help="The conflict it belongs to."),
    as_json: bool = AsJson,
) -> None:
    """Make a tracker page the conflict's background; what stood before stays in the history."""
    settings = ready()
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BackgroundError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BackgroundError(
            f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8 and import it again"
        ) from None
    with watching(settings) as (database, _):
        page, number = background.import_page(
            database, conflict, text, author=shell_user(), now=utc_now()
        )
    if as_json:
        print_json({"conflict": conflict, "revision": number, "background": asdict(page)})
        return
    out.print(f"{conflict}: revision {number}, {page.title}", markup=False)
    out.print(f"  updated {page.updated_on or 'not stated'}, {len(page.captions)} captions")
    for section in page.sections:
        words = len(section.markdown.split())
        name = section.heading or f"({section.kind}, no heading)"
        out.print(f"  {name}: {words} words" if words else f"  {name}: empty", markup=False)


@background_commands.command("show")
def show_background(conflict: str = _Conflict, as_json: bool = AsJson) -> None:
    """Print a conflict's background as Markdown."""
    settings = ready()
    with watching(settings) as (database, _):
        page = background.current(database, conflict)
        if page is None:
            background.history(database, conflict)  # names the conflicts when this is none
    if page is None:
        raise BackgroundError(
            f"{conflict} has no background yet: "
            f"`dateline background import FILE --conflict {conflict}`"
        )
    if as_json:
        print_json(asdict(page))
    else:
        typer.echo(to_markdown(page), nl=False)


@background_commands.command("history")
def background_history(conflict: str = _Conflict, as_json: bool = AsJson) -> None:
    """List every saved state of a conflict's background, newest first."""
    settings = ready()
    with watching(settings) as (database, _):
        revisions = background.history(database, conflict)
    if as_json:
        print_json([asdict(each) for each in revisions])
        return
    table = Table("revision", "saved", "by", "note", "sections")
    for each in revisions:
        kinds = [str(section.kind) for section in each.background.sections]
        shown = ", ".join(kind for kind in kinds if kind != SectionKind.LATEST_NEWS)
        table.add_row(str(each.number), short_time(each.saved_at), each.author, each.note, shown)
    out.print(table)

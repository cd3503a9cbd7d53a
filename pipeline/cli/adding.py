"""Commands that take feeds in and hand their list on: `feeds add`, `import` and `export`."""

import asyncio
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import typer

from db import Database
from pipeline.cli.opening import (
    AsJson,
    err,
    fetch_policy,
    out,
    print_json,
    ready,
    shell_user,
    short_time,
    watching,
)
from pipeline.cli.watching import feeds_commands
from pipeline.discover import Choice, Preview, PreviewedEntry
from pipeline.enlist import (
    Imported,
    Wishes,
    enlist,
    enlist_all,
    look,
    watched,
    write_list,
)
from pipeline.errors import FeedError, PipelineError
from pipeline.isolate import ParserPool
from pipeline.model import Feed
from pipeline.now import utc_now
from pipeline.sources.values import parse_duration
from pipeline.stages.describe import counted
from pipeline.stages.opml import MOST_BYTES, Outline, read_opml

SHOWN = 5


class By(StrEnum):
    """What the folders of an exported list are."""

    TAG = "tag"
    PUBLISHER = "publisher"


def register(app: typer.Typer) -> None:
    """Add this room's commands, beside `feeds list`."""
    feeds_commands.command("add")(add)
    feeds_commands.command("import")(import_list)
    feeds_commands.command("export")(export_list)


def add(
    url: str = typer.Argument(help="A feed's address, or that of a page that names its feed."),
    feed_id: str = typer.Option("", "--id", help="The feed's id; made of its name if not given."),
    publisher: str = typer.Option("", help="The outlet as readers see it; else the feed's title."),
    language: str = typer.Option("", help="The language where entries name none, such as fr."),
    every: str = typer.Option("", help="The wished time between two fetches, such as 30m."),
    yes: bool = typer.Option(False, "--yes", help="Add it without asking."),
    as_json: bool = AsJson,
) -> None:
    """Look at a feed, show what it holds and what would match, and watch it."""
    settings = ready()
    interval = parse_duration(every)
    if every and interval is None:
        raise typer.BadParameter("--every is a time such as 30m, 2h or 1d")
    wishes = Wishes(id=feed_id, publisher=publisher, language=language, every=interval)
    wishes.check()  # before anybody is asked for anything
    with watching(settings) as (database, watch):
        somebody = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
        choose = _choose if somebody and not yes else None
        try:
            found = asyncio.run(
                look(
                    database,
                    fetch_policy(settings),
                    url,
                    matcher=watch.rules.matcher,
                    language=language or watch.sources.defaults.language,
                    now=utc_now(),
                    choose=choose,
                )
            )
        except FeedError as error:
            raise PipelineError(f"{error.kind}: {error}") from error
        if isinstance(found, Choice):
            _give_up_choosing(found, as_json=as_json)
        feed = wishes.of(found, watch.sources.defaults, watched(database))
        _propose(database, found, feed, agreed=yes, somebody=somebody, as_json=as_json)


def _propose(
    database: Database, found: Preview, feed: Feed, *, agreed: bool, somebody: bool, as_json: bool
) -> None:
    """Show what was found, and watch it if that is agreed to."""
    if not as_json:
        _print_preview(found, feed)
    if somebody and not agreed:
        agreed = typer.confirm(f"Watch it as {feed.id}?")
    first_at = enlist(database, feed, utc_now(), shell_user()) if agreed else None
    if as_json:
        print_json({"added": agreed, "first_fetch_at": first_at, **_as_json(found, feed)})
    if first_at is None:
        how = "" if somebody else " Repeat the command with --yes to add it."
        err.print(f"Nothing was added.{how}")
        raise typer.Exit(1)
    if not as_json:
        out.print(
            f"Watched as {feed.id}; its first turn is at {short_time(first_at)} UTC. "
            f"`dateline ingest --feed {feed.id}` takes it in now.",
            markup=False,
        )


def _choose(choice: Choice) -> str:
    """Let the person at the terminal choose one of a page's feeds."""
    _print_choice(choice)
    number = 0
    while not 0 < number <= len(choice.links):
        number = typer.prompt(f"Which one, 1 to {len(choice.links)}?", type=int)
    return choice.links[number - 1].url


def _give_up_choosing(choice: Choice, *, as_json: bool) -> NoReturn:
    if as_json:
        links = [asdict(link) for link in choice.links]
        print_json({"added": False, "page": choice.page, "choices": links})
    else:
        _print_choice(choice)
    err.print("Nothing was added. Repeat the command with the address of one of these.")
    raise typer.Exit(1)


def _print_choice(choice: Choice) -> None:
    out.print(f"{choice.page} leads to more than one feed, or to none for certain:", markup=False)
    for number, link in enumerate(choice.links, 1):
        note = ", ".join(filter(None, (link.format, link.title)))
        out.print(f"  {number}  {link.url}  ({note})", markup=False)


def _print_preview(found: Preview, feed: Feed) -> None:
    if found.page is not None:
        out.print(f"{found.page} names this feed:", markup=False)
    out.print(f"{found.title or 'Without a title'}  ({found.format_name})",
              markup=False)  # fmt: skip
    out.print(f"  {found.url}", markup=False)
    out.print(f"  as {feed.id}, publisher {feed.publisher}, language {feed.language}", markup=False)
    if not found.complete:
        out.print("  The document broke off; what came is shown.")
    counts = ", ".join(f"{slug} {count}" for slug, count in found.by_conflict.items())
    would = f"{found.matching} would match" + (f" ({counts})" if counts else "")
    noun = "entry" if len(found.entries) == 1 else "entries"
    out.print(f"  {len(found.entries)} {noun}, {would}", markup=False)
    for entry in found.entries[:SHOWN]:
        _print_entry(entry)


def _print_entry(entry: PreviewedEntry) -> None:
    shown = entry.article
    out.print(f"  {short_time(shown.published_at)}  {shown.title or shown.summary[:100]}",
              markup=False)  # fmt: skip
    for match in entry.matches:
        words = ", ".join(dict.fromkeys(hit.text for hit in match.hits))
        out.print(f"      {match.conflict}: {words}", markup=False)


def _as_json(found: Preview, feed: Feed) -> dict[str, object]:
    return {
        "id": feed.id,
        "url": feed.url,
        "page": found.page,
        "publisher": feed.publisher,
        "language": feed.language,
        "every": feed.every,
        "title": found.title,
        "format": found.format,
        "complete": found.complete,
        "entries": len(found.entries),
        "matching": found.matching,
        "conflicts": found.by_conflict,
        "newest": [
            {
                "title": entry.article.title,
                "url": entry.article.url,
                "published_at": entry.article.published_at,
                "matches": [
                    {
                        "conflict": match.conflict,
                        "score": match.score,
                        "hits": [asdict(hit) for hit in match.hits],
                    }
                    for match in entry.matches
                ],
            }
            for entry in found.entries[:SHOWN]
        ],
    }


def import_list(
    file: typer.FileBinaryRead = typer.Argument(help="An OPML file; - reads standard input."),
    as_json: bool = AsJson,
) -> None:
    """Watch the feeds of an OPML list. Nothing is fetched now; their turns come one by one."""
    settings = ready()
    document = file.read(MOST_BYTES + 1)
    name = Path(getattr(file, "name", "-")).name.replace("<stdin>", "-")
    with watching(settings) as (database, watch):
        try:
            outlines = asyncio.run(_read_list(document))
        except FeedError as error:
            raise PipelineError(f"{name}: {error.kind}: {error}") from error
        done = enlist_all(
            database,
            outlines,
            name=name,
            defaults=watch.sources.defaults,
            now=utc_now(),
            actor=shell_user(),
        )
    _print_imported(done, as_json=as_json)
    if done.faults or not outlines:
        raise typer.Exit(1)


async def _read_list(document: bytes) -> tuple[Outline, ...]:
    async with ParserPool(workers=1) as parsers:
        return await parsers.run(read_opml, document)


def _print_imported(done: Imported, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "added": [feed.id for feed in done.added],
                "already_watched": done.already_watched,
                "repeated": done.repeated,
                "faults": [asdict(fault) for fault in done.faults],
            }
        )
        return
    for fault in done.faults:
        out.print(f"left out  {fault}", markup=False)
    for feed in done.added:
        out.print(f"added     {feed.id}  {feed.url}", markup=False)
    out.print(
        f"{counted(len(done.added), 'feed')} added, {done.already_watched} already watched, "
        f"{done.repeated} listed twice, {len(done.faults)} left out."
    )


def export_list(
    by: By = typer.Option(By.TAG, help="What the folders are: tag or publisher."),
) -> None:
    """Print all feeds that are polled as OPML, for other feed readers."""
    settings = ready()
    with watching(settings) as (database, _):
        document = write_list(database, by=by, now=utc_now())
    typer.echo(document, nl=False)

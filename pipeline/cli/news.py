"""Commands about news: take it in, list it, match it again."""

import asyncio
import difflib
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from db import Database
from pipeline import browse
from pipeline.alert import alert
from pipeline.cli.opening import (
    AsJson,
    err,
    fetch_policy,
    opened,
    out,
    print_json,
    ready,
    require_conflict,
    short_time,
    watching,
)
from pipeline.fetch import Fetcher
from pipeline.index import index_news
from pipeline.ingest import Ingest, collect_seldom
from pipeline.ingest import Progress as Told
from pipeline.isolate import ParserPool
from pipeline.model import Copies, DueFeed, FetchReport, MatchStatus, StoredArticle
from pipeline.now import utc_now
from pipeline.read_pages import PageReader
from pipeline.settings import Settings
from pipeline.stages.describe import counted
from pipeline.tally import IngestReport
from pipeline.watch import Watch

_OUTCOMES = ("updated", "not_modified", "unchanged", "failed")


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("ingest")(ingest)
    app.command("articles")(articles)


def ingest(
    every: bool = typer.Option(False, "--all", help="Fetch every feed, due or not."),
    feed: list[str] = typer.Option([], "--feed", help="Fetch this feed, due or not; repeatable."),
    as_json: bool = AsJson,
) -> None:
    """Make one pass over due feeds: fetch, match and store what is new."""
    settings = ready()
    with watching(settings) as (database, watch):
        _require_known(feed, database)
        collect_seldom()
        report, held, left = asyncio.run(
            _pass(settings, database, watch, every, feed, quiet=as_json)
        )
        alert(database, utc_now())
        if as_json:
            print_json(asdict(report))
        else:
            _print_pass(report, held, left, database)
        if left:
            were, they = ("was", "it is") if left == 1 else ("were", "they are")
            err.print(
                f"Stopped: {counted(left, 'feed')} {were} not taken in; {they} due as before."
            )


def _require_known(wanted: list[str], database: Database) -> None:
    known = {feed.id: feed for feed in browse.watched_feeds(database)}
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else "; `dateline feeds list` names them"
            raise typer.BadParameter(f"there is no feed {name!r}{hint}")
        if not known[name].enabled:
            raise typer.BadParameter(f"feed {name} is disabled in sources.yaml")


async def _pass(
    settings: Settings,
    database: Database,
    watch: Watch,
    every: bool,
    only: list[str],
    *,
    quiet: bool,
) -> tuple[IngestReport, int, int]:
    """One pass; gives its report, how many wanted feeds another process holds, and how many are
    left because the pass was stopped."""
    async with Fetcher(fetch_policy(settings)) as fetcher, ParserPool() as parsers:
        work = Ingest(
            database=database,
            fetcher=fetcher,
            parsers=parsers,
            rules=lambda: watch.rules,
            clock=utc_now,
            heeds_hubs=settings.websub == "on",
        )
        enabled = sum(each.enabled for each in browse.watched_feeds(database))
        due = work.claim(
            only=only or None,
            even_if_not_due=every or bool(only),
            patience=timedelta(seconds=settings.host_interval * enabled),
        )
        wanted = len(set(only)) if only else enabled if every else len(due)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.stop)
        with _progress(due, quiet=quiet) as told:
            report = await work.run(due, told)
        await _read_pages(work)
        await asyncio.to_thread(index_news, database)
        left = len(due) - report.feeds if work.stopping.is_set() else 0
        return report, wanted - len(due), left


async def _read_pages(work: Ingest) -> None:
    """Read pages of new articles where feeds ask for it; the log says how each went."""
    reader = PageReader(
        database=work.database,
        fetcher=work.fetcher,
        parsers=work.parsers,
        rules=work.rules,
        clock=work.clock,
        stopping=work.stopping,
        writer=work.writer,
    )
    if work.stopping.is_set():
        return
    reading = asyncio.create_task(reader.run(reader.claim()))
    stopping = asyncio.create_task(work.stopping.wait())
    await asyncio.wait([reading, stopping], return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        await asyncio.wait([reading], timeout=work.grace)
        reading.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await reading


@contextmanager
def _progress(due: tuple[DueFeed, ...], *, quiet: bool) -> Iterator[Told | None]:
    """Show a bar on a terminal; elsewhere the log line of each feed is the progress."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("fetching", total=len(due))

        def told(report: FetchReport) -> None:
            bar.update(task, advance=1, description=f"{report.feed_id[:30]:<30}")

        yield told


def _print_pass(report: IngestReport, held: int, left: int, database: Database) -> None:
    if not report.feeds and not left:
        turn = browse.next_fetch(database)
        out.print("No feed is due." + (f" The next is due {short_time(turn)} UTC." if turn else ""))
        out.print("`dateline ingest --all` fetches every feed now.")
    else:
        table = Table("feeds", *(name.replace("_", " ") for name in _OUTCOMES), "entries")
        for name in ("new", "revised", "matches"):
            table.add_column(name)
        table.add_row(
            str(report.feeds),
            *(str(getattr(report, name)) for name in _OUTCOMES),
            str(report.entries),
            str(report.articles_new),
            str(report.articles_revised),
            str(report.matches_new),
        )
        out.print(table)
        for failure in report.failures:
            out.print(f"failed  {failure.feed}  {failure.kind}: {failure.message}", markup=False)
        out.print(f"Done in {report.seconds:.1f} s.")
    if held > 0:
        was, it = ("was", "it") if held == 1 else ("were", "them")
        out.print(
            f"{counted(held, 'feed')} {was} left to another process that is fetching {it} now."
        )


def articles(
    conflict: str = typer.Option("", help="Only articles under this conflict."),
    status: str = typer.Option("", help="Only matches: pending, approved, rejected, withdrawn."),
    search: str = typer.Option(
        "", help="Only articles with these words; the last may be a beginning."
    ),
    every: bool = typer.Option(False, "--all", help="Also articles that match no conflict."),
    limit: int = typer.Option(0, min=0, help="At most so many; everything when not given."),
    as_json: bool = AsJson,
) -> None:
    """List stored articles with their matches, newest first."""
    settings = ready()
    if status and status not in list(MatchStatus):
        raise typer.BadParameter(f"status is one of {', '.join(MatchStatus)}")
    with opened(settings) as database:
        found = browse.articles(
            database,
            conflict=conflict or None,
            status=MatchStatus(status) if status else None,
            search=search or None,
            unmatched=every,
            limit=limit or None,
        )
        if not found:
            require_conflict(database, conflict)
        told = {each.story_id for each in found if each.story_id is not None} if as_json else set()
        copies = browse.story_copies(database, told)
    if as_json:
        print_json([_article(each, copies) for each in found])
        return
    if not found:
        out.print(
            "No article fits." if conflict or status or search else "No article is stored yet."
        )
        return
    table = Table("id", "published", "publisher", "headline", "matches")
    for each in found:
        matched = ", ".join(f"{match.conflict} {match.status}" for match in each.matches)
        table.add_row(
            str(each.id), short_time(each.published_at), each.publisher, each.title, matched
        )
    out.print(table)


def _article(article: StoredArticle, copies: Mapping[int, Copies]) -> dict[str, object]:
    """An article in the shape the contract names, with the size of its story."""
    counted = copies.get(article.story_id) if article.story_id is not None else None
    return {
        "id": article.id,
        "url": article.url,
        "link": article.link,
        "title": article.title,
        "summary": article.summary,
        "publisher": article.publisher,
        "language": article.language,
        "published_at": article.published_at,
        "date_origin": article.date_origin,
        "first_seen_at": article.first_seen_at,
        "revision": article.revision,
        "feeds": article.feeds,
        "story": article.story_id,
        "copies": counted.copies if counted else 1,
        "origins": counted.origins if counted else 1,
        "matches": article.matches,
    }

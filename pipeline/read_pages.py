"""Read pages: the text of new articles from their own pages, for matching only.

Second phase of feeds that say `full_text: true`. A page is read once, as robots.txt allows, through
the same guard and in the same turns of its host as the feeds. Its text is kept apart from what is
published, and the article is matched again with it.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import structlog

from db import Database, articles, pages, retried
from pipeline.errors import FeedError, Severity, StoreError
from pipeline.fetch import STOPPING, Fetcher, RobotsFiles
from pipeline.isolate import ParserPool
from pipeline.model import DuePage, Fetched, PageState, StoredPage
from pipeline.stages.extract import Extracted, Lack, RawPage, extract_text
from pipeline.stages.robots import Permission, permission
from pipeline.store import match_stored
from pipeline.watch import Rules

P = ParamSpec("P")
T = TypeVar("T")
MOST_PER_HOST = 5
MOST_AT_ONCE = 60
AGAIN_AFTER = (timedelta(minutes=15), timedelta(hours=2))
PATIENCE = 10.0  # seconds of a crawl-delay waited for; a longer one is left for a later pass
_HOSTS_AT_ONCE = 12
_LEASE = timedelta(minutes=15)
_REFUSALS = {"http_401", "http_403", "http_451", "blocked", "refused_address"}
# Where the fetcher's own sentence speaks of feeds and what to do about theirs.
_SENTENCES = {
    "blocked": "Its page is behind a bot check.",
    "too_large": "Its page is larger than a document may be.",
    "refused_address": "Its page leads to an address inside a private network.",
}
_LACKS = {
    Lack.NOT_HTML: (PageState.FAILED, "Its address leads to something that is no web page."),
    Lack.NO_TEXT: (PageState.FAILED, "Its page holds no text that could be found."),
    Lack.CHALLENGE: (PageState.REFUSED, _SENTENCES["blocked"]),
    Lack.TEASER: (PageState.READ, "Only the beginning is free to read."),
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesReport:
    """What one pass did; pages left for later are not counted."""

    read: int = 0
    refused: int = 0
    failed: int = 0
    matches_new: int = 0

    def __str__(self) -> str:
        """Say it in one line, as the log has it."""
        return (
            f"{self.read} read, {self.refused} refused, {self.failed} failed, "
            f"{self.matches_new} matches"
        )


class _Later(Exception):
    """A page is not to be read now; the attempt does not count. `seconds` until the next."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReader:
    """What reading pages needs; the same parts as taking feeds in, shared with it.

    Keep one for the life of the process: it remembers each site's robots.txt and when its pages
    were last asked for.
    """

    database: Database
    fetcher: Fetcher
    parsers: ParserPool
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HOSTS_AT_ONCE))
    # One writer at a time: on SQLite others would only wait for its lock.
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "pages"))
    robots: RobotsFiles = field(init=False)
    asked: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "robots", RobotsFiles(self.fetcher))

    def any_due(self) -> bool:
        """Whether a page may be read now."""
        with self.database.reading() as connection:
            return pages.any_due(connection, self.clock())

    @retried
    def claim(self) -> tuple[DuePage, ...]:
        """Take pages that are due and that no other process holds, a few of each host."""
        now = self.clock()
        with self.database.reading() as connection:
            if not pages.any_due(connection, now):
                return ()
        with self.database.transaction() as connection:
            return pages.claim(
                connection, now, lease=_LEASE, per_host=MOST_PER_HOST, limit=MOST_AT_ONCE
            )

    async def run(self, due: Sequence[DuePage]) -> PagesReport:
        """Read claimed pages, one of a host at a time, and sum up. No page stops another."""
        by_host: dict[str, list[DuePage]] = defaultdict(list)
        for page in due:
            by_host[urlsplit(page.url).netloc.casefold()].append(page)
        reports: list[PagesReport] = []

        async def one_host(own: Sequence[DuePage]) -> None:
            async with self.slots:
                for number, page in enumerate(own):
                    try:
                        reports.append(await self._take(page))
                    except _Later as later:
                        await self._write(self._put_off, own[number:], later.seconds)
                        return

        try:
            async with asyncio.TaskGroup() as group:
                for own in by_host.values():
                    group.create_task(one_host(own))
        except* StoreError as failed:
            # The database is gone for all of them alike: one error says it.
            raise failed.exceptions[0] from None
        finally:
            await self._write(self._put_off, due, 0.0)
        return PagesReport(
            read=sum(report.read for report in reports),
            refused=sum(report.refused for report in reports),
            failed=sum(report.failed for report in reports),
            matches_new=sum(report.matches_new for report in reports),
        )

    async def _take(self, page: DuePage) -> PagesReport:
        """Read one page and store what came of it; raises _Later when its turn is to come."""
        try:
            stored = _as_stored(await self._read(page.url), page, self.clock())
        except FeedError as error:
            if error.kind in ("host_paused", STOPPING):
                raise _Later(error.retry_after or 0.0) from None
            stored = _not_read(error, page, self.clock())
        except _Later:
            raise
        except Exception as error:  # noqa: BLE001 a defect in one page's way must not stop the others
            _log.exception(f"page of article {page.article_id}: failed in Dateline itself")
            told = FeedError("internal", f"Dateline failed: {error!r}", severity=Severity.PASSING)
            stored = _not_read(told, page, self.clock())
        return await self._write(self._store, page, stored)

    async def _read(self, url: str) -> Extracted:
        """Fetch a page if it may be, and take its text out. Raises FeedError and _Later."""
        asks = await self._permission(url)
        await self._wait(urlsplit(url).netloc.casefold(), asks.delay)
        fetched = await self.fetcher.fetch(url)
        assert isinstance(fetched, Fetched), "without validators there is no 304"
        if fetched.url != url:
            await self._permission(fetched.url)
        raw = RawPage(body=fetched.body, content_type=fetched.content_type, charset=fetched.charset)
        return await self.parsers.run(extract_text, raw)

    async def _permission(self, url: str) -> Permission:
        """Ask the site's robots.txt; raises FeedError where it forbids, or cannot be asked now."""
        file = await self.robots.file_for(url)
        if file is None:
            raise FeedError(
                "robots_unreachable",
                "Its site's robots.txt cannot be had at the moment.",
                severity=Severity.PASSING,
            )
        asks = await self.parsers.run(permission, (file, url))
        if not asks.allowed:
            raise FeedError("robots", "Its site's robots.txt asks not to read this page.")
        return asks

    async def _wait(self, host: str, delay: float) -> None:
        """Keep a crawl-delay, or leave the page for later; the host's usual turn comes besides."""
        if self.stopping.is_set():
            raise _Later(0.0)
        now = time.monotonic()
        left = self.asked.get(host, now - delay) + delay - now
        if left > PATIENCE:
            raise _Later(left)
        if left > 0:
            try:
                async with asyncio.timeout(left):
                    await self.stopping.wait()
                raise _Later(0.0)
            except TimeoutError:
                pass
        for other in [each for each, at in self.asked.items() if now - at > 600]:
            del self.asked[other]
        self.asked[host] = time.monotonic()

    @retried
    def _store(self, page: DuePage, stored: StoredPage) -> PagesReport:
        now = self.clock()
        proposed = 0
        with self.database.transaction() as connection:
            # The article first, as wherever both are locked.
            held = articles.texts(connection, only=[page.article_id], hold=True)
            if not held or not pages.holds(connection, page):
                return PagesReport()
            pages.record(connection, page, stored)
            if stored.body:
                article_id, revision, text = held[0]
                whole = [(article_id, revision, replace(text, body=stored.body))]
                proposed = match_stored(connection, whole, self.rules(), now)
        _say(page, stored, proposed)
        return PagesReport(
            read=stored.state is PageState.READ,
            refused=stored.state is PageState.REFUSED,
            failed=stored.state is PageState.FAILED,
            matches_new=proposed,
        )

    @retried
    def _put_off(self, held: Sequence[DuePage], seconds: float) -> None:
        """Give pages back, unread: the attempt does not count."""
        due_at = self.clock() + timedelta(seconds=seconds)
        with self.database.transaction() as connection:
            for page in sorted(held, key=lambda each: each.article_id):
                if pages.holds(connection, page):
                    again = StoredPage(
                        state=PageState.WAITING, due_at=due_at, attempts=page.attempts - 1
                    )
                    pages.record(connection, page, again)

    async def _write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.writer, lambda: work(*args, **kwargs))


def _as_stored(found: Extracted, page: DuePage, now: datetime) -> StoredPage:
    """What is remembered of a page that came."""
    state, message = PageState.READ, None
    if found.lack is not None:
        state, message = _LACKS[found.lack]
    return StoredPage(
        state=state,
        due_at=now,
        attempts=page.attempts,
        read_at=now if state is PageState.READ else None,
        body=found.text,
        error_kind=found.lack,
        error_message=message,
    )


def _not_read(error: FeedError, page: DuePage, now: datetime) -> StoredPage:
    """What is remembered of a page that did not come: tried again if the failure may pass."""
    state, due_at = PageState.FAILED, now
    if error.severity is Severity.PASSING and page.attempts <= len(AGAIN_AFTER):
        state = PageState.WAITING
        asked_for = timedelta(seconds=error.retry_after or 0.0)
        due_at = now + max(AGAIN_AFTER[page.attempts - 1], asked_for)
    elif error.kind in _REFUSALS or error.kind == "robots":
        state = PageState.REFUSED
    message = _SENTENCES.get(error.kind, str(error))
    if error.kind.startswith("http_"):
        message = f"Its page answered {error.status}."
    return StoredPage(
        state=state,
        due_at=due_at,
        attempts=page.attempts,
        error_kind=error.kind,
        error_message=message,
    )


def _say(page: DuePage, stored: StoredPage, proposed: int) -> None:
    about = f"page of article {page.article_id}: {stored.state}"
    if stored.body:
        lack = f", {stored.error_kind}" if stored.error_kind else ""
        _log.info(f"{about}, {len(stored.body)} characters, {proposed} matched{lack}")
    else:
        again = "; tried again later" if stored.state is PageState.WAITING else ""
        _log.info(f"{about}, {stored.error_message}{again}", kind=stored.error_kind)

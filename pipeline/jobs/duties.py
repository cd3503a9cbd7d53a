"""Duties: what each scheduled job does, whenever the clock says so."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from db import (
    Database,
    digests,
    editions,
    reviews,
)
from pipeline import sample
from pipeline.alert import alert
from pipeline.bring_out import bring_out
from pipeline.complaints import Complaints
from pipeline.dispatch import PAGES, PATIENCE, PUBLISH, REMATCH, HandOver
from pipeline.errors import PipelineError
from pipeline.fetch import Poster
from pipeline.index import index_news
from pipeline.ingest import AT_ONCE, Ingest
from pipeline.jobs.tidy import tidy
from pipeline.model import DueFeed, DuePage
from pipeline.now import utc_now
from pipeline.publish import SWEEP_EVERY, publish
from pipeline.read_pages import PageReader
from pipeline.rematch import rematch_if_wanted, rematch_progress
from pipeline.settings import Settings
from pipeline.sweep import sweep
from pipeline.watch import Watch

# Entries leave the digest's window with time alone: look even when no verdict was taken.
PUBLISH_ANYWAY = timedelta(minutes=10)
BEAT = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_log = structlog.get_logger()


@dataclass(kw_only=True)
class Duties:
    """What the jobs of one process do, and what they have in hand.

    A duty gives a sentence on what it did, or None when there was nothing to do. `tell_time` tells
    the time.
    """

    database: Database
    settings: Settings
    watch: Watch
    ingest: Ingest
    in_hand: set[asyncio.Task[object]] = field(default_factory=set)
    feeds_in_hand: int = 0
    published: tuple[object, ...] = ()
    published_at: datetime = _NEVER
    handed: tuple[object, ...] = ()
    handed_at: datetime = _NEVER
    beat_at: datetime = _NEVER
    complaints: Complaints = field(default_factory=Complaints)
    publishing: asyncio.Lock = field(default_factory=asyncio.Lock)
    poster: Poster | None = None
    tell_time: Callable[[], datetime] = utc_now
    hand_over: HandOver | None = None
    reader: PageReader = field(init=False)
    reading: asyncio.Task[object] | None = None
    rematching: asyncio.Task[object] | None = None

    def __post_init__(self) -> None:
        shared = self.ingest
        self.reader = PageReader(
            database=self.database,
            fetcher=shared.fetcher,
            parsers=shared.parsers,
            rules=shared.rules,
            clock=shared.clock,
            stopping=shared.stopping,
            writer=shared.writer,
        )

    async def _tick(self) -> str | None:
        now = self.tell_time()
        await asyncio.to_thread(self.watch.refresh, now)
        if self.hand_over is not None:
            handed = await asyncio.to_thread(self.hand_over.feeds, self.ingest)
            return self._said(now, f"{handed} feeds handed over" if handed else None)
        free = max(AT_ONCE * 2 - self.feeds_in_hand, 0)
        due = await asyncio.to_thread(self.ingest.claim, limit=free) if free else ()
        if due:
            task = asyncio.create_task(self._take_in(due))
            self.in_hand.add(task)
            task.add_done_callback(self.in_hand.discard)
            return self._said(now, f"{len(due)} feeds due")
        return self._said(now, None)

    def _said(self, now: datetime, what: str | None) -> str | None:
        """Give a tick's sentence; one that found nothing says so once a minute."""
        if what is None and now - self.beat_at < BEAT:
            return None
        self.beat_at = now
        return what or "nothing due"

    async def _take_in(self, due: Sequence[DueFeed]) -> None:
        self.feeds_in_hand += len(due)
        try:
            report = await self.ingest.run(due)
        except PipelineError as error:
            self.complaints.tell("feeds in hand", str(error), self.tell_time())
            return
        finally:
            self.feeds_in_hand -= len(due)
        self.complaints.is_over("feeds in hand")
        _log.info(
            f"ingest: {report.feeds} feeds, {report.articles_new} new articles, "
            f"{report.matches_new} matches, {report.failed} failed, in {report.seconds:.1f} s"
        )

    async def _read_pages(self) -> str | None:
        """Begin a pass over pages of articles, unless the one before is still busy."""
        if self.reading is not None and not self.reading.done():
            return None
        if self.hand_over is not None:
            if await asyncio.to_thread(self.reader.any_due):
                await asyncio.to_thread(self.hand_over.chore, PAGES)
            return None
        due = await asyncio.to_thread(self.reader.claim)
        if not due:
            return None
        self.reading = asyncio.create_task(self._read(due))
        self.in_hand.add(self.reading)
        self.reading.add_done_callback(self.in_hand.discard)
        return f"{len(due)} pages due"

    async def _read(self, due: Sequence[DuePage]) -> None:
        try:
            report = await self.reader.run(due)
        except PipelineError as error:
            self.complaints.tell("pages in hand", str(error), self.tell_time())
            return
        self.complaints.is_over("pages in hand")
        _log.info(f"pages: {report}")

    async def _rematch(self) -> str | None:
        """Begin a rematch after keywords were saved on the desk; it goes on over restarts."""
        if self.rematching is not None and not self.rematching.done():
            return None
        if self.hand_over is not None:
            if await asyncio.to_thread(rematch_progress, self.database):
                await asyncio.to_thread(self.hand_over.chore, REMATCH)
            return None
        self.rematching = asyncio.create_task(self._match_again())
        self.in_hand.add(self.rematching)
        self.rematching.add_done_callback(self.in_hand.discard)
        return None

    async def _match_again(self) -> None:
        stops = self.ingest.stopping.is_set
        try:
            report = await asyncio.to_thread(
                rematch_if_wanted, self.database, self.tell_time(), stops
            )
        except PipelineError as error:
            self.complaints.tell("rematch in hand", str(error), self.tell_time())
            return
        self.complaints.is_over("rematch in hand")
        if report is not None:
            _log.info(
                f"rematch: {report.articles} articles, {report.matches_new} new matches, "
                f"{report.withdrawn} withdrawn, {report.returned} returned"
            )

    async def publish_if_changed(self) -> str | None:
        """Publish when a verdict, a background or the sources changed since the last time."""
        async with self.publishing:
            now = self.tell_time()
            state = await asyncio.to_thread(self._state)
            if state == self.published and now - self.published_at < PUBLISH_ANYWAY:
                return None
            if await self._is_handed_over(state, now):
                return None
            report = await asyncio.to_thread(
                publish,
                self.database,
                self.settings.public_dir,
                self.settings.base_url,
                now,
                hubs=self.settings.hub_url,
                letters=self.settings.mail_server is not None,
                # A power loss may have emptied what stood before this process began.
                sweep_every=SWEEP_EVERY if self.published else timedelta(0),
            )
            self.published, self.published_at = state, now
            if report.elsewhere:
                _log.warning(f"publish: {report.elsewhere}")
            if not report.changed:
                return None
            _log.info(f"publish: {len(report.changed)} of {report.files} files changed")
            return f"{len(report.changed)} of {report.files} files changed"

    async def _is_handed_over(self, state: tuple[object, ...], now: datetime) -> bool:
        """Let a worker publish; False when this process is to do it, as none takes it up."""
        if self.hand_over is None:
            return False
        if state != self.handed or now - self.handed_at >= PUBLISH_ANYWAY:
            await asyncio.to_thread(self.hand_over.chore, PUBLISH)
            self.handed, self.handed_at = state, now
            return True
        if await asyncio.to_thread(self.hand_over.stands, PUBLISH):
            return now - self.handed_at < PATIENCE
        self.published, self.published_at = state, self.handed_at
        return True

    def _state(self) -> tuple[object, ...]:
        with self.database.reading() as connection:
            return (
                reviews.newest(connection),
                digests.newest_change(connection),
                digests.backgrounds_state(connection),
                self.watch.sources.digest,
                editions.newest_change(connection),
            )

    async def _sample(self) -> str | None:
        drawn = await asyncio.to_thread(sample.draw, self.database, self.tell_time())
        return f"{drawn} unmatched articles drawn to be judged blindly" if drawn else None

    async def _editions(self) -> str | None:
        found = await asyncio.to_thread(
            bring_out, self.database, self.settings.base_url, self.tell_time()
        )
        if not found:
            return None
        named = ", ".join(f"{each.number} ({each.title})" for each in (*found.made, *found.revised))
        _log.info(f"editions: {named}")
        return f"{len(found.made)} editions made, {len(found.revised)} corrected: {named}"

    async def _alert(self) -> str | None:
        found = await asyncio.to_thread(alert, self.database, self.tell_time())
        return f"{found.raised} alarms raised, {found.ended} over" if found else None

    async def _index(self) -> None:
        await asyncio.to_thread(index_news, self.database)

    async def _tidy(self) -> None:
        await asyncio.to_thread(tidy)

    async def _sweep(self) -> str:
        return await asyncio.to_thread(
            sweep,
            self.database,
            self.watch,
            self.tell_time(),
            followed=self.settings.websub == "on",
            stopping=self.ingest.stopping.is_set,
        )

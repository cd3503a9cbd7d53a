"""Browse: what doors show of the database. Nothing here changes what is remembered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from db import (
    Connection,
    Database,
    alarms,
    conflicts,
    feeds,
    fetches,
    hub_pings,
    letters,
    pages,
    reviews,
    runs,
    subscribers,
    webhooks,
)
from db import articles as article_rows
from db import matches as match_rows
from db import search as word_index
from db.upgrade import require_current
from pipeline.errors import StoreError
from pipeline.gather import copies_of, count_copies
from pipeline.index import index_news
from pipeline.model import (
    AlarmKind,
    Copies,
    Feed,
    FeedState,
    JobRun,
    MatchStatus,
    Outcome,
    QueuedMatch,
    Review,
    Revision,
    StoredArticle,
    StoredPage,
    Told,
)
from pipeline.stages.group import count_origins

PAGE = 50
# How long the clock may stay silent before somebody should look.
CLOCK_SILENCE = timedelta(minutes=5)
CLOCK_JOB = "ingest"


class Order(StrEnum):
    """How the queue is sorted."""

    SCORE = "score"  # best first, then newest
    NEWEST = "newest"
    OLDEST = "oldest"  # longest waiting first
    DECIDED = "decided"  # last decided first


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCount:
    """How many matches of one conflict stand where."""

    slug: str
    title: str
    by_status: Mapping[MatchStatus, int]

    @property
    def waiting(self) -> int:
        """Matches nobody decided yet."""
        return self.by_status.get(MatchStatus.PENDING, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page of the queue: `total` matches fit the filter, `waiting` are undecided in all.

    `copies` says of each match's story how often it was published and from how many origins.
    `next_fetch_at` is when the next feed's turn comes, None when no feed will be fetched.
    """

    matches: tuple[QueuedMatch, ...]
    total: int
    waiting: int
    conflicts: tuple[ConflictCount, ...]
    offset: int
    next_fetch_at: datetime | None
    copies: Mapping[int, Copies]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """One article with everything known of it; revisions oldest first, reviews newest first.

    `page` is None where its own page was never to be read. `told` are all articles of its story,
    itself among them, in the order they were stored.
    """

    article: StoredArticle
    revisions: tuple[Revision, ...]
    matches: tuple[QueuedMatch, ...]
    reviews: tuple[Review, ...]
    told: tuple[Told, ...]
    copies: Copies
    page: StoredPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a monitor wants to know, counted at one moment."""

    feeds: Mapping[FeedState, int]
    matches: Mapping[MatchStatus, int]
    articles: int
    fetches_last_hour: Mapping[Outcome, int]
    runs: tuple[JobRun, ...]
    missed_last_day: int
    next_fetch_at: datetime | None
    alarms: Mapping[AlarmKind, int]
    outgoing: Mapping[tuple[str, str], int]
    subscribers: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold for the service to be ready."""

    name: str
    well: bool
    detail: str


def queue(
    database: Database,
    *,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    order: Order = Order.SCORE,
    words: str = "",
    limit: int | None = PAGE,
    offset: int = 0,
) -> QueuePage:
    """Give one page of the queue; `words` keeps articles that contain all of them."""
    if words:
        index_news(database)
    with database.reading() as connection:
        counted = _counts(connection)
        if words:
            found, total = word_index.queue(
                connection,
                words,
                status=status,
                conflict=conflict,
                order=order,
                limit=limit,
                offset=offset,
            )
        else:
            found = match_rows.queue(
                connection,
                status=status,
                conflict=conflict,
                order=order,
                limit=limit,
                offset=offset,
            )
            total = _total(counted, status, conflict)
        return QueuePage(
            matches=found,
            total=total,
            waiting=sum(each.waiting for each in counted),
            conflicts=counted,
            offset=offset,
            next_fetch_at=feeds.next_turn(connection),
            copies=count_copies(connection, {match.story_id for match in found if match.story_id}),
        )


def _counts(connection: Connection) -> tuple[ConflictCount, ...]:
    """Count by conflict, in the order of sources.yaml; retired ones with matches come last."""
    counted = match_rows.counts(connection)
    titles = conflicts.titles(connection)
    slugs = [*titles, *sorted(set(counted) - set(titles))]
    return tuple(
        ConflictCount(slug=slug, title=titles.get(slug, slug), by_status=counted.get(slug, {}))
        for slug in slugs
    )


def _total(
    counted: tuple[ConflictCount, ...], status: MatchStatus | None, conflict: str | None
) -> int:
    return sum(
        how_many
        for each in counted
        if conflict is None or each.slug == conflict
        for stands, how_many in each.by_status.items()
        if status is None or stands is status
    )


def matches(
    database: Database,
    *,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    limit: int | None = None,
) -> tuple[QueuedMatch, ...]:
    """List matches, best first."""
    with database.reading() as connection:
        return match_rows.queue(connection, status=status, conflict=conflict, limit=limit)


def article(database: Database, article_id: int) -> ArticlePage | None:
    """Give one article with its texts, matches and verdicts, or None when there is none."""
    with database.reading() as connection:
        found = word_index.find(connection, ids=[article_id], unmatched=True)
        if not found:
            return None
        match_ids = [match.id for match in found[0].matches]
        told = copies_of(connection, found[0].story_id)
        return ArticlePage(
            article=found[0],
            revisions=article_rows.revisions(connection, article_id),
            matches=match_rows.queue(connection, ids=match_ids, status=None),
            reviews=reviews.log(connection, match_ids=match_ids),
            page=pages.find(connection, article_id),
            told=told,
            copies=count_origins(told),
        )


def articles(
    database: Database,
    *,
    conflict: str | None = None,
    status: MatchStatus | None = None,
    search: str | None = None,
    unmatched: bool = False,
    limit: int | None = None,
) -> tuple[StoredArticle, ...]:
    """List stored articles, newest first; without `unmatched`, only those under some conflict."""
    if search is not None:
        index_news(database)
    with database.reading() as connection:
        return word_index.find(
            connection,
            conflict=conflict,
            status=status,
            words=search,
            unmatched=unmatched,
            limit=limit,
        )


def story_copies(database: Database, story_ids: Collection[int]) -> dict[int, Copies]:
    """Count the copies and the independent origins of these stories, by story."""
    with database.reading() as connection:
        return count_copies(connection, story_ids)


def watched_feeds(database: Database) -> tuple[Feed, ...]:
    """List the feeds that are watched, whoever owns them, disabled ones too."""
    with database.reading() as connection:
        return feeds.watched(connection)


def next_fetch(database: Database) -> datetime | None:
    """Tell when the next feed's turn comes, or None when no feed will be fetched."""
    with database.reading() as connection:
        return feeds.next_turn(connection)


def conflict_titles(database: Database) -> dict[str, str]:
    """Give the tracked conflicts' titles by slug, in the order of sources.yaml."""
    with database.reading() as connection:
        return conflicts.titles(connection)


def without_editions(database: Database) -> frozenset[str]:
    """Name the tracked conflicts that have no daily edition."""
    with database.reading() as connection:
        return conflicts.without_editions(connection)


def figures(database: Database, now: datetime) -> Figures:
    """Count everything a monitor wants to know."""
    with database.reading() as connection:
        standing: dict[MatchStatus, int] = dict.fromkeys(MatchStatus, 0)
        for by_status in match_rows.counts(connection).values():
            for status, how_many in by_status.items():
                standing[status] += how_many
        return Figures(
            feeds=dict.fromkeys(FeedState, 0) | feeds.states(connection),
            matches=standing,
            articles=article_rows.count(connection),
            fetches_last_hour=dict.fromkeys(Outcome, 0)
            | fetches.outcomes_since(connection, now - timedelta(hours=1)),
            runs=runs.latest(connection),
            missed_last_day=runs.missed_since(connection, now - timedelta(days=1)),
            next_fetch_at=feeds.next_turn(connection),
            alarms=dict.fromkeys(AlarmKind, 0) | alarms.counts(connection),
            outgoing=_outgoing(connection),
            subscribers=subscribers.counts(connection),
        )


def _outgoing(connection: Connection) -> dict[tuple[str, str], int]:
    """Count what waits to go out and what of it failed before, by (what, state)."""
    pings = hub_pings.health(connection)
    found = {("ping", "waiting"): pings.waiting, ("ping", "failing"): pings.failing}
    for what, counts in (
        ("letter", letters.counts(connection)),
        ("webhook", webhooks.counts(connection)),
    ):
        found |= {(what, state): count for state, count in counts.items()}
    return found


def readiness(database: Database, now: datetime) -> tuple[Check, ...]:
    """Check that the database answers with the schema we know, and that the clock ticks."""
    try:
        require_current(database)
        with database.reading() as connection:
            found = runs.latest(connection)
    except StoreError as error:
        return (
            Check(name="database", well=False, detail=str(error)),
            Check(name="clock", well=False, detail="unknown while the database does not answer"),
        )
    signs = [last_sign(run) for run in found if run.job == CLOCK_JOB]
    ticking = any(now - sign <= CLOCK_SILENCE for sign in signs)
    detail = f"last tick {signs[0]:%Y-%m-%d %H:%M:%S} UTC" if signs else "it never ticked"
    return (
        Check(name="database", well=True, detail="answers with the current schema"),
        Check(name="clock", well=ticking, detail=detail),
    )


def latest_runs(database: Database) -> tuple[JobRun, ...]:
    """Give the newest run of each job of the clock."""
    with database.reading() as connection:
        return runs.latest(connection)


def last_sign(run: JobRun) -> datetime:
    """When a run last showed that the clock lives: a run noted as missed shows it, too."""
    return run.finished_at or run.started_at


def table_sizes(database: Database) -> dict[str, int]:
    """Count what the database holds, by table."""
    with database.reading() as connection:
        return word_index.table_sizes(connection)

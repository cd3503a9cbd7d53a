"""Enlist: watch more feeds on the desk's behalf, and hand the list of all of them on.

What is added here belongs to the desk: sources.yaml neither changes nor retires it until somebody
gives it back with `dateline sources adopt`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from db import Connection, Database, conflicts, editors, feeds
from pipeline.discover import (
    AlreadyWatched,
    Choice,
    Preview,
    Scout,
    address_key,
    host_of,
    spelt_out,
)
from pipeline.errors import Fault, FeedError, PipelineError, SourcesError
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.isolate import ParserPool
from pipeline.model import Defaults, Feed, FeedHealth, Sources
from pipeline.sources import export_sources, parse_sources
from pipeline.sources.values import slugify
from pipeline.stages.match import Matcher, compile_keywords
from pipeline.stages.opml import Outline, write_opml

OWNER = "desk"
LONGEST_PUBLISHER = 80
# The address was asked a moment ago; a strict publisher refuses a second request at once.
_FIRST_TURN = timedelta(minutes=1)
_IMPORT_PACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched: feeds' ids by `address_key`, those of retired feeds, and every id used."""

    by_address: dict[str, str]
    retired: dict[str, str]
    ids: set[str]

    def proposed_id(self, name: str, url: str) -> str:
        """An id that is free: the one this address had before, or one made of a name."""
        before = self.retired.get(address_key(url))
        if before is not None:
            return before
        base = (slugify(name) or slugify(host_of(url)) or "feed")[:56].rstrip("-")
        number, chosen = 1, base
        while chosen in self.ids:
            number += 1
            chosen = f"{base}-{number}"
        return chosen


def watched(database: Database) -> Watched:
    """Tell what is watched."""
    with database.reading() as connection:
        return _watched(connection)


def _watched(connection: Connection) -> Watched:
    now_watched = feeds.watched(connection)
    retired = feeds.watched(connection, retired=True)
    return Watched(
        by_address={address_key(feed.url): feed.id for feed in now_watched},
        retired={address_key(feed.url): feed.id for feed in retired},
        ids={feed.id for feed in (*now_watched, *retired)},
    )


def checked(feed: Feed) -> Feed:
    """Give a feed back if sources.yaml could hold it; raises SourcesError with every fault.

    What it could not hold would spoil `dateline sources export`.
    """
    alone = Sources(feeds=(feed,), conflicts=())
    try:
        return parse_sources(export_sources(alone), feed.id).feeds[0]
    except SourcesError as error:  # its lines are those of a file that nobody has
        faults = [replace(fault, where=f"feed {feed.id}") for fault in error.faults]
        raise SourcesError(faults) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever adds a feed says of it; empty where they leave it to the feed."""

    id: str = ""
    publisher: str = ""
    language: str = ""
    every: timedelta | None = None

    def check(self) -> None:
        """Raise SourcesError where a value is wrong."""
        checked(
            Feed(
                id=self.id or "new",
                url="https://feed.example/",
                publisher=self.publisher or "new",
                language=self.language or "en",
                every=self.every or timedelta(minutes=30),
            )
        )

    def of(self, found: Preview, defaults: Defaults, known: Watched) -> Feed:
        """The feed to watch."""
        name = self.publisher or found.title[:LONGEST_PUBLISHER].strip() or host_of(found.url)
        return Feed(
            id=self.id or known.proposed_id(name, found.url),
            url=found.url,
            publisher=name,
            language=self.language or found.language or defaults.language,
            every=self.every or defaults.every,
            adaptive=defaults.adaptive,
        )


async def look(
    database: Database,
    policy: FetchPolicy,
    written: str,
    *,
    matcher: Matcher,
    language: str,
    now: datetime,
    choose: Callable[[Choice], str] | None = None,
) -> Preview | Choice:
    """Look at an address as somebody wrote it, with one request, and store nothing.

    A page that names one feed leads to it, with a request of its own; where it names several,
    `choose` picks one. `language` is assumed where a document names none. Raises AlreadyWatched,
    and FeedError where nothing can be fetched, read or found.
    """
    async with Fetcher(policy) as fetcher, ParserPool(workers=1) as parsers:
        scout = Scout(
            fetcher=fetcher,
            parsers=parsers,
            matcher=matcher,
            watched=watched(database).by_address,
            language=language,
            now=now,
        )
        found = await scout.look(written)
        if isinstance(found, Choice) and choose is not None:
            return await scout.look_at(choose(found), page=found.page)
        return found


def running_matcher(database: Database) -> Matcher:
    """Compile the keywords in force, where no watch of the sources is at hand."""
    with database.reading() as connection:
        return compile_keywords(conflicts.running(connection))


def enlist(database: Database, feed: Feed, now: datetime, actor: str) -> datetime:
    """Watch a feed, owned by the desk; gives the time of its first turn.

    Raises AlreadyWatched, PipelineError where the id is taken, SourcesError where a value is wrong.
    """
    feed = checked(feed)
    first_at = now + _FIRST_TURN
    with database.transaction() as connection:
        known = _watched(connection)
        other = known.by_address.get(address_key(feed.url))
        if other is not None:
            raise AlreadyWatched(feed.url, other)
        free = feed.id not in known.ids or known.retired.get(address_key(feed.url)) == feed.id
        if not free:
            better = known.proposed_id(feed.id, feed.url)
            raise PipelineError(
                f"the id {feed.id} belongs to another feed, now or before; "
                f"choose another, such as {better}"
            )
        feeds.add(
            connection, feed, now, owner=OWNER, first_at=first_at, why="added, never fetched yet"
        )
        editors.audit(
            connection,
            actor=actor,
            action="feed added",
            subject=feed.id,
            now=now,
            detail={"url": feed.url},
        )
    return first_at


@dataclass(slots=True, kw_only=True)
class Imported:
    """What became of a list: the feeds added, how many were watched already, and the faults.

    `repeated` counts outlines whose address stands further up in the same list.
    """

    added: list[Feed] = field(default_factory=list)
    already_watched: int = 0
    repeated: int = 0
    faults: list[Fault] = field(default_factory=list)


def enlist_all(
    database: Database,
    outlines: Sequence[Outline],
    *,
    name: str,
    defaults: Defaults,
    now: datetime,
    actor: str,
) -> Imported:
    """Watch the feeds of a list, in one transaction; nothing is fetched.

    Their first turns come one after another, a second apart. `name` is the list's, for messages.
    """
    done = Imported()
    with database.transaction() as connection:
        known = _watched(connection)
        here: set[str] = set()
        for outline in outlines:
            try:
                url = spelt_out(outline.url)
            except FeedError as error:
                what = f"{outline.title}: {error}" if outline.title else str(error)
                done.faults.append(Fault(where=f"{name}:{outline.line}", what=what))
                continue
            key = address_key(url)
            if key in here:
                done.repeated += 1
            elif key in known.by_address:
                done.already_watched += 1
            else:
                here.add(key)
                feed = _feed(outline, url, known, defaults)
                known.ids.add(feed.id)
                feeds.add(
                    connection,
                    feed,
                    now,
                    owner=OWNER,
                    first_at=now + _IMPORT_PACE * len(done.added),
                    why="imported, never fetched yet",
                )
                done.added.append(feed)
        if done.added:
            editors.audit(
                connection,
                actor=actor,
                action="feeds imported",
                subject=name,
                now=now,
                detail={"feeds": [feed.id for feed in done.added]},
            )
    return done


def _feed(outline: Outline, url: str, known: Watched, defaults: Defaults) -> Feed:
    publisher = outline.title[:LONGEST_PUBLISHER].strip() or host_of(url)
    return Feed(
        id=known.proposed_id(publisher, url),
        url=url,
        publisher=publisher,
        language=outline.language or defaults.language,
        every=defaults.every,
        adaptive=defaults.adaptive,
        tags=outline.tags,
    )


def write_list(database: Database, *, by: str, now: datetime) -> bytes:
    """Write all feeds that are polled as OPML, in folders by first `tag` or by `publisher`."""
    with database.reading() as connection:
        polled = [each for each in feeds.health(connection) if each.feed.enabled]
    folders: dict[str, list[Outline]] = {}
    for each in sorted(polled, key=lambda each: (_folder(each.feed, by).casefold(), each.feed.id)):
        folders.setdefault(_folder(each.feed, by), []).append(_outline(each))
    return write_opml("Feeds watched by Dateline", folders, now)


def _folder(feed: Feed, by: str) -> str:
    if by == "publisher":
        return feed.publisher
    return feed.tags[0] if feed.tags else ""


def _outline(health: FeedHealth) -> Outline:
    feed = health.feed
    return Outline(
        url=feed.url,
        title=health.title or feed.publisher,
        language=feed.language,
        tags=feed.tags,
    )

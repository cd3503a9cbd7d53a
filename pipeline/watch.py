"""Watch: keep what sources.yaml says in force, and the last good version when an edit is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import structlog

from db import Database, backgrounds, conflicts, feeds, instance, open_database
from db.upgrade import require_current
from pipeline.errors import Fault, SourcesError, StoreError
from pipeline.model import Conflict, Feed, Sources
from pipeline.sources import load_sources
from pipeline.stages.background import read_markdown
from pipeline.stages.match import Matcher, compile_keywords

_FAULT = "sources_fault"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The keywords in force: the conflicts that have them, and the compiled matcher."""

    conflicts: tuple[Conflict, ...]
    matcher: Matcher


class Watch:
    """The watched sources of one process, re-read when the file changes."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._sources: Sources | None = None
        self._rules: Rules | None = None
        self._read_digest = ""

    @property
    def sources(self) -> Sources:
        """The sources in force."""
        assert self._sources is not None, "start() comes first"
        return self._sources

    @property
    def rules(self) -> Rules:
        """The keywords in force."""
        assert self._rules is not None, "start() comes first"
        return self._rules

    def start(self, now: datetime) -> None:
        """Read the file and declare it to the database; raises SourcesError and changes nothing
        else.

        A conflict that is new to the database gets the background that ships for it.
        """
        self._read_digest = self._digest()
        self._take(load_sources(self._path), now)

    def refresh(self, now: datetime) -> Sequence[Fault]:
        """Take up an edit of the file; a wrong one is refused with its faults and the old stays.

        Keywords that another process changed in the database come into force here too.
        """
        digest = self._digest()
        if digest == self._read_digest:
            self._take_up_changed_keywords()
            return ()
        try:
            self._take(load_sources(self._path), now)
        except SourcesError as error:
            _log.error(
                f"{self._path} was edited but is refused, the last good version stays: "
                f"{error.faults[0]}",
                faults=len(error.faults),
            )
            with self._database.transaction() as connection:
                instance.note(connection, _FAULT, str(error))
            self._read_digest = digest
            return error.faults
        # Not before: an edit the database could not take is taken the next time.
        self._read_digest = digest
        _log.info(f"{self._path} was edited and is in force")
        return ()

    def _take_up_changed_keywords(self) -> None:
        in_force = {each.slug: each.keywords.version for each in self.rules.conflicts}
        with self._database.reading() as connection:
            if conflicts.versions(connection) == in_force:
                return
            running = conflicts.running(connection)
        self._rules = Rules(conflicts=running, matcher=compile_keywords(running))
        _log.info("keywords changed in the database and are in force")

    def _digest(self) -> str:
        try:
            return sha256(self._path.read_bytes()).hexdigest()
        except OSError:
            return "unreadable"

    def _take(self, sources: Sources, now: datetime) -> None:
        with self._database.transaction() as connection:
            feeds.declare(connection, sources.feeds, now)
            conflicts.declare(connection, sources.conflicts, now)
            instance.note(connection, _FAULT, "")
            for conflict in sources.conflicts:
                text = backgrounds.shipped(conflict.slug)
                if text is not None and backgrounds.current(connection, conflict.slug) is None:
                    backgrounds.save(
                        connection,
                        conflict.slug,
                        read_markdown(text),
                        author="Dateline",
                        note="ships with Dateline",
                        now=now,
                    )
            running = conflicts.running(connection)
        self._sources = sources
        self._rules = Rules(conflicts=running, matcher=compile_keywords(running))


def refused_edit(database: Database) -> str:
    """Say why the last edit of sources.yaml was refused, or nothing."""
    with database.reading() as connection:
        return instance.recall(connection, _FAULT) or ""


def running_rules(database: Database) -> Rules:
    """Give the keywords that run by the database alone."""
    with database.reading() as connection:
        running = conflicts.running(connection)
    return Rules(conflicts=running, matcher=compile_keywords(running))


def rules_in_force(path: Path, database_url: str) -> Rules:
    """Give the keywords that run: the file's, and the desk's where it owns a conflict.

    Changes nothing, and does without a database that is not there yet. Raises SourcesError.
    """
    tracked = sources_in_force(path, database_url).conflicts
    return Rules(conflicts=tracked, matcher=compile_keywords(tracked))


def sources_in_force(path: Path, database_url: str) -> Sources:
    """Give the sources as they run: the file's, with the keywords and feeds that the desk owns."""
    sources = load_sources(path)
    owned = _owned_by_desk(database_url)
    from_file = {feed.id: feed for feed in sources.feeds}
    return replace(
        sources,
        feeds=tuple({**from_file, **owned.feeds}.values()),
        conflicts=tuple(owned.conflicts.get(each.slug, each) for each in sources.conflicts),
        raw_keywords={
            slug: written
            for slug, written in sources.raw_keywords.items()
            if slug not in owned.conflicts
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owned:
    """What the desk owns: conflicts by slug, feeds by id."""

    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    feeds: Mapping[str, Feed] = field(default_factory=dict)


def _owned_by_desk(database_url: str) -> _Owned:
    if database_url.startswith("sqlite:///") and not Path(database_url[10:]).exists():
        return _Owned()
    try:
        database = open_database(database_url)
        try:
            require_current(database)
            with database.reading() as connection:
                owners = conflicts.owners(connection)
                return _Owned(
                    conflicts={
                        conflict.slug: conflict
                        for conflict in conflicts.running(connection)
                        if owners[conflict.slug] == "desk"
                    },
                    feeds={feed.id: feed for feed in feeds.watched(connection, owner="desk")},
                )
        finally:
            database.close()
    except StoreError:
        return _Owned()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedByDesk:
    """An item the desk owns; whether sources.yaml says something else, or nothing of it."""

    name: str
    differs: bool
    in_file: bool = True


def compare_owners(database: Database, sources: Sources) -> tuple[OwnedByDesk, ...]:
    """List the items the desk owns."""
    declared = {conflict.slug: _said(conflict) for conflict in sources.conflicts}
    from_file = {feed.id: feed for feed in sources.feeds}
    with database.reading() as connection:
        owners = conflicts.owners(connection)
        rules = [
            OwnedByDesk(
                name=conflict.slug,
                differs=_said(conflict) != declared.get(conflict.slug),
            )
            for conflict in conflicts.running(connection)
            if owners[conflict.slug] == "desk"
        ]
        polled = [
            OwnedByDesk(
                name=feed.id, differs=feed != from_file.get(feed.id), in_file=feed.id in from_file
            )
            for feed in feeds.watched(connection, owner="desk")
        ]
    return (*rules, *polled)


def _said(conflict: Conflict) -> tuple[object, ...]:
    """What makes two rules differ for people: the version, and the examples in any order."""
    return conflict.keywords.version, frozenset(conflict.keywords.examples)


def adopt(database: Database, sources: Sources, item: str, now: datetime) -> bool:
    """Give a conflict's keywords or a feed back to sources.yaml; False when there is no such item.

    A feed of the desk that the file does not name is retired: its articles stay.
    """
    with database.transaction() as connection:
        for conflict in sources.conflicts:
            if conflict.slug == item:
                conflicts.adopt(connection, conflict, now)
                return True
        desk = feeds.watched(connection, owner="desk")
        if item in {feed.id for feed in (*sources.feeds, *desk)}:
            feeds.set_owner(connection, item, "file")
            feeds.declare(connection, sources.feeds, now)
            return True
    return False

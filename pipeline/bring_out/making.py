"""Making: the daily editions that are due, each once, out of what the database holds."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from db import (
    Connection,
    Database,
    conflicts,
    edition_drafts,
    editions,
)
from pipeline.bring_out.correcting import find_overtaken, revise, store_edition
from pipeline.bring_out.drafting import drafted
from pipeline.model import (
    Conflict,
    Edition,
)
from pipeline.stages.edition import (
    Closing,
    due,
)

SERVICE = "the service"


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtOut:
    """What one look at the clock and the database did: editions made, and those corrected."""

    made: tuple[Edition, ...] = ()
    revised: tuple[Edition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.made or self.revised)


def bring_out(database: Database, base_url: str, now: datetime) -> BroughtOut:
    """Make every edition that is due and not held back, and correct those that list what was
    withdrawn or corrected since.

    What is due is decided by what the database holds, under a lock: however late or often this
    runs, in however many processes, each edition is made once.
    """
    made, revised = [], []
    for conflict in _with_editions(database, now):
        with database.transaction() as connection:
            editions.hold(connection)
            edition = _make_if_due(connection, conflict, base_url, now)
            if edition is not None:
                made.append(edition)
            revised += [
                revise(connection, overtaken, note, SERVICE, max(now, latest))
                for overtaken, note, latest in find_overtaken(connection, conflict.slug, now)
            ]
    return BroughtOut(made=tuple(made), revised=tuple(revised))


def _with_editions(database: Database, now: datetime) -> list[Conflict]:
    """The conflicts where something is to do: most looks find none, and take no lock."""
    with database.reading() as connection:
        return [
            conflict
            for conflict in conflicts.running(connection)
            if _is_due(connection, conflict, now) is not None
            or find_overtaken(connection, conflict.slug, now)
        ]


def _is_due(connection: Connection, conflict: Conflict, now: datetime) -> Closing | None:
    if conflict.edition is None:
        return None
    if edition_drafts.find(connection, conflict.slug).held_at is not None:
        return None
    return due(
        conflict.edition,
        ZoneInfo(conflict.edition.zone),
        newest=editions.newest(connection, conflict.slug, now),
        declared_at=conflicts.declared_at(connection, conflict.slug),
        now=now,
    )


def _make_if_due(
    connection: Connection, conflict: Conflict, base_url: str, now: datetime
) -> Edition | None:
    closing = _is_due(connection, conflict, now)
    if closing is None:
        return None
    edition = drafted(connection, conflict, closing, base_url, now)
    store_edition(connection, edition, made_by=SERVICE)
    edition_drafts.clear(connection, conflict.slug, [each.item_id for each in edition.stories])
    return edition

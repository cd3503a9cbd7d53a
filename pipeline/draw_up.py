"""Draw up letters: find out what each subscriber is due, and make the letters' rows.

What a letter is about stands under a key that admits each thing once for each subscriber, written
in one transaction with the letter: however often this runs, on however many machines, nothing is
told twice.
"""

from collections.abc import Sequence
from datetime import date, datetime

from db import Connection, Database, editions, letters, subscribers
from pipeline.model import LetterKind, Subscriber
from pipeline.stages.posting import ALERTS_APART, EDITION_KEEPS, MOST_BOUNCES, SETTLED, due_day


def draw_up_alerts(database: Database, now: datetime) -> int:
    """Draw up the letters on what was published since; gives how many.

    What editors published a moment ago waits, so that a slip can be taken back, and what comes
    within minutes of the last letter waits for the next one.
    """
    with database.transaction() as connection:
        upto, _ = letters.placed_since(connection, 2**62, now - SETTLED)
        due = subscribers.to_alert(connection, upto, now - ALERTS_APART, MOST_BOUNCES)
        return sum(_draw_up_alert(connection, each, now) for each in due)


def _draw_up_alert(connection: Connection, to: Subscriber, now: datetime) -> bool:
    upto, placed = letters.placed_since(connection, to.seen_placement, now - SETTLED)
    wanted = set(to.wants.conflicts)
    news = dict.fromkeys(
        letters.NEWS + slug for conflict, slug in placed if not wanted or conflict in wanted
    )
    told = letters.written_about(connection, to.id, news) if news else frozenset()
    fresh = [what for what in news if what not in told]
    made = bool(fresh) and letters.draw_up(
        connection,
        to.id,
        LetterKind.ALERT,
        f"alert:{upto}",
        [*fresh, *_withdrawn(connection, to)],
        now,
    )
    subscribers.note_alerted(connection, to.id, upto, now if made else None)
    return made


def draw_up_editions(database: Database, now: datetime) -> int:
    """Draw up the daily letters that are due by their subscribers' clocks; gives how many.

    A letter holds every edition that was published since the subscriber confirmed and that no
    letter held, of the last days. While there is none it waits for the next one, up to midnight.
    """
    with database.transaction() as connection:
        due = [
            (to, day)
            for to, last in subscribers.with_editions(connection, MOST_BOUNCES)
            if (day := due_day(now, to.wants.hour, to.wants.zone, last)) is not None
        ]
        if not due:
            return 0
        recent = editions.published_since(connection, now - EDITION_KEEPS)
        return sum(_draw_up_edition(connection, to, day, recent, now) for to, day in due)


def _draw_up_edition(
    connection: Connection,
    to: Subscriber,
    day: date,
    recent: Sequence[tuple[int, str, datetime]],
    now: datetime,
) -> bool:
    wanted = set(to.wants.conflicts)
    since = to.confirmed_at or now
    news = [
        f"{letters.EDITION}{conflict}:{number}"
        for number, conflict, published_at in recent
        if published_at > since and (not wanted or conflict in wanted)
    ]
    told = letters.written_about(connection, to.id, news) if news else frozenset()
    fresh = [what for what in news if what not in told]
    if not fresh:
        return False
    subscribers.note_edition(connection, to.id, day)
    contents = [*fresh, *_withdrawn(connection, to)]
    return letters.draw_up(connection, to.id, LetterKind.EDITION, f"edition:{day}", contents, now)


def _withdrawn(connection: Connection, to: Subscriber) -> list[str]:
    """What the next letter has to take back: entries told of that were withdrawn since."""
    found = [letters.WITHDRAWN + slug for slug in letters.told_and_withdrawn(connection, to.id)]
    if not found:
        return []
    letters.free_untold(connection, to.id, found)
    told = letters.written_about(connection, to.id, found)
    return [what for what in found if what not in told]

"""Letters: drawn up once, sent until somebody takes them, and never about the same thing twice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from db.rows import insert_missing
from db.subscribers import find as find_subscriber
from db.tables import digest_items, digest_placements, letter_contents, letters, subscribers
from pipeline.model import Letter, LetterKind, LetterState

# What a letter is about, by what its keys begin with.
NEWS, EDITION, WITHDRAWN = "news:", "edition:", "withdrawn:"


def draw_up(
    connection: Connection,
    subscriber_id: int,
    kind: LetterKind,
    key: str,
    contents: Sequence[str],
    now: datetime,
) -> bool:
    """Make a letter that is to be sent; False when there was one with this key.

    `contents` must not stand in another letter to the same subscriber: the database refuses it.
    """
    made = connection.execute(
        insert_missing(connection, letters, ["subscriber_id", "key"])
        .values(
            subscriber_id=subscriber_id,
            kind=kind,
            key=key,
            made_at=now,
            state=LetterState.WAITING,
            due_at=now,
            failures=0,
        )
        .returning(letters.c.id)
    ).scalar_one_or_none()
    if made is None:
        return False
    for what in contents:
        connection.execute(
            letter_contents.insert().values(subscriber_id=subscriber_id, what=what, letter_id=made)
        )
    return True


def written_about(
    connection: Connection, subscriber_id: int, whats: Collection[str]
) -> frozenset[str]:
    """Tell which of these the subscriber was written about."""
    return frozenset(
        connection.scalars(
            select(letter_contents.c.what).where(
                letter_contents.c.subscriber_id == subscriber_id,
                letter_contents.c.what.in_(whats),
            )
        )
    )


def told_and_withdrawn(connection: Connection, subscriber_id: int) -> tuple[str, ...]:
    """Name the entries that a letter to the subscriber told of as standing, and that stand under
    no conflict any more, by slug.

    No times are compared: what is withdrawn in the moment in which its letter goes out counts.
    """
    told = [
        what.removeprefix(NEWS)
        for what in connection.scalars(
            select(letter_contents.c.what).where(
                letter_contents.c.subscriber_id == subscriber_id,
                letter_contents.c.what.startswith(NEWS),
                letter_contents.c.told_at.is_not(None),
            )
        )
    ]
    if not told:
        return ()
    return tuple(
        connection.scalars(
            select(digest_items.c.slug)
            .join(digest_placements, digest_placements.c.item_id == digest_items.c.id)
            .where(digest_items.c.slug.in_(told))
            .group_by(digest_items.c.slug)
            .having(func.count() == func.count(digest_placements.c.withdrawn_at))
            .order_by(digest_items.c.slug)
        )
    )


def free_untold(connection: Connection, subscriber_id: int, whats: Collection[str]) -> None:
    """Let another letter say what letters that ended were to say and did not."""
    ended = select(letters.c.id).where(letters.c.due_at.is_(None))
    connection.execute(
        letter_contents.delete().where(
            letter_contents.c.subscriber_id == subscriber_id,
            letter_contents.c.what.in_(whats),
            letter_contents.c.told_at.is_(None),
            letter_contents.c.letter_id.in_(ended),
        )
    )


def asked_lately(connection: Connection, since: datetime, subscriber_id: int | None = None) -> int:
    """Count the letters that answered requests to subscribe since a time, of one or in all."""
    wanted = select(func.count()).where(
        letters.c.kind.in_((LetterKind.CONFIRM, LetterKind.KNOWN)), letters.c.made_at >= since
    )
    if subscriber_id is not None:
        wanted = wanted.where(letters.c.subscriber_id == subscriber_id)
    return connection.scalar(wanted) or 0


def placed_since(
    connection: Connection, seen: int, settled_before: datetime
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Give up to where placements are settled, and those after `seen` as (conflict, slug).

    A placement is settled some time after it was made: until then an editor may take it back. One
    that was taken back is left out.
    """
    unsettled = connection.scalar(
        select(func.min(digest_placements.c.id)).where(
            digest_placements.c.placed_at > settled_before
        )
    )
    newest = connection.scalar(select(func.max(digest_placements.c.id))) or 0
    upto = newest if unsettled is None else unsettled - 1
    rows = connection.execute(
        select(digest_placements.c.conflict, digest_items.c.slug)
        .join(digest_items, digest_items.c.id == digest_placements.c.item_id)
        .where(
            digest_placements.c.id > seen,
            digest_placements.c.id <= upto,
            digest_placements.c.withdrawn_at.is_(None),
        )
        .order_by(digest_placements.c.id)
    )
    return upto, tuple((row.conflict, row.slug) for row in rows)


def claim(
    connection: Connection, now: datetime, lease: timedelta, limit: int
) -> tuple[Letter, ...]:
    """Take letters that are due, for so long.

    One that was being handed over when its process died is ended as unknown instead: sent again it
    might arrive twice.
    """
    rows = connection.execute(
        select(letters)
        .where(letters.c.due_at <= now)
        .order_by(letters.c.due_at, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    taken = []
    for row in rows:
        if row.state == LetterState.SENDING:
            end(connection, row.id, LetterState.UNKNOWN, now, "the process died while it was sent")
            continue
        _set(connection, row.id, due_at=now + lease)
        nonce = connection.scalar(
            select(subscribers.c.nonce).where(subscribers.c.id == row.subscriber_id)
        )
        subscriber = find_subscriber(connection, nonce or "")
        assert subscriber is not None  # its letters would have gone with it
        contents = connection.scalars(
            select(letter_contents.c.what).where(letter_contents.c.letter_id == row.id)
        )
        taken.append(
            Letter(
                id=row.id,
                subscriber=subscriber,
                kind=LetterKind(row.kind),
                key=row.key,
                made_at=row.made_at,
                contents=tuple(sorted(contents)),
                failures=row.failures,
            )
        )
    return tuple(taken)


def hand_over(
    connection: Connection,
    letter: Letter,
    told: Collection[str],
    now: datetime,
    until: datetime,
) -> frozenset[str] | None:
    """Note, before it is done, that a letter is handed over, and what it tells.

    Gives what of that no letter told before; None when the letter waits no more. `until` is when
    a process that did not note the answer is taken for dead.
    """
    changed = connection.execute(
        letters.update()
        .where(letters.c.id == letter.id, letters.c.state == LetterState.WAITING)
        .values(state=LetterState.SENDING, due_at=until)
    )
    if changed.rowcount != 1:
        return None
    if told:
        connection.execute(
            insert_missing(connection, letter_contents, ["subscriber_id", "what"]),
            [
                {"subscriber_id": letter.subscriber.id, "what": what, "letter_id": letter.id}
                for what in sorted(told)
            ],
        )
    return frozenset(
        connection.scalars(
            letter_contents.update()
            .where(
                letter_contents.c.subscriber_id == letter.subscriber.id,
                letter_contents.c.what.in_(told),
                letter_contents.c.told_at.is_(None),
            )
            .values(told_at=now, letter_id=letter.id)
            .returning(letter_contents.c.what)
        )
    )


def untell(connection: Connection, letter: Letter, whats: Collection[str]) -> None:
    """Note that these were not told after all: the letter was refused."""
    connection.execute(
        letter_contents.update()
        .where(
            letter_contents.c.subscriber_id == letter.subscriber.id,
            letter_contents.c.what.in_(whats),
        )
        .values(told_at=None)
    )


def end(
    connection: Connection, letter_id: int, state: LetterState, now: datetime, error: str | None
) -> None:
    """Note what became of a letter for good."""
    _set(connection, letter_id, state=state, due_at=None, ended_at=now, error=error)


def put_off(connection: Connection, letter: Letter, error: str, due_at: datetime) -> None:
    """Note that a letter was not taken, and when to try again."""
    _set(
        connection,
        letter.id,
        state=LetterState.WAITING,
        due_at=due_at,
        failures=letter.failures + 1,
        error=error,
    )


def counts(connection: Connection) -> Mapping[str, int]:
    """Count the letters that wait, and those of them that failed before."""
    waiting = select(func.count()).where(letters.c.due_at.is_not(None))
    return {
        "waiting": connection.scalar(waiting) or 0,
        "failing": connection.scalar(waiting.where(letters.c.failures > 0)) or 0,
    }


def last_error(connection: Connection) -> str:
    """Why the letter that failed most often was not sent yet; empty when none waits so."""
    return (
        connection.scalar(
            select(letters.c.error)
            .where(letters.c.due_at.is_not(None), letters.c.failures > 0)
            .order_by(letters.c.failures.desc(), letters.c.id)
            .limit(1)
        )
        or ""
    )


def prune(connection: Connection, before: datetime) -> int:
    """Forget letters that ended before a time; how many."""
    return connection.execute(letters.delete().where(letters.c.ended_at < before)).rowcount


def _set(connection: Connection, letter_id: int, **values: object) -> None:
    connection.execute(letters.update().where(letters.c.id == letter_id).values(**values))

"""Push subscriptions: which hubs announce which feeds, and what their word is worth.

Who changes a feed's row as well does that first: ingest locks feeds before subscriptions.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from db.feeds import feed_of
from db.tables import feeds, push_subscriptions
from pipeline.model import Feed, Following, PushHealth, Subscription, Trust

_OWN = push_subscriptions.c
_WANTED = _OWN.leaving_at.is_(None)
_NAMES_HUB = (
    feeds.c.enabled,
    feeds.c.retired_at.is_(None),
    feeds.c.hub_url.is_not(None),
    feeds.c.topic_url.is_not(None),
)
_TRUST = ("pushed_at", "announced_at", "found_at", "proven_at", "misses", "distrusted_until")
_AT_ONCE = 500


def leave(connection: Connection, now: datetime) -> int:
    """End what is not wanted any more: the feed is not polled, or names another hub or none.

    What no hub was asked for yet is forgotten at once; gives how many in all.
    """
    still = (
        select(feeds.c.id)
        .where(
            feeds.c.id == _OWN.feed_id,
            feeds.c.hub_url == _OWN.hub,
            feeds.c.topic_url == _OWN.topic,
            *_NAMES_HUB,
        )
        .correlate(push_subscriptions)
    )
    gone = _WANTED & ~still.exists()
    forgotten = connection.execute(
        push_subscriptions.delete().where(gone, _OWN.asked_at.is_(None))
    ).rowcount
    ended = connection.execute(
        push_subscriptions.update()
        .where(gone)
        .values(leaving_at=now, due_at=now, failures=0, error=None)
    ).rowcount
    return forgotten + ended


def begin(connection: Connection, new_nonce: Callable[[], str], now: datetime) -> int:
    """Make a subscription, due at once, of each polled feed that names a hub and has none; how
    many."""
    there = select(_OWN.id).where(_OWN.feed_id == feeds.c.id, _WANTED).correlate(feeds)
    rows = connection.execute(
        select(feeds.c.id, feeds.c.hub_url, feeds.c.topic_url)
        .where(*_NAMES_HUB, ~there.exists())
        .order_by(feeds.c.id)
        .limit(_AT_ONCE)
    ).all()
    make: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for row in rows:
        connection.execute(
            make(push_subscriptions)
            .values(
                feed_id=row.id,
                hub=row.hub_url,
                topic=row.topic_url,
                nonce=new_nonce(),
                state=Following.ASKED,
                due_at=now,
                failures=0,
                misses=0,
            )
            .on_conflict_do_nothing()
        )
    return len(rows)


def claim(
    connection: Connection, now: datetime, lease: timedelta, limit: int
) -> tuple[Subscription, ...]:
    """Take subscriptions whose hub is to be asked, for so long; who does not end them in time loses
    them to others."""
    rows = connection.execute(
        select(push_subscriptions)
        .where(_OWN.due_at <= now)
        .order_by(_OWN.due_at, _OWN.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        again = {} if row.state != Following.DENIED else {"state": Following.ASKED}
        _set(connection, row.id, due_at=now + lease, asked_at=now, **again)
    return tuple(map(_subscription, rows))


def of_nonce(connection: Connection, nonce: str) -> Subscription | None:
    """Give the subscription made from a nonce, ended ones too."""
    row = connection.execute(select(push_subscriptions).where(_OWN.nonce == nonce)).first()
    return None if row is None else _subscription(row)


def unanswered(
    connection: Connection, which: Subscription, error: str, due_at: datetime | None
) -> None:
    """Note that the hub refused, or took the request and has yet to confirm it; None ends a
    subscription that is being left. What it confirmed meanwhile stays."""
    values: dict[str, Any] = {"failures": which.failures + 1, "error": error, "due_at": due_at}
    if due_at is None:
        values["state"] = Following.LEFT
    unheard = push_subscriptions.update().where(_OWN.id == which.id, _OWN.state != Following.LEFT)
    if not which.leaving:
        unheard = unheard.where(or_(_OWN.verified_at.is_(None), _OWN.verified_at < _OWN.asked_at))
    connection.execute(unheard.values(**values))


def confirmed(connection: Connection, which: Subscription, now: datetime, ends: datetime) -> None:
    """Note that the hub confirmed a subscription until so long; half of that time it is kept.

    What appeared before it began could not be announced, so the next articles are not missed.
    """
    begins = which.state is not Following.ACTIVE or which.expires_at is None
    values: dict[str, Any] = {
        "state": Following.ACTIVE,
        "verified_at": now,
        "expires_at": ends,
        "due_at": now + (ends - now) / 2,
        "failures": 0,
        "error": None,
    }
    if begins or (which.expires_at is not None and which.expires_at <= now):
        values["announced_at"] = func.coalesce(_OWN.announced_at, now)
    _set(connection, which.id, **values)


def left(connection: Connection, which: Subscription) -> None:
    """Note that the hub confirmed that it ended."""
    _set(connection, which.id, state=Following.LEFT, due_at=None, failures=0, error=None)


def denied(connection: Connection, which: Subscription, why: str, due_at: datetime) -> None:
    """Note that the hub refused it, why, and when to ask again; nothing is proven any more."""
    _set(
        connection,
        which.id,
        state=Following.DENIED,
        error=why,
        due_at=due_at,
        expires_at=None,
        proven_at=None,
    )


def pushed(connection: Connection, which: Subscription, now: datetime) -> None:
    """Note a genuine push."""
    announced = func.coalesce(_OWN.announced_at, now)
    _set(connection, which.id, pushed_at=now, announced_at=announced)


def followed(
    connection: Connection, feed_ids: Collection[str]
) -> Mapping[str, tuple[Feed, PushHealth]]:
    """Give those of some feeds that hubs are to announce, each with its subscription."""
    own = [column.label(f"push_{column.name}") for column in push_subscriptions.columns]
    rows = connection.execute(
        select(feeds, *own)
        .join(push_subscriptions, _OWN.feed_id == feeds.c.id)
        .where(_WANTED, feeds.c.id.in_(feed_ids))
        .order_by(feeds.c.id)
    )
    return {row.id: (feed_of(row), _health(row, "push_")) for row in rows}


def keep(connection: Connection, feed_id: str, trust: Trust) -> None:
    """Note what a feed's hub earned."""
    connection.execute(
        push_subscriptions.update()
        .where(_OWN.feed_id == feed_id, _WANTED)
        .values({name: getattr(trust, name) for name in _TRUST})
    )


def health(connection: Connection, only: Collection[str] | None = None) -> Mapping[str, PushHealth]:
    """Tell how subscriptions are doing, by feed; those that are being left are not among them."""
    wanted = select(push_subscriptions).where(_WANTED)
    if only is not None:
        wanted = wanted.where(_OWN.feed_id.in_(only))
    return {row.feed_id: _health(row) for row in connection.execute(wanted)}


def failing(connection: Connection) -> tuple[int, str]:
    """Count the hubs' subscriptions that failed lately, with the error that stands longest."""
    rows = connection.execute(
        select(_OWN.error)
        .where(_WANTED, _OWN.failures > 1, _OWN.error.is_not(None))
        .order_by(_OWN.failures.desc(), _OWN.id)
    ).all()
    return len(rows), rows[0].error if rows else ""


def prune(connection: Connection, before: datetime) -> int:
    """Forget subscriptions that ended before a time; how many."""
    return connection.execute(
        push_subscriptions.delete().where(_OWN.state == Following.LEFT, _OWN.leaving_at < before)
    ).rowcount


def forget(connection: Connection) -> int:
    """Forget all of them, where nobody is to be asked any more; how many."""
    return connection.execute(push_subscriptions.delete()).rowcount


def counts(connection: Connection) -> Mapping[str, int]:
    """Count those that are wanted: `active` or `waiting` for the hub's word, `denied`; some of
    them are `proven` as well, or `failing`: the hub did not do as asked twice or more in a row."""
    active = _OWN.state == Following.ACTIVE
    wanted = {
        "active": active,
        "waiting": _OWN.state == Following.ASKED,
        "denied": _OWN.state == Following.DENIED,
        "proven": active & _OWN.proven_at.is_not(None),
        "failing": _OWN.failures > 1,
    }
    row = connection.execute(
        select(*(func.count().filter(each).label(name) for name, each in wanted.items())).where(
            _WANTED
        )
    ).one()
    return dict(row._mapping)


def _set(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(push_subscriptions.update().where(_OWN.id == number).values(**values))


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        feed_id=row.feed_id,
        hub=row.hub,
        topic=row.topic,
        nonce=row.nonce,
        state=Following(row.state),
        leaving=row.leaving_at is not None,
        failures=row.failures,
        expires_at=row.expires_at,
    )


def _health(row: Row[Any], prefix: str = "") -> PushHealth:
    def of(name: str) -> Any:
        return getattr(row, prefix + name)

    return PushHealth(
        hub=of("hub"),
        state=Following(of("state")),
        verified_at=of("verified_at"),
        expires_at=of("expires_at"),
        failures=of("failures"),
        error=of("error"),
        trust=Trust(**{name: of(name) for name in _TRUST}),
    )

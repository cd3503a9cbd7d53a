"""Claiming: who works on what, and what waits for later."""

from collections.abc import Collection
from datetime import datetime, timedelta

from db import (
    Connection,
    Database,
    claims,
    editors,
    matches,
)
from db import queue as rows
from pipeline.errors import ReviewError
from pipeline.model import (
    Claim,
    QueuedMatch,
)

CLAIM_LASTS = timedelta(minutes=5)
_LONGEST_HOLD = timedelta(days=366)


def claim(
    database: Database,
    match_ids: Collection[int],
    editor: str,
    now: datetime,
    *,
    take_over: bool = False,
) -> tuple[Claim, ...]:
    """Let an editor work on these matches for some minutes; gives the claims in the way, if any.

    With `take_over` others' claims end, and that is logged. Raises ReviewError for an unknown
    match.
    """
    with database.transaction() as connection:
        _require(connection, match_ids)
        others = _of_others(connection, match_ids, editor, now)
        if others and not take_over:
            return others
        claims.claim(connection, match_ids, editor, now, now + CLAIM_LASTS)
        for other in others:
            _note(connection, editor, "claim.take-over", other.match_id, now, before=other.editor)
    return ()


def keep_claims(database: Database, editor: str, now: datetime) -> int:
    """Keep an editor's claims alive for some more minutes; how many there are."""
    with database.transaction() as connection:
        return claims.prolong(connection, editor, now, now + CLAIM_LASTS)


def release(database: Database, editor: str, match_ids: Collection[int] | None = None) -> int:
    """End an editor's claims, on these matches or on all; how many there were."""
    with database.transaction() as connection:
        return claims.release(connection, editor, match_ids)


def hold(
    database: Database,
    match_ids: Collection[int],
    editor: str,
    now: datetime,
    *,
    until: datetime | None,
) -> tuple[Claim, ...]:
    """Leave pending matches out of the queue until a time, or take them back into it (None).

    Gives the claims of others that are in the way; then nothing was changed. Raises ReviewError
    for an unknown match and for a time that is past or further than a year away.
    """
    if until is not None and not now < until <= now + _LONGEST_HOLD:
        raise ReviewError("a hold ends in the future, within a year")
    with database.transaction() as connection:
        _require(connection, match_ids)
        others = _of_others(connection, match_ids, editor, now)
        if others:
            return others
        if until is None:
            claims.unhold(connection, match_ids)
        else:
            claims.hold(connection, match_ids, editor, now, until)
        action = "hold.end" if until is None else "hold.begin"
        detail = {} if until is None else {"until": until.isoformat()}
        for match_id in match_ids:
            _note(connection, editor, action, match_id, now, **detail)
    return ()


def name_claims(
    database: Database, match_ids: Collection[int], now: datetime
) -> tuple[tuple[QueuedMatch, Claim], ...]:
    """Give those of these matches that somebody works on, each with the claim."""
    if not match_ids:
        return ()
    with database.reading() as connection:
        found = claims.claimed(connection, match_ids, now)
        known = matches.queue(connection, ids=list(found), status=None)
    return tuple((match, found[match.id]) for match in known)


def standing(database: Database, match_ids: Collection[int]) -> dict[int, QueuedMatch]:
    """Give these matches as they stand now, by id."""
    with database.reading() as connection:
        known = matches.queue(connection, ids=match_ids, status=None)
    return {match.id: match for match in known}


def _of_others(
    connection: Connection, match_ids: Collection[int], editor: str, now: datetime
) -> tuple[Claim, ...]:
    found = claims.claimed(connection, match_ids, now)
    return tuple(each for each in found.values() if each.editor != editor)


def _require(connection: Connection, match_ids: Collection[int]) -> None:
    unknown = sorted(set(match_ids) - rows.known(connection, match_ids))
    if unknown:
        raise ReviewError(f"there is no match {', '.join(map(str, unknown))}")


def _note(
    connection: Connection, actor: str, action: str, match_id: int, now: datetime, **detail: object
) -> None:
    editors.audit(
        connection, actor=actor, action=action, subject=f"match {match_id}", detail=detail, now=now
    )

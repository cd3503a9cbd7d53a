"""Enrol: ask for letters, confirm, change, leave. Nobody learns here who is subscribed."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from db import Database, conflicts, editors, letters, subscribers
from pipeline.errors import SubscriptionError
from pipeline.letter_tokens import NONCE_BYTES, Purpose, nonce_of
from pipeline.model import LetterKind, Subscriber, Wants, Wish
from pipeline.stages.address import address_key, read_address
from pipeline.stages.posting import CONFIRM_WITHIN, MOST_BOUNCES, SETTLED

LETTERS_A_DAY = 3
LETTERS_AN_HOUR = 300
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_DEAD_LINK = (
    "This link does not work: the subscription was ended, or it was not confirmed in time. "
    "You can subscribe again at any time."
)


class TooManyRequests(SubscriptionError):
    """So many people ask for letters that we wait a while before we write more."""


def read_wants(
    database: Database, *, wish: str, chosen: Collection[str], hour: str, zone: str
) -> Wants:
    """Read what a form asks for; raises SubscriptionError where it cannot be had."""
    if wish not in set(Wish):
        raise SubscriptionError("Choose what you want to get.")
    with database.reading() as connection:
        known = conflicts.titles(connection)
        undaily = conflicts.without_editions(connection)
    if not set(chosen) <= known.keys():
        raise SubscriptionError("One of the conflicts is no longer tracked. Choose again.")
    if wish == Wish.EDITION:
        if none := [known[slug] for slug in known if slug in chosen and slug in undaily]:
            raise SubscriptionError(
                f"There is no daily letter on {' or '.join(none)}. Choose a letter soon after "
                "something is published, or other conflicts."
            )
        if known and undaily >= known.keys():
            raise SubscriptionError("There is no daily letter. Choose what you want to get.")
    if not (hour.isascii() and hour.isdigit() and len(hour) <= 2 and int(hour) < 24):
        raise SubscriptionError("Choose an hour from 0 to 23.")
    if zone not in available_timezones():
        raise SubscriptionError("Choose a time zone from the list, such as Europe/Berlin or UTC.")
    in_order = tuple(slug for slug in known if slug in set(chosen))
    return Wants(wish=Wish(wish), conflicts=in_order, hour=int(hour), zone=zone)


def ask(database: Database, typed: str, wants: Wants, now: datetime) -> None:
    """Write to an address that asked for letters: to confirm, or that it has them already.

    From outside both look the same. An address gets three such letters a day at most; more requests
    change nothing and say nothing. Raises SubscriptionError when the address cannot be one, and
    TooManyRequests.
    """
    address = read_address(typed)
    if address is None:
        raise SubscriptionError("This is no e-mail address that we can write to.")
    with database.transaction() as connection:
        if letters.asked_lately(connection, now - _HOUR) >= LETTERS_AN_HOUR:
            raise TooManyRequests("Too many people subscribe just now. Try again in an hour.")
        known = subscribers.find_address(connection, address_key(address))
        if known and letters.asked_lately(connection, now - _DAY, known.id) >= LETTERS_A_DAY:
            return
        nonce = secrets.token_hex(NONCE_BYTES)
        found = subscribers.ask(connection, address, address_key(address), nonce, wants, now)
        settled = found.confirmed_at is not None and found.bounces < MOST_BOUNCES
        kind = LetterKind.KNOWN if settled else LetterKind.CONFIRM
        letters.draw_up(connection, found.id, kind, f"{kind}:{now.isoformat()}", (), now)


def look(database: Database, key: bytes, token: str) -> Subscriber:
    """Give whose page a token of a letter opens. Raises SubscriptionError for a dead one."""
    return _found(database, key, "manage", token)


def to_confirm(database: Database, key: bytes, token: str, now: datetime) -> Subscriber:
    """Give whose subscription a token would confirm, in time. Raises SubscriptionError."""
    found = _found(database, key, "confirm", token)
    if found.confirmed_at is None and now - found.asked_at > CONFIRM_WITHIN:
        raise SubscriptionError(_DEAD_LINK)
    return found


def confirm(database: Database, key: bytes, token: str, now: datetime) -> Subscriber:
    """Let letters begin; gives the subscriber. Raises SubscriptionError for a dead token."""
    found = to_confirm(database, key, token, now)
    with database.transaction() as connection:
        upto, _ = letters.placed_since(connection, 0, now - SETTLED)
        subscribers.confirm(connection, found.id, upto, now)
    return found


def change(database: Database, key: bytes, token: str, wants: Wants, now: datetime) -> Subscriber:
    """Let a subscriber have other letters from now on. Raises SubscriptionError."""
    found = look(database, key, token)
    with database.transaction() as connection:
        seen = found.seen_placement
        if found.wants.wish is not Wish.ALERT or found.wants.conflicts != wants.conflicts:
            # What was published before they chose it is no news to them.
            seen, _ = letters.placed_since(connection, 0, now - SETTLED)
        subscribers.change(connection, found.id, wants, max(seen, found.seen_placement))
    return look(database, key, token)


def leave(database: Database, key: bytes, token: str) -> None:
    """Forget a subscriber. Raises SubscriptionError for a dead token, as after leaving once."""
    found = look(database, key, token)
    with database.transaction() as connection:
        subscribers.remove(connection, found.id)


def remove(database: Database, typed: str, actor: str, now: datetime) -> bool:
    """Forget the subscriber with an address, for an operator; False when there is none."""
    with database.transaction() as connection:
        found = subscribers.find_address(connection, address_key(typed.strip()))
        if found is None:
            return False
        subscribers.remove(connection, found.id)
        # The log never holds the address: to erase means everywhere.
        editors.audit(
            connection,
            actor=actor,
            action="subscriber.remove",
            subject=f"subscriber {found.id}",
            now=now,
        )
    return True


def everybody(database: Database) -> tuple[Subscriber, ...]:
    """List the subscribers, those who have not confirmed too."""
    with database.reading() as connection:
        return subscribers.every(connection)


def _found(database: Database, key: bytes, purpose: Purpose, token: str) -> Subscriber:
    nonce = nonce_of(key, purpose, token)
    if nonce is not None:
        with database.reading() as connection:
            found = subscribers.find(connection, nonce)
        if found is not None:
            return found
    raise SubscriptionError(_DEAD_LINK)

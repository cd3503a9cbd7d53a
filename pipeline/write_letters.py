"""Write letters: put what was drawn up into words, and send it until somebody takes it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import urlsplit

import structlog

from db import Connection, Database, conflicts, digests, editions, instance, letters, subscribers
from pipeline.errors import MailError
from pipeline.letter_tokens import letter_token
from pipeline.model import (
    DigestEntry,
    Edition,
    Letter,
    LetterKind,
    LetterState,
    Subscriber,
    Writing,
)
from pipeline.send import Mailer
from pipeline.stages.compose import compose
from pipeline.stages.edition import from_manifest
from pipeline.stages.letter import assemble
from pipeline.stages.posting import CONFIRM_WITHIN
from pipeline.stages.render import (
    Links,
    Site,
    described,
    edition_writing,
    render_alert,
    render_confirmation,
    render_daily,
    render_reminder,
)
from pipeline.stages.retry import wait_after

_LEASE = timedelta(minutes=20)
_AT_ONCE = 100
_log = structlog.get_logger()


class _Gone(Exception):
    """The subscriber left meanwhile, or another process sent the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter in words, and what it tells, by the keys of its contents."""

    writing: Writing
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Whom letters come from, and the site and the key that their links are made with."""

    sender: str
    reply_to: str
    base_url: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersReport:
    """What came of one round; `error` is the last reason why a letter was not taken."""

    sent: int = 0
    put_off: int = 0
    ended: int = 0
    error: str = ""


async def send_letters(
    database: Database, mailer: Mailer, post: Post, clock: Callable[[], datetime]
) -> LettersReport | None:
    """Send the letters that are due, one after the other; None when there are none.

    What is not taken for now is tried again for three days; what is refused for good is ended, and
    a subscriber whose mailbox refuses three letters in a row gets no more. Raises StoreError only.
    """
    due = await asyncio.to_thread(_claim, database, clock())
    if not due:
        return None
    sent = put_off = ended = 0
    error = ""
    for letter in due:
        try:
            outcome = await _send(database, mailer, post, letter, clock)
        except _Gone:
            continue
        except MailError as failure:
            error = str(failure)
            outcome = await asyncio.to_thread(_note_failure, database, letter, failure, clock())
        sent += outcome is LetterState.SENT
        put_off += outcome is LetterState.WAITING
        ended += outcome not in {LetterState.SENT, LetterState.WAITING}
    return LettersReport(sent=sent, put_off=put_off, ended=ended, error=error)


def _claim(database: Database, now: datetime) -> tuple[Letter, ...]:
    with database.transaction() as connection:
        return letters.claim(connection, now, _LEASE, _AT_ONCE)


async def _send(
    database: Database, mailer: Mailer, post: Post, letter: Letter, clock: Callable[[], datetime]
) -> LetterState:
    written = await asyncio.to_thread(_write, database, post, letter, clock())
    if written is None:
        await asyncio.to_thread(_end, database, letter, LetterState.DROPPED, clock())
        return LetterState.DROPPED
    content = _assembled(post, letter, written.writing)
    told: frozenset[str] = frozenset()

    async def handing_over() -> None:
        nonlocal told
        told = await asyncio.to_thread(_hand_over, database, letter, written.told, clock())

    _, sender = parseaddr(post.sender)
    try:
        await mailer.send(sender, letter.subscriber.address, content, handing_over)
    except MailError as failure:
        if failure.refused:
            await asyncio.to_thread(_untell, database, letter, told)
        raise
    await asyncio.to_thread(_end, database, letter, LetterState.SENT, clock())
    return LetterState.SENT


def _hand_over(
    database: Database, letter: Letter, told: frozenset[str], now: datetime
) -> frozenset[str]:
    with database.transaction() as connection:
        newly = letters.hand_over(connection, letter, told, now, now + _LEASE)
        if newly is None:
            raise _Gone
        return newly


def _untell(database: Database, letter: Letter, told: frozenset[str]) -> None:
    with database.transaction() as connection:
        letters.untell(connection, letter, told)


def _end(database: Database, letter: Letter, state: LetterState, now: datetime) -> None:
    with database.transaction() as connection:
        letters.end(connection, letter.id, state, now, None)
        if state is LetterState.SENT:
            subscribers.note_taken(connection, letter.subscriber.id)


def _note_failure(
    database: Database, letter: Letter, failure: MailError, now: datetime
) -> LetterState:
    # The address stays out of the log: letter and subscriber are named by number.
    _log.warning(f"letter {letter.id} to subscriber {letter.subscriber.id}: {failure}")
    wait = None if failure.bounced else wait_after(letter.failures + 1)
    with database.transaction() as connection:
        if failure.bounced:
            subscribers.note_bounce(connection, letter.subscriber.id, str(failure))
        if wait is not None:
            letters.put_off(connection, letter, str(failure), now + wait)
            return LetterState.WAITING
        state = LetterState.REFUSED if failure.bounced else LetterState.GIVEN_UP
        letters.end(connection, letter.id, state, now, str(failure))
        return state


def _write(database: Database, post: Post, letter: Letter, now: datetime) -> Written | None:
    """Write a letter by what holds now; None when nothing is left to say."""
    site = Site(base_url=post.base_url)
    to = letter.subscriber
    with database.reading() as connection:
        titles = conflicts.titles(connection)
        entries = _entries(connection, letter.contents, letters.NEWS, titles, site, now)
        back = _entries(connection, letter.contents, letters.WITHDRAWN, titles, site, now)
        daily = _editions(connection, letter.contents, site.address)
    chosen = [titles[slug] for slug in to.wants.conflicts if slug in titles]
    what = described(to.wants, chosen)
    links = _links(post, to)
    # What was withdrawn meanwhile is left out, and what stands again is not taken back.
    news = {slug: each for slug, each in entries.items() if each.withdrawn_reason is None}
    withdrawn = {slug: each for slug, each in back.items() if each.withdrawn_reason is not None}
    if letter.kind is LetterKind.CONFIRM:
        url = f"{site.address}/letters/{letter_token(post.key, 'confirm', to.nonce)}/confirm"
        return Written(writing=render_confirmation(site, what, url, CONFIRM_WITHIN.days))
    if letter.kind is LetterKind.KNOWN:
        return Written(writing=render_reminder(site, what, links))
    told = {letters.WITHDRAWN + slug for slug in withdrawn}
    taken_back = list(withdrawn.values())
    if letter.kind is LetterKind.EDITION:
        told |= {f"{letters.EDITION}{each.conflict}:{each.number}" for each in daily}
        told |= {letters.NEWS + slug for each in daily for slug in _standing(each)}
        editions_written = [edition_writing(each) for each in daily]
        writing = render_daily(site, editions_written, links, taken_back) if daily else None
    else:
        told |= {letters.NEWS + slug for slug in news}
        fresh = list(news.values())
        writing = render_alert(site, fresh, links, taken_back) if fresh or taken_back else None
    return None if writing is None else Written(writing=writing, told=frozenset(told))


def _standing(edition: Edition) -> list[str]:
    return [story.slug for story in edition.stories if story.withdrawn_reason is None]


def _editions(connection: Connection, contents: Collection[str], base_url: str) -> list[Edition]:
    """Give the editions of a letter as they stand now, corrections included, in their order."""
    numbers = [
        int(what.rpartition(":")[2]) for what in contents if what.startswith(letters.EDITION)
    ]
    return [
        replace(from_manifest(stored.manifest), base_url=base_url)
        for number in sorted(numbers)
        for stored in editions.stored(connection, number=number)
    ]


def _entries(
    connection: Connection,
    contents: Collection[str],
    kind: str,
    titles: dict[str, str],
    site: Site,
    now: datetime,
) -> dict[str, DigestEntry]:
    slugs = [what.removeprefix(kind) for what in contents if what.startswith(kind)]
    if not slugs:
        return {}
    items = digests.published(connection, slugs=slugs)
    found = compose(
        items,
        titles=titles,
        base_url=site.address,
        authority=instance.recall(connection, instance.TAG_AUTHORITY) or "localhost",
        made_at=now,
    )
    by_uid = {item.uid: item.slug for item in items}
    return {by_uid[entry.uid]: entry for entry in found.entries}


def _links(post: Post, to: Subscriber) -> Links:
    token = letter_token(post.key, "manage", to.nonce)
    own = f"{Site(base_url=post.base_url).address}/letters/{token}"
    return Links(manage=own, leave=f"{own}/leave")


def _assembled(post: Post, letter: Letter, writing: Writing) -> bytes:
    """Put a letter together under a number that is the same whenever it is sent."""
    to = letter.subscriber
    number = sha256(f"{to.nonce} {letter.key}".encode()).hexdigest()[:32]
    listed = letter.kind not in {LetterKind.CONFIRM, LetterKind.KNOWN}
    host = urlsplit(post.base_url).hostname or "localhost"
    return assemble(
        writing,
        sender=post.sender,
        reply_to=post.reply_to,
        recipient=to.address,
        number=number,
        made_at=letter.made_at,
        list_name=f"latest-news.{host}" if listed else "",
        leave_url=_links(post, to).leave if listed else "",
    )

"""Call webhooks: tell programs of new, changed and withdrawn entries, in order, until they hear."""

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from db import Connection, Database, conflicts, digests, editors, instance, reviews, webhooks
from pipeline.errors import FetchError, Severity, WebhookError
from pipeline.fetch import Poster, checked_url
from pipeline.model import Call, DigestEntry, LoggedCall, Webhook
from pipeline.stages.compose import compose
from pipeline.stages.render import entry_as_json
from pipeline.stages.retry import wait_after
from pipeline.stages.sign import PREFIX, sign

WINDOW = timedelta(days=30)
_LEASE = timedelta(minutes=10)
_AT_ONCE = 50
_SEEN = "webhooks_seen"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsReport:
    """What came of one round: calls taken, calls not taken, and the last reason."""

    told: int
    failed: int
    error: str = ""


def add_webhook(
    database: Database, url: str, conflict: str, base_url: str, actor: str, now: datetime
) -> tuple[Webhook, str]:
    """Add a webhook; gives it and its secret, which is never shown again.

    It hears of what changes from now on. Raises WebhookError and FetchError (`bad_url`).
    """
    checked_url(url)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with database.transaction() as connection:
        if conflict and conflict not in conflicts.titles(connection):
            raise WebhookError(f"there is no conflict {conflict!r}")
        made = webhooks.add(connection, url, conflict, secret, now)
        for entry in _entries(connection, conflict, base_url, now):
            webhooks.mark(connection, made.id, entry.uid, _version(entry))
        editors.audit(connection, actor=actor, action="webhook.add", subject=str(made.id), now=now)
    return made, secret


def remove_webhook(database: Database, webhook_id: int, actor: str, now: datetime) -> bool:
    """Forget a webhook and its calls; False when there is none."""
    with database.transaction() as connection:
        if not webhooks.remove(connection, webhook_id):
            return False
        editors.audit(
            connection, actor=actor, action="webhook.remove", subject=str(webhook_id), now=now
        )
    return True


def all_webhooks(database: Database) -> tuple[Webhook, ...]:
    """List the webhooks, those that ended too."""
    with database.reading() as connection:
        return webhooks.every(connection, ended=True)


def call_log(database: Database, limit: int) -> tuple[LoggedCall, ...]:
    """List the newest calls with what became of them."""
    with database.reading() as connection:
        return webhooks.log(connection, limit)


def notice_changes(database: Database, base_url: str, now: datetime) -> int:
    """Make a call for each entry that changed since a webhook heard of it; gives how many.

    What a webhook heard of is noted with the call in one transaction: no change is lost or told as
    two, however many processes look.
    """
    with database.transaction() as connection:
        hooks = webhooks.every(connection)
        if not hooks:
            return 0
        instance.recall(connection, instance.TAG_AUTHORITY, hold=True)
        state = f"{reviews.newest(connection)} {digests.newest_change(connection)}"
        if instance.recall(connection, _SEEN) == state:
            return 0
        made = sum(_notice(connection, hook, base_url, now) for hook in hooks)
        instance.note(connection, _SEEN, state)
        return made


def _notice(connection: Connection, hook: Webhook, base_url: str, now: datetime) -> int:
    heard = webhooks.marks(connection, hook.id)
    made = 0
    for entry in reversed(_entries(connection, hook.conflict, base_url, now)):
        version, before = _version(entry), heard.get(entry.uid)
        if version == before:
            continue
        webhooks.mark(connection, hook.id, entry.uid, version)
        if entry.withdrawn_reason is not None:
            if before is None:
                continue  # it never heard of what is taken back
            kind = "entry.withdrawn"
        else:
            kind = "entry.published" if before is None else "entry.updated"
        body = {
            "type": kind,
            "timestamp": now.isoformat(),
            "data": entry_as_json(entry, base_url),
        }
        webhooks.expect(connection, hook.id, entry.uid, json.dumps(body, ensure_ascii=False), now)
        made += 1
    return made


def _entries(
    connection: Connection, conflict: str, base_url: str, now: datetime
) -> tuple[DigestEntry, ...]:
    digest = compose(
        digests.published(
            connection, conflict=conflict or None, since=now - WINDOW, withdrawn_since=now - WINDOW
        ),
        titles=conflicts.titles(connection),
        base_url=base_url,
        authority=instance.recall(connection, instance.TAG_AUTHORITY) or "localhost",
        made_at=now,
        conflict=conflict or None,
    )
    return digest.entries


def _version(entry: DigestEntry) -> str:
    """Tell versions apart by what makes an edit significant: not by a copy more."""
    slugs = sorted(slug for slug, _ in entry.conflicts)
    told = (entry.updated_at.isoformat(), entry.withdrawn_reason is not None, slugs)
    return sha256(repr(told).encode()).hexdigest()


async def call_webhooks(
    database: Database, poster: Poster, clock: Callable[[], datetime]
) -> CallsReport | None:
    """Post the calls that are due; None when there are none.

    Each is told at least once: the id in its headers is the same at every try. What fails is tried
    again for three days; a webhook that answers 410 is told no more. Raises StoreError only.
    """

    def due() -> tuple[Call, ...]:
        with database.transaction() as connection:
            return webhooks.claim(connection, clock(), _LEASE, _AT_ONCE)

    calls = await asyncio.to_thread(due)
    if not calls:
        return None
    errors = await asyncio.gather(*(_call(database, poster, call, clock) for call in calls))
    failures = [error for error in errors if error]
    return CallsReport(
        told=len(calls) - len(failures),
        failed=len(failures),
        error=failures[-1] if failures else "",
    )


async def _call(
    database: Database, poster: Poster, call: Call, clock: Callable[[], datetime]
) -> str:
    body = call.body.encode()
    failure: FetchError | None = None
    try:
        headers = sign(call.secret, f"msg_{call.webhook_id}_{call.id}", body, clock())
        await poster.post(call.url, body, headers)
    except FetchError as error:
        failure = error
        _log.warning(f"webhook {call.webhook_id}, call {call.id}: {error}")

    def note() -> None:
        now = clock()
        with database.transaction() as connection:
            if failure is None:
                webhooks.told(connection, call.id, now)
                return
            wait = wait_after(call.failures + 1, failure.retry_after)
            gone = failure.severity is Severity.FINAL
            due_at = None if gone or wait is None else now + wait
            webhooks.failed(connection, call, str(failure), due_at, now)
            if gone:
                webhooks.end(connection, call.webhook_id, now)

    await asyncio.to_thread(note)
    return "" if failure is None else str(failure)

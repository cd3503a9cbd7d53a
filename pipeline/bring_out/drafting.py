"""Drafting: an edition put together for a closing; nothing is written."""

from datetime import datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from db import (
    Connection,
    backgrounds,
    conflicts,
    edition_drafts,
    edition_stories,
    editions,
    instance,
    readings,
)
from pipeline.model import (
    Conflict,
    CutOff,
    Edition,
    Reading,
)
from pipeline.stages.edition import (
    Closing,
    arrange,
    measure,
    next_closing,
)
from pipeline.stages.render import template_version


def closing_of(connection: Connection, conflict: Conflict, now: datetime) -> Closing | None:
    """Give the next edition of a conflict, due or not; None where it has none."""
    if conflict.edition is None:
        return None
    return next_closing(
        conflict.edition,
        ZoneInfo(conflict.edition.zone),
        newest=editions.newest(connection, conflict.slug, now),
        declared_at=conflicts.declared_at(connection, conflict.slug),
        now=now,
    )


def drafted(
    connection: Connection, conflict: Conflict, closing: Closing, base_url: str, now: datetime
) -> Edition:
    """Put together the edition of a closing from what the database holds; nothing is written.

    One that is not due yet is dated as if it came out at its cut-off.
    """
    cut_off = conflict.edition or CutOff()
    newest = editions.newest(connection, conflict.slug, now)
    draft = edition_drafts.find(connection, conflict.slug)
    found = edition_stories.candidates(
        connection,
        conflict.slug,
        since=editions.opened_at(connection, conflict.slug, closing.since_at),
        until=closing.cut_off_at,
    )
    stories = arrange(found, draft.picks, closing.day)
    number = editions.next_number(connection)
    authority = instance.recall(connection, instance.TAG_AUTHORITY) or "localhost"
    moment = max(now, closing.cut_off_at).replace(microsecond=0)
    return Edition(
        number=number,
        uid=f"tag:{authority},{closing.day}:conflicts/{conflict.slug}/{closing.day}",
        conflict=conflict.slug,
        conflict_title=conflict.title,
        day=closing.day,
        revision=1,
        published_at=moment,
        updated_at=moment,
        since_at=closing.since_at,
        cut_off_at=closing.cut_off_at,
        cut_off=f"{cut_off.at:%H:%M}",
        zone=cut_off.zone,
        base_url=base_url,
        reading=_reading(connection, conflict, closing, min(now, closing.cut_off_at)),
        stories=stories,
        note=draft.note,
        missed=closing.missed,
        previous_day=newest.day if newest else None,
        watermark=max(
            (report.review_id for story in stories for report in story.reports),
            default=newest.watermark if newest else 0,
        ),
        watermark_before=newest.watermark if newest else 0,
        rule_version=conflict.keywords.version,
        background_revision=backgrounds.number(connection, conflict.slug),
        template_version=template_version(),
        program_version=version("dateline"),
    )


def _reading(
    connection: Connection, conflict: Conflict, closing: Closing, until: datetime
) -> Reading:
    zone = ZoneInfo((conflict.edition or CutOff()).zone)
    # Nobody read for a conflict before it was declared: its first window is no part of a silence.
    began = max(closing.since_at, conflicts.declared_at(connection, conflict.slug))
    since = min(began, until - timedelta(seconds=1))
    matched, waiting = readings.matched(connection, conflict.slug, since, until)
    return measure(
        readings.attempts(connection, conflict.slug, since, until),
        since=since,
        until=until,
        zone=zone,
        matched=matched,
        waiting=waiting,
    )

"""Tell: the duties towards those who are told of what was published."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db import Database
from pipeline.call_webhooks import call_webhooks, notice_changes
from pipeline.draw_up import draw_up_alerts, draw_up_editions
from pipeline.fetch import Poster
from pipeline.follow import Follower
from pipeline.now import utc_now
from pipeline.ping import ping_hubs
from pipeline.send import Mailer
from pipeline.settings import Settings, secret_key
from pipeline.write_letters import Post, send_letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """What one process tells others; each duty gives a sentence, or None when nothing was due."""

    database: Database
    settings: Settings
    poster: Poster
    tell_time: Callable[[], datetime] = utc_now

    async def hubs(self) -> str | None:
        """Tell WebSub hubs which feeds changed."""
        settings = self.settings
        report = await ping_hubs(
            self.database, self.poster, settings.hub_url, settings.base_url, self.tell_time
        )
        if report is None:
            return None
        failed = f", {report.failed} failed: {report.error}" if report.failed else ""
        return f"{report.told} pings sent{failed}"

    async def followed(self) -> str | None:
        """Ask the hubs that feeds name to announce what is new."""
        follower = Follower(
            database=self.database,
            poster=self.poster,
            key=secret_key(self.settings),
            base_url=self.settings.base_url,
            networks=self.settings.allow_private,
            clock=self.tell_time,
        )
        report = await follower.follow()
        if report is None:
            return None
        failed = f", {report.failed} failed: {report.error}" if report.failed else ""
        return f"{report.asked} requests to hubs{failed}"

    async def webhooks(self) -> str | None:
        """Tell programs of entries that changed."""
        await asyncio.to_thread(
            notice_changes, self.database, self.settings.base_url, self.tell_time()
        )
        report = await call_webhooks(self.database, self.poster, self.tell_time)
        if report is None:
            return None
        failed = f", {report.failed} failed: {report.error}" if report.failed else ""
        return f"{report.told} calls made{failed}"

    async def subscribers(self) -> str | None:
        """Write to subscribers, and send what waits."""
        settings = self.settings
        assert settings.mail_server is not None  # the clock asks for this only where there is one
        await asyncio.to_thread(draw_up_alerts, self.database, self.tell_time())
        await asyncio.to_thread(draw_up_editions, self.database, self.tell_time())
        post = Post(
            sender=settings.mail_from,
            reply_to=settings.mail_reply_to,
            base_url=settings.base_url,
            key=secret_key(settings),
        )
        async with Mailer(settings.mail_server) as mailer:
            report = await send_letters(self.database, mailer, post, self.tell_time)
        if report is None:
            return None
        failed = report.put_off + report.ended
        why = f", {failed} not: {report.error}" if failed else ""
        return f"{report.sent} letters sent{why}"

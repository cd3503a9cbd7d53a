"""What waits to go out, and whether the mail server takes it."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from db import Database, hub_pings, letters, push_subscriptions
from pipeline.diagnose.finding import Finding, Level, well
from pipeline.errors import MailError
from pipeline.model import MailServer
from pipeline.send import Mailer
from pipeline.settings import Settings
from pipeline.stages.describe import counted

_SECONDS = 10.0


def look_at_mail(settings: Settings) -> Iterator[Finding]:
    """Connect to the mail server and log in, where there is one; nothing is sent."""
    server = settings.mail_server
    if server is None:
        return
    try:
        asyncio.run(_try_out(server))
    except MailError as error:
        yield Finding(
            level=Level.BAD,
            about="mail",
            what=str(error),
            advice="check DATELINE_SMTP_URL; letters wait for three days and nothing is lost",
        )
    else:
        yield well("mail", f"{server.host}:{server.port} takes letters")
    if urlsplit(settings.base_url).scheme != "https":
        yield Finding(
            level=Level.NOTE,
            about="mail",
            what="unsubscribing with one click needs a public address by https",
            advice="set DATELINE_BASE_URL to the https address",
        )


def look_at_pushes(settings: Settings) -> Iterator[Finding]:
    """See whether hubs can reach us, where they are to announce what is new."""
    if settings.websub != "on":
        return
    if _is_inside(urlsplit(settings.base_url).hostname or ""):
        yield Finding(
            level=Level.NOTE,
            about="websub",
            what=f"hubs elsewhere cannot reach {settings.base_url}, so none will confirm",
            advice="set DATELINE_BASE_URL to the public https address, or DATELINE_WEBSUB=off",
        )
    else:
        yield well("websub", f"hubs are asked to announce what is new at {settings.base_url}")


def _is_inside(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


async def _try_out(server: MailServer) -> None:
    async with Mailer(server, seconds=_SECONDS) as mailer:
        await mailer.try_out()


def look_at_outgoing(database: Database, settings: Settings) -> Iterator[Finding]:
    """Look at what hubs and subscribers could not be told yet."""
    with database.reading() as connection:
        pings = hub_pings.health(connection)
        waiting, error = letters.counts(connection), letters.last_error(connection)
        unheard, refused = push_subscriptions.failing(connection)
    if pings.failing:
        yield Finding(
            level=Level.NOTE,
            about="hub",
            what=f"{counted(pings.failing, 'feed')} could not be told to a hub: {pings.error}",
            advice="see that the hub in DATELINE_HUB_URL runs; it is told again by itself",
        )
    if unheard and settings.websub == "on":
        yield Finding(
            level=Level.NOTE,
            about="websub",
            what=f"{counted(unheard, 'feed')} could not be subscribed to at a hub: {refused}",
            advice="they are polled as ever, and the hub is asked again by itself; see that it "
            "reaches DATELINE_BASE_URL",
        )
    if waiting["failing"]:
        yield Finding(
            level=Level.NOTE,
            about="letters",
            what=f"{waiting['failing']} could not be sent yet: {error}",
            advice="they are tried again by themselves, for three days",
        )

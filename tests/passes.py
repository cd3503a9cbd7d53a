"""Passes over a loopback publisher into a real database, for tests of when and whom we ask."""

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

from sqlalchemy import func, select

from db import Database, conflicts, feeds, instance
from db.tables import feeds as table
from db.tables import fetches
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from pipeline.model import Feed
from pipeline.pacing import Law, law_in_force
from pipeline.stages.pace import Pace, from_record
from pipeline.tally import IngestReport
from tests import warm
from tests.making import NOON, a_conflict, a_feed, rules
from tests.replay import Page, Publisher

HOUR = timedelta(hours=1)


def rss(*names: str, head: str = "", at: datetime = NOON - HOUR) -> bytes:
    """A document of articles, one in two about Mali, dated a minute apart."""
    items = "".join(
        f"<item><guid>{name}</guid><link>https://wire.example/{name}</link>"
        f"<title>{'Army moves on Kidal' if number % 2 else 'Grain prices fall'}: {name}</title>"
        f"<pubDate>{format_datetime(at - number * timedelta(minutes=1))}</pubDate></item>"
        for number, name in enumerate(names)
    )
    return f"<rss version='2.0'><channel><title>W</title>{head}{items}</channel></rss>".encode()


class Rig:
    """A database that watches pages of the loopback publisher, and passes over them."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self.now = NOON
        self.network = True
        self.host_interval = 0.0
        self.heeds_hubs = False

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every name is the loopback publisher's, while the network is up."""
        if not self.network:
            raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")
        return ("127.0.0.1",)

    def serve(self, name: str, body: bytes, **more: object) -> None:
        self.publisher.pages[f"/{name}"] = Page(body=body, **more)  # type: ignore[arg-type]

    def watch(self, *watched: Feed) -> None:
        with self.database.transaction() as connection:
            instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
            feeds.declare(connection, watched, self.now)
            conflicts.declare(connection, [a_conflict()], self.now)

    def feed(self, name: str, *, host: str = "127.0.0.1", **more: object) -> Feed:
        """A feed at the publisher's, which has any number of names."""
        port = self.publisher.url.rpartition(":")[2]
        return a_feed(name, url=f"http://{host}:{port}/{name}", **more)

    def row(self, name: str) -> Any:
        with self.database.reading() as connection:
            return connection.execute(select(table).where(table.c.id == name)).one()

    def attempts(self) -> int:
        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(fetches)) or 0

    def run(self, *, every: bool = True) -> IngestReport:
        """Make a pass as a process of its own: over all feeds, or those that are due."""

        async def go(parsers: ParserPool) -> IngestReport:
            policy = FetchPolicy(
                user_agent="t",
                allow_private=(ip_network("127.0.0.0/8"),),
                host_interval=self.host_interval,
            )
            async with Fetcher(policy, resolve=self.resolve) as fetcher:
                work = Ingest(
                    database=self.database,
                    fetcher=fetcher,
                    parsers=parsers,
                    rules=lambda: rules(),
                    clock=lambda: self.now,
                    heeds_hubs=self.heeds_hubs,
                )
                return await work.run(work.claim(even_if_not_due=every))

        return warm.run(go)

    def pace(self, name: str = "wire") -> Pace:
        with self.database.reading() as connection:
            found = from_record(connection.scalar(select(table.c.pace).where(table.c.id == name)))
        assert found is not None
        return found

    def wait(self, name: str = "wire") -> tuple[timedelta, str]:
        with self.database.reading() as connection:
            row = connection.execute(select(table).where(table.c.id == name)).one()
        return row.next_fetch_at - self.now, row.next_fetch_reason

    def law(self) -> Law:
        with self.database.reading() as connection:
            law = law_in_force(connection)
        assert law is not None
        return law

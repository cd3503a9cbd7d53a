"""A server may answer with its new entries alone (RFC 3229): they are added, nothing is missed."""

import asyncio
from ipaddress import ip_network

from sqlalchemy import select

from db import feeds, instance
from db.tables import entries
from db.tables import feeds as feeds_table
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.ingest import Ingest
from pipeline.isolate import ParserPool
from tests.making import NOON, a_feed, rules
from tests.misbehaviours import document


def test_a_delta_adds_its_entries_and_is_no_sign_of_missed_ones(sqlite, serving, answers):
    both = document("wire", 14)
    start, items = both.index(b"<item>"), both.split(b"<item>")
    delta = both[:start] + b"<item>" + b"<item>".join(items[13:])

    async def passes():
        site = answers.in_turn(
            answers.say(document("wire", 12), 'ETag: "12"'),
            answers.say(delta, 'ETag: "14"', "IM: feed", status=226),
        )
        policy = FetchPolicy(
            user_agent="t", allow_private=(ip_network("127.0.0.0/8"),), host_interval=0
        )
        async with (
            serving(site) as server,
            Fetcher(policy) as fetcher,
            ParserPool(workers=1) as parsers,
        ):
            with sqlite.transaction() as connection:
                instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
                feeds.declare(connection, [a_feed("wire", url=server.url())], NOON)
            work = Ingest(
                database=sqlite,
                fetcher=fetcher,
                parsers=parsers,
                rules=lambda: rules(),
                clock=lambda: NOON,
            )
            for _ in range(2):
                report = await work.run(work.claim(even_if_not_due=True))
            return report, server.requests

    report, requests = asyncio.run(passes())
    assert requests[1].headers["if-none-match"] == '"12"'
    assert (report.updated, report.articles_new) == (1, 2)
    with sqlite.reading() as connection:
        assert len(list(connection.execute(select(entries)))) == 14
        feed = connection.execute(select(feeds_table)).one()
    assert feed.etag == '"14"'
    assert not feed.pace["overflowed"]
    assert feed.pace["window"] == 12

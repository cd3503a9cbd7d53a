"""Every named misbehaviour ends soon, in its kind, and leaves nothing behind."""

import asyncio
import time

import pytest

from pipeline.errors import FetchError
from tests.misbehaving import open_sockets
from tests.misbehaviours import FETCHED, MISBEHAVIOURS, answer_by_name

DEADLINE = 1.0


async def look_up(host, port):
    return ["127.0.0.1"]


async def outcome(fetcher, server, name):
    """Fetch from a host of its own, since some ask for a pause of the whole host."""
    host = name.replace("_", "-") + ".test"
    try:
        return (await fetcher.fetch(server.url(f"/{name}", host=host))).body
    except FetchError as error:
        return error.kind


@pytest.mark.parametrize("name", sorted(FETCHED))
def test_each_misbehaviour_ends_in_its_kind(serving, a_fetcher, name):
    async def scenario():
        async with (
            serving(answer_by_name) as server,
            a_fetcher(resolve=look_up, deadline=DEADLINE) as fetcher,
        ):
            return await outcome(fetcher, server, name)

    began = time.monotonic()
    result = asyncio.run(scenario())
    assert result == (MISBEHAVIOURS[name].kind or MISBEHAVIOURS[name].body)
    assert time.monotonic() - began < DEADLINE + 2


def test_all_of_them_at_once_leave_no_task_and_no_socket(serving, a_fetcher):
    async def scenario():
        async with serving(answer_by_name) as server:
            before = len(asyncio.all_tasks()), open_sockets()
            async with a_fetcher(resolve=look_up, deadline=6.0) as fetcher:
                names = sorted(FETCHED)
                results = await asyncio.gather(*(outcome(fetcher, server, n) for n in names))
            await asyncio.sleep(0.2)
            busy = server.open_now  # the server's own ends, where it has not noticed yet
            after = len(asyncio.all_tasks()) - busy, open_sockets() - busy
            return dict(zip(names, results, strict=True)), before, after

    results, before, after = asyncio.run(scenario())
    assert results == {
        name: MISBEHAVIOURS[name].kind or MISBEHAVIOURS[name].body for name in FETCHED
    }
    assert after == before

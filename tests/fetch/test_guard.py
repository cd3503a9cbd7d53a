"""No fetch reaches inside: whatever a name, a redirect or the environment says."""

import asyncio
import time

import pytest

from pipeline.errors import FetchError, Severity
from pipeline.fetch.names import SystemNames


def fetch_error(a_fetcher, url, **policy):
    async def scenario():
        async with a_fetcher(**policy) as fetcher:
            await fetcher.fetch(url)

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "255.255.255.255",
        "example.org@127.0.0.1",
    ],
)
def test_every_spelling_of_an_inside_address_is_refused_in_a_redirect(
    serving, answers, a_fetcher, host
):
    async def scenario():
        async with serving(answers.say(), host="127.0.0.1") as inside:
            location = f"http://{host}:{inside.port}/"
            # The first server is reached by its own address, everything else inside is forbidden.
            async with (
                serving(answers.redirect(location), host="127.0.0.2") as outside,
                a_fetcher(allow=("127.0.0.2/32",)) as fetcher,
            ):
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(outside.url())
                return caught.value, inside.accepted

    error, reached = asyncio.run(scenario())
    assert (error.kind, error.severity) == ("refused_address", Severity.HARD)
    assert "DATELINE_ALLOW_PRIVATE" in str(error)
    assert reached == 0


def test_a_trailing_dot_changes_nothing(a_fetcher):
    async def look_up(host, port):
        return ["127.0.0.1"]

    error = fetch_error(a_fetcher, "http://localhost.:80/", resolve=look_up, allow=())
    assert error.kind == "refused_address"


def test_an_inside_address_is_refused_as_a_feed_too(serving, answers, a_fetcher):
    async def scenario():
        async with serving(answers.say()) as inside, a_fetcher(allow=()) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(inside.url())
            return caught.value, inside.accepted

    error, reached = asyncio.run(scenario())
    assert error.kind == "refused_address"
    assert reached == 0


def test_a_name_with_one_inside_address_is_refused_whole(a_fetcher):
    async def mixed(host, port):
        return ["93.184.216.34", "10.0.0.7"]

    assert fetch_error(a_fetcher, "http://feeds.test/", resolve=mixed).kind == "refused_address"


def test_a_name_is_resolved_once_and_the_checked_address_is_dialled(serving, answers, a_fetcher):
    asked = []

    async def look_up(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    async def scenario():
        async with serving(answers.say()) as server, a_fetcher(resolve=look_up) as fetcher:
            result = await fetcher.fetch(server.url(host="feeds.test"))
            return result, server

    result, server = asyncio.run(scenario())
    assert asked == [("feeds.test", server.port)]
    assert result.url == server.url(host="feeds.test")
    assert server.requests[0].headers["host"] == f"feeds.test:{server.port}"


def test_a_name_that_changes_its_answer_gains_nothing(serving, answers, a_fetcher):
    replies = iter([["127.0.0.1"], ["127.0.0.2"]])

    async def rebinding(host, port):
        return next(replies)

    async def scenario():
        async with (
            serving(answers.redirect("/again")) as public,
            serving(answers.say(), host="127.0.0.2", port=public.port) as inside,
            a_fetcher(resolve=rebinding) as fetcher,
        ):
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(public.url(host="feeds.test"))
            return caught.value, public.accepted, inside.accepted

    error, public, inside = asyncio.run(scenario())
    assert error.kind == "refused_address"
    assert (public, inside) == (1, 0)


def test_open_and_closed_ports_inside_look_the_same(serving, answers, a_fetcher):
    async def scenario():
        async with serving(answers.silence()) as inside, a_fetcher(allow=()) as fetcher:
            seen = []
            for port in (inside.port, 1):
                began = time.monotonic()
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(f"http://127.0.0.1:{port}/")
                seen.append((caught.value.kind, str(caught.value)))
                assert time.monotonic() - began < 0.5
            return seen

    one, other = asyncio.run(scenario())
    assert one == other


def test_a_proxy_in_the_environment_is_ignored(serving, answers, a_fetcher, monkeypatch):
    async def scenario():
        async with serving(answers.say()) as server, serving(answers.say()) as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url(""))
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with a_fetcher() as fetcher:
                await fetcher.fetch(server.url())
            return server.accepted, proxy.accepted

    assert asyncio.run(scenario()) == (1, 0)


def test_an_address_that_does_not_answer_leaves_time_for_the_next(serving, answers, a_fetcher):
    async def two(host, port):
        return ["127.0.0.3", "127.0.0.1"]

    async def scenario():
        async with (
            serving(answers.say()) as server,
            a_fetcher(allow=("127.0.0.0/8",), resolve=two) as fetcher,
        ):
            return await fetcher.fetch(server.url(host="feeds.test"))

    assert asyncio.run(scenario()).body == answers.feed


def test_the_system_gives_every_address_once():
    names = SystemNames()
    try:
        found = asyncio.run(names("127.0.0.1", 80))
    finally:
        names.close()
    assert found == ("127.0.0.1",)

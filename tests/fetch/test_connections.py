"""A connection serves one host's queue, and no answer is ever taken for another."""

import asyncio
import ssl

import pytest

from pipeline.errors import FetchError
from pipeline.fetch.connection import Wire

SURPLUS = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<smuggled/>"


def numbered(answers):
    """Each path has a body of its own."""

    async def answer(request, writer):
        await answers.say(b"<rss>%s</rss>" % request.path.encode())(request, writer)

    return answer


def fetch_in_a_batch(serving, a_fetcher, answer, count=10, *, server_tls=None, **policy):
    """Fetch so many feeds of one host together, one at a time; gives bodies and the server."""

    async def scenario():
        async with (
            serving(answer, stays=True, tls=server_tls) as server,
            a_fetcher(**{"host_concurrency": 1} | policy) as fetcher,
        ):
            urls = [server.url(f"/{number}") for number in range(count)]
            results = await asyncio.gather(*map(fetcher.fetch, urls), return_exceptions=True)
            await asyncio.sleep(0.05)
            return results, server, server.open_now

    return asyncio.run(scenario())


def bodies(results):
    return [result.body for result in results]


def expected(count=10):
    return [b"<rss>/%d</rss>" % number for number in range(count)]


def test_ten_feeds_of_one_host_make_one_handshake(serving, answers, a_fetcher, certificates):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificates / "good.pem", certificates / "good.key")
    ours = ssl.create_default_context(cafile=certificates / "authority.pem")
    results, server, still_open = fetch_in_a_batch(
        serving, a_fetcher, numbered(answers), server_tls=theirs, tls=ours
    )
    assert bodies(results) == expected()
    assert server.accepted == 1
    assert still_open == 0


def test_no_connection_outlives_the_hosts_last_fetch(serving, answers, a_fetcher):
    results, server, still_open = fetch_in_a_batch(
        serving, a_fetcher, numbered(answers), host_concurrency=3
    )
    assert bodies(results) == expected()
    assert server.accepted <= 3
    assert still_open == 0


def test_a_connection_is_for_one_origin(serving, answers, a_fetcher):
    async def look_up(host, port):
        return ["127.0.0.1"]

    async def scenario():
        async with (
            serving(numbered(answers), stays=True) as one,
            serving(numbered(answers), stays=True) as other,
            a_fetcher(resolve=look_up, host_concurrency=1) as fetcher,
        ):
            await asyncio.gather(
                *(fetcher.fetch(server.url(host="feeds.test")) for server in (one, other) * 2),
                fetcher.fetch(one.url(host="elsewhere.test")),
            )
            return one.accepted, other.accepted

    assert asyncio.run(scenario()) == (2, 1)


def test_bytes_after_an_answer_are_never_taken_for_the_next(serving, answers, a_fetcher):
    async def generous(request, writer):
        body = b"<rss>%s</rss>" % request.path.encode()
        writer.write(answers.head(200, f"Content-Length: {len(body)}") + body + SURPLUS)
        await writer.drain()

    results, _, _ = fetch_in_a_batch(serving, a_fetcher, generous)
    assert bodies(results) == expected()


def test_bytes_that_follow_later_are_not_taken_for_the_next_either(serving, answers, a_fetcher):
    async def late(request, writer):
        await numbered(answers)(request, writer)
        await asyncio.sleep(0.02)
        writer.write(SURPLUS)
        await writer.drain()

    results, server, _ = fetch_in_a_batch(serving, a_fetcher, late, 4, host_interval=0.06)
    assert bodies(results) == expected(4)
    assert server.accepted == 4


def test_a_body_nobody_wanted_is_not_read_as_the_next_answer(serving, answers, a_fetcher):
    async def wordy(request, writer):
        if request.path == "/0":
            writer.write(answers.head(404, f"Content-Length: {len(SURPLUS)}"))
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(SURPLUS)
            await writer.drain()
        else:
            await numbered(answers)(request, writer)

    results, _, _ = fetch_in_a_batch(serving, a_fetcher, wordy, 3)
    assert results[0].kind == "http_404"
    assert bodies(results[1:]) == expected(3)[1:]


@pytest.mark.parametrize("say", ["Connection: close", "Connection: keep-alive"])
def test_a_server_that_hangs_up_in_between_is_asked_anew(serving, answers, a_fetcher, say):
    async def once(request, writer):
        await answers.say(b"<rss>%s</rss>" % request.path.encode(), say)(request, writer)
        writer.close()

    results, server, _ = fetch_in_a_batch(serving, a_fetcher, once)
    assert bodies(results) == expected()
    assert len(server.requests) == 10


@pytest.mark.parametrize("politely", [True, False])
def test_a_server_that_hangs_up_on_the_second_request_is_asked_once_more(
    serving, answers, a_fetcher, politely
):
    seen = []

    async def tired(request, writer):
        seen.append(writer)
        if seen.count(writer) > 1 and politely:
            await answers.say(b"too late", "Connection: close", status=408)(request, writer)
        elif seen.count(writer) > 1:
            writer.transport.abort()
        else:
            await numbered(answers)(request, writer)

    results, server, _ = fetch_in_a_batch(serving, a_fetcher, tired, 4)
    assert bodies(results) == expected(4)
    assert server.accepted == 4


def test_a_server_that_only_hangs_up_is_not_asked_again(serving, answers, a_fetcher):
    (error,), server, _ = fetch_in_a_batch(serving, a_fetcher, answers.reset(), 1)
    assert isinstance(error, FetchError)
    assert len(server.requests) == 1


def test_a_kept_connection_is_as_good_as_a_checked_one_until_the_host_is_done(
    serving, answers, a_fetcher
):
    """The address was checked when it was dialled; a later look-up is checked again."""
    replies = iter([["127.0.0.1"], ["10.0.0.7"]])

    async def rebinding(host, port):
        return next(replies)

    async def scenario():
        async with (
            serving(numbered(answers), stays=True) as server,
            a_fetcher(resolve=rebinding, host_concurrency=1) as fetcher,
        ):
            url = server.url(host="feeds.test")
            await asyncio.gather(*(fetcher.fetch(url) for _ in range(3)))
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(url)
            return caught.value.kind, server.accepted

    assert asyncio.run(scenario()) == ("refused_address", 1)


def test_a_wire_nobody_reads_stops_listening():
    class Transport:
        calls: list[str] = []  # noqa: RUF012

        def __getattr__(self, name):
            return lambda *_: self.calls.append(name)

    async def scenario():
        wire, transport = Wire(), Transport()
        wire.connection_made(transport)
        for _ in range(8):
            wire.data_received(bytes(64 * 1024))
        assert transport.calls == ["pause_reading"]
        for _ in range(8):
            await wire.read()
        assert transport.calls == ["pause_reading", "resume_reading"]
        wire.close()
        wire.data_received(b"too late")
        assert await wire.read() == b""

    asyncio.run(scenario())

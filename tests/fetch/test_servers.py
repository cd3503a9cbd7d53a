"""Servers that are slow, rude or broken: every failure has a kind, and none takes long."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import time
import traceback
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FetchError, Severity
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.model import Fetched
from tests.misbehaving import Answers, open_sockets
from tests.misbehaving import serving as serving_bytes

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

LONG = b"<rss>" + b"x" * 5000 + b"</rss>"


def test_a_good_answer_comes_whole(ask, answers):
    result, server = ask(
        answers.say(
            gzip.compress(answers.feed),
            "Content-Encoding: gzip",
            "Content-Type: application/rss+xml; charset=UTF-8",
            "Cache-Control: max-age=900",
        )
    )
    assert isinstance(result, Fetched)
    assert result.body == answers.feed
    assert (result.url, result.status) == (server.url(), 200)
    assert (result.content_type, result.charset) == ("application/rss+xml", "utf-8")
    assert result.fresh_for.total_seconds() == 900
    assert result.wire_bytes == len(gzip.compress(answers.feed))
    assert 0 < result.seconds < 5
    assert result.permanent_url is None


def test_chunked_and_old_fashioned_answers_are_read(ask, answers):
    chunked = (
        answers.head(200, "Transfer-Encoding: chunked") + b"5\r\n<rss>\r\n6\r\n</rss>\r\n0\r\n\r\n"
    )
    assert ask(answers.raw(chunked))[0].body == b"<rss></rss>"
    assert ask(answers.raw(b"HTTP/1.0 200 OK\r\n\r\n<rss></rss>"))[0].body == b"<rss></rss>"


def test_many_headers_are_no_reason_to_fail(ask, answers):
    lines = [f"X-Header-{number}: {'v' * 130}" for number in range(400)]
    assert ask(answers.say(answers.feed, *lines))[0].body == answers.feed


@pytest.mark.parametrize("how", ["drip", "dribbling_headers"])
def test_a_slow_server_is_left_at_the_deadline(ask, answers, how):
    began = time.monotonic()
    error, _ = ask(getattr(answers, how)(0.02), deadline=0.4)
    assert (error.kind, error.severity) == ("timeout", Severity.PASSING)
    assert "within 0.4 seconds" in str(error)
    assert 0.3 < time.monotonic() - began < 1.5


def test_a_silent_server_is_left_at_the_deadline(ask, answers):
    assert ask(answers.silence(), deadline=0.3)[0].kind == "timeout"


def test_the_deadline_is_for_all_hops_together(serving, answers, a_fetcher):
    async def slow(request, writer):
        await asyncio.sleep(0.2)
        await answers.redirect(request.path + "x")(request, writer)

    async def scenario():
        async with serving(slow) as server, a_fetcher(deadline=0.5) as fetcher:
            await fetcher.fetch(server.url())

    began = time.monotonic()
    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 1.0


def test_a_connection_that_is_never_made_has_its_own_limit(a_fetcher):
    async def no_answer(host, port):
        await asyncio.sleep(30)

    async def scenario():
        async with a_fetcher(resolve=no_answer, connect_timeout=0.2) as fetcher:
            await fetcher.fetch("http://feeds.test/")

    with pytest.raises(FetchError, match="could not be reached in time") as caught:
        asyncio.run(scenario())
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "connect"),
        (b"HTTP/1.1 200 OK\r\nContent-", "connect"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<rss>", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<r", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n<rss>", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<rss>", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>", "protocol"),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol"),
        (b"\x00\xff" * 500, "protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 200_000, "protocol"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "protocol"),
    ],
)
def test_what_is_not_proper_http_is_named(ask, answers, data, kind):
    error, _ = ask(answers.raw(data))
    assert isinstance(error, FetchError)
    assert error.kind == kind


def test_a_reset_is_passing_before_and_during_the_answer(ask, answers):
    error, _ = ask(answers.reset())
    assert (error.kind, error.severity) == ("connect", Severity.PASSING)
    error, _ = ask(answers.reset(answers.head(200, "Content-Length: 5000") + b"<rss>"))
    assert (error.kind, error.severity) == ("truncated", Severity.PASSING)
    assert error.status == 200


@pytest.mark.parametrize("missing", [1, 9, 40])
def test_a_cut_gzip_body_is_truncated(ask, answers, missing):
    packed = gzip.compress(LONG + bytes(range(256)))[:-missing]
    error, _ = ask(answers.say(packed, "Content-Encoding: gzip"))
    assert (error.kind, error.severity) == ("truncated", Severity.PASSING)


def test_an_endless_body_is_stopped_at_the_limit(ask, answers):
    error, _ = ask(answers.endless(), max_bytes=300_000)
    assert (error.kind, error.severity) == ("too_large", Severity.SOFT)
    assert "max_bytes" in str(error)


def test_an_announced_size_above_the_limit_is_not_even_read(ask, answers):
    error, _ = ask(answers.raw(answers.head(200, "Content-Length: 99999999999999")), max_bytes=1000)
    assert error.kind == "too_large"


def test_a_closed_port_is_passing(a_fetcher):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    async def scenario():
        async with a_fetcher() as fetcher:
            await fetcher.fetch(f"http://127.0.0.1:{port}/")

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert (caught.value.kind, caught.value.severity) == ("connect", Severity.PASSING)


def test_the_systems_own_names_are_looked_up(serving, answers, a_fetcher):
    async def scenario():
        allow = ("127.0.0.0/8", "::1/128")
        async with serving(answers.say()) as server, a_fetcher(allow=allow) as fetcher:
            return await fetcher.fetch(server.url(host="localhost"))

    assert asyncio.run(scenario()).body == answers.feed


def test_a_failure_that_is_kept_does_not_keep_what_was_read(ask, answers):
    error, _ = ask(answers.endless(), max_bytes=3_000_000)
    held = [
        name
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.endswith("decode.py")
        for name in frame.f_locals
    ]
    assert held == []


def test_a_cancelled_fetch_leaves_nothing_open(serving, answers, a_fetcher):
    async def scenario():
        async with serving(answers.silence()) as server, a_fetcher(deadline=30) as fetcher:
            with_server = open_sockets()
            tasks = [asyncio.create_task(fetcher.fetch(server.url(f"/{n}"))) for n in range(20)]
            while server.open_now < 20:  # noqa: ASYNC110 the server counts in another task
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            return ended, server.accepted, open_sockets() - with_server

    ended, accepted, still_open = asyncio.run(scenario())
    assert accepted == 20
    assert all(isinstance(error, asyncio.CancelledError) for error in ended)
    assert still_open == 20  # the server's own ends


def test_a_feed_may_be_allowed_more_than_the_others(serving, answers, a_fetcher):
    long = b"<rss>" + b"x" * 3000 + b"</rss>"

    async def scenario():
        async with serving(answers.say(long)) as server, a_fetcher(max_bytes=1000) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(server.url())
            return caught.value.kind, await fetcher.fetch(server.url(), max_bytes=5000)

    kind, fetched = asyncio.run(scenario())
    assert (kind, fetched.body) == ("too_large", long)


@settings(max_examples=60, deadline=None)
@given(
    start=st.sampled_from(
        [
            b"",
            b"HTTP/1.1 ",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
            b"HTTP/1.1 302 Found\r\nLocation: ",
        ]
    ),
    rest=st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from([b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b": ", b"5\r\n<rss>\r\n", b"\n"]),
        ),
        max_size=8,
    ).map(b"".join),
)
def test_no_bytes_from_a_server_make_anything_but_a_value_or_a_fetch_error(start, rest):
    async def scenario():
        answer = Answers.raw(start + rest)
        policy = FetchPolicy(
            user_agent="t", allow_private=(ip_network("127.0.0.1/32"),), host_interval=0, deadline=2
        )
        async with serving_bytes(answer) as server, Fetcher(policy, tls=TLS) as fetcher:
            return await fetcher.fetch(server.url())

    with contextlib.suppress(FetchError):
        assert isinstance(asyncio.run(scenario()), Fetched)

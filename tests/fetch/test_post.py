"""What is posted arrives whole, at the named address only, and every other end is an error."""

import asyncio
import ssl
from ipaddress import ip_network

import pytest

from pipeline.errors import FetchError, Severity
from pipeline.fetch import FetchPolicy, Posted, Poster

_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def a_poster(*networks: str, deadline: float = 5.0) -> Poster:
    allowed = tuple(map(ip_network, networks or ("127.0.0.1/32",)))
    policy = FetchPolicy(user_agent="Dateline/test", allow_private=allowed, deadline=deadline)
    return Poster(policy, tls=_TLS)


class Taker:
    """A server that takes posts, body included, and gives the answers in turn."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[str, bytes]] = []

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            self.taken.append((head, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            await writer.drain()
        finally:
            writer.close()


def post(taker: Taker, *, body: bytes = b"a=1", path: str = "/hub", poster: Poster | None = None):
    async def go():
        server = await asyncio.start_server(taker.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with poster or a_poster() as out, server:
            return await out.post(f"http://127.0.0.1:{port}{path}", body, {"X-One": "two"})

    return asyncio.run(go())


OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("size", [0, 3, 300_000])
def test_a_body_arrives_whole_with_its_headers(size: int) -> None:
    taker = Taker(OK)
    answer = post(taker, body=b"x" * size)
    assert isinstance(answer, Posted)
    assert answer.status == 202
    [(head, body)] = taker.taken
    assert body == b"x" * size
    assert head.startswith("POST /hub HTTP/1.1\r\n")
    assert "User-Agent: Dateline/test\r\n" in head
    assert "X-One: two\r\n" in head


@pytest.mark.parametrize(
    ("status", "severity"),
    [("404 Gone?", "passing"), ("500 Oops", "passing"), ("410 Gone", "final")],
)
def test_a_refusal_is_an_error_that_repeats_what_was_said(status: str, severity: str) -> None:
    said = b"no such\r\n\x1b[31m topic " + b"y" * 2000
    taker = Taker(
        b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(said)) + said
    )
    with pytest.raises(FetchError, match=r"answered .*: no such.* topic yyy") as caught:
        post(taker)
    assert caught.value.kind == f"http_{status[:3]}"
    assert caught.value.severity is Severity(severity)
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


def test_no_redirect_is_followed() -> None:
    taker = Taker(b"HTTP/1.1 307 T\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", OK)
    with pytest.raises(FetchError, match="redirects are not followed"):
        post(taker)
    assert len(taker.taken) == 1


def test_a_server_may_say_when_to_come_again() -> None:
    with pytest.raises(FetchError) as caught:
        post(Taker(b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"))
    assert caught.value.retry_after == 120


def test_no_private_address_is_posted_to_unless_it_was_opened() -> None:
    taker = Taker(OK)
    with pytest.raises(FetchError) as caught:
        post(taker, poster=a_poster("10.0.0.0/8"))
    assert caught.value.kind == "refused_address"
    assert taker.taken == []


def test_a_server_that_drips_for_ever_meets_the_deadline() -> None:
    async def go() -> None:
        async def drip(reader, writer):
            try:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            except (OSError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with a_poster(deadline=0.3) as poster, server:
            await poster.post(f"http://127.0.0.1:{port}/", b"", {})

    with pytest.raises(FetchError) as caught:
        asyncio.run(go())
    assert caught.value.kind == "timeout"


def test_nobody_there_is_an_error_like_any_other() -> None:
    async def go() -> None:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        async with a_poster() as poster:
            await poster.post(f"http://127.0.0.1:{port}/", b"", {})

    with pytest.raises(FetchError) as caught:
        asyncio.run(go())
    assert caught.value.kind == "connect"

"""On the wire: conditional requests, odd requests and slow clients, over real sockets."""

import asyncio
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from pipeline.web import wire
from pipeline.write_files import turn, write_changed
from tests.web.conftest import Place, make_place

CHANGED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
FEED = b"<feed>" + b"news " * 4_000 + b"</feed>"
HUGE = os.urandom(12_000_000)
ATOM = "/latest-news.atom"


class Site:
    """A real server of a published folder; its database is stopped."""

    def __init__(self, place: Place) -> None:
        files = {ATOM[1:]: FEED, "index.html": FEED, "static/huge.png": HUGE}
        with turn(place.settings.public_dir):
            write_changed(place.settings.public_dir, files, {}, CHANGED)
        app = place.app()
        place.database.close()
        for file in Path(place.settings.state_dir).glob("dateline.db*"):
            file.unlink()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = self.listening.getsockname()
        config = uvicorn.Config(
            app,
            http=wire.short_way(app.state.public),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=1,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve([self.listening]))
        )
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listening.close()
        assert not self.thread.is_alive()

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=5)

    def ask(self, *requests: bytes) -> list[tuple[int, dict[str, str], bytes]]:
        """Send requests one after another over one connection; gives their answers."""
        with self.connect() as connection, connection.makefile("rb") as answers:
            found = []
            for request in requests:
                connection.sendall(request)
                found.append(read_answer(answers, request))
            return found


def read_answer(answers, request: bytes) -> tuple[int, dict[str, str], bytes]:
    status = int(answers.readline().split()[1])
    headers: dict[str, str] = {}
    while (line := answers.readline()) not in {b"\r\n", b""}:
        name, _, value = line.decode("latin-1").partition(":")
        assert name.lower() not in headers, name
        headers[name.lower()] = value.strip()
    empty = status in {204, 304} or request.startswith(b"HEAD")
    return status, headers, b"" if empty else answers.read(int(headers.get("content-length", 0)))


def request(path: str = ATOM, method: str = "GET", lines: tuple[str, ...] = ()) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: h", *lines, "", "")).encode("latin-1")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = make_place(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def site(place: Place) -> Iterator[Site]:
    made = Site(place)
    yield made
    made.close()


NEW = "Sat, 21 Nov 2026 08:30:00 GMT"
SAME = "Fri, 20 Nov 2026 08:30:00 GMT"
OLD = "Fri, 20 Nov 2026 08:29:59 GMT"
# PLAIN, GZIP and BR stand for the present tags, quotes included.
CONDITIONS = [
    ((), 200),
    (("If-None-Match: PLAIN",), 304),
    (("If-None-Match: W/PLAIN",), 304),
    (("If-None-Match: GZIP",), 304),
    (("If-None-Match: W/BR",), 304),
    (("if-none-match:PLAIN",), 304),
    (("If-None-Match:  \tPLAIN \t",), 304),
    (("If-None-Match: *",), 304),
    (('If-None-Match: "one", "two,three" , PLAIN',), 304),
    (('If-None-Match: "one",W/PLAIN,"two"',), 304),
    (('If-None-Match: "one"', "If-None-Match: PLAIN"), 304),
    (('If-None-Match: "another"',), 200),
    (('If-None-Match: "*"',), 200),
    (("If-None-Match: ",), 200),
    (("If-None-Match: w/PLAIN",), 304),  # found within: what stands before it does not count
    (('If-None-Match: "another"', f"If-Modified-Since: {NEW}"), 200),
    (("If-None-Match: PLAIN", f"If-Modified-Since: {OLD}"), 304),
    ((f"If-Modified-Since: {SAME}",), 304),
    ((f"If-Modified-Since: {NEW}",), 304),
    ((f"If-Modified-Since: {OLD}",), 200),
    (("If-Modified-Since: Friday, 20-Nov-26 08:30:00 GMT",), 304),
    (("If-Modified-Since: Fri Nov 20 08:30:00 2026",), 200),
    (("If-Modified-Since: yesterday",), 200),
    (("If-Modified-Since: Fri, 20 Nov 2026 08:30:00",), 200),
    ((f"If-Modified-Since: {SAME}", f"If-Modified-Since: {SAME}"), 200),
    (("If-Unmodified-Since: " + OLD,), 200),
    (("Range: bytes=0-9",), 200),
    (('If-Range: "x"', "Range: bytes=0-9"), 200),
]


def test_conditional_requests_are_answered_alike_on_both_ways(site: Site) -> None:
    whole = {
        coding: site.ask(request(lines=(f"Accept-Encoding: {coding}",)))[0][1]
        for coding in ("identity", "gzip", "br")
    }
    tags = {"PLAIN": "identity", "GZIP": "gzip", "BR": "br"}
    assert len({headers["etag"] for headers in whole.values()}) == 3
    for lines, expected in CONDITIONS:
        for word, coding in tags.items():
            lines = tuple(line.replace(word, whole[coding]["etag"]) for line in lines)
        for coding, sent in whole.items():
            for method in ("GET", "HEAD"):
                asked = (*lines, f"Accept-Encoding: {coding}")
                # Who sends TE goes the long way.
                short, long = site.ask(
                    request(method=method, lines=asked),
                    request(method=method, lines=(*asked, "TE: trailers")),
                )
                for answer in (short, long):
                    answer[1].pop("date")
                assert short == long, lines
                status, headers, body = short
                assert status == expected, (lines, method, coding)
                kept = {**sent}
                kept.pop("date")
                if status == 304:
                    for name in ("content-type", "content-length", "content-encoding"):
                        kept.pop(name, None)
                assert headers == kept, lines
                assert len(body) == int(headers.get("content-length", 0)) * (method == "GET")


def test_a_304_says_all_that_a_cache_needs(site: Site) -> None:
    [(_, headers, _)] = site.ask(request(lines=("If-None-Match: *",)))
    assert headers.pop("date")
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers.pop("etag"))
    assert headers == {
        "cache-control": "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400",
        "last-modified": SAME,
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, Link",
        "link": '<http://127.0.0.1:8000/latest-news.atom>; rel="self"',
        "x-content-type-options": "nosniff",
    }


ODD = [
    (b"GET /latest-news.atom HTTP/1.1\r\n\r\n", 400),
    (b"GET /latest-news.atom HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET /latest-news.atom HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n", 400),
    (b"GET /latest-news.atom HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n", 400),
    (b"GET /latest-news.atom HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400),
    (
        b"POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (b"GET /latest-news.atom\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    (b"GET latest-news.atom HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"GET /latest-news%2Eatom HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"GET /static/..%2f..%2fsecret HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"GET /static/../dateline.db HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"GET //latest-news.atom HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"POST /latest-news.atom HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 405),
    (b"get /latest-news.atom HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    (b"GET /latest-news.atom?again=1 HTTP/1.1\r\nHost: h\r\n\r\n", 200),
    (b"GET /latest-news.atom HTTP/1.0\r\n\r\n", 200),
    (b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
]


def test_an_odd_request_is_answered_and_harms_nobody(site: Site) -> None:
    site.ask(request())
    for sent, status in ODD:
        with site.connect() as connection, connection.makefile("rb") as answers:
            connection.sendall(sent)
            assert read_answer(answers, sent)[0] == status, sent[:80]
        assert site.ask(request())[0][2] == FEED


@pytest.mark.parametrize("flood", [b"A: b\r\n" * 300_000, b"A: " + b"b" * 2_000_000], ids=len)
def test_a_flood_of_headers_is_cut_off(site: Site, flood: bytes) -> None:
    with site.connect() as connection:
        with suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n" + flood)
        assert closed_after(connection) < 4
    assert site.ask(request())[0][2] == FEED


def test_requests_sent_together_are_answered_in_their_order(site: Site) -> None:
    site.ask(request())
    three = [request(lines=("If-None-Match: *",)), request("/nothing"), request()]
    with site.connect() as connection, connection.makefile("rb") as answers:
        connection.sendall(b"".join(three))
        assert [read_answer(answers, each)[0] for each in three] == [304, 404, 200]
        connection.sendall(three[0])
        assert read_answer(answers, three[0])[0] == 304


def test_a_request_in_pieces_is_answered_once(site: Site) -> None:
    site.ask(request())
    whole = request()
    with site.connect() as connection, connection.makefile("rb") as answers:
        for piece in (whole[:7], whole[7:30], whole[30:]):
            connection.sendall(piece)
            time.sleep(0.05)
        assert read_answer(answers, whole)[2] == FEED
        connection.sendall(whole)
        assert read_answer(answers, whole)[2] == FEED


def test_a_body_is_never_taken_for_the_next_request(site: Site) -> None:
    site.ask(request())
    hidden = request("/static/huge.png")
    outer = request(lines=(f"Content-Length: {len(hidden)}",)) + hidden
    with site.connect() as connection, connection.makefile("rb") as answers:
        connection.sendall(outer)
        assert read_answer(answers, outer)[2] == FEED
        connection.sendall(request(method="HEAD"))
        assert read_answer(answers, request(method="HEAD"))[0] == 200


def closed_after(connection: socket.socket) -> float:
    began = time.monotonic()
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(site: Site) -> None:
    with site.connect() as connection, connection.makefile("rb") as answers:
        for _ in range(4):
            connection.sendall(request())
            assert read_answer(answers, request())[0] == 200
            time.sleep(0.5)
        assert closed_after(connection) < 3


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost", request("/") + b"GET"])
def test_a_client_that_never_ends_its_request_is_not_waited_for(
    site: Site, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REQUEST_DEADLINE", 0.4)
    with site.connect() as connection:
        connection.sendall(begun)
        assert 0.3 < closed_after(connection) < 3


def test_a_client_that_takes_nothing_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PROGRESS", 0.3)
    site.ask(request("/static/huge.png"))
    with site.connect() as connection:
        connection.sendall(request("/static/huge.png"))
        deadline = time.monotonic() + 5
        while site.server.server_state.connections:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_client_that_takes_it_slowly_gets_all(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PROGRESS", 0.3)
    site.ask(request("/static/huge.png"))
    with site.connect() as connection:
        connection.sendall(request("/static/huge.png"))
        taken = b""
        while len(taken) < len(HUGE):
            piece = connection.recv(2_000_000)
            assert piece
            taken += piece
            time.sleep(0.05)
        assert taken.endswith(HUGE[-1000:])


def test_who_takes_a_whole_feed_too_often_is_asked_to_wait(tmp_path: Path) -> None:
    place = make_place(tmp_path, whole_feed_interval=300)
    site = Site(place)
    try:
        reader = ("User-Agent: Reader/1",)
        [first, second, head, new, page, other] = site.ask(
            request(lines=reader),
            request(lines=reader),
            request(method="HEAD", lines=reader),
            request(lines=(*reader, 'If-None-Match: "old"')),
            request("/", lines=reader),
            request(lines=("User-Agent: Another/2",)),
        )
        assert [each[0] for each in (first, second, head, new, page, other)] == [
            200, 429, 200, 200, 200, 200,
        ]  # fmt: skip
        assert 0 < int(second[1]["retry-after"]) <= 300
        assert second[1]["cache-control"] == "no-store"
        assert b"If-None-Match" in second[2]
        behind = [request(lines=(*reader, f"X-Forwarded-For: 9.9.9.9, {n}")) for n in "1122"]
        assert [each[0] for each in site.ask(*behind)] == [200, 429, 200, 429]
    finally:
        site.close()


def test_scripts_of_other_sites_may_ask_with_a_condition(site: Site) -> None:
    ask = ("Origin: https://reader.example", "Access-Control-Request-Method: GET")
    feed, page = site.ask(
        request(method="OPTIONS", lines=ask), request("/", method="OPTIONS", lines=ask)
    )
    assert feed[0] == 204
    assert "If-None-Match" in feed[1]["access-control-allow-headers"]
    assert page[0] == 405

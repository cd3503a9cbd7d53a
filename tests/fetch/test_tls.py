"""Certificates are checked against the name, and every way to fail has its own kind."""

import asyncio
import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from pipeline.errors import FetchError, Severity
from pipeline.model import Unverified
from tests.making import NOON, a_feed
from tests.passes import Rig, rss


@pytest.mark.parametrize(
    ("certificate", "kind"),
    [("expired", "tls_expired"), ("other", "tls_wrong_host"), ("authority", "tls_untrusted")],
)
def test_a_bad_certificate_is_named_and_nothing_is_read(
    serving, answers, a_fetcher, certificates, certificate, kind
):
    ours = ssl.create_default_context(
        cafile=None if certificate == "authority" else certificates / "authority.pem"
    )
    server, error = asyncio.run(
        _over_tls(serving, answers, a_fetcher, certificates, certificate, ours)
    )
    assert isinstance(error, FetchError)
    assert (error.kind, error.severity) == (kind, Severity.HARD)
    assert server.requests == []


def test_a_good_certificate_is_good_for_the_name_not_the_address(
    serving, answers, a_fetcher, certificates
):
    ours = ssl.create_default_context(cafile=certificates / "authority.pem")
    _, result = asyncio.run(_over_tls(serving, answers, a_fetcher, certificates, "good", ours))
    assert result.body == answers.feed
    _, error = asyncio.run(
        _over_tls(serving, answers, a_fetcher, certificates, "good", ours, host="feeds.test")
    )
    assert error.kind == "tls_wrong_host"


def test_something_that_speaks_no_tls_is_a_tls_failure(serving, answers, a_fetcher):
    async def scenario():
        async def plain(_, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
            await asyncio.sleep(0.2)

        async with serving(plain, listens=False) as server, a_fetcher() as fetcher:
            await fetcher.fetch(f"https://127.0.0.1:{server.port}/")

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert (caught.value.kind, caught.value.severity) == ("tls", Severity.HARD)


@pytest.mark.parametrize("how", ["silently", "with a reset"])
def test_hanging_up_on_a_handshake_is_passing(serving, answers, a_fetcher, how):
    hang_up = answers.raw(b"") if how == "silently" else answers.reset()

    async def scenario():
        async with serving(hang_up, listens=False) as server, a_fetcher() as fetcher:
            await fetcher.fetch(f"https://127.0.0.1:{server.port}/")

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert (caught.value.kind, caught.value.severity) == ("connect", Severity.PASSING)


@pytest.mark.parametrize("certificate", ["expired", "other", "authority"])
def test_with_leave_a_feed_is_read_whatever_certificate_its_host_shows(
    serving, answers, a_fetcher, certificates, certificate
):
    async def scenario():
        async with (
            serving(answers.say(), tls=_shown(certificates, certificate)) as server,
            a_fetcher(tls=ssl.create_default_context()) as fetcher,
        ):
            return await fetcher.fetch(server.url(), unverified=True)

    assert asyncio.run(scenario()).body == answers.feed


def test_leave_for_one_feed_is_none_for_another_of_its_host_or_for_another_host(
    serving, answers, a_fetcher, certificates
):
    async def look_up(host, port):
        return ["127.0.0.1"]

    async def scenario():
        kinds = []
        async with (
            serving(answers.say(), tls=_shown(certificates, "expired")) as server,
            a_fetcher(tls=ssl.create_default_context(), resolve=look_up) as fetcher,
        ):
            away = answers.redirect(server.url(host="other.test"))
            async with serving(away, tls=_shown(certificates, "good")) as first:
                # The connection of the one with leave is kept for the others of the host.
                waiting = [
                    asyncio.create_task(fetcher.fetch(server.url(), unverified=leave))
                    for leave in (True, False)
                ]
                waiting.append(
                    asyncio.create_task(
                        fetcher.fetch(first.url(host="first.test"), unverified=True)
                    )
                )
                for each in waiting:
                    try:
                        kinds.append((await each).status)
                    except FetchError as error:
                        kinds.append(error.kind)
        return kinds

    read, neighbour, led_away = asyncio.run(scenario())
    assert read == 200
    assert neighbour.startswith("tls_")
    assert led_away.startswith("tls_")


def test_leave_ends_with_its_day(database, certificates, one_server):
    rig = Rig(database, one_server)
    leave = Unverified(because="they know", until=NOON.date())
    rig.watch(a_feed("wire", url=f"{one_server.url}/wire", unverified_tls=leave))
    assert rig.run().articles_new == 1
    rig.now += timedelta(days=1)
    assert rig.run().failed == 1
    failed = rig.row("wire")
    assert failed.error_kind.startswith("tls_")
    assert failed.error_message.endswith(
        f"the leave to read it all the same ended on {leave.until}"
    )


@pytest.fixture
def one_server(certificates):
    """A publisher of one document over TLS, vouched for by nobody."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            body = rss("one")
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *what):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = _shown(certificates, "good").wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield SimpleNamespace(url=f"https://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def _shown(certificates, name):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return tls


async def _over_tls(serving, answers, a_fetcher, certificates, name, ours, host=None):
    theirs = _shown(certificates, name)

    async def look_up(host, port):
        return ["127.0.0.1"]

    async with (
        serving(answers.say(), tls=theirs) as server,
        a_fetcher(tls=ours, resolve=look_up) as fetcher,
    ):
        try:
            return server, await fetcher.fetch(server.url(host=host))
        except FetchError as error:
            return server, error

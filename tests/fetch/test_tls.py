"""Certificates are checked against the name, and every way to fail has its own kind."""

import asyncio
import ssl

import pytest

from pipeline.errors import FetchError, Severity


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


async def _over_tls(serving, answers, a_fetcher, certificates, name, ours, host=None):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")

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

"""Every status, address and exception becomes an error of a stable kind."""

import asyncio
import gzip
import socket
import ssl

import h11
import httpx
import pytest

from pipeline.errors import FetchError, Severity
from pipeline.fetch import failures


@pytest.mark.parametrize(
    ("status", "kind", "severity"),
    [
        (201, "http_201", Severity.SOFT),
        (204, "empty", Severity.SOFT),
        (205, "empty", Severity.SOFT),
        (206, "partial", Severity.SOFT),
        (300, "http_300", Severity.SOFT),
        (304, "unexpected_304", Severity.SOFT),
        (400, "http_400", Severity.SOFT),
        (401, "http_401", Severity.SOFT),
        (403, "http_403", Severity.SOFT),
        (404, "http_404", Severity.SOFT),
        (410, "http_410", Severity.FINAL),
        (418, "http_418", Severity.SOFT),
        (429, "http_429", Severity.PASSING),
        (500, "http_500", Severity.PASSING),
        (502, "http_502", Severity.PASSING),
        (503, "http_503", Severity.PASSING),
        (999, "http_999", Severity.PASSING),
    ],
)
def test_every_status_but_success_is_an_error_of_its_kind(ask, answers, status, kind, severity):
    body = b"" if status in (204, 205, 304) else b"<html>"
    error, server = ask(answers.raw(answers.head(status, "Connection: close") + body))
    assert (error.kind, error.severity, error.status) == (kind, severity, status)
    assert len(server.requests) == 1
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("CF-Mitigated: challenge", 403),
        ("cf-mitigated: challenge", 503),
        ("x-amzn-waf-action: challenge", 202),
        ("X-Amzn-Waf-Action: captcha", 405),
    ],
)
def test_a_bot_check_is_called_blocked(ask, answers, header, status):
    error, _ = ask(answers.say(b"<html>", header, status=status))
    assert (error.kind, error.status) == ("blocked", status)


CHECK = b"<!doctype html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
PAGE = ("Content-Type: text/html; charset=UTF-8", "Retry-After: 60")


@pytest.mark.parametrize("status", [429, 503])
def test_a_bot_check_under_the_name_of_an_overload_is_called_blocked(ask, answers, status):
    error, _ = ask(answers.say(CHECK, *PAGE, status=status))
    assert (error.kind, error.status, error.retry_after) == ("blocked", status, 60)
    error, _ = ask(
        answers.say(gzip.compress(CHECK), *PAGE, "Content-Encoding: gzip", status=status)
    )
    assert error.kind == "blocked"


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Maintenance</title>",
        CHECK + b" " * 200_000,
        gzip.compress(CHECK)[:-9],
        gzip.compress(CHECK + b" " * 20_000_000),
    ],
    ids=["upkeep", "long", "cut off", "bomb"],
)
def test_a_page_of_an_overload_that_shows_no_check_changes_nothing(ask, answers, body):
    error, _ = ask(answers.say(body, *PAGE, status=503))
    assert (error.kind, error.status, error.retry_after) == ("http_503", 503, 60)


@pytest.mark.parametrize("status", [429, 503])
def test_the_wish_to_be_left_alone_comes_with_the_error(ask, answers, status):
    error, _ = ask(answers.say(b"", "Retry-After: 120", status=status))
    assert error.retry_after == 120
    error, _ = ask(
        answers.say(
            b"",
            "Date: Tue, 10 Nov 2026 12:00:00 GMT",
            "Retry-After: Fri, 13 Nov 2026 12:00:00 GMT",
            status=status,
        )
    )
    assert error.retry_after == 3 * 86400


@pytest.mark.parametrize("body", [b"", b"  \r\n", gzip.compress(b"", mtime=0)])
def test_an_empty_document_is_an_error_not_an_empty_feed(ask, answers, body):
    error, _ = ask(answers.say(body))
    assert (error.kind, error.severity, error.status) == ("empty", Severity.SOFT, 200)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "   ",
        "feed",
        "//example.org/feed",
        "http://",
        "http:///feed",
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "javascript:alert(1)",
        "data:text/xml,<rss/>",
        "http://exa mple.org/",
        "http://a..b/",
        "http://.example.org/",
        "http://example.org:0/",
        "http://example.org:70000/",
        "http://example.org:port/",
        "http://exam\nple.org/",
        "http://h%00st/",
        "http://[::1",
        "http://[1:2]/",
        "http://[fe80::1%25eth0]/",
        "http://" + "a" * 70 + ".org/",
        "http://" + "a." * 150 + "org/",
        "http://example.org/" + "x" * 9000,
        "http://①②⑦.⓪.⓪.①/",
        "https://editor:secret@example.org/feed",
    ],
)
def test_an_address_that_is_none_is_refused_without_a_request(a_fetcher, address):
    async def scenario():
        async with a_fetcher() as fetcher:
            await fetcher.fetch(address)

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert (caught.value.kind, caught.value.severity) == ("bad_url", Severity.HARD)
    assert "secret" not in str(caught.value)


def test_messages_show_no_keys_and_stay_short(ask, answers):
    error, _ = ask(answers.say(status=404), path="/" + "p" * 500 + "?key=secret")
    assert "secret" not in str(error)
    assert len(str(error)) < 250


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("odd"), "protocol"),
        (ValueError("odd"), "protocol"),
        (h11.LocalProtocolError("odd"), "protocol"),
        (h11.RemoteProtocolError("odd"), "protocol"),
        (httpx.ConnectTimeout("odd"), "timeout"),
        (EOFError("odd"), "connect"),
        (OSError("odd"), "connect"),
        (ConnectionResetError("odd"), "connect"),
        (TimeoutError("odd"), "timeout"),
        (httpx.InvalidURL("odd"), "bad_url"),
        (UnicodeError("odd"), "bad_url"),
        (ssl.SSLError("odd"), "tls"),
    ],
)
def test_whatever_else_goes_wrong_has_a_kind(error, kind):
    assert failures.of_exception("http://example.org/", error, in_body=False).kind == kind


def test_an_exception_that_is_its_own_cause_is_still_classed():
    error, other = OSError("one"), OSError("two")
    error.__cause__, other.__cause__ = other, error
    assert failures.of_exception("http://example.org/", error, in_body=False).kind == "connect"
    assert (
        failures.of_exception("http://x.org/", ssl.SSLError("cut"), in_body=True).kind
        == "truncated"
    )


def test_an_error_the_caller_deals_with_is_not_taken_for_the_fetchs_own(
    serving, answers, a_fetcher
):
    async def scenario():
        async with serving(answers.raw(b"")) as server, a_fetcher() as fetcher:
            try:
                raise socket.gaierror(socket.EAI_NONAME, "another matter")
            except socket.gaierror:
                await fetcher.fetch(server.url())

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert caught.value.kind == "connect"


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no"), Severity.HARD),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Severity.PASSING),
        (socket.gaierror(socket.EAI_FAIL, "broken"), Severity.PASSING),
        (None, Severity.HARD),
    ],
)
def test_a_name_that_does_not_exist_is_worse_than_one_that_cannot_be_asked(
    a_fetcher, error, severity
):
    async def look_up(host, port):
        if error:
            raise error
        return []

    async def scenario():
        async with a_fetcher(resolve=look_up) as fetcher:
            await fetcher.fetch("http://feeds.test/")

    with pytest.raises(FetchError) as caught:
        asyncio.run(scenario())
    assert (caught.value.kind, caught.value.severity) == ("dns", severity)

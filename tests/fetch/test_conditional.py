"""Headers out and headers in."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.fetch.conditional import (
    fresh_for,
    media_type,
    request_headers,
    retry_after,
    user_agent,
)
from pipeline.model import Fetched, NotModified, Validators

DATE = "Tue, 10 Nov 2026 12:00:00 GMT"
RECEIVED = datetime(2026, 11, 10, 12, 2, tzinfo=UTC)


def seconds(**headers):
    sent = httpx.Headers({name.replace("_", "-"): v for name, v in headers.items()})
    found = fresh_for(sent, RECEIVED)
    return None if found is None else found.total_seconds()


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("max-age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("MAX-AGE = 600", 600),
        ('max-age="600"', 600),
        ("max-age='600'", 600),
        ("max-age=600;", 600),
        ("max-age=600, max-age=60", 600),
        ("max-age=60.5", 60),
        ("s-maxage=5", None),
        ("max-age=0", 0),
        ("max-age=-1", 0),
        ("max-age=1000000000000", 86400),
        ("max-age=" + "9" * 5000, 86400),
        ("max-age=soon", None),
        ("max-age", None),
        ("max-age=", None),
        ("no-cache, max-age=600", None),
        ("max-age=600, no-store", None),
        ('no-cache="set-cookie", max-age=600', 600),
        ('no-cache="", max-age=600', None),
        ("private", None),
        ('"', None),
        (",,,=;", None),
        ("", None),
    ],
)
def test_max_age_says_how_long_an_answer_is_fresh(cache_control, expected):
    assert seconds(cache_control=cache_control) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"age": "100", "cache_control": "max-age=600"}, 500),
        ({"age": "700", "cache_control": "max-age=600"}, 0),
        ({"age": "-5", "cache_control": "max-age=600"}, 600),
        ({"age": "old", "cache_control": "max-age=600"}, 600),
        ({"expires": "Tue, 10 Nov 2026 12:10:00 GMT", "date": DATE}, 600),
        ({"expires": "Tue, 10 Nov 2026 12:10:00 GMT", "date": DATE, "age": "60"}, 540),
        ({"expires": "Tuesday, 10-Nov-26 12:10:00 GMT", "date": DATE}, 600),
        ({"expires": "Tue Nov 10 12:10:00 2026", "date": DATE}, 600),
        ({"expires": "Tue, 10 Nov 2026 13:10:00 +0100", "date": DATE}, 600),
        ({"expires": "Tue, 10 Nov 2020 12:10:00 GMT", "date": DATE}, 0),
        ({"expires": "Tue, 10 Nov 2099 12:10:00 GMT", "date": DATE}, 86400),
        ({"expires": "Tue, 10 Nov 2026 12:10:00 GMT"}, 480),
        ({"expires": "Tue, 10 Nov 2026 12:10:00 GMT", "date": "today"}, 480),
        ({"expires": "0", "date": DATE}, None),
        ({"expires": "-1", "date": DATE}, None),
        ({"expires": "Tue, 99 Nov 2026 12:10:00 GMT", "date": DATE}, None),
        ({"expires": "Tue, 10 Nov 99999 12:10:00 GMT", "date": DATE}, None),
        ({"expires": DATE, "date": DATE, "cache_control": "max-age=60"}, 60),
    ],
)
def test_age_and_expires_are_read_against_the_servers_own_clock(headers, expected):
    assert seconds(**headers) == expected


HEADER_TEXT = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60),
    st.sampled_from(
        ["max-age=", "no-cache", '"', DATE, "Tue, 31 Feb 0000 25:61:61 +9999", "9" * 5000]
    ),
    st.integers().map("max-age={}".format),
)


@given(HEADER_TEXT, HEADER_TEXT, HEADER_TEXT, HEADER_TEXT, HEADER_TEXT)
def test_no_header_makes_reading_them_raise(cache_control, expires, date, age, retry):
    headers = httpx.Headers(
        [
            (name, value.encode("latin-1"))
            for name, value in {
                b"Cache-Control": cache_control,
                b"Expires": expires,
                b"Date": date,
                b"Age": age,
                b"Retry-After": retry,
                b"Content-Type": cache_control,
            }.items()
        ]
    )
    fresh = fresh_for(headers, RECEIVED)
    assert fresh is None or timedelta(0) <= fresh <= timedelta(hours=24)
    pause = retry_after(headers, RECEIVED)
    assert pause is None or 0 <= pause <= 7 * 86400
    media_type(headers)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("120.5", 120),
        ("120s", 120),
        ("-5", 0),
        ("0", 0),
        ("99999999", 7 * 86400),
        ("Tue, 10 Nov 2026 12:05:00 GMT", 300),
        ("Tue, 10 Nov 2026 11:00:00 GMT", 0),
        ("Tue, 10 Nov 2027 12:00:00 GMT", 7 * 86400),
        ("10 Nov 2026 12:05:00 GMT", 300),
        ("later", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, expected):
    headers = httpx.Headers({"Retry-After": value, "Date": DATE})
    assert retry_after(headers, RECEIVED) == expected


@pytest.mark.parametrize("date", [{}, {"Date": "today"}])
def test_without_the_servers_clock_a_retry_date_is_read_against_ours(date):
    headers = httpx.Headers({"Retry-After": "Tue, 10 Nov 2026 12:05:00 GMT", **date})
    assert retry_after(headers, RECEIVED) == 180


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("application/rss+xml; charset=utf-8", ("application/rss+xml", "utf-8")),
        ('Text/XML;Charset="ISO-8859-1"', ("text/xml", "iso-8859-1")),
        ("text/xml; foo=bar; charset='windows-1251'", ("text/xml", "windows-1251")),
        ("text/xml; charset=", ("text/xml", None)),
        ("text/html", ("text/html", None)),
        ("", ("", None)),
    ],
)
def test_the_charset_stands_beside_the_type(header, expected):
    assert media_type(httpx.Headers({"Content-Type": header})) == expected


def test_the_user_agent_says_who_we_are_and_where_to_complain():
    assert user_agent("1.2", "https://example.org/bot") == "Dateline/1.2 (+https://example.org/bot)"
    assert user_agent("1.2") == "Dateline/1.2"
    assert "\n" not in user_agent("1.2", "https://example.org/\r\nX-Evil: 1é")


def test_a_request_is_honest_and_leaves_nothing_behind(ask, answers):
    result, server = ask(
        answers.say(answers.feed, "Set-Cookie: id=7", "Content-Type: text/xml"), path="/a?b=%20c&d"
    )
    assert isinstance(result, Fetched)
    (request,) = server.requests
    assert request.method == "GET"
    assert request.path == "/a?b=%20c&d"
    assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert request.headers["user-agent"] == "Dateline/1.0 (+https://example.org/about)"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    for kind in ("atom+xml", "rss+xml", "feed+json", "rdf+xml", "text/xml", "text/html;q="):
        assert kind in request.headers["accept"]
    assert request.headers["accept-encoding"] == "gzip, deflate, br, zstd"


def test_a_cookie_is_never_sent_back(serving, answers, a_fetcher):
    async def scenario():
        site = answers.by_path(
            feed=answers.redirect("/new", 302, "Set-Cookie: a=1"),
            new=answers.say(answers.feed, "Set-Cookie: b=2; Path=/"),
        )
        async with serving(site) as server, a_fetcher() as fetcher:
            await fetcher.fetch(server.url())
            await fetcher.fetch(server.url())
            return server.requests

    requests = asyncio.run(scenario())
    assert len(requests) == 4
    assert not any({"cookie", "referer", "authorization"} & set(r.headers) for r in requests)


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('W/"a b"', "Tue, 10 Nov 2026 12:00:00 GMT"),
        ("unquoted", "10.11.2026 12:00 MESZ"),
        ('"' + "x" * 400 + '"', "yesterday"),
        ('"\xe9\x80"', "\xfcbermorgen"),
    ],
)
def test_validators_come_back_byte_for_byte(serving, answers, a_fetcher, etag, last_modified):
    lines = (f"ETag: {etag}", f"Last-Modified: {last_modified}")

    async def scenario():
        site = answers.in_turn(answers.say(answers.feed, *lines), answers.say(b"", status=304))
        async with serving(site) as server, a_fetcher() as fetcher:
            first = await fetcher.fetch(server.url())
            second = await fetcher.fetch(server.url(), first.validators)
            return first, second, server.requests[1].raw

    first, second, raw = asyncio.run(scenario())
    assert first.validators == Validators(etag=etag, last_modified=last_modified, url=first.url)
    assert isinstance(second, NotModified)
    assert second.validators == first.validators
    assert b"\r\nIf-None-Match: " + etag.encode("latin-1") + b"\r\n" in raw
    assert b"\r\nIf-Modified-Since: " + last_modified.encode("latin-1") + b"\r\n" in raw


def test_a_304_refreshes_what_it_names_and_keeps_the_rest(ask, answers):
    def known(server):
        return Validators(etag='"old"', last_modified="then", url=server.url())

    result, server = ask(
        answers.raw(answers.head(304, 'ETag: "new"', "Cache-Control: max-age=21600")),
        validators=known,
    )
    assert result.validators == Validators(etag='"new"', last_modified="then", url=server.url())
    assert result.fresh_for == timedelta(hours=6)
    result, server = ask(answers.raw(answers.head(304)), validators=known)
    assert result.validators == known(server)


def test_a_200_replaces_validators_even_by_none(ask, answers):
    result, _ = ask(
        answers.say(), validators=lambda server: Validators(etag='"old"', url=server.url())
    )
    assert result.validators == Validators()


def test_an_unconditional_fetch_asks_for_everything(ask, answers):
    result, server = ask(
        answers.say(answers.feed, 'ETag: "new"'),
        validators=lambda server: Validators(etag='"old"', url=server.url()),
        unconditional=True,
    )
    assert "if-none-match" not in server.requests[0].headers
    assert result.validators.etag == '"new"'


def test_validators_go_only_to_the_url_that_issued_them(serving, answers, a_fetcher):
    async def scenario():
        site = answers.by_path(feed=answers.redirect("/new"), new=answers.raw(answers.head(304)))
        async with serving(site) as server, a_fetcher() as fetcher:
            known = Validators(etag='"x"', last_modified="then", url=server.url("/new"))
            result = await fetcher.fetch(server.url(), known)
            elsewhere = Validators(etag='"x"', url=server.url("/feed"))
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(server.url("/new"), elsewhere)
            return result, caught.value, server.requests

    result, error, requests = asyncio.run(scenario())
    assert isinstance(result, NotModified)
    assert error.kind == "unexpected_304"
    assert "if-none-match" not in requests[0].headers
    assert requests[1].headers["if-none-match"] == '"x"'
    assert requests[1].headers["if-modified-since"] == "then"
    assert "if-none-match" not in requests[2].headers


def test_a_validator_that_cannot_be_sent_is_left_out():
    def names(**validators):
        headers = request_headers("A", "u", Validators(url="u", **validators))
        return [name for name, _ in headers[3:]]

    assert names(etag='"ok"', last_modified="a\r\nX: 1") == [b"If-None-Match", b"A-IM"]
    assert names(etag="€", last_modified="x" * 5000) == []
    assert names(etag="", last_modified="then") == [b"If-Modified-Since"]


def test_a_delta_is_taken_where_it_was_asked_for(ask, answers):
    """RFC 3229 with the instance manipulation `feed`."""
    delta = answers.say(answers.feed, 'ETag: "new"', "IM: feed", status=226)
    result, server = ask(delta, validators=lambda s: Validators(etag='"old"', url=s.url()))
    assert server.requests[0].headers["a-im"] == "feed"
    assert (result.status, result.body) == (226, answers.feed)
    assert result.validators.etag == '"new"'


def test_a_delta_nobody_asked_for_is_not_a_document(ask, answers):
    error, server = ask(answers.say(answers.feed, "IM: feed", status=226))
    assert "a-im" not in server.requests[0].headers
    assert (error.kind, error.status) == ("partial", 226)


def test_a_monstrous_etag_is_not_kept(ask, answers):
    result, _ = ask(answers.say(answers.feed, 'ETag: "' + "x" * 9000 + '"'))
    assert result.validators == Validators()

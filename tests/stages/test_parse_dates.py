"""Parse: dates are read as they were meant, or not at all."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Fetched
from pipeline.stages.parse import parse, read_date

TEN = "2025-06-10 10:00:00"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Tue, 10 Jun 2025 10:00:00 GMT", TEN),
        ("Tue,10 Jun 2025 10:00:00 GMT", TEN),
        ("Tue, 10 Jun 2025 10:00:00", TEN),
        ("Tue, 10 Jun 25 10:00 UT", TEN),
        ("10-Jun-2025 10:00:00", TEN),
        ("Tue, 10 Jun 2025 10:00:00 -0000", TEN),
        ("Tue, 10 Jun 2025 12:00:00 CEST", TEN),
        ("Tue, 10 Jun 2025 11:00:00 CET", TEN),
        ("Tue, 10 Jun 2025 13:00:00 MSK", TEN),
        ("Tue, 10 Jun 2025 13:00:00 EAT", TEN),
        ("Tue, 10 Jun 2025 11:00:00 WAT", TEN),
        ("Tue, 10 Jun 2025 12:00:00 CAT", TEN),
        ("Tue, 10 Jun 2025 12:00:00 SAST", TEN),
        ("Tue, 10 Jun 2025 06:00:00 EDT", TEN),
        ("Tue, 10 Jun 2025 15:30:00 IST", TEN),
        ("Tue, 10 Jun 2025 13:00:00 GMT+3", TEN),
        ("Tue, 10 Jun 2025 13:00:00 GMT+03:00 (East Africa Time)", TEN),
        ("Tue Jun 10 10:00:00 2025", TEN),
        ("Tue Jun 10 06:00:00 EDT 2025", TEN),
        ("Tue Jun 10 2025 12:00:00 GMT+0200 (CEST)", TEN),
        ("Tuesday, June 10, 2025 - 10:00", TEN),
        ("Jun 10, 2025 10:00 p.m.", "2025-06-10 22:00:00"),
        ("June 10th 2025 at 12:30 am", "2025-06-10 00:30:00"),
        ("06/10/2025 10:00:00 AM", TEN),
        ("25/12/2025", "2025-12-25 00:00:00"),
        ("12/25/2025", "2025-12-25 00:00:00"),
        ("06/06/2025", "2025-06-06 00:00:00"),
        ("10.06.2025 10:00", TEN),
        ("2025-06-10T10:00:00Z", TEN),
        ("2025-06-10T10:00:00.999Z", TEN),
        ("2025-06-10T15:30:00+0530", TEN),
        ("2025-06-10T03:00:00-07", TEN),
        ("2025-06-10 10:00:00 +0000 UTC", TEN),
        ("2025/06/10 19:00 JST", TEN),
        ("20250610T100000Z", TEN),
        ("20250610", "2025-06-10 00:00:00"),
        ("2025-06-10T10:00:60Z", "2025-06-10 10:00:59"),
        ("1749549600", TEN),
        ("1749549600123", TEN),
        ("1749549600.5", TEN),
        ("mar, 10 juin 2025 12:00:00 +0200", TEN),
        ("10 août 2025", "2025-08-10 00:00:00"),
        ("1er février 2025", "2025-02-01 00:00:00"),
        ("10. Juni 2025 10:00", TEN),
        ("10 de junio de 2025 10:00", TEN),
        ("10 de junho de 2025, 10h00", TEN),
        ("Вт, 10 июня 2025 13:00:00 +0300", TEN),
        ("10 мая 2025", "2025-05-10 00:00:00"),
        ("الثلاثاء، 10 يونيو 2025 10:00:00", TEN),
        ("\u0661\u0660 أغسطس \u0662\u0660\u0662\u0665", "2025-08-10 00:00:00"),
    ],
)
def test_a_date_is_read_as_it_was_meant(text: str, meant: str) -> None:
    assert read_date(text) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "10:30",
        "2025",
        "01/11/2025",  # January or November
        "2025-06-31",
        "Tue, 10 Jun 2025 25:00:00 GMT",
        "Tue, 10 Foo 2025 10:00:00 GMT",
        "Tue, 10 Jun 2025 10:00:00 QQQ",
        "0001-01-01T00:00:00+10:00",
        "x" * 200,
    ],
)
def test_what_is_not_understood_in_full_is_no_date(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "place", "hour"),
    [
        ("Tue, 10 Jun 2025 10:00:00 IST", "il", 8),
        ("Tue, 10 Jun 2025 10:00:00 IST", "IE", 9),
        ("Tue, 10 Jun 2025 10:00:00 BST", "bd", 4),
        ("Tue, 10 Jun 2025 10:00:00 BST", "gb", 9),
        ("Tue, 10 Jun 2025 10:00:00 CST", "cn", 2),
    ],
)
def test_the_place_settles_zone_names_with_several_meanings(
    text: str, place: str, hour: int
) -> None:
    assert read_date(text, place) == datetime(2025, 6, 10, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "language", "hour"),
    [
        ("https://a.example/f", "he", 8),
        ("https://a.example/f", "en-IE", 9),
        ("https://a.co.il/f", "", 8),
        ("https://a.co.il/f", "en", 8),
        ("https://a.example/f", "", 4),
        ("https://[broken/f", "", 4),
        ("https://127.0.0.1/f", "", 4),
    ],
)
def test_the_place_comes_from_language_or_address(url: str, language: str, hour: int) -> None:
    document = (
        f"<rss version='2.0'><channel><language>{language}</language><item>"
        "<pubDate>Tue, 10 Jun 2025 10:00:00 IST</pubDate></item></channel></rss>"
    )
    [entry] = parse(Fetched(url=url, status=200, body=document.encode())).entries
    assert entry.published_at is not None
    assert entry.published_at.hour == hour


def published(text: str, more: str = "") -> tuple[datetime | None, str]:
    document = (
        "<rss version='2.0' xmlns:dcterms='http://purl.org/dc/terms/'><channel>"
        f"<item><pubDate>{text}</pubDate>{more}</item></channel></rss>"
    )
    [entry] = parse(Fetched(url="https://a.example/f", status=200, body=document.encode())).entries
    return entry.published_at, entry.date_text


def test_a_form_only_feedparser_knows_is_left_to_it() -> None:
    assert published("2025-06")[0] == datetime(2025, 6, 1, tzinfo=UTC)


def test_what_feedparser_fills_in_from_today_is_not_believed() -> None:
    assert published("10:30") == (None, "10:30")


@pytest.mark.parametrize(
    "text",
    [
        *("Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00Z", "0000-01-01", "soon"),
        *("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT", "2200-01-01"),
    ],
)
def test_an_implausible_date_is_none_and_its_text_is_kept(text: str) -> None:
    assert published(text) == (None, text)


def test_a_date_in_the_future_is_kept() -> None:
    assert published("2099-01-01")[0] == datetime(2099, 1, 1, tzinfo=UTC)


def test_of_two_dates_of_a_kind_the_time_that_feedparser_kept_counts() -> None:
    inner = "<x><dcterms:issued>2025-06-11</dcterms:issued></x>"
    assert published("2025-06-10", inner)[0] == datetime(2025, 6, 11, tzinfo=UTC)


@given(st.integers(min_value=650_000_000, max_value=4_000_000_000))
def test_every_moment_survives_the_usual_forms(seconds: int) -> None:
    aware = datetime.fromtimestamp(seconds, UTC)
    assert read_date(aware.isoformat()) == aware
    assert read_date(aware.strftime("%a, %d %b %Y %H:%M:%S GMT")) == aware


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_date(text)
    assert found is None or found.tzinfo is UTC
    parse(
        Fetched(url="", status=200, body=json.dumps({"items": [{"date_published": text}]}).encode())
    )

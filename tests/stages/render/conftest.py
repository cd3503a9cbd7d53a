"""Builders for digests: every field has a plausible value, a test names only what matters to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.model import Digest, DigestEntry, Publication, SourceFeed
from pipeline.stages.render import ConflictCard, Site

BASE = "https://dateline.example"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MALI = ("mali", "Instability in Mali")


def make_publication(**changes: Any) -> Publication:
    fields: dict[str, Any] = {
        "publisher": "BBC News",
        "title": "Convoy reaches Bamako",
        "url": "https://news.example/convoy",
        "language": "en",
        "published_at": NOON - timedelta(hours=2),
        "source": SourceFeed(
            id="https://news.example/feed.xml",
            title="BBC News Africa",
            url="https://news.example/feed.xml",
            updated_at=NOON - timedelta(hours=1),
        ),
    }
    return Publication(**(fields | changes))


def make_entry(number: int = 1, **changes: Any) -> DigestEntry:
    at = NOON - timedelta(hours=number, milliseconds=number)
    fields: dict[str, Any] = {
        "uid": f"tag:dateline.example,2026-11-22:news/{number:05}",
        "title": "Convoy reaches Bamako",
        "summary": "Forty tankers arrived before dawn.",
        "language": "en",
        "published_at": at,
        "updated_at": at,
        "publications": (make_publication(),),
        "conflicts": (MALI,),
        "page_url": f"{BASE}/news/{number:05}",
    }
    return DigestEntry(**(fields | changes))


def make_digest(*entries: DigestEntry, **changes: Any) -> Digest:
    fields: dict[str, Any] = {
        "uid": "tag:dateline.example,2026-01-01:conflicts/mali",
        "title": "Latest news: Instability in Mali",
        "subtitle": "What editors approved on the conflict in Mali",
        "path": "/conflicts/mali/latest-news",
        "page_url": f"{BASE}/conflicts/mali",
        "base_url": BASE,
        "updated_at": max((entry.updated_at for entry in entries), default=NOON),
        "entries": tuple(entries),
        "conflict": "mali",
    }
    return Digest(**(fields | changes))


@pytest.fixture(scope="session")
def a_publication() -> Callable[..., Publication]:
    return make_publication


@pytest.fixture(scope="session")
def an_entry() -> Callable[..., DigestEntry]:
    return make_entry


@pytest.fixture(scope="session")
def a_digest() -> Callable[..., Digest]:
    return make_digest


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(base_url=BASE)


@pytest.fixture(scope="session")
def a_card() -> Callable[..., ConflictCard]:
    def build(**changes: Any) -> ConflictCard:
        fields: dict[str, Any] = {
            "slug": "mali",
            "title": "Instability in Mali",
            "region": "Sub-Saharan Africa",
            "status": "worsening",
            "status_reason": "A blockade is strangling the capital.",
        }
        return ConflictCard(**(fields | changes))

    return build


@pytest.fixture(scope="session")
def rich() -> Digest:
    """A digest with everything that ever made a validator or a reader complain."""
    titles = (
        "Convoy reaches Bamako",
        "S&P500 falls; AT&T; &copy; &#65; Q&A &amp; more",
        "How <script>alert(1)</script> and </b> broke <the web",
        "الجيش يعلن استعادة السيطرة على مواقع",
        "UN: صنعاء تعلن وقف إطلاق النار",
        "\u202eצה״ל: הודעה",
        "Emoji \U0001f30d ]]> and \x0b control \x00 and \ud800 and \ufffe \x85 \x9f end \ufffd",
        "CafÃ© de la Paix",
        "<",
        "",
    )
    links = (
        "https://news.example/a b[1]?q={x}|y&z=é#ü#",
        "https://مثال.example/مسار",
        "http://user:secret@news.example:80/%zz%2f",
        "javascript:alert(1)",
        None,
    )
    sources = (
        SourceFeed(
            id="HTTP://News.Example",
            title="News <b>&</b> Views",
            url="http://news.example",
            updated_at=NOON,
        ),
        SourceFeed(
            id="12345", title="", url="https://news.example/a/../feed%7e.xml", updated_at=NOON
        ),
        SourceFeed(
            id="tag:news.example,2020:x", title="T", url="ftp://news.example", updated_at=NOON
        ),
        SourceFeed(id="??", title="T", url="", updated_at=NOON),
        None,
    )
    languages = ("en", "fr_FR", "ckb", "ar", "dje", "he", "", "FRA", "x-klingon", "zh-hant-TW")
    entries = [
        make_entry(
            number,
            title=title,
            summary=title * 30,
            language=languages[number],
            publications=(
                make_publication(
                    publisher=("AT&T News24", "<a@b.example>", "الجزيرة", "\x00", "B")[number % 5],
                    title=titles[-number],
                    url=links[number % 5],
                    language=languages[-number],
                    source=sources[number % 5],
                ),
                *(
                    make_publication(publisher=f"Wire {n}", url=f"https://wire.example/{n}")
                    for n in range(number % 3)
                ),
            ),
            conflicts=(MALI, ("sahel", "Sahel & <neighbours> R&D2"))[: number % 3],
        )
        for number, title in enumerate(titles)
    ]
    entries.append(
        make_entry(
            40,
            title="غارة على السوق",
            language="ar",
            withdrawn_reason="The publisher retracted it.",
            updated_at=NOON - timedelta(minutes=1),
        )
    )
    entries.append(make_entry(41, summary="", withdrawn_reason="", hits=("JNIM",)))
    return make_digest(*entries)

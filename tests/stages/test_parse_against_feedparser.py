"""Real documents: every entry feedparser finds is ours too, with the same title, link and date.

feedparser is the judge; where ours differs, one of the rules below must say why. Runs where the
collection of feed documents lies beside the project.
"""

import calendar
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from pipeline.errors import ParseError
from pipeline.model import Article, Entry, Feed, Fetched, ParsedFeed
from pipeline.stages.normalise import clean_url, normalise_document
from pipeline.stages.parse import parse

FEEDS = Path(__file__).parents[2] / "../shared/data/feeds"
URL = "https://judge.example/feeds/main.xml"
WIRE = Feed(id="wire", url=URL, publisher="Wire")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
# Zone names feedparser takes for UTC although they are not, half-hour offsets it cuts to hours,
# AM and PM, which it does not know, and Unix time, of which it reads the first digits as a year.
MISREAD = re.compile(
    r"\b(?!GMT|UTC|UT|Z\b)[A-Z]{3,5}$|[+-]\d\d[1-5]\d$|\bUTC$|[AP]M\b|^\d{9,}$", re.IGNORECASE
)


def documents() -> list[Path]:
    """One document of every outlet, and every parser fixture."""
    if not FEEDS.is_dir():
        return []
    chosen: list[Path] = []
    for outlet in sorted(path for path in FEEDS.iterdir() if path.is_dir()):
        files = sorted(outlet.iterdir())
        chosen += files if outlet.name.startswith("fx-") else files[:1]
    return chosen


DOCUMENTS = documents()
pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="the collection of feeds is not here")


def judged(body: bytes) -> Any:
    headers = {"content-location": URL}
    try:
        body.decode("utf-8")
        headers["content-type"] = "application/xml; charset=utf-8"  # rule: valid UTF-8 is UTF-8
    except UnicodeDecodeError:
        pass
    return feedparser.parse(io.BytesIO(body), response_headers=headers)


def differences(path: Path) -> Iterator[str]:
    body = path.read_bytes()
    judge = judged(body)
    try:
        ours = parse(Fetched(url=URL, status=200, body=body))
    except ParseError as error:
        if judge["entries"]:
            yield f"refused as {error.kind}: feedparser finds {len(judge['entries'])} entries"
        return
    if ours.format.startswith("json"):
        return  # rule: feedparser 6 does not know JSON Feed
    left_out = 0 if ours.complete else 1  # rule: the entry a document breaks off in is left out
    if not len(judge["entries"]) - left_out <= len(ours.entries) <= len(judge["entries"]):
        yield f"{len(ours.entries)} entries, feedparser finds {len(judge['entries'])}"
    yield from differing_entries(ours, judge["entries"])


def differing_entries(ours: ParsedFeed, judge: list[Any]) -> Iterator[str]:
    articles = normalise_document(ours, feed=WIRE, now=NOW)
    for entry, article, raw in zip(ours.entries, articles, judge, strict=False):
        if isinstance(article, Article):
            if words(article.title) != words(raw.get("title") or ""):
                yield f"title {article.title!r} is not {raw.get('title')!r}"
        elif article.reason == "listed twice":
            if not any(
                isinstance(a, Article) and words(a.title) == words(raw.get("title") or "")
                for a in articles
            ):
                yield f"{raw.get('title')!r} is lost as a repetition"
        elif raw.get("title") or raw.get("link"):
            yield f"{raw.get('title')!r} is skipped: {article.reason}"
        yield from differing_link(entry, raw)
        yield from differing_date(entry, raw)


def differing_link(entry: Entry, raw: Any) -> Iterator[str]:
    judge = raw.get("link") or ""
    if not judge.startswith(("http://", "https://")):
        judge = ""  # rule: an address is http(s) or none
    if raw.get("guidislink") and not entry.guid.startswith("http"):
        judge = ""  # rule: an id that is no address is no link
    if judge and clean_url(entry.link or "") != clean_url(judge):
        yield f"link {entry.link!r} is not {judge!r}"


def differing_date(entry: Entry, raw: Any) -> Iterator[str]:
    for ours, key in ((entry.published_at, "published"), (entry.updated_at, "updated")):
        if f"{key}_parsed" not in raw:
            continue
        parsed = raw[f"{key}_parsed"]
        if parsed is None or parsed.tm_year < 1990:
            continue  # rule: a date feedparser cannot read, or takes for one before the web
        judge = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        if ours != judge and not MISREAD.search(raw[key].strip()):
            yield f"{key} {ours} is not {judge} ({raw[key]!r})"


def words(title: str) -> str:
    """A title without markup, entities and whitespace."""
    return "".join(html.unescape(html.unescape(re.sub(r"<[^>]*>", "", title))).split())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_entry_of_a_real_document_is_read_as_feedparser_reads_it(path: Path) -> None:
    assert list(differences(path)) == []

"""What is published reads back the same: by our own parser, and by other programs' parsers."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from db import Database
from pipeline.bring_out import bring_out
from pipeline.document import read_document
from pipeline.model import Article, Fetched
from tests.making import NOON, a_feed
from tests.publishing import ATTACK, BASE, DAY, House

FORMS = ("atom", "rss", "json")
FEEDS = (
    "latest-news",
    "conflicts/mali/latest-news",
    "regions/the-sahel/latest-news",
    "conflicts/mali/daily",
)


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> House:
    made = House(sqlite, tmp_path / "public")
    made.many(3)
    made.approve(ATTACK, "Mali: “A & B” <talks> in Bamako", now=NOON + timedelta(minutes=3))
    for days in (1, 2):
        bring_out(sqlite, BASE, NOON + days * DAY)
    made.publish(NOON + 2 * DAY)
    return made


def read(house: House, path: str) -> tuple[Article, ...]:
    content = (house.folder / path).read_bytes()
    fetched = Fetched(url=f"{BASE}/{path}", status=200, body=content)
    return read_document((fetched, a_feed(url=fetched.url), NOON + 3 * DAY)).articles


@pytest.mark.parametrize("path", FEEDS)
def test_our_own_parser_reads_the_same_from_every_format(house: House, path: str) -> None:
    told = [
        [(each.guid, each.title, each.link, each.published_at) for each in articles]
        for articles in (read(house, f"{path}.{form}") for form in FORMS)
    ]
    items = house.items(f"{path}.json")
    assert [guid for guid, *_ in told[0]] == [item["id"] for item in items]
    assert [link for _, _, link, _ in told[0]] == [item["url"] for item in items]
    assert all(at is not None for *_, at in told[0])
    assert len(items) >= 2
    assert told[0] == told[2]
    # RSS has whole seconds.
    assert told[1] == [(*rest, at and at.replace(microsecond=0)) for *rest, at in told[0]]


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_feedparser_reads_the_entries_of_the_json_feed(house: House, path: str, form: str) -> None:
    parsed = feedparser.parse((house.folder / f"{path}.{form}").read_bytes())
    assert not parsed.bozo
    told = [(each.id, each.link, each.published_parsed[:6]) for each in parsed.entries]
    assert told == [
        (
            item["id"],
            item["url"],
            datetime.fromisoformat(item["date_published"]).utctimetuple()[:6],
        )
        for item in json.loads(house.text(f"{path}.json"))["items"]
    ]


@pytest.mark.parametrize("path", FEEDS)
def test_the_reader_library_keeps_the_same_entries_from_every_format(
    house: House, path: str
) -> None:
    reader = pytest.importorskip("reader")
    told = []
    for form in FORMS:
        library = reader.make_reader(":memory:", feed_root=str(house.folder))
        library.add_feed(f"{path}.{form}")
        library.update_feed(f"{path}.{form}")
        told.append(
            {
                (each.id, each.title, each.link, each.published.replace(microsecond=0))
                for each in library.get_entries()
            }
        )
        library.close()
    assert told[0] == told[1] == told[2]
    assert {id for id, *_ in told[0]} == {item["id"] for item in house.items(f"{path}.json")}

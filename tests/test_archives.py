"""Archives of the feeds: closed when full, never changed, walked without a gap or a double."""

import json
import threading
from collections import Counter
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from db import Database, digest_archives, digests
from pipeline.close_archives import ARCHIVE_ENTRIES, LEAST_ENTRIES
from pipeline.correct import Correction, correct
from pipeline.model import Verdict
from pipeline.publish import publish
from tests.making import NOON
from tests.publishing import BASE, DAY, SECOND, SELDOM, House

LATER = NOON + 8 * DAY
FULL = LEAST_ENTRIES + ARCHIVE_ENTRIES
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}


class Walk:
    """What a reader finds that starts at a feed and follows it to its oldest archive."""

    def __init__(self, folder: Path, path: str = "latest-news", form: str = "atom") -> None:
        self.folder = folder
        self.form = form
        self.documents: list[list[str]] = []
        self.addresses: list[str] = []
        address: str | None = f"{BASE}/{path}.{form}"
        while address is not None:
            assert address not in self.addresses
            self.addresses.append(address)
            content = (folder / address.removeprefix(f"{BASE}/")).read_bytes()
            ids, address = READ[form](content)
            self.documents.append(ids)

    @property
    def ids(self) -> list[str]:
        return [id for ids in self.documents for id in ids]


def read_atom(content: bytes) -> tuple[list[str], str | None]:
    root = etree.fromstring(content)
    ids = [str(each.text) for each in root.findall("a:entry/a:id", NAMES)]
    return ids, next((a.get("href") for a in root.findall("a:link", NAMES) if older(a)), None)


def read_rss(content: bytes) -> tuple[list[str], str | None]:
    channel = etree.fromstring(content).find("channel")
    assert channel is not None
    ids = [str(each.text) for each in channel.findall("item/guid")]
    return ids, next((a.get("href") for a in channel.findall("a:link", NAMES) if older(a)), None)


def read_json(content: bytes) -> tuple[list[str], str | None]:
    feed = json.loads(content)
    return [item["id"] for item in feed["items"]], feed.get("next_url")


def older(link: Any) -> bool:
    return bool(link.get("rel") == "prev-archive")


READ = {"atom": read_atom, "rss": read_rss, "json": read_json}


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> House:
    found = House(sqlite, tmp_path / "public")
    found.sweep_every = SELDOM
    return found


@pytest.fixture
def either(database: Database, tmp_path: Path) -> House:
    found = House(database, tmp_path / "public")
    found.sweep_every = SELDOM
    return found


def uids(house: House) -> list[str]:
    with house.database.reading() as connection:
        return [item.uid for item in digests.published(connection)]


def test_a_walk_of_any_feed_in_any_format_finds_every_entry_once_newest_first(
    house: House,
) -> None:
    house.many(2 * ARCHIVE_ENTRIES + FULL + 7)
    house.publish(LATER)
    paths = ("latest-news", "conflicts/mali/latest-news", "regions/the-sahel/latest-news")
    for path, form in product(paths, READ):
        walk = Walk(house.folder, path, form)
        names = [f"{path}.{form}", *(f"{path}/archive/{number}.{form}" for number in (3, 2, 1))]
        assert walk.addresses == [f"{BASE}/{name}" for name in names]
        assert walk.ids == uids(house), names[0]
        found = [len(ids) for ids in walk.documents]
        assert found == [LEAST_ENTRIES + 7, *[ARCHIVE_ENTRIES] * 3], names[0]


def test_an_archive_closes_when_it_is_full_and_not_before(either: House) -> None:
    either.many(FULL - 1)
    either.publish(LATER)
    assert Walk(either.folder).addresses == [f"{BASE}/latest-news.atom"]
    assert len(either.items()) == FULL - 1
    either.many(1, now=LATER, first=FULL)
    either.publish(LATER)
    assert [len(ids) for ids in Walk(either.folder).documents] == [LEAST_ENTRIES, ARCHIVE_ENTRIES]


def test_news_of_the_last_week_is_in_no_archive_however_much_there_is(house: House) -> None:
    house.many(FULL + 2 * ARCHIVE_ENTRIES)
    house.publish(NOON + 7 * DAY)
    assert len(Walk(house.folder).documents) == 1
    assert len(house.items()) == FULL + 2 * ARCHIVE_ENTRIES
    house.publish(NOON + 7 * DAY + SECOND)
    assert len(Walk(house.folder).documents) == 4


def test_an_archive_says_what_it_is_and_where_the_feed_is(house: House) -> None:
    house.many(FULL + ARCHIVE_ENTRIES)
    house.publish(LATER)
    feed = etree.fromstring((house.folder / "latest-news.atom").read_bytes())
    archive = etree.fromstring((house.folder / "latest-news/archive/2.atom").read_bytes())
    assert archive.find("fh:archive", NAMES) is not None
    assert feed.find("fh:archive", NAMES) is None
    assert archive.findtext("a:id", namespaces=NAMES) == feed.findtext("a:id", namespaces=NAMES)
    links = {link.get("rel"): link.get("href") for link in archive.findall("a:link", NAMES)}
    assert links == {
        "self": f"{BASE}/latest-news/archive/2.atom",
        "current": f"{BASE}/latest-news.atom",
        "prev-archive": f"{BASE}/latest-news/archive/1.atom",
        "alternate": f"{BASE}/",
    }
    channel = etree.fromstring((house.folder / "latest-news/archive/2.rss").read_bytes())[0]
    assert channel.find("fh:archive", NAMES) is not None
    parts = json.loads(house.text("latest-news/archive/1.json"))
    assert "next_url" not in parts
    assert parts["_dateline"]["archive"] == 1
    assert parts["_dateline"]["current_url"] == f"{BASE}/latest-news.json"


def test_an_archive_never_changes_and_a_correction_comes_with_the_feed(house: House) -> None:
    headlines = house.many(FULL)
    house.publish(LATER)
    before = {path: file for path, file in house.files().items() if "/archive/" in path}
    assert len(before) == 9
    oldest = next(item for item in read_items(house, "latest-news/archive/1") if item["title"])
    slug = oldest["url"].rpartition("/")[2]
    correct(
        house.database,
        Correction(slug=slug, title="It was Gao", summary="", note="Not Kidal.", editor="ada"),
        LATER,
    )
    house.say(Verdict.REJECT, house.ids[headlines[3]], now=LATER, reason="false")
    house.many(3, now=LATER + DAY, first=FULL)
    house.publish(LATER + DAY)
    after = {path: file for path, file in house.files().items() if "/archive/" in path}
    assert after == before
    titles = {item["id"]: item["title"] for item in house.items()}
    assert titles[oldest["id"]] == "Correction: It was Gao"
    assert f"Withdrawn: {headlines[3]}" in titles.values()
    # Whoever reads the feed last, as RFC 5005 asks, has the newest text of every entry.
    assert set(Walk(house.folder).ids) == set(uids(house))


def read_items(house: House, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(house.text(f"{path}.json"))["items"]
    return found


def test_a_walk_while_new_entries_are_published_has_no_gap_and_no_double(house: House) -> None:
    house.many(FULL + ARCHIVE_ENTRIES)
    house.publish(LATER)
    faults: list[BaseException] = []
    done = threading.Event()

    def go_on_publishing() -> None:
        try:
            for number in range(5):
                now = LATER + (number + 1) * 8 * DAY
                house.many(ARCHIVE_ENTRIES // 2, now=now, first=1000 + number * 100)
                house.publish(now)
        except BaseException as error:  # noqa: BLE001 the thread's fault is the test's
            faults.append(error)
        finally:
            done.set()

    publisher = threading.Thread(target=go_on_publishing)
    publisher.start()
    walks = 0
    depths = set()
    try:
        while not done.is_set() or walks == 0:
            before = set(uids(house)) if walks % 3 == 0 else set()
            for form in READ:
                walk = Walk(house.folder, form=form)
                assert [id for id, times in Counter(walk.ids).items() if times > 1] == []
                depths.add(len(walk.documents))
                known = set(uids(house))
                assert set(walk.ids) <= known
                # What was public before the walk began is found, but for what is just being told.
                assert len(before - set(walk.ids)) <= ARCHIVE_ENTRIES // 2
            walks += 1
            done.wait(0.02)
    finally:
        publisher.join()
    assert faults == []
    assert len(depths) > 1
    assert Walk(house.folder).ids == uids(house)


def test_a_walk_that_began_before_an_archive_closed_still_ends_well(house: House) -> None:
    house.many(FULL)
    house.publish(LATER)
    began = house.folder.joinpath("latest-news.atom").read_bytes()
    ids, address = read_atom(began)
    house.many(ARCHIVE_ENTRIES, now=LATER, first=FULL)
    house.publish(LATER + 8 * DAY)
    assert len(Walk(house.folder).documents) == 3
    assert address is not None
    while address is not None:
        more, address = read_atom((house.folder / address.removeprefix(f"{BASE}/")).read_bytes())
        ids += more
    assert ids == uids(house)[ARCHIVE_ENTRIES:]


def test_two_publishers_close_an_archive_once(either: House) -> None:
    either.many(FULL)
    threads = [threading.Thread(target=either.publish, args=(LATER,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with either.database.reading() as connection:
        assert digest_archives.newest(connection)["/latest-news"] == 1
    assert Walk(either.folder).ids == uids(either)


def test_old_news_placed_in_another_conflict_is_in_that_feed_once(house: House) -> None:
    """News that came late into a feed was published long ago: it must not be lost between."""
    tracked_both = "Army attacks in Mali and in Niger"
    mali, niger = house.both(tracked_both)
    house.say(Verdict.APPROVE, mali)
    house.many(FULL)
    house.publish(LATER)
    house.say(Verdict.APPROVE, niger, now=LATER + 30 * DAY)
    house.publish(LATER + 30 * DAY)
    assert [item["title"] for item in read_items(house, "conflicts/niger/latest-news")] == [
        tracked_both
    ]
    assert Counter(Walk(house.folder).ids) == Counter(uids(house))


def test_a_retraction_is_told_for_thirty_days_and_then_leaves_a_tombstone(house: House) -> None:
    first, second = house.many(2)
    house.say(Verdict.REJECT, house.ids[first], now=NOON + SECOND, reason="It was false.")
    [gone] = [item for item in published(house, NOON + 30 * DAY) if first in item["title"]]
    assert gone["title"] == f"Withdrawn: {first}"
    assert tombstones(house) == []

    assert second in [item["title"] for item in published(house, NOON + 31 * DAY)]
    assert gone["id"] not in [item["id"] for item in house.items()]
    [tombstone] = tombstones(house)
    assert tombstone.get("ref") == gone["id"]
    assert tombstone.get("when") == "2026-11-22T12:00:01Z"
    assert tombstone.findtext("at:comment", namespaces=NAMES) == "It was false."
    deleted = json.loads(house.text("latest-news.json"))["_dateline"]["deleted"]
    assert deleted == [
        {"id": gone["id"], "date_deleted": "2026-11-22T12:00:01Z", "reason": "It was false."}
    ]


def published(house: House, now: Any) -> list[dict[str, Any]]:
    house.publish(now)
    return house.items()


def tombstones(house: House) -> list[Any]:
    feed = etree.fromstring((house.folder / "latest-news.atom").read_bytes())
    return feed.findall("at:deleted-entry", NAMES)


def test_the_feeds_time_never_goes_back_not_even_when_its_newest_entry_leaves(
    house: House,
) -> None:
    first, _ = house.many(2)
    seen = []
    house.publish()
    seen.append(feed_time(house))
    house.say(Verdict.REJECT, house.ids[first], now=NOON + DAY)
    for days in (1, 32, 100):
        house.publish(NOON + days * DAY)
        seen.append(feed_time(house))
    assert seen == sorted(seen)
    assert seen[1:] == ["2026-11-23T12:00:00Z"] * 3


def feed_time(house: House) -> str:
    return str(json.loads(house.text("latest-news.json"))["_dateline"]["date_modified"])


def test_a_moved_site_has_archives_that_lead_to_one_another(house: House) -> None:
    house.many(FULL + ARCHIVE_ENTRIES)
    house.publish(LATER)
    elsewhere = "https://elsewhere.example/tracker"
    publish(house.database, house.folder, elsewhere, LATER + timedelta(hours=1))
    _, older_one = read_atom((house.folder / "latest-news/archive/2.atom").read_bytes())
    assert older_one == f"{elsewhere}/latest-news/archive/1.atom"

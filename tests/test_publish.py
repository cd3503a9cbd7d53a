"""Publish: whole files at the contract's paths, rewritten only when their content changed."""

import json
import shutil
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import feedparser
import pytest
from sqlalchemy import event

from db import Database, backgrounds, conflicts, digests, open_database
from pipeline.bring_out import bring_out
from pipeline.close_archives import ARCHIVE_ENTRIES, LEAST_ENTRIES
from pipeline.correct import Correction, correct
from pipeline.errors import StoreError
from pipeline.mark_folder import elsewhere
from pipeline.model import Verdict
from pipeline.publish import PublishReport, found_installation, publish
from pipeline.stages.background import read_markdown
from tests.making import NOON, watch
from tests.publishing import ATTACK, BASE, DAY, MALI, NIGER, SECOND, SELDOM, House
from tests.racing import at_once

BACKGROUND = """\
---
title: Instability in Mali
updated: 2026-10-02
---

## Background

Rebels rose in the north in 2012.
"""


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> House:
    return House(sqlite, tmp_path / "public")


@pytest.fixture
def either(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "public")


def test_every_file_of_the_contract_is_written(either: House) -> None:
    either.approve(ATTACK)
    report = either.publish()
    written = either.files()
    assert report.files == len(report.changed) == len(written)
    wanted = {"index.html", "feeds.opml"}
    for folder in ("", "conflicts/mali/", "conflicts/niger/"):
        wanted |= {f"{folder}latest-news.{form}" for form in ("atom", "rss", "json")}
    for slug in ("mali", "niger"):
        wanted |= {f"conflicts/{slug}/daily.{form}" for form in ("atom", "rss", "json")}
    wanted |= {f"regions/the-sahel/latest-news.{form}" for form in ("atom", "rss", "json")}
    wanted |= {"conflicts/mali/index.html", "conflicts/niger/index.html"}
    assert wanted <= set(written)
    assert len(either.news_pages()) == 1


def test_no_feeds_entries_are_read_twice_for_one_publication(house: House) -> None:
    asked = Counter[str]()

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "digest_items.summary" in statement and "archive" in statement:
            asked[f"{statement} {parameters}"] += 1

    house.approve(ATTACK)
    event.listen(house.database.engine, "before_cursor_execute", note)
    house.publish()
    assert asked.keys()
    assert set(asked.values()) == {1}


def test_the_three_formats_tell_the_same_entries_newest_first(house: House) -> None:
    house.approve("First attack in Mali", "Second attack in Mali", "Third attack in Mali")
    house.publish()
    ids = [item["id"] for item in house.items()]
    assert [item["title"] for item in house.items()] == [
        "Third attack in Mali", "Second attack in Mali", "First attack in Mali",
    ]  # fmt: skip
    for form in ("atom", "rss"):
        parsed = feedparser.parse((house.folder / f"latest-news.{form}").read_bytes())
        assert not parsed.bozo
        assert [entry.id for entry in parsed.entries] == ids


def test_a_conflicts_digest_holds_its_own_news_and_the_common_one_all(house: House) -> None:
    house.approve(ATTACK, "Army attacks camp near Niamey")
    house.store("Junta in Mali waits for a verdict")
    house.publish()
    assert len(house.items()) == 2
    assert [item["title"] for item in house.items("conflicts/mali/latest-news.json")] == [ATTACK]
    assert len(house.items("conflicts/niger/latest-news.json")) == 1
    assert "waits for a verdict" not in "".join(map(str, house.files().values()))


def test_the_page_shows_latest_news_below_the_background(house: House) -> None:
    with house.database.transaction() as connection:
        backgrounds.save(
            connection, "mali", read_markdown(BACKGROUND), author="ada", note="", now=NOON
        )
    house.approve(ATTACK)
    house.publish()
    page = house.text("conflicts/mali/index.html")
    news = page.index(">Latest News</h2>")
    assert page.index("Rebels rose in the north") < news < page.index(ATTACK, news)
    assert "Convoy" not in house.text("conflicts/niger/index.html")


def test_nothing_is_rewritten_when_nothing_changed(either: House) -> None:
    either.approve(ATTACK)
    either.publish()
    before = either.files()
    inodes = {path: (either.folder / path).stat().st_ino for path in before}
    again = either.publish(NOON + timedelta(minutes=3))
    assert (again.files, again.changed) == (len(before), ())
    assert either.files() == before
    assert {path: (either.folder / path).stat().st_ino for path in before} == inodes


def test_only_the_files_whose_content_changed_are_rewritten(house: House) -> None:
    house.approve(ATTACK)
    house.publish()
    before = house.files()
    house.approve("Second attack in Mali", now=NOON + timedelta(minutes=1))
    changed = set(house.publish(NOON + timedelta(minutes=2)).changed)
    after = house.files()
    assert changed == {path for path in after if after[path] != before.get(path)}
    assert {"latest-news.atom", "conflicts/mali/latest-news.rss", "index.html"} <= changed
    assert not any(path.startswith(("conflicts/niger/latest", "static/")) for path in changed)


def test_a_files_time_is_when_its_content_last_changed(house: House) -> None:
    house.publish()
    house.approve(ATTACK, now=NOON + timedelta(minutes=1))
    later = NOON + timedelta(minutes=2, seconds=5, milliseconds=700)
    house.publish(later)
    after = house.files()
    assert after["latest-news.atom"][1] == later.replace(microsecond=0).timestamp()
    assert after["conflicts/niger/latest-news.atom"][1] == NOON.timestamp()


def test_a_files_time_never_goes_back_not_for_a_withdrawal_nor_a_lying_clock(house: House) -> None:
    (match,) = house.approve(ATTACK)
    times = []
    for minutes, verdict in [
        (0, None),
        (1, Verdict.REJECT),
        (-60, Verdict.APPROVE),
        (-59, Verdict.REJECT),
    ]:
        now = NOON + timedelta(minutes=minutes)
        if verdict is not None:
            house.say(verdict, match, now=now)
        assert "latest-news.atom" in house.publish(now).changed
        times.append(house.files()["latest-news.atom"][1])
    assert times == sorted(set(times))


def test_a_withdrawn_entry_stays_with_its_id_as_a_retraction(house: House) -> None:
    (match, _) = house.approve(ATTACK, "Second attack in Mali")
    house.publish()
    before = {item["title"]: item["id"] for item in house.items()}
    page = next(path for path in house.news_pages() if ATTACK in house.text(path))
    house.say(Verdict.REJECT, match, now=NOON + DAY, reason="not confirmed")
    house.publish(NOON + DAY)
    after = house.items()
    assert sorted(item["id"] for item in after) == sorted(before.values())
    retracted = next(item for item in after if item["id"] == before[ATTACK])
    assert "withdrawn" in json.dumps(retracted).casefold()
    assert "This entry has been withdrawn." in house.text(page)
    assert ">Withdrawn</span>" in house.text("conflicts/mali/index.html")


def test_ids_survive_a_move_to_another_address(house: House) -> None:
    house.approve(ATTACK)
    house.publish()
    before = [item["id"] for item in house.items()]
    atom = feedparser.parse(house.text("latest-news.atom"))
    house.base_url = "https://news.elsewhere.example/tracker"
    found_installation(house.database, house.base_url, NOON + DAY)
    house.approve("Second attack in Mali", now=NOON + DAY)
    house.publish(NOON + DAY)
    items = house.items()
    assert items[1]["id"] == before[0]
    assert all(item["id"].startswith("tag:tracker.example,2026-11-2") for item in items)
    moved = feedparser.parse(house.text("latest-news.atom"))
    assert moved.feed.id == atom.feed.id
    assert "https://tracker.example/" not in house.text("latest-news.json")
    assert all(item["url"].startswith("https") for item in items)


def test_an_address_with_a_port_or_an_ipv6_host_makes_valid_ids(
    sqlite: Database, tmp_path: Path
) -> None:
    found_installation(sqlite, "http://[::1]:8000", NOON)
    watch(sqlite, tracked=(MALI, NIGER))
    publish(sqlite, tmp_path / "public", "http://[::1]:8000", NOON)
    found = feedparser.parse((tmp_path / "public" / "latest-news.atom").read_bytes()).feed.id
    assert found.startswith("tag:--1,2026-11-22:")


def test_a_file_somebody_deleted_or_cut_is_written_again_as_it_was(house: House) -> None:
    house.approve(ATTACK)
    house.publish()
    before = house.files()
    (house.folder / "latest-news.atom").unlink()
    (house.folder / "feeds.opml").write_bytes(b"")
    report = house.publish(NOON + timedelta(minutes=5))
    assert report.changed == ("feeds.opml", "latest-news.atom")
    assert house.files() == before


def test_a_lost_folder_gets_the_pages_of_old_news_and_the_archives_back(house: House) -> None:
    headlines = house.many(LEAST_ENTRIES + ARCHIVE_ENTRIES)
    house.publish()
    much_later = NOON + 60 * DAY
    house.publish(much_later)
    before = house.files()
    assert len(house.items()) == LEAST_ENTRIES
    assert len(house.news_pages()) == len(headlines)

    house.folder.rename(house.folder.with_name("lost"))
    house.publish(much_later + SECOND)
    again = house.files()
    assert set(again) == set(before)
    kept = [path for path in before if "/archive/" in path]
    assert len(kept) == 9
    assert [again[path] for path in kept] == [before[path] for path in kept]


def test_the_digest_keeps_a_week_and_what_stands_in_no_archive(house: House) -> None:
    headlines = house.many(LEAST_ENTRIES + ARCHIVE_ENTRIES)
    house.publish(NOON + 7 * DAY)
    assert [item["title"] for item in house.items()] == headlines[::-1]
    house.publish(NOON + 7 * DAY + SECOND)
    assert [item["title"] for item in house.items()] == headlines[: ARCHIVE_ENTRIES - 1 : -1]
    house.publish(NOON + 365 * DAY)
    assert len(house.items()) == LEAST_ENTRIES


def test_news_withdrawn_long_after_is_still_retracted_in_the_digest(house: House) -> None:
    headlines = house.many(LEAST_ENTRIES + ARCHIVE_ENTRIES)
    later = NOON + 20 * DAY
    house.publish(later)
    assert headlines[0] not in [item["title"] for item in house.items()]
    house.say(Verdict.REJECT, house.ids[headlines[0]], now=later, reason="wrong")
    house.publish(later)
    retracted = [item["title"] for item in house.items() if item["_dateline"]["withdrawn"]]
    assert retracted == [f"Withdrawn: {headlines[0]}"]
    house.publish(later + 30 * DAY)
    assert len(house.items()) == LEAST_ENTRIES + 1
    house.publish(later + 31 * DAY)
    assert len(house.items()) == LEAST_ENTRIES


def test_old_news_that_is_published_anew_is_in_the_digest_again(house: House) -> None:
    headlines = house.many(LEAST_ENTRIES + ARCHIVE_ENTRIES)
    oldest = house.ids[headlines[0]]
    later = NOON + 50 * DAY
    house.say(Verdict.REJECT, oldest, now=NOON + DAY)
    house.publish(later)
    assert headlines[0] not in str(house.items())
    house.say(Verdict.APPROVE, oldest, now=later)
    house.publish(later)
    assert headlines[0] in [item["title"] for item in house.items()]


def test_a_reader_polling_all_the_time_never_sees_a_partial_or_absent_file(house: House) -> None:
    house.publish()
    target = house.folder / "latest-news.atom"
    seen: set[bytes] = set()
    faults: list[BaseException] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            try:
                content = target.read_bytes()
                assert content.rstrip().endswith(b"</feed>")
                seen.add(content)
            except (OSError, AssertionError) as error:
                faults.append(error)
            time.sleep(0.001)

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        for number in range(50):
            now = NOON + timedelta(minutes=number)
            house.approve(f"Attack number {number} near Kidal", now=now)
            house.publish(now)
    finally:
        stop.set()
        poller.join()
    assert faults == []
    assert len(seen) > 10
    assert [
        path for path in house.folder.rglob(".*") if path.name not in {".publishing", ".published"}
    ] == []


def test_two_publishers_at_once_write_each_file_once(either: House) -> None:
    either.approve(ATTACK)
    reports = at_once(*[either.publish] * 4)
    assert all(isinstance(report, PublishReport) for report in reports)
    changed = [report.changed for report in reports if isinstance(report, PublishReport)]
    assert sorted(map(len, changed)) == [0, 0, 0, len(either.files())]
    assert either.publish().changed == ()


def test_two_who_do_not_share_the_folder_are_told_so(either: House, tmp_path: Path) -> None:
    assert elsewhere(either.database, either.folder) == ""
    assert [either.publish().elsewhere, either.publish().elsewhere] == ["", ""]
    assert elsewhere(either.database, either.folder) == ""
    other = House(either.database, tmp_path / "other")
    assert f"{either.folder.resolve()}, than {other.folder}: " in elsewhere(
        either.database, other.folder
    )
    assert str(either.folder.resolve()) in other.publish().elsewhere
    assert str(other.folder.resolve()) in either.publish().elsewhere
    assert either.publish().elsewhere == ""


def test_an_older_snapshot_is_never_written_over_a_newer_one(house: House) -> None:
    ids = house.store(*(f"Attack number {number} near Kidal" for number in range(12)))

    def approve_and_publish(id: int) -> PublishReport:
        house.say(Verdict.APPROVE, id)
        return house.publish()

    at_once(*[lambda id=id: approve_and_publish(id) for id in ids])  # type: ignore[misc]
    assert len(house.items()) == 12
    assert house.publish().changed == ()


@pytest.mark.parametrize("wrong", ["a-file", "a-file/below"])
def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_do(
    sqlite: Database, tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "a-file").touch()
    house = House(sqlite, tmp_path / wrong)
    with pytest.raises(StoreError, match=r"cannot be written.*DATELINE_PUBLIC_DIR"):
        house.publish()


def test_a_file_that_cannot_be_replaced_costs_nothing_that_was_published(house: House) -> None:
    house.approve(ATTACK)
    house.publish()
    before = house.files()
    (house.folder / "feeds.opml").unlink()
    (house.folder / "feeds.opml").mkdir()
    (house.folder / "feeds.opml" / "kept").touch()
    house.approve("Second attack in Mali", now=NOON + SECOND)
    with pytest.raises(StoreError, match=r"feeds\.opml.*check the disk"):
        house.publish(NOON + SECOND)
    assert all(path == "feeds.opml" or path in house.files() for path in before)

    (house.folder / "feeds.opml" / "kept").unlink()
    (house.folder / "feeds.opml").rmdir()
    house.publish(NOON + 2 * SECOND)
    assert len(house.items()) == 2
    assert house.publish(NOON + 3 * SECOND).changed == ()


def test_databases_filled_alike_publish_the_same_bytes_but_for_minted_ids(
    sqlite: Database, sqlite_file: Path, tmp_path: Path
) -> None:
    def filled(database: Database, name: str) -> dict[str, bytes]:
        house = House(database, tmp_path / name)
        first, *_ = house.approve(ATTACK, "Army attacks camp near Niamey", "Third attack in Mali")
        house.say(Verdict.REJECT, first, now=NOON + SECOND, reason="wrong")
        house.publish(NOON + 2 * SECOND)
        with database.reading() as connection:
            minted = digests.slugs(connection)
        found = {}
        for path, (content, _) in house.files().items():
            for number, slug in enumerate(minted):
                path = path.replace(slug, f"news-{number}")
                content = content.replace(slug.encode(), f"news-{number}".encode())
            found[path] = content
        return found

    copyfile(sqlite_file, tmp_path / "twin.db")
    twin = open_database(f"sqlite:///{tmp_path}/twin.db")
    try:
        assert filled(sqlite, "one") == filled(twin, "two")
    finally:
        twin.close()


def test_the_day_of_foundation_dates_an_empty_digest_for_ever(house: House) -> None:
    found_installation(house.database, BASE, NOON + 5 * DAY)
    house.publish(NOON + 9 * DAY)
    parsed = feedparser.parse(house.text("latest-news.atom"))
    assert parsed.entries == []
    assert datetime(*parsed.feed.updated_parsed[:6], tzinfo=UTC) == NOON


def test_a_conflict_no_longer_tracked_leaves_the_list(house: House) -> None:
    house.publish()
    assert "Unrest in Niger" in house.text("index.html")
    with house.database.transaction() as connection:
        conflicts.declare(connection, [MALI], NOON + SECOND)
    house.publish(NOON + SECOND)
    assert "Unrest in Niger" not in house.text("index.html")
    assert "Unrest in Niger" not in house.text("feeds.opml")


def test_a_verdict_costs_only_the_documents_it_concerns(house: House) -> None:
    house.approve(ATTACK, "Army attacks camp near Niamey")
    house.publish()
    spoiled = house.folder / "conflicts/niger/latest-news.atom"
    spoiled.write_bytes(b"What is not made anew stays as it is.")
    house.approve("Second attack in Mali", now=NOON + SECOND)
    house.publish(NOON + SECOND)
    assert spoiled.read_bytes().startswith(b"What is not made")
    assert len(house.items("conflicts/mali/latest-news.json")) == 2
    publish(house.database, house.folder, BASE, NOON + 2 * SECOND, anew=True)
    assert spoiled.read_bytes().startswith(b"<?xml")


def test_a_page_of_old_news_follows_a_correction_and_a_new_title(house: House) -> None:
    house.many(LEAST_ENTRIES + ARCHIVE_ENTRIES)
    later = NOON + 30 * DAY
    house.publish(later)
    with house.database.reading() as connection:
        slug = digests.slugs(connection)[0]
    wanted = Correction(slug=slug, title="It was Gao", summary="", note="Not Kidal.", editor="ada")
    correct(house.database, wanted, later)
    assert f"news/{slug}/index.html" in house.publish(later + SECOND).changed
    assert "It was Gao" in house.text(f"news/{slug}/index.html")
    with house.database.transaction() as connection:
        conflicts.declare(connection, [replace(MALI, title="War in Mali"), NIGER], later + DAY)
    house.publish(later + DAY)
    assert "War in Mali" in house.text(f"news/{slug}/index.html")
    assert "War in Mali" in house.text("conflicts/mali/latest-news.atom")


def test_passes_that_look_at_changes_alone_leave_what_making_all_anew_would(house: House) -> None:
    now, house.sweep_every = NOON, SELDOM

    def later(by: timedelta) -> datetime:
        nonlocal now
        now += by
        return now

    def passes(*wanted: str) -> None:
        changed = house.publish(now).changed
        assert all(any(path.startswith(each) for path in changed) for each in wanted), wanted
        anew = house.as_if_anew(now)
        different = [path for path in anew if (house.folder / path).read_bytes() != anew[path]]
        assert different == []
        assert house.publish(now).changed == ()

    passes("index.html", "static/")
    first, *_ = house.approve(ATTACK, "Army attacks camp near Niamey", now=later(SECOND))
    passes("news/", "conflicts/mali/", "conflicts/niger/", "feeds.opml")
    house.say(Verdict.REJECT, first, now=later(DAY), reason="wrong")
    passes("news/", "conflicts/mali/latest-news.atom", "latest-news.json")
    with house.database.transaction() as connection:
        page = read_markdown(BACKGROUND)
        backgrounds.save(connection, "mali", page, author="ada", note="", now=later(SECOND))
    passes("conflicts/mali/index.html")
    assert bring_out(house.database, BASE, later(SECOND))
    passes("conflicts/mali/daily.atom", "conflicts/mali/index.html")
    later(8 * DAY)
    passes("conflicts/mali/index.html", "index.html")
    with house.database.transaction() as connection:
        conflicts.declare(connection, [replace(MALI, title="War in Mali"), NIGER], later(SECOND))
    passes("news/", "index.html", "conflicts/mali/daily.json")
    later(30 * DAY)
    passes("conflicts/mali/latest-news.atom", "latest-news.json")
    later(60 * DAY)
    passes("conflicts/mali/index.html", "index.html")
    house.say(Verdict.APPROVE, first, now=later(SECOND))
    passes("news/", "conflicts/mali/latest-news.atom")


def test_a_file_that_is_missing_is_found_by_the_next_sweep(house: House) -> None:
    house.approve(ATTACK)
    house.publish()
    [page] = house.news_pages()
    (house.folder / page).unlink()
    house.sweep_every = timedelta(hours=1)
    assert house.publish(NOON + timedelta(minutes=59)).changed == ()
    assert house.publish(NOON + timedelta(minutes=60)).changed == (page,)


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"watermark": 1, "since": "2026-11-22"}'])
def test_a_folder_that_does_not_say_what_it_was_made_from_is_looked_at_whole(
    house: House, spoilt: str
) -> None:
    house.approve(ATTACK)
    house.sweep_every = SELDOM
    house.publish()
    [page] = house.news_pages()
    (house.folder / page).unlink()
    (house.folder / ".published").write_text(spoilt)
    assert house.publish(NOON + SECOND).changed == (page,)


def test_a_pass_that_failed_is_made_up_for_by_the_next(house: House) -> None:
    house.sweep_every = SELDOM
    house.publish()
    house.approve(ATTACK, now=NOON + SECOND)
    (house.folder / "feeds.opml").unlink()
    (house.folder / "feeds.opml").mkdir()
    with pytest.raises(StoreError):
        house.publish(NOON + SECOND)
    (house.folder / "feeds.opml").rmdir()
    assert "feeds.opml" in house.publish(NOON + 2 * SECOND).changed
    assert len(house.items()) == len(house.news_pages()) == 1


def test_a_conflict_that_never_had_daily_editions_offers_none(house: House) -> None:
    with house.database.transaction() as connection:
        conflicts.declare(connection, [MALI, replace(NIGER, edition=None)], NOON)
    house.publish()
    for page in ("feeds.opml", "subscribe/index.html"):
        assert "conflicts/mali/daily." in house.text(page)
        assert "conflicts/niger/daily." not in house.text(page)
    assert "daily." in house.text("conflicts/mali/index.html")
    assert "daily" not in house.text("conflicts/niger/index.html").casefold()
    assert daily_files(house) == {f"mali/daily.{kind}" for kind in ("atom", "rss", "json")}


def daily_files(house: House) -> set[str]:
    folder = house.folder / "conflicts"
    every = {str(path.relative_to(folder)) for path in folder.glob("*/daily.*")}
    return {name for name in every if not name.endswith((".gz", ".br"))}


def test_a_daily_feed_that_was_offered_once_stays_when_editions_are_switched_off(
    house: House,
) -> None:
    house.publish()
    bring_out(house.database, BASE, NOON + timedelta(days=1))
    off = [replace(MALI, edition=None), replace(NIGER, edition=None)]
    with house.database.transaction() as connection:
        conflicts.declare(connection, off, NOON)
    later = NOON + timedelta(days=2)
    house.publish(later)
    assert len(daily_files(house)) == 6
    assert "conflicts/niger/daily." in house.text("feeds.opml")
    # Where all was lost, what was promised is made again.
    shutil.rmtree(house.folder)
    house.publish(later + SECOND)
    assert len(daily_files(house)) == 6


def test_a_shared_page_shows_a_picture_that_is_there(house: House) -> None:
    house.publish()
    page = house.text("conflicts/mali/index.html")
    assert f'<meta property="og:image" content="{BASE}/static/card.png">' in page
    picture = (house.folder / "static/card.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    assert f'og:image:width" content="{width}"' in page
    assert f'og:image:height" content="{height}"' in page
    assert len(picture) < 100_000

"""Stories: pairwise precision and recall on labelled clusters, false merges and CPU on a stream.

Reads the clusters and the stream of a folder kept outside of this project, and groups them by the
code that runs: articles are stored and gathered in a database in memory.
"""

import argparse
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.table import machine, show
from db import Database, articles, feeds, open_database
from db.upgrade import upgrade
from pipeline.gather import count_copies, group_into_stories
from pipeline.model import Article, DateOrigin, Feed
from pipeline.text import fold_key

_FOLDER = Path("../shared/data")
_FEED = Feed(id="clusters", url="https://clusters.example/feed", publisher="")
_GROUP = 40
# A file whose label is a template with the town exchanged: 62 weather forecasts are not one story.
_MOST_IN_CLUSTER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article with the story somebody put it into, "" where nobody did."""

    title: str
    summary: str = ""
    publisher: str = ""
    language: str
    published_at: datetime
    label: str = ""
    part: int = 0


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks stories", description=__doc__)
    parser.add_argument("--data", type=Path, default=_FOLDER)
    parser.add_argument("--half", type=int, choices=(0, 1), help="only this half of the labels")
    parser.add_argument("--failures", type=int, default=0, help="so many of each kind are shown")
    parser.add_argument("--pairs", type=int, default=0, help="so many random pairs of the stream")
    options = parser.parse_args(arguments)
    if not (options.data / "clusters").is_dir():
        print(f"{options.data} holds no clusters: nothing to measure")
        return 0
    halves = (0, 1) if options.half is None else (options.half,)
    rows = []
    for name, items in (("French, one day", french(options.data)), ("WCEP", wcep(options.data))):
        found = gathered(items)
        for part in halves:
            rows.append(_row(name, part, items, found))
            _show_failures(items, found, part, options.failures)
    heads = "labels|half|articles|pairs|joined|precision|recall"
    show("Stories against labels", heads.split("|"), rows)
    _measure_stream(options.data, options.pairs)
    return 0


def french(folder: Path) -> list[Item]:
    """French headlines of one day."""
    return [
        Item(
            title=row["title"],
            language="fr",
            published_at=datetime.fromisoformat(row["time"]).replace(tzinfo=UTC),
            label=row["cluster"],
            part=_part(row["cluster"]),
        )
        for row in _rows(folder / "clusters" / "fr_one_day_clusters.jsonl")
    ]


def wcep(folder: Path) -> list[Item]:
    """Headlines of articles that one item of Wikipedia's current events cites."""
    items = []
    seen = set()
    for row in _rows(folder / "clusters" / "wcep_multi_outlet.jsonl"):
        for member in row["members"]:
            title = member["title"] or member["slug_title"]
            # The same address cited by two items is one article, whose story nobody can tell.
            if title and member["url"] not in seen:
                seen.add(member["url"])
                items.append(
                    Item(
                        title=title,
                        publisher=member["outlet"],
                        language="en",
                        published_at=datetime.fromisoformat(row["date"]).replace(tzinfo=UTC),
                        label=row["cluster"],
                        part=_part(row["cluster"]),
                    )
                )
    return sorted(items, key=lambda item: item.published_at)


def stream(folder: Path) -> list[Item]:
    """Two weeks of thirty feeds, without labels."""
    items = []
    seen = set()
    for row in _rows(folder / "stream" / "rss_2023-07-24_2023-08-06.jsonl"):
        address = row["link"].split("?")[0]
        if address not in seen:
            seen.add(address)
            items.append(
                Item(
                    title=row["title"],
                    summary=row["summary"],
                    publisher=row["feed"].split("/")[2],
                    language="en",
                    published_at=datetime.fromisoformat(row["date"]).astimezone(UTC),
                )
            )
    return items


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _part(label: str) -> int:
    return sha256(label.encode()).digest()[0] % 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The story of each item in order, the reason it joined, and the CPU seconds it took."""

    story: list[int]
    reason: list[str]
    seconds: float
    copies: list[tuple[int, int]]


def gathered(items: Sequence[Item]) -> Gathered:
    """Store items and put them into stories, as the pipeline does, some at a time."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/dateline.db")
        upgrade(database)
        try:
            return _gathered(database, items)
        finally:
            database.close()


def _gathered(database: Database, items: Sequence[Item]) -> Gathered:
    seconds = 0.0
    ids: list[int] = []
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with database.transaction() as connection:
        feeds.declare(connection, [_FEED], now)
        for start in range(0, len(items), _GROUP):
            some = [_article(start + n, item) for n, item in enumerate(items[start:][:_GROUP])]
            added = articles.add(connection, some, _FEED, now)
            new = [added[each.identity] for each in some]
            began = time.process_time()
            group_into_stories(connection, new, now)
            seconds += time.process_time() - began
            ids += new
    return _outcome(database, ids, seconds)


def _outcome(database: Database, ids: Sequence[int], seconds: float) -> Gathered:
    with database.reading() as connection:
        told = {
            row.id: row
            for row in connection.exec_driver_sql("SELECT id, story_id, story_reason FROM articles")
        }
        story = [told[each].story_id for each in ids]
        counted = count_copies(connection, set(story))
    return Gathered(
        story=story,
        reason=[told[each].story_reason for each in ids],
        seconds=seconds,
        copies=[(each.copies, each.origins) for each in counted.values()],
    )


def _article(number: int, item: Item) -> Article:
    return Article(
        entry_key=str(number),
        identity=f"clusters:{number}",
        guid=str(number),
        url=None,
        link=None,
        title=item.title,
        summary=item.summary,
        publisher=item.publisher,
        language=item.language,
        published_at=item.published_at,
        ordered_at=item.published_at,
        date_origin=DateOrigin.PUBLISHED,
        title_key=fold_key(item.title),
        content_hash=str(number),
    )


def _row(name: str, part: int, items: Sequence[Item], found: Gathered) -> tuple[str, ...]:
    labelled, joined, right = _pairs(items, found, part)
    precision = len(right) / len(joined) if joined else 1.0
    return (
        name,
        "ab"[part],
        f"{sum(item.part == part for item in items):,}",
        f"{len(labelled):,}",
        f"{len(joined):,}",
        f"{precision:.3f}",
        f"{len(right) / len(labelled):.3f}",
    )


_Pairs = set[tuple[int, int]]


def _pairs(items: Sequence[Item], found: Gathered, part: int) -> tuple[_Pairs, _Pairs, _Pairs]:
    """The pairs labelled one story, those joined, and those both."""
    by_label: dict[str, list[int]] = defaultdict(list)
    by_story: dict[int, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        by_label[item.label].append(number)
    for number, item in enumerate(items):
        if item.part == part and len(by_label[item.label]) <= _MOST_IN_CLUSTER:
            by_story[found.story[number]].append(number)
    labelled = {
        pair
        for members in by_label.values()
        if items[members[0]].part == part and len(members) <= _MOST_IN_CLUSTER
        for pair in _within(members)
    }
    joined = {pair for members in by_story.values() for pair in _within(members)}
    return labelled, joined, labelled & joined


def _within(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((one, other) for n, one in enumerate(members) for other in members[n + 1 :])


def _show_failures(items: Sequence[Item], found: Gathered, part: int, most: int) -> None:
    labelled, joined, right = _pairs(items, found, part)
    dice = random.Random(part)
    for kind, pairs in (("joined, labelled apart", joined - right), ("missed", labelled - right)):
        for one, other in dice.sample(sorted(pairs), min(most, len(pairs))):
            print(f"{kind}: {items[one].title} | {items[other].title} | {found.reason[other]}")


def _measure_stream(folder: Path, pairs: int) -> None:
    items = stream(folder)
    found = gathered(items)
    members: dict[int, list[int]] = defaultdict(list)
    for number, story_id in enumerate(found.story):
        members[story_id].append(number)
    several = {story_id: each for story_id, each in members.items() if len(each) > 1}
    print(
        f"\nStream: {len(items):,} articles, {len(members):,} stories, {len(several):,} of several"
        f" articles with {sum(map(len, several.values())):,} articles;"
        f" {1_000 * found.seconds / len(items):.2f} ms CPU an article; {machine()}"
    )
    together = [pair for each in several.values() for pair in _within(each)]
    if pairs:
        _show_largest(items, found, several)
    for one, other in random.Random(7).sample(together, min(pairs, len(together))):
        print(f"- {_shown(items[one])}\n  {_shown(items[other])}\n    {found.reason[other]}")


def _show_largest(items: Sequence[Item], found: Gathered, several: dict[int, list[int]]) -> None:
    for each in sorted(several.values(), key=len, reverse=True)[:12]:
        print(f"{len(each)} articles")
        for number in each[:8]:
            print(f"  {_shown(items[number])} [{found.reason[number]}]")


def _shown(item: Item) -> str:
    return f"{item.published_at:%d %H:%M} {item.publisher}: {item.title[:110]}"

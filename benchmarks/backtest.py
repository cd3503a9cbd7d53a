"""Backtesting edited keywords: seconds for an archive, for one conflict and for all of them.

The archive is made up; the keywords are those that ship. One in ten articles holds a place and a
subject of some conflict. Matches are stored first, as live matching would have left them.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, give
from benchmarks.table import machine, show
from db import Database, articles, conflicts, feeds, instance, open_database
from db.upgrade import upgrade
from pipeline.archive import Archive
from pipeline.backtest import backtest, preview
from pipeline.model import Article, Conflict, DateOrigin, Feed, Term
from pipeline.rematch import rematch
from pipeline.sources import load_sources
from pipeline.stages.match import compile_keywords, keywords_version
from pipeline.watch import Rules

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_LETTERS = "abcdefghiklmnoprstuvz"
_ONE_IN = 10
_BATCH = 1_000


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks backtest", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    options = parser.parse_args(arguments)
    tracked = load_sources(Path("sources.yaml")).conflicts
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/archive.db")
        upgrade(database)
        matched = _fill(database, tracked, options.articles)
        rows = [
            _measure(database, "one conflict, a place added", tracked, _edited(tracked, 1)),
            _measure(
                database, "all conflicts, a subject added", tracked, _edited(tracked, len(tracked))
            ),
            *_previews(database, tracked[0], _edited(tracked, 1)[0]),
        ]
        database.close()
    print(f"{options.articles:,} articles of about 45 words, {matched:,} matches; {machine()}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak //= 1024 if sys.platform != "darwin" else 1024 * 1024
    show("Backtest", ["edit", "CPU s", "wall s", "gained", "kept"], rows)
    what = f"backtest of {options.articles:,} articles"
    give(*(Figure(what=f"{what}, {row[0]}", dateline=f"{row[1]} s CPU") for row in rows[:2]))
    print(f"\nMost memory, making the archive included: {peak} MB")
    return 0


def _fill(database: Database, tracked: Sequence[Conflict], count: int) -> int:
    feed = Feed(id="made-up", url="https://made-up.example/feed", publisher="Made up")
    dice = random.Random(count)
    common = ["".join(dice.choices(_LETTERS, k=dice.randint(2, 9))) for _ in range(3_000)]
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        feeds.declare(connection, [feed], _NOW)
        conflicts.declare(connection, tracked, _NOW)
        for start in range(0, count, _BATCH):
            numbers = range(start, min(start + _BATCH, count))
            made = [_article(number, dice, common, tracked) for number in numbers]
            articles.add(connection, made, feed, _NOW)
    rules = Rules(conflicts=tuple(tracked), matcher=compile_keywords(tracked))
    return rematch(database, rules, _NOW).matches_new


def _article(
    number: int, dice: random.Random, common: Sequence[str], tracked: Sequence[Conflict]
) -> Article:
    title, summary = dice.choices(common, k=9), dice.choices(common, k=36)
    if number % _ONE_IN == 0:
        keywords = dice.choice(tracked).keywords
        title[4] = dice.choice(keywords.places).text.strip("=^*")
        summary[10] = dice.choice(keywords.subjects).text.strip("=^*")
    key = f"{number}"
    moment = _NOW - timedelta(minutes=number)
    return Article(
        entry_key=key,
        identity=key,
        guid=key,
        url=f"https://made-up.example/{key}",
        link=f"https://made-up.example/{key}",
        title=" ".join(title).capitalize(),
        summary=" ".join(summary) + ".",
        publisher="Made up",
        language="en",
        published_at=moment,
        ordered_at=moment,
        date_origin=DateOrigin.PUBLISHED,
        title_key=key,
        content_hash=sha256(key.encode()).hexdigest(),
    )


def _edited(tracked: Sequence[Conflict], count: int) -> list[Conflict]:
    """The same conflicts, the first ones with one more term."""
    return [
        _with_term(each, "places" if count == 1 else "subjects") if number < count else each
        for number, each in enumerate(tracked)
    ]


def _with_term(conflict: Conflict, name: str) -> Conflict:
    keywords, term = conflict.keywords, Term(text="Government")
    if name == "places":
        keywords = replace(keywords, places=(*keywords.places, term))
    else:
        keywords = replace(keywords, subjects=(*keywords.subjects, term))
    return replace(conflict, keywords=replace(keywords, version=keywords_version(keywords)))


def _measure(
    database: Database, name: str, tracked: Sequence[Conflict], edited: Sequence[Conflict]
) -> tuple[str, ...]:
    processor, wall = time.process_time(), time.monotonic()
    found = backtest(database, tracked, edited)
    processor, wall = time.process_time() - processor, time.monotonic() - wall
    gained = sum(sum(each.gained.values()) for each in found.conflicts)
    kept = sum(sum(each.kept.values()) for each in found.conflicts)
    return name, f"{processor:.1f}", f"{wall:.1f}", f"{gained:,}", f"{kept:,}"


def _previews(database: Database, before: Conflict, after: Conflict) -> list[tuple[str, ...]]:
    """The desk's preview of one conflict: the first reads the archive, the next ones do not."""
    archive = Archive()
    rows: list[tuple[str, ...]] = []
    for name in (
        "the desk's preview of a place, the first",
        "the desk's preview of a place, again",
    ):
        processor, wall = time.process_time(), time.monotonic()
        [found] = preview(database, archive, before, after).conflicts
        processor, wall = time.process_time() - processor, time.monotonic() - wall
        gained = sum(found.gained.values())
        rows.append((name, f"{processor:.1f}", f"{wall:.1f}", f"{gained:,}", "not counted"))
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

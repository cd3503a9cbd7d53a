"""Recorded feeds as histories: the articles, dates and windows that real publishers had.

Read from a folder beside the project, where there is one; nothing of it is kept.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from statistics import median
from xml.etree import ElementTree

from benchmarks.polling.histories import DAY, History
from benchmarks.polling.simulate import Trial
from pipeline.model import ArticleText
from pipeline.sources import load_sources
from pipeline.stages.match import Matcher, compile_keywords

_SOURCES = Path(__file__).parents[2] / "sources.yaml"
# The stream does not tell how many articles its documents showed; short lists are the harder case.
_STREAM_WINDOW = 20
_STREAM_BEGIN, _STREAM_DAYS = 4, 14
_TURNS = 8
_LEAST_DAYS = 3.0
_COUNTED_DAYS = 2.0
# Two documents follow each other without a gap when they share this much of what they list.
_OVERLAP = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    date: datetime
    relevant: bool


def recorded_trials(data: Path) -> Iterator[Trial]:
    """Give what the folder allows: the stream of two weeks, and documents polled in a row."""
    matcher = compile_keywords(load_sources(_SOURCES).conflicts)
    if any((data / "stream").glob("*.jsonl")):
        feeds = _stream(data / "stream", matcher)
        yield Trial(
            name="replay of a recorded stream",
            feeds=_again(feeds),
            begin=_STREAM_BEGIN,
            end=_STREAM_DAYS,
        )
    feeds = list(_polled(data / "feeds", matcher)) if (data / "feeds").is_dir() else []
    if feeds:
        last = max(feed.times[-1] for feed in feeds) / DAY
        yield Trial(
            name="replay of recorded documents",
            feeds=_again(feeds),
            begin=last - _COUNTED_DAYS,
            end=last,
        )


def _again(feeds: Sequence[History]) -> list[History]:
    """Play every feed several times from other first looks on: there are so few relevant articles
    that the minute of a look would decide."""
    random = Random(0)
    return [
        replace(
            feed, name=f"{feed.name} #{turn}", first_look=feed.first_look + random.uniform(0, 60)
        )
        for turn in range(_TURNS)
        for feed in feeds
    ]


def _stream(folder: Path, matcher: Matcher) -> list[History]:
    items: dict[str, list[_Item]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = ArticleText(title=row["title"], summary=row["summary"])
            date = datetime.fromisoformat(row["date"])
            item = _Item(date=date, relevant=bool(matcher.match(text)))
            items.setdefault(row["feed"], []).append(item)
    monday = _monday(min(item.date for listed in items.values() for item in listed))
    return [
        _history(name, listed, monday, window=_STREAM_WINDOW, first_look=1.5 * DAY)
        for name, listed in sorted(items.items())
    ]


def _polled(folder: Path, matcher: Matcher) -> Iterator[History]:
    """Per outlet the longest time over which its documents overlap, so that nothing is missing;
    all are shifted by whole weeks or days to end together."""
    for outlet in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = sorted(outlet.glob("[0-9]*T*.xml"))
        chain = _longest_chain([each for path in paths if (each := _document(path, matcher))])
        if not chain:
            continue
        items = {key: item for each in chain for key, item in each.items()}
        # The oldest of what a document lists may be left over from weeks ago.
        begin = sorted(item.date for item in chain[0].values())[len(chain[0]) // 4]
        end = max(item.date for item in items.values())
        begin = max(begin, end - timedelta(days=28))
        if end - begin < timedelta(days=_LEAST_DAYS):
            continue
        # Four weeks and the last midnight: hours of the day stay what they were.
        start = end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=28)
        yield _history(
            outlet.name,
            [item for item in items.values() if item.date >= start],
            start,
            window=round(median(len(each) for each in chain)),
            first_look=max((begin - start) / timedelta(minutes=1), 0.0) + 0.3 * DAY,
        )


_Document = dict[str, _Item]


def _longest_chain(documents: Iterable[_Document]) -> list[_Document]:
    chains: list[list[_Document]] = [[]]
    for document in documents:
        before = chains[-1][-1] if chains[-1] else document
        if len(before.keys() & document.keys()) < _OVERLAP * min(len(before), len(document)):
            chains.append([])
        chains[-1].append(document)
    return max(chains, key=_reach)


def _reach(chain: list[_Document]) -> timedelta:
    dates = [item.date for document in chain for item in document.values()]
    return max(dates) - min(dates) if dates else timedelta(0)


def _document(path: Path, matcher: Matcher) -> _Document:
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError:
        return {}
    document: _Document = {}
    for node in root.iter():
        if node.tag.rpartition("}")[2] not in ("item", "entry"):
            continue
        told = {part.tag.rpartition("}")[2]: (part.text or "").strip() for part in node}
        date = _date(told.get("pubDate") or told.get("published") or told.get("updated") or "")
        key = told.get("guid") or told.get("id") or told.get("link")
        if date is not None and key:
            text = re.sub(r"<[^>]*>", " ", told.get("description", told.get("summary", "")))
            found = matcher.match(ArticleText(title=told.get("title", ""), summary=text))
            document[key] = _Item(date=date, relevant=bool(found))
    return document


def _date(written: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(written)
        except ValueError:
            continue
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return None


def _monday(date: datetime) -> datetime:
    midnight = date.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())


def _history(
    name: str, items: Iterable[_Item], start: datetime, *, window: int, first_look: float
) -> History:
    ordered = sorted(items, key=lambda item: item.date)
    return History(
        name=name,
        times=tuple((item.date - start) / timedelta(minutes=1) for item in ordered),
        relevant=tuple(item.relevant for item in ordered),
        window=window,
        first_look=first_look,
    )

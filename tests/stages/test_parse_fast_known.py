"""What the quick reader knows of feedparser by heart is what feedparser says."""

import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from feedparser.api import StrictFeedParser

from pipeline.model import Article, Entry
from pipeline.model.building import builder
from pipeline.stages.parse.fast.known import ELEMENTS, NAMESPACES
from pipeline.stages.parse.fast.scope import Scope

PROJECT = Path(__file__).parents[2]


def test_namespaces_have_feedparsers_prefixes() -> None:
    theirs = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items() if uri}
    assert theirs == NAMESPACES


def test_elements_are_those_feedparser_does_something_about() -> None:
    methods = (name for name in dir(StrictFeedParser) if name.startswith(("_start_", "_end_")))
    assert {name.partition("_")[2].partition("_")[2] for name in methods} == ELEMENTS


def test_a_worker_that_reads_plain_feeds_loads_none_of_the_slow_libraries() -> None:
    script = (
        "import sys, datetime, pipeline.isolated; from pipeline.document import read_document; "
        "from pipeline.model import Feed, Fetched; from tests.hostile import rss; "
        "feed = Feed(id='f', url='https://a.example/f', publisher='F'); "
        "got = Fetched(url=feed.url, status=200, body=rss().encode()); "
        "read_document((got, feed, datetime.datetime.now(datetime.UTC))); "
        "print(*{'feedparser', 'bs4', 'w3lib', 'httpx', 'sqlalchemy', 'asyncio'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    left: int
    right: str = "r"


def test_values_built_quickly_are_the_same_values() -> None:
    built = builder(Pair)(1, "b")
    assert built == Pair(left=1, right="b")
    assert hash(built) == hash(Pair(left=1, right="b"))
    assert type(built) is Pair
    with pytest.raises(AttributeError):
        built.left = 2  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Article, Entry])
def test_every_field_of_the_values_of_a_document_is_built(kind: type[Article | Entry]) -> None:
    names = [field.name for field in fields(kind)]
    built = builder(kind)(*names)
    assert [getattr(built, name) for name in names] == names


def test_a_category_is_kept_once_even_where_its_name_came_late() -> None:
    scope = Scope(is_entry=True)
    scope.tag(None, "d", None)
    scope.tag_text("war")
    scope.tag("war", "d", None)
    scope.tag(None, "d", None)
    scope.tag(None, None, None)
    assert scope.tags == [["war", "d", None], [None, "d", None]]

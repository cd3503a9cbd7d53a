"""Every address that a published file names is there, as a file and as an address of the server."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from lxml import html

from db import Database
from pipeline.bring_out import bring_out
from pipeline.model import Verdict
from pipeline.publish import publish
from pipeline.stages.render import plain_name
from pipeline.web.public import IMMUTABLE, find_place
from tests.making import NOON
from tests.publishing import BASE, DAY, House

_OWN = re.compile(re.escape(BASE) + r"[^\s\"'<>\\]*")
# Of a category: a name that looks like an address.
_SCHEME = re.compile(r' (?:domain|scheme)="[^"]*"')


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> House:
    """A house with closed archives, editions, a withdrawal, and the form for letters."""
    made = House(sqlite, tmp_path / "public")
    made.many(160)
    bring_out(sqlite, BASE, NOON + DAY)
    bring_out(sqlite, BASE, NOON + 2 * DAY)
    made.say(Verdict.REJECT, next(iter(made.ids.values())), now=NOON + 2 * DAY, reason="False")
    publish(sqlite, made.folder, BASE, NOON + timedelta(days=9), letters=True)
    return made


def named_by(path: str, content: str) -> set[str]:
    """The paths within the site that a file names, by full address or by links of a page."""
    found = set() if path.endswith(".css") else set(_OWN.findall(_SCHEME.sub("", content)))
    if path.endswith(".html"):
        here = f"{BASE}/{path.removesuffix('index.html')}"
        tree = html.document_fromstring(content.encode())
        links = tree.xpath("//a/@href | //link/@href | //*/@src")
        found |= {urljoin(here, str(link)) for link in links}
    inside = {urldefrag(url)[0] for url in found if f"{url}/".startswith(f"{BASE}/")}
    return {unquote(urlsplit(url).path) or "/" for url in inside}


def test_whatever_a_file_names_is_there(house: House) -> None:
    files = house.files()
    named: dict[str, str] = {}
    for path, (content, _) in files.items():
        named |= dict.fromkeys(named_by(path, content.decode(errors="replace")), path)
    places = {address: find_place(address) for address in named}
    astray = {
        address: named[address]
        for address, place in places.items()
        if place is None or place.file not in files
    }
    assert astray == {}
    led_to = {place.file for place in places.values() if place is not None}
    # A page of an earlier version loads its assets by their own names: those stay beside the versioned ones.
    led_to |= {f"static/{plain_name(path.removeprefix('static/'))}" for path in led_to}
    assert {path for path in files if path not in led_to} == set()
    archives = [place for place in places.values() if place and "/archive/" in place.file]
    assert len(archives) >= 6
    assert {place.kind.caching for place in archives} == {IMMUTABLE}
    assert "regions/the-sahel/latest-news/archive/1.atom" in led_to
    assert "conflicts/mali/2026-11-23/index.html" in led_to

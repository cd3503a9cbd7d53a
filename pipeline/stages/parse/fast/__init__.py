"""The quick way through a well-formed feed: the same entries as feedparser's, or no answer.

feedparser takes fifty times as long as it takes to build the tree of a document, because it guesses
at every step. Most documents leave nothing to guess. This room reads those, after feedparser's own
rules (which of two titles counts, what a second description means, where an id is a link too), and
gives up at the first thing it cannot prove: the judge is then feedparser. A test holds both
against each other.

`names` finds out what feedparser would call an element, `scope` is what has been read of the feed
or of one entry, `channel` walks through the elements, `elements` does what each asks for, `entries`
makes values of it.
"""

import re

from lxml import etree

from pipeline.model import ParsedFeed
from pipeline.stages.parse.fast.channel import Channel
from pipeline.stages.parse.fast.entries import entry_of
from pipeline.stages.parse.fast.names import Names, Tree, Unsure
from pipeline.stages.parse.fast.scope import PLAIN_ADDRESS
from pipeline.stages.parse.rhythm import interval_from, skipped_times
from pipeline.stages.parse.strings import absolute, heading, linked, printable
from pipeline.stages.parse.xmlfeed import place_of

__all__ = ["read_plain_feed"]

_DECLARATION = re.compile(
    r"""<\?xml\s+version=(?:"1\.0"|'1\.0')(?:\s+encoding=(?:"[\w.:-]+"|'[\w.:-]+'))?"""
    r"""(?:\s+standalone=(?:"\w+"|'\w+'))?\s*\?>"""
)
_TO_ROOT = re.compile(rb"<\w")
_EQUALS = re.compile(rb"\s*=")
# An address to resolve others against, even one in the text of an article.
_BASE = re.compile(r"""base\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
    remove_blank_text=True,
    collect_ids=False,
)


def read_plain_feed(text: str, url: str) -> ParsedFeed | None:
    """Read a decoded document if it is a plain RSS, RDF or Atom 1.0 feed; None if not sure."""
    try:
        return _read(text, url)
    except (Unsure, etree.XMLSyntaxError):
        return None


def _read(text: str, url: str) -> ParsedFeed:
    declaration = _DECLARATION.match(text)
    rest = text[declaration.end() :] if declaration else text
    raw = rest.lstrip().encode("utf-8", "replace")
    root = _tree(raw)
    lower = raw.lower()
    channel = Channel(
        Names(root, text),
        root,
        is_based=_says(lower, b"base") and _has_bases(text, url),
        says_language=_says(lower, b"lang"),
    )
    head = channel.values
    language = printable(head.get("language"))
    place = place_of(language, url)
    may_skip = channel.says_skips or b"<?" in raw
    hours, days = skipped_times(text) if may_skip else (frozenset[int](), frozenset[int]())
    return ParsedFeed(
        format=channel.format,
        entries=tuple(entry_of(raw, url, place) for raw in channel.entries),
        title=heading(head.get("title")),
        home_url=absolute(head.get("link"), url),
        feed_id=printable(head.get("id")),
        language=language,
        ttl=interval_from(
            head.get("ttl"), head.get("sy_updateperiod"), head.get("sy_updatefrequency")
        ),
        skip_hours=hours,
        skip_days=days,
        complete=True,
        hub_url=linked(channel.scope.links, "hub", url),
        self_url=linked(channel.scope.links, "self", url),
    )


def _tree(raw: bytes) -> Tree:
    """The root of a document that has no document type, not even one in a comment before it."""
    start = _TO_ROOT.search(raw)
    prolog = raw[: start.start()].lower() if start else raw
    if b"<!doctype" in prolog or b"<!entity" in prolog:
        raise Unsure
    root = etree.fromstring(raw, _PARSER)
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unsure
    return root


def _says(document: bytes, name: bytes) -> bool:
    """Whether a value is given somewhere to an attribute whose name ends so."""
    place = document.find(name)
    while place >= 0:
        place += len(name)
        if _EQUALS.match(document, place):
            return True
        place = document.find(name, place)
    return False


def _has_bases(text: str, url: str) -> bool:
    """Whether feedparser would resolve addresses; Unsure if a base is no plain address."""
    bases = [double or single for double, single in _BASE.findall(text)]
    if bases and not all(PLAIN_ADDRESS.fullmatch(base) for base in (url, *bases)):
        raise Unsure
    return bool(bases)

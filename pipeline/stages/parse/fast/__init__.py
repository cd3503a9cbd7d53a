"""The quick way through a well-formed feed: the same entries as feedparser's, or no answer.

feedparser takes fifty times as long as it takes to build the tree of a document, because it guesses
at every step. Most documents leave nothing to guess. This room reads those, after feedparser's own
rules (which of two titles counts, what a second description means, where an id is a link too), and
gives up at the first thing it cannot prove: the judge is then feedparser. A test holds both
against each other.

`names` finds out what feedparser would call an element, `scope` is what has been read of the feed
or of one entry, `elements` does what each element asks for, `entries` makes values of it.
"""

import re

from lxml import etree

from pipeline.model import ParsedFeed
from pipeline.stages.parse.fast.elements import Channel
from pipeline.stages.parse.fast.entries import entry_of
from pipeline.stages.parse.fast.names import Names, Tree, Unsure
from pipeline.stages.parse.fast.scope import PLAIN_ADDRESS
from pipeline.stages.parse.rhythm import interval_from, skipped_times
from pipeline.stages.parse.strings import absolute, heading, printable
from pipeline.stages.parse.xmlfeed import place_of

__all__ = ["read_plain_feed"]

_DECLARATION = re.compile(
    r"""<\?xml\s+version=(?:"1\.0"|'1\.0')(?:\s+encoding=(?:"[\w.:-]+"|'[\w.:-]+'))?"""
    r"""(?:\s+standalone=(?:"\w+"|'\w+'))?\s*\?>"""
)
# A document type; the one namespace that changes the attributes of the element it is declared on.
_ODD = ("<!doctype", "<!entity", "http://www.w3.org/1999/xlink")
# An address to resolve others against, even one in the text of an article.
_BASE = re.compile(r"""base\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_LANGUAGE = re.compile(r"lang\s*=")
_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


def read_plain_feed(text: str, url: str) -> ParsedFeed | None:
    """Read a decoded document if it is a plain RSS, RDF or Atom 1.0 feed; None if not sure."""
    try:
        return _read(text, url)
    except (Unsure, etree.XMLSyntaxError):
        return None


def _read(text: str, url: str) -> ParsedFeed:
    lower = text.lower()
    if any(odd in lower for odd in _ODD):
        raise Unsure
    root = _tree(text)
    is_based = "base" in lower and _has_bases(text, url)
    channel = Channel(
        Names(root, text),
        root,
        is_based=is_based,
        says_language=_LANGUAGE.search(lower) is not None,
    )
    head = channel.values
    language = printable(head.get("language"))
    place = place_of(language, url)
    hours, days = skipped_times(text)
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
    )


def _tree(text: str) -> Tree:
    declaration = _DECLARATION.match(text)
    rest = text[declaration.end() :] if declaration else text
    return etree.fromstring(rest.lstrip().encode("utf-8", "replace"), _PARSER)


def _has_bases(text: str, url: str) -> bool:
    """Whether feedparser would resolve addresses; Unsure if a base is no plain address."""
    bases = [double or single for double, single in _BASE.findall(text)]
    if bases and not all(PLAIN_ADDRESS.fullmatch(base) for base in (url, *bases)):
        raise Unsure
    return bool(bases)

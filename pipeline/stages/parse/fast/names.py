"""What feedparser would call an element, whatever prefix its publisher gave it."""

import re
from typing import TypeAlias

from lxml import etree

from pipeline.stages.parse.fast.known import NAMESPACES

Tree: TypeAlias = etree._Element

_STANDARD = frozenset(filter(None, NAMESPACES.values()))
# Prefixes that make a name feedparser has a use for.
_MEANINGFUL = _STANDARD | {
    "author",
    "created",
    "date",
    "issued",
    "modified",
    "published",
    "title",
    "updated",
}
_XLINK = "http://www.w3.org/1999/xlink"  # changes the attributes of the element declaring it
_USERLAND = "backend.userland.com/rss"  # every address with it means plain RSS
_DECLARED = re.compile(r"""\sxmlns:([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Unsure(Exception):
    """The document holds something whose reading by feedparser is not proven here."""


class Names:
    """The names of one document's elements and attributes.

    feedparser knows some namespaces by address and calls their elements by a prefix of its own
    (`dc_creator`); those of others keep the publisher's prefix. It forgets in which element a
    prefix was declared, so documents that use one prefix for two addresses are refused.
    """

    def __init__(self, root: Tree, text: str) -> None:
        declared = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
        if text.count("xmlns") > len(root.nsmap):
            for prefix, double, single in _DECLARED.findall(text):
                if declared.setdefault(prefix, double or single) != (double or single):
                    raise Unsure
        if _XLINK in declared.values():
            raise Unsure
        self._prefixes: dict[str, str] = {}
        self._elements: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        standards = {prefix: _standard(uri) for prefix, uri in declared.items()}
        taken = {name for pair in standards.items() if pair[1] is not None for name in pair}
        for prefix, uri in declared.items():
            self._declare(prefix, uri, standards[prefix], taken)

    def _declare(self, prefix: str, uri: str, standard: str | None, taken: set[str | None]) -> None:
        if standard is not None:
            if prefix in _STANDARD and prefix != standard:
                raise Unsure
            return
        name = prefix.lower()
        if name in taken:
            raise Unsure
        # feedparser takes the prefix declared first, and that is nowhere to be seen any more.
        if (
            self._prefixes.setdefault(uri, name) != name
            and {name, self._prefixes[uri]} & _MEANINGFUL
        ):
            raise Unsure

    def element(self, tag: str) -> str:
        """The name of an element by its lxml tag, such as `title` or `media_group`."""
        name = self._elements.get(tag)
        if name is None:
            name = self._elements[tag] = self._named(tag)
        return name

    def _named(self, tag: str) -> str:
        uri, local = _split(tag)
        if not uri:
            return local
        prefix = _standard(uri)
        if prefix is None:
            prefix = self._prefixes.get(uri)
            if not prefix:
                raise Unsure
        return f"{prefix.lower()}_{local}" if prefix else local

    def attributes(self, element: Tree) -> dict[str, str]:
        """The attributes of an element: lower-case names, `rdf:about` for those of a namespace."""
        found: dict[str, str] = {}
        for key, value in element.attrib.items():
            name = self._attributes.get(str(key))
            if name is None:
                name = self._attributes[str(key)] = _attribute(str(key))
            if name in found:
                raise Unsure
            found[name] = str(value)
        return found


def _attribute(key: str) -> str:
    uri, local = _split(key)
    prefix = _standard(uri) if uri else ""
    return f"{prefix}:{local}" if prefix else local


def _split(tag: str) -> tuple[str, str]:
    uri, brace, local = tag.rpartition("}")
    if not _NAME.fullmatch(local):
        raise Unsure
    return uri[1:] if brace else "", local.lower()


def _standard(uri: str) -> str | None:
    """feedparser's prefix for a namespace: "" for the feed formats themselves, None if unknown."""
    lower = uri.lower()
    if not uri.isascii() or "&" in uri or any(map(str.isspace, uri)):
        raise Unsure
    return "" if _USERLAND in lower else NAMESPACES.get(lower)

"""A feed as feedparser would see it: the walk through its elements."""

from collections.abc import Mapping

from pipeline.stages.parse.fast.elements import (
    OF_PERSON,
    Rule,
    clean_text,
    only_text,
    rule_for,
)
from pipeline.stages.parse.fast.names import Names, Tree, Unsure
from pipeline.stages.parse.fast.scope import Scope, Titles, cleaned

_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_RSS_10 = "http://purl.org/rss/1.0/"
_RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
_ATOM_10 = "http://www.w3.org/2005/Atom"
_OF_IMAGE = frozenset({"title", "link", "url", "description", "width", "height", "name"})


class Channel:
    """A feed as feedparser would see it: its own values and one `Scope` for every entry.

    `is_based` says that addresses are resolved against something, `says_language` that some element
    may say its language. Raises Unsure.
    """

    def __init__(self, names: Names, root: Tree, *, is_based: bool, says_language: bool) -> None:
        self.names = names
        self.is_based = is_based
        self.titles = Titles()
        self.scope = Scope(is_entry=False)
        self.entries: list[Scope] = []
        self.says_language = says_language
        self.says_skips = False
        self._rules: dict[str, Rule] = {}
        kind = names.element(root.tag)
        if kind == "rss":
            self.format = _rss_version(root)
            self._note_language(root)
            self._read_only_channel(root)
        elif kind == "rdf_rdf":
            self.format = _rdf_version(root)
            self._read_rdf(root)
        elif kind == "feed":
            self.format = _atom_version(root)
            self._note_language(root)
            self._read_feed(root, 1)
        else:
            raise Unsure

    @property
    def values(self) -> Mapping[str, str]:
        """The feed's own texts by feedparser's key."""
        return self.scope.values

    def language_at(self, element: Tree) -> str:
        """The language an element stands in, by the nearest mark above it."""
        place: Tree | None = element if self.says_language else None
        while place is not None:
            attributes = self.names.attributes(place) if place.attrib else {}
            written = attributes.get("xml:lang", attributes.get("lang"))
            if written is not None:
                return written.replace("_", "-")
            place = place.getparent()
        return ""

    def _note_language(self, root: Tree) -> None:
        language = self.language_at(root)
        if language:
            self.scope.values["language"] = language

    def _read_only_channel(self, root: Tree) -> None:
        if len(root) != 1 or self.names.element(root[0].tag) != "channel":
            raise Unsure
        self._check_attributes(root[0])
        self._read_feed(root[0], 2)

    def _read_rdf(self, root: Tree) -> None:
        for child in root:
            kind = self.names.element(child.tag)
            if kind == "channel":
                self._check_attributes(child)
                self._read_feed(child, 2)
            elif kind == "item":
                self._read_entry(child, 2)
            elif kind in ("image", "textinput"):
                self._pass_over_image(child, 2)
            else:
                raise Unsure

    def _check_attributes(self, element: Tree) -> None:
        if element.attrib and not {"href", "lastmod"}.isdisjoint(self.names.attributes(element)):
            raise Unsure

    def _read_feed(self, feed: Tree, depth: int) -> None:
        for child in feed:
            kind = self.names.element(child.tag)
            if kind in ("item", "entry"):
                self._read_entry(child, depth + 1)
            elif kind in ("image", "textinput"):
                self._pass_over_image(child, depth + 1)
            else:
                self._read_head(child, kind, depth + 1)

    def _read_head(self, element: Tree, kind: str, depth: int) -> None:
        if kind in ("ttl", "sy_updateperiod", "sy_updatefrequency"):
            if element.attrib:
                raise Unsure
            self.scope.values[kind] = clean_text(element)
        elif kind == "itunes_owner":
            for child in element:
                if self.names.element(child.tag) not in OF_PERSON:
                    raise Unsure
                only_text(child)
        else:
            self._rule(kind)(self, element, self.scope, depth)

    def _pass_over_image(self, element: Tree, depth: int) -> None:
        self.titles.forget()
        for child in element:
            kind = self.names.element(child.tag)
            if kind not in _OF_IMAGE:
                raise Unsure
            if kind == "title" and cleaned(only_text(child)):
                self.titles.depth = depth + 1
            only_text(child)

    def _read_entry(self, element: Tree, depth: int) -> None:
        entry = Scope(is_entry=True)
        self.entries.append(entry)
        self.titles.forget()
        if element.attrib:
            self._check_attributes(element)
            about = self.names.attributes(element).get("rdf:about")
            if about:
                entry.values["id"] = about
        self.read_all(element, entry, depth)
        self.titles.has_content = False

    def read_all(self, element: Tree, scope: Scope, depth: int) -> None:
        """Do what every child of an element asks for."""
        rules = self._rules
        for child in element:
            tag = child.tag
            rule = rules.get(tag)
            if rule is None:
                rule = rules[tag] = self._rule(self.names.element(tag))
            rule(self, child, scope, depth + 1)

    def _rule(self, kind: str) -> Rule:
        if kind.startswith("skip"):
            self.says_skips = True
        return rule_for(kind)


def _rss_version(root: Tree) -> str:
    if {_RSS_10, _RSS_090} & {uri.lower() for uri in root.nsmap.values()}:
        raise Unsure
    version = str(root.get("version") or "")
    return _VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")


def _rdf_version(root: Tree) -> str:
    addresses = {uri.lower() for uri in root.nsmap.values()}
    if _ATOM_10.lower() in addresses or {_RSS_10, _RSS_090} <= addresses:
        raise Unsure
    if _RSS_10 in addresses:
        return "rss10"
    if root.nsmap.get(None) != _RSS_090:
        raise Unsure
    return "rss090"


def _atom_version(root: Tree) -> str:
    addresses = {uri.lower() for uri in root.nsmap.values()}
    if root.nsmap.get(None) != _ATOM_10 or {_RSS_10, _RSS_090} & addresses:
        raise Unsure
    return "atom10"

"""What each element of a feed asks for, after feedparser's rules."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from pipeline.stages.parse.fast.known import ELEMENTS
from pipeline.stages.parse.fast.names import Names, Tree, Unsure
from pipeline.stages.parse.fast.scope import Scope, Titles, address, cleaned

_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_RSS_10 = "http://purl.org/rss/1.0/"
_RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
_ATOM_10 = "http://www.w3.org/2005/Atom"
_HTML = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
_TEXT_TYPES = frozenset({"", "text", "plain", "html", "text/plain", "text/html"})
_REFERENCE_LIKE = re.compile(r"&([A-Za-z0-9_]+);")


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Elements feedparser knows, but nothing of them is asked for.
_IDLE = (
    "cloud copyright dc_publisher dc_rights dcterms_valid email expirationdate "
    "feedburner_browserfriendly generator georss_point height homepage info itunes_block "
    "itunes_explicit itunes_image itunes_link itunes_subtitle media_credit media_license "
    "media_player media_rating media_restriction media_thumbnail name rights subtitle tagline "
    "uri url webmaster width"
)
# Names feedparser does not know, but would file under a key that is asked for.
_MISLEADING = _listed(
    "author_detail authors contributors created_parsed date date_parsed guidislink issued_parsed "
    "links modified_parsed published_parsed title_detail updated_parsed sy_updateperiod "
    "sy_updatefrequency ttl"
)
_OF_IMAGE = _listed("title link url description width height")
_OF_PERSON = _listed("name uri url homepage email itunes_name itunes_email")


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
            self.scope.values[kind] = _clean_text(element)
        elif kind == "itunes_owner":
            for child in element:
                if self.names.element(child.tag) not in _OF_PERSON:
                    raise Unsure
                _text(child)
        else:
            self._rule(kind)(self, element, self.scope, depth)

    def _pass_over_image(self, element: Tree, depth: int) -> None:
        self.titles.forget()
        for child in element:
            kind = self.names.element(child.tag)
            if kind not in _OF_IMAGE and kind != "name":
                raise Unsure
            if kind == "title" and cleaned(_text(child)):
                self.titles.depth = depth + 1
            _text(child)

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

    def _rule(self, kind: str) -> "Rule":
        if kind.startswith("skip"):
            self.says_skips = True
        rule = _RULES.get(kind)
        if rule is None:
            rule = _refuse if kind in ELEMENTS or kind in _MISLEADING else _look_inside
        return rule


Rule: TypeAlias = Callable[[Channel, Tree, Scope, int], None]


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


def _text(element: Tree) -> str:
    """The text of an element that holds nothing else."""
    if len(element):
        raise Unsure
    return element.text or ""


def _clean_text(element: Tree) -> str:
    """The text of an element that holds nothing else, as feedparser gives it."""
    if len(element):
        raise Unsure
    text = element.text
    if not text:
        return ""
    text = text.strip()
    return text if text.isascii() else cleaned(text)


def _refuse(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    raise Unsure


def _pass_over(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if len(element):
        raise Unsure


def _look_inside(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if len(element):
        channel.read_all(element, scope, depth)


def _content(channel: Channel, element: Tree) -> str:
    """The text of an element that may be HTML, as long as it is plainly text."""
    if element.attrib:
        attributes = channel.names.attributes(element)
        kind = attributes.get("type", "").lower()
        if kind not in _TEXT_TYPES or "mode" in attributes or "src" in attributes:
            raise Unsure
    return _clean_text(element)


def _title(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    value = _content(channel, element)
    if not channel.titles.bars(depth):
        scope.store("title", value, depth)
        if scope.is_entry and channel.says_language:
            scope.title_language = channel.language_at(element)
    if value:
        channel.titles.depth = depth


def _media_title(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    before = channel.titles.depth
    _title(channel, element, scope, depth)
    channel.titles.depth = before


def _description(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    """The first is the summary; a second one is the content."""
    value = _content(channel, element)
    if "summary" in scope.values and not channel.titles.has_content:
        channel.titles.has_content = True
        scope.contents.append(value)
    elif scope.is_entry:
        scope.store("summary", value, depth)


def _summary(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    _description(channel, element, scope, depth)
    if not scope.is_entry:
        scope.values.setdefault("summary", "")


def _whole_content(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if not scope.is_entry:
        raise Unsure
    value = _content(channel, element)
    channel.titles.has_content = True
    scope.contents.append(value)
    scope.values.setdefault("summary", value)


def _id(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    value = _clean_text(element)
    attributes = channel.names.attributes(element) if element.attrib else {}
    is_address = attributes.get("ispermalink", "true") == "true"
    if is_address:
        address(value, based=channel.is_based)
    scope.store("id", value, depth)
    if is_address:
        scope.values.setdefault("link", value)


def _link(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if not element.attrib:
        _written_link(channel, _clean_text(element), "alternate", scope)
        return
    attributes = channel.names.attributes(element)
    rel = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", "text/html" if rel != "self" else "application/atom+xml").lower()
    target = attributes.get("url", attributes.get("uri", attributes.get("href")))
    text = _text(element)
    if target:
        scope.links.append({"rel": rel, "href": address(target, based=channel.is_based)})
        if rel == "alternate" and kind in _HTML:
            scope.values["link"] = target
        return
    if "href" in attributes:
        raise Unsure
    _written_link(channel, cleaned(text), rel, scope)


def _written_link(channel: Channel, text: str, rel: str, scope: Scope) -> None:
    written = address(text, based=channel.is_based)
    if "&" in written and scope.is_entry:
        written = written.replace("&amp;", "&")
    if "&" in written:
        written = _REFERENCE_LIKE.sub(r"&\1", written)
    scope.values["link"] = written
    scope.links.append({"rel": rel, "href": written} if written else {"rel": rel})


def _enclosure(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    _text(element)
    attributes = channel.names.attributes(element)
    target = attributes.get("url", attributes.get("uri", attributes.get("href")))
    scope.links.append({"rel": "enclosure", "href": target} if target else {"rel": "enclosure"})


def _author(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    """Text, or a person's name with an address in brackets."""
    if not len(element):
        scope.store("author", cleaned(element.text or ""), depth)
        return
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise Unsure
    details: dict[str, str] = {}
    for child in element:
        kind = channel.names.element(child.tag)
        if kind not in _OF_PERSON or kind in details:
            raise Unsure
        details[kind] = _text(child).strip()
    name, mail = details.get("name", ""), details.get("email", "")
    if not scope.is_entry:
        return
    if "author" in scope.values or "itunes_name" in details or "itunes_email" in details:
        raise Unsure  # feedparser mixes the addresses of several authors up
    scope.store("author", f"{name} ({mail})" if name and mail else name or mail, depth)


def _contributor(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    for child in element:
        if channel.names.element(child.tag) not in _OF_PERSON:
            raise Unsure
        _text(child)


def _source(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    _text(element)
    channel.titles.forget()


def _picture(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if any(channel.names.element(child.tag) != "url" or len(child) for child in element):
        raise Unsure
    channel.titles.forget()


def _category(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    attributes = channel.names.attributes(element) if element.attrib else {}
    scheme = attributes.get("scheme", attributes.get("domain"))
    scope.tag(attributes.get("term"), scheme, attributes.get("label"))
    scope.tag_text(_clean_text(element))


def _media_category(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    attributes = channel.names.attributes(element) if element.attrib else {}
    scheme = attributes.get("scheme", "http://search.yahoo.com/mrss/category_schema")
    scope.tag(attributes.get("term"), scheme, attributes.get("label"))
    scope.tag_text(_clean_text(element))


def _podcast_category(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    if scope.is_entry and len(element):
        raise Unsure
    attributes = channel.names.attributes(element) if element.attrib else {}
    scope.tag(attributes.get("text"), "http://www.itunes.com/", None)
    for child in element:
        if channel.names.element(child.tag) != "itunes_category":
            raise Unsure
        _podcast_category(channel, child, scope, depth + 1)
    if scope.is_entry:
        scope.tag_text(_clean_text(element))


def _podcast_keywords(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    _add_terms(element, scope, "http://www.itunes.com/")


def _media_keywords(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
    _add_terms(element, scope, None)


def _add_terms(element: Tree, scope: Scope, scheme: str | None) -> None:
    if element.attrib:
        raise Unsure
    for term in filter(None, map(str.strip, _clean_text(element).split(","))):
        scope.tag(term, scheme, None)


def _kept(key: str) -> Rule:
    """The rule that keeps an element's text under a key."""

    def keep(channel: Channel, element: Tree, scope: Scope, depth: int) -> None:
        # A date from further down: feedparser would keep the text of one and the time of the other.
        if not scope.store(key, _clean_text(element), depth):
            raise Unsure

    return keep


def _rules() -> Iterator[tuple[str, Rule]]:
    for rule, names in (
        (_title, "title dc_title"),
        (_media_title, "media_title"),
        (_description, "description dc_description media_description"),
        (_summary, "summary itunes_summary"),
        (_whole_content, "content content_encoded"),
        (_id, "guid id"),
        (_link, "link"),
        (_enclosure, "enclosure"),
        (_author, "author managingeditor dc_author dc_creator itunes_author"),
        (_contributor, "contributor dc_contributor"),
        (_source, "source"),
        (_picture, "image"),
        (_category, "category keywords dc_subject"),
        (_media_category, "media_category"),
        (_podcast_category, "itunes_category"),
        (_podcast_keywords, "itunes_keywords"),
        (_media_keywords, "media_keywords"),
        (_kept("published"), "published issued pubdate dcterms_issued"),
        (_kept("updated"), "updated modified lastbuilddate dc_date dcterms_modified"),
        (_kept("created"), "created dcterms_created"),
        (_kept("language"), "language dc_language"),
        (_look_inside, "media_group media_content"),
        (_pass_over, _IDLE),
    ):
        for name in names.split():
            yield name, rule


_RULES = dict(_rules())

"""What each element of a feed asks for, after feedparser's rules."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from pipeline.stages.parse.fast.known import ELEMENTS
from pipeline.stages.parse.fast.names import Tree, Unsure
from pipeline.stages.parse.fast.scope import Scope, address, cleaned

if TYPE_CHECKING:
    from pipeline.stages.parse.fast.channel import Channel

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
OF_PERSON = _listed("name uri url homepage email itunes_name itunes_email")


Rule: TypeAlias = "Callable[[Channel, Tree, Scope, int], None]"


def rule_for(kind: str) -> Rule:
    """What is done with elements that feedparser calls so."""
    rule = _RULES.get(kind)
    if rule is None:
        rule = _refuse if kind in ELEMENTS or kind in _MISLEADING else _look_inside
    return rule


def only_text(element: Tree) -> str:
    """Give the text of an element that holds nothing else; raises Unsure."""
    if len(element):
        raise Unsure
    return element.text or ""


def clean_text(element: Tree) -> str:
    """Give the text of an element that holds nothing else, as feedparser does; raises Unsure."""
    if len(element):
        raise Unsure
    text = element.text
    if not text:
        return ""
    text = text.strip()
    return text if text.isascii() else cleaned(text)


def _refuse(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    raise Unsure


def _pass_over(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if len(element):
        raise Unsure


def _look_inside(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if len(element):
        channel.read_all(element, scope, depth)


def _content(channel: "Channel", element: Tree) -> str:
    """The text of an element that may be HTML, as long as it is plainly text."""
    if element.attrib:
        attributes = channel.names.attributes(element)
        kind = attributes.get("type", "").lower()
        if kind not in _TEXT_TYPES or "mode" in attributes or "src" in attributes:
            raise Unsure
    return clean_text(element)


def _title(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    value = _content(channel, element)
    if not channel.titles.bars(depth):
        scope.store("title", value, depth)
        if scope.is_entry and channel.says_language:
            scope.title_language = channel.language_at(element)
    if value:
        channel.titles.depth = depth


def _media_title(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    before = channel.titles.depth
    _title(channel, element, scope, depth)
    channel.titles.depth = before


def _description(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    """The first is the summary; a second one is the content."""
    value = _content(channel, element)
    if "summary" in scope.values and not channel.titles.has_content:
        channel.titles.has_content = True
        scope.contents.append(value)
    elif scope.is_entry:
        scope.store("summary", value, depth)


def _summary(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    _description(channel, element, scope, depth)
    if not scope.is_entry:
        scope.values.setdefault("summary", "")


def _whole_content(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if not scope.is_entry:
        raise Unsure
    value = _content(channel, element)
    channel.titles.has_content = True
    scope.contents.append(value)
    scope.values.setdefault("summary", value)


def _id(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    value = clean_text(element)
    attributes = channel.names.attributes(element) if element.attrib else {}
    is_address = attributes.get("ispermalink", "true") == "true"
    if is_address:
        address(value, based=channel.is_based)
    scope.store("id", value, depth)
    if is_address:
        scope.values.setdefault("link", value)


def _link(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if not element.attrib:
        _written_link(channel, clean_text(element), "alternate", scope)
        return
    attributes = channel.names.attributes(element)
    rel = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", "text/html" if rel != "self" else "application/atom+xml").lower()
    target = attributes.get("url", attributes.get("uri", attributes.get("href")))
    text = only_text(element)
    if target:
        scope.links.append({"rel": rel, "href": address(target, based=channel.is_based)})
        if rel == "alternate" and kind in _HTML:
            scope.values["link"] = target
        return
    if "href" in attributes:
        raise Unsure
    _written_link(channel, cleaned(text), rel, scope)


def _written_link(channel: "Channel", text: str, rel: str, scope: Scope) -> None:
    written = address(text, based=channel.is_based)
    if "&" in written and scope.is_entry:
        written = written.replace("&amp;", "&")
    if "&" in written:
        written = _REFERENCE_LIKE.sub(r"&\1", written)
    scope.values["link"] = written
    scope.links.append({"rel": rel, "href": written} if written else {"rel": rel})


def _enclosure(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    only_text(element)
    attributes = channel.names.attributes(element)
    target = attributes.get("url", attributes.get("uri", attributes.get("href")))
    scope.links.append({"rel": "enclosure", "href": target} if target else {"rel": "enclosure"})


def _author(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    """Text, or a person's name with an address in brackets."""
    if not len(element):
        scope.store("author", cleaned(element.text or ""), depth)
        return
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise Unsure
    details: dict[str, str] = {}
    for child in element:
        kind = channel.names.element(child.tag)
        if kind not in OF_PERSON or kind in details:
            raise Unsure
        details[kind] = only_text(child).strip()
    name, mail = details.get("name", ""), details.get("email", "")
    if not scope.is_entry:
        return
    if "author" in scope.values or "itunes_name" in details or "itunes_email" in details:
        raise Unsure  # feedparser mixes the addresses of several authors up
    scope.store("author", f"{name} ({mail})" if name and mail else name or mail, depth)


def _contributor(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    for child in element:
        if channel.names.element(child.tag) not in OF_PERSON:
            raise Unsure
        only_text(child)


def _source(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    only_text(element)
    channel.titles.forget()


def _picture(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if any(channel.names.element(child.tag) != "url" or len(child) for child in element):
        raise Unsure
    channel.titles.forget()


def _category(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    attributes = channel.names.attributes(element) if element.attrib else {}
    scheme = attributes.get("scheme", attributes.get("domain"))
    scope.tag(attributes.get("term"), scheme, attributes.get("label"))
    scope.tag_text(clean_text(element))


def _media_category(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    attributes = channel.names.attributes(element) if element.attrib else {}
    scheme = attributes.get("scheme", "http://search.yahoo.com/mrss/category_schema")
    scope.tag(attributes.get("term"), scheme, attributes.get("label"))
    scope.tag_text(clean_text(element))


def _podcast_category(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    if scope.is_entry and len(element):
        raise Unsure
    attributes = channel.names.attributes(element) if element.attrib else {}
    scope.tag(attributes.get("text"), "http://www.itunes.com/", None)
    for child in element:
        if channel.names.element(child.tag) != "itunes_category":
            raise Unsure
        _podcast_category(channel, child, scope, depth + 1)
    if scope.is_entry:
        scope.tag_text(clean_text(element))


def _podcast_keywords(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    _add_terms(element, scope, "http://www.itunes.com/")


def _media_keywords(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
    _add_terms(element, scope, None)


def _add_terms(element: Tree, scope: Scope, scheme: str | None) -> None:
    if element.attrib:
        raise Unsure
    for term in filter(None, map(str.strip, clean_text(element).split(","))):
        scope.tag(term, scheme, None)


def _kept(key: str) -> Rule:
    """The rule that keeps an element's text under a key."""

    def keep(channel: "Channel", element: Tree, scope: Scope, depth: int) -> None:
        # A date from further down: feedparser would keep the text of one and the time of the other.
        if not scope.store(key, clean_text(element), depth):
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

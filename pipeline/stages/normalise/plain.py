"""Plain text from whatever a feed calls a title or a summary."""

import html
import re
from html.entities import name2codepoint

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString, PageElement


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_INLINE = _names(
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span "
    "strike strong sub sup tt u var wbr"
)
_BLOCKS = _names(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section "
    "summary table tbody td tfoot th thead tr ul"
)
_NOT_TEXT = _names(
    "audio button canvas embed head iframe math noscript object script select style svg template "
    "textarea title video"
)
_EMPTY = _names(
    "area base col colgroup img input label link map meta option param picture source track"
)


def _tag_of(names: frozenset[str]) -> str:
    return rf"/?(?:{'|'.join(sorted(names, key=len, reverse=True))})(?=[\s/>])"


# What looks like a tag is one only if HTML knows its name: `x < y` and `<Breaking>` are text.
_MARKUP = rf"(?:{_tag_of(_INLINE | _BLOCKS | _NOT_TEXT | _EMPTY)}|!--|!doctype\b)"
_TAG = re.compile(rf"<{_MARKUP}", re.IGNORECASE)
_STRAY = re.compile(rf"<(?!{_MARKUP})", re.IGNORECASE)
_BLOCK = re.compile(rf"(?=<{_tag_of(_BLOCKS)})", re.IGNORECASE)
_OPENER = re.compile(rf"<({'|'.join(sorted(_NOT_TEXT))})(?=[\s/>])", re.IGNORECASE)
_CLOSER = re.compile(rf"</({'|'.join(sorted(_NOT_TEXT))})(?=[\s/>])", re.IGNORECASE)
_LEFT_OVER = re.compile(r"<\?[^<>]*\?>|<!\[CDATA\[|\]\]>")  # of XML inside HTML
_UNESCAPED = re.compile(
    rf"<{_tag_of(_INLINE | _BLOCKS | frozenset({'img'}))}[^<>]*>", re.IGNORECASE
)


# Tags and references that every HTML parser reads alike; without any other, none is needed.
def _simple_tag(names: frozenset[str]) -> re.Pattern[str]:
    listed = "|".join(sorted(names - {"body", "html"}, key=len, reverse=True))
    attribute = r"""\s+[a-z-]+(?:="[^"<>]*"|='[^'<>]*')?"""
    return re.compile(rf"</?(?:{listed})(?:{attribute})*\s*/?>", re.IGNORECASE)


_SIMPLE_BLOCK = _simple_tag(_BLOCKS)
_SIMPLE_INLINE = _simple_tag(_INLINE | {"img"})
_SIMPLE_REFERENCE = re.compile(rf"&(?:{'|'.join(sorted(name2codepoint))});")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Every whitespace but U+00A0 and its narrow sister, which keep French punctuation on its line.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_LONGEST_MARKUP = 50_000
_ROUNDS = 3  # of undoing entities: some feeds escape twice


def plain_text(markup: str) -> str:
    """Turn HTML, or text that never was HTML, into one line of plain text.

    Tags go only where they are tags; scripts and other things nobody reads go with their content;
    block elements leave a space. Entities are undone, twice escaped ones too. Runs of whitespace
    become one space, a no-break space stays. At most the first 50,000 characters are looked at.
    """
    text = _LEFT_OVER.sub("", _UNPRINTABLE.sub("", markup[:_LONGEST_MARKUP]))
    if _TAG.search(text):
        plain = _without_simple_tags(text)
        text = plain if plain is not None else _without_tags(text)
    else:
        text = html.unescape(text)
    for _ in range(_ROUNDS):
        # Only formatting: it was escaped twice. A quoted <script> is what the headline is about.
        text = _UNESCAPED.sub(" ", _BLOCK.sub(" ", text)) if _has_pair(text) else text
        if not _REFERENCE.search(text):
            break
        text = html.unescape(text)
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", text)).strip()


def shortened(text: str, limit: int) -> str:
    """The text cut to `limit` characters, on a word's end, with "…" where something was cut."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    at_word = kept.rfind(" ")
    if at_word > limit // 2:  # text without spaces (Chinese, a long address) is cut anywhere
        kept = kept[:at_word]
    return kept.rstrip(" ,;:-\u00a0") + "…"


def _has_pair(text: str) -> bool:
    return "</" in text or "<br" in text or "<img" in text


def _without_simple_tags(text: str) -> str | None:
    """What `_without_tags` gives, in a tenth of the time; None where it takes a parser to know."""
    bare = _SIMPLE_INLINE.sub("", _SIMPLE_BLOCK.sub(" ", text))
    if "<" in bare or ("&" in bare and "&" in _SIMPLE_REFERENCE.sub("", bare)):
        return None
    return html.unescape(bare)


def _without_tags(text: str) -> str:
    """The text of real markup, a space at the beginning and end of every block."""
    closed = {name.lower() for name in _CLOSER.findall(text)}

    def opener(match: re.Match[str]) -> str:
        # `<script>` that is never closed is a word of the headline, not an element.
        return match[0] if match[1].lower() in closed else f"&lt;{match[1]}"

    marked = _BLOCK.sub(" ", _STRAY.sub("&lt;", _OPENER.sub(opener, text)))
    # Not html.parser: it is quadratic on unclosed tags (13 s for 48 KB, measured).
    soup = BeautifulSoup(marked, "lxml")
    pieces: list[str] = []
    resume: PageElement | None = None
    skipping = False
    for node in soup.descendants:
        if skipping and node is not resume:
            continue
        skipping = False
        if isinstance(node, Tag):
            if node.name in _NOT_TEXT:
                skipping, resume = True, _following(node)
        elif type(node) in (NavigableString, CData):  # and no comment, script, declaration
            pieces.append(str(node))
    return "".join(pieces)


def _following(tag: Tag) -> PageElement | None:
    """The node that comes after a tag with all its content; None at the document's end."""
    node: PageElement | None = tag
    while node is not None and node.next_sibling is None:
        node = node.parent
    return node.next_sibling if node is not None else None

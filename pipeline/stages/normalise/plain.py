"""Plain text from whatever a feed calls a title or a summary."""

import html
import re
from collections.abc import Sequence
from html.entities import html5, name2codepoint
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement


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
_SIMPLE_TAG = re.compile(
    r"""/?([A-Za-z][A-Za-z0-9]*)(?:\s+[a-z-]+(?:="[^"<>]*"|='[^'<>]*')?)*\s*/?""", re.IGNORECASE
)
_SIMPLE_BLOCKS = _BLOCKS - {"body", "html"}
_SIMPLE_INLINES = _INLINE | {"img"}
_SIMPLE_REFERENCES = {name: html5[f"{name};"] for name in name2codepoint}
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Every whitespace but U+00A0 and its narrow sister, which keep French punctuation on its line.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_CONTROLS = bytes((*range(0x20), 0x7F))
_LONGEST_MARKUP = 50_000
# Between texts, and where two words stand apart: neither is part of what is done quickly.
_END, _GAP = "\0", "\1"
_FEW = 3  # texts, for which it is not worth while to join them
_ROUNDS = 3  # of undoing entities: some feeds escape twice


def plain_text(markup: str) -> str:
    """Turn HTML, or text that never was HTML, into one line of plain text.

    Tags go only where they are tags; scripts and other things nobody reads go with their content;
    block elements leave a space. Entities are undone, twice escaped ones too. Runs of whitespace
    become one space, a no-break space stays. At most the first 50,000 characters are looked at.
    """
    text = markup[:_LONGEST_MARKUP]
    if "]]>" not in text:
        plain = _quickly(text)
        if plain is not None:
            return plain
    return _thoroughly(text)


def plain_texts(markups: Sequence[str]) -> list[str]:
    """Turn several texts into plain ones, each as `plain_text` does, most of them in a few steps
    over all at once."""
    if len(markups) <= _FEW:
        return [plain_text(markup) for markup in markups]
    texts = [markup[:_LONGEST_MARKUP] for markup in markups]
    lines = _quickly_together(texts)
    if lines is not None:
        return lines
    # One that takes longer need not hold up the others.
    half = len(markups) // 2
    return plain_texts(markups[:half]) + plain_texts(markups[half:])


def _quickly_together(texts: Sequence[str]) -> list[str] | None:
    """What `_quickly` makes of each text; None where that is not certain for all of them."""
    text = _END.join(texts)
    if "]]>" in text or _GAP in text:
        return None
    if "<" in text:
        bare = _without_simple_tags(text, _GAP)
        if bare is None:
            return None
        text = bare
    if "&" in text:
        plain = _without_simple_references(text)
        if plain is None or "<" in plain or ("&" in plain and _REFERENCE.search(plain)):
            return None
        text = plain
    if "  " in text:
        text = text.replace(_GAP, " ")
        while "  " in text:
            text = text.replace("  ", " ")
    elif _GAP in text:
        text = " ".join(filter(None, [piece.strip(" ") for piece in text.split(_GAP)]))
    lines = text.split(_END)
    if len(lines) != len(texts):  # one was in a text, or is gone with what looked like a tag
        return None
    if _has_no_controls("".join(lines)):
        return [line.strip(" ") for line in lines]
    return None if _UNPRINTABLE.search("".join(lines)) else list(map(_on_one_line, lines))


def _on_one_line(text: str) -> str:
    if "\u00a0" in text or "\u202f" in text:
        return _SPACES.sub(" ", text).strip()
    return " ".join(text.split())


def _quickly(text: str) -> str | None:
    """What `_thoroughly` gives, in a tenth of the time; None where that is not certain.

    Certain are simple tags and references around printable characters: nothing is hidden in them,
    and nothing comes to light when they go.
    """
    if "<" in text:
        bare = _without_simple_tags(text)
        if bare is None:
            return None
        text = bare
    if "&" in text:
        plain = _without_simple_references(text)
        if plain is None or "<" in plain or ("&" in plain and _REFERENCE.search(plain)):
            return None
        text = plain
    if _has_no_controls(text):  # and no whitespace but spaces
        return (" ".join(text.split()) if "  " in text else text).strip()
    if "\u00a0" not in text and "\u202f" not in text:
        line = " ".join(text.split())
        if _has_no_controls(line):
            return line
    if _UNPRINTABLE.search(text):
        return None
    return _SPACES.sub(" ", text).strip()


def _has_no_controls(text: str) -> bool:
    """Whether all characters are printable, which takes a quarter of the time for ASCII."""
    if text.isascii():
        return len(text.encode().translate(None, _CONTROLS)) == len(text)
    return text.isprintable()


def _thoroughly(text: str) -> str:
    text = _LEFT_OVER.sub("", _UNPRINTABLE.sub("", text))
    if _TAG.search(text):
        bare = _without_simple_tags(text)
        plain = _without_simple_references(bare) if bare is not None else None
        text = plain if plain is not None else _without_tags(text)
    else:
        text = html.unescape(text)
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", _unescaped_again(text))).strip()


def _unescaped_again(text: str) -> str:
    for _ in range(_ROUNDS):
        # Only formatting: it was escaped twice. A quoted <script> is what the headline is about.
        text = _UNESCAPED.sub(" ", _BLOCK.sub(" ", text)) if _has_pair(text) else text
        if not _REFERENCE.search(text):
            break
        text = html.unescape(text)
    return text


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


def _without_simple_tags(text: str, gap: str = " ") -> str | None:
    """What `_without_tags` leaves, references untouched, `gap` at either end of a block; None where
    it takes a parser to know."""
    first, *pieces = text.split("<")
    bare = [first]
    for piece in pieces:
        tag, closed, rest = piece.partition(">")
        space = _SPACE_FOR.get(tag)
        if space is None:
            space = _space_for(tag)
        if space is None or not closed:
            return None
        bare.append(gap + rest if space else rest)
    return "".join(bare)


def _space_for(tag: str) -> str | None:
    """What a tag (without its brackets) leaves in the text; None for one that is not simple."""
    match = _SIMPLE_TAG.fullmatch(tag)
    name = match[1].lower() if match else ""
    if name in _SIMPLE_BLOCKS:
        return " "
    return "" if name in _SIMPLE_INLINES else None


_SPACE_FOR = {
    form: _space_for(form)
    for name in _SIMPLE_BLOCKS | _SIMPLE_INLINES
    for form in (name, f"/{name}", f"{name}/", f"{name} /")
}


def _without_simple_references(text: str) -> str | None:
    """The text with its references undone; None where HTML parsers read one of them otherwise."""
    first, *pieces = text.split("&")
    plain = [first]
    for piece in pieces:
        name, closed, rest = piece.partition(";")
        character = _SIMPLE_REFERENCES.get(name) or _character(name)
        if character is None or not closed:
            return None
        plain.append(character + rest)
    return "".join(plain)


def _character(number: str) -> str | None:
    """The character of a decimal reference such as `#8217`; None where parsers may differ."""
    digits = number[1:]
    if number[:1] != "#" or not (digits.isascii() and digits.isdecimal()) or len(digits) > 5:
        return None
    code = int(digits)
    return chr(code) if 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 else None


def _without_tags(text: str) -> str:
    """The text of real markup, a space at the beginning and end of every block."""
    # Here, because most workers never need it and it takes longer to import than fifty documents.
    from bs4 import BeautifulSoup, Tag
    from bs4.element import CData, NavigableString

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


def _following(tag: "Tag") -> "PageElement | None":
    """The node that comes after a tag with all its content; None at the document's end."""
    node: PageElement | None = tag
    while node is not None and node.next_sibling is None:
        node = node.parent
    return node.next_sibling if node is not None else None

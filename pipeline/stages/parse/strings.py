"""Small repairs of what a document gives: characters, links, plain headings."""

import html
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin, urlsplit

# Neither XML nor PostgreSQL takes these. Those that separate words become a space.
_UNPRINTABLE = {
    code: " " if chr(code).isspace() else None
    for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF)
    if chr(code) not in "\t\n\r"
}
_SURROGATES = re.compile("[\ud800-\udfff]+")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]*>")
_LONGEST_LINK = 8_192


def printable(text: object) -> str:
    """Remove control characters, noncharacters and lone surrogates; what is no text becomes ""."""
    if not isinstance(text, str):
        return ""
    if text.isprintable() or not _UNWANTED.search(text):
        return text
    return _SURROGATES.sub("", text).translate(_UNPRINTABLE)


def legal_xml(text: str) -> str:
    """Remove what no XML document may contain (XML 1.0, production 2); what separates words becomes
    a space."""
    return _FORBIDDEN_IN_XML.sub(lambda found: " " if found[0].isspace() else "", text)


def heading(text: object) -> str:
    """A short piece of markup as one line of plain text."""
    line = printable(text)
    if "<" in line or "&" in line:
        line = html.unescape(_TAG.sub(" ", line))
    return " ".join(line.split())


def absolute(link: object, base: str) -> str | None:
    """The link as an absolute http(s) address, resolved against `base`; None if it is none."""
    written = printable(link).strip()
    if not written or len(written) > _LONGEST_LINK:
        return None
    try:
        resolved = urljoin(base, written)
        parts = urlsplit(resolved)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return resolved if usable else None


def linked(links: Sequence[Mapping[str, object]], rel: str, base: str) -> str | None:
    """The first of a feed's own links that stands in a relation to it, as an absolute address."""
    return next((found for link in links if rel in printable(link.get("rel")).lower().split()
                 and (found := absolute(link.get("href"), base))), None)  # fmt: skip

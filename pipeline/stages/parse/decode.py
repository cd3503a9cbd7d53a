"""From bytes to text: which encoding a document really has."""

import codecs
import re

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<" as the first character, in the encodings that put zero bytes around it; longest first.
_UNMARKED_WIDE = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_DECLARATION = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']"""
)
# Names that Python knows but that are no encoding of a feed; two of them cost quadratic time.
_NOT_FOR_FEEDS = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"}
)
_SUPERSET = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}
_SEVEN_BIT_MARKS = ((b"\x1b", "iso2022"), (b"~{", "hz"))


def decode(body: bytes, charset: str | None = None) -> str:
    """Turn a body into text.

    The order: a byte order mark, zero bytes around the first `<` (UTF-16 and UTF-32), valid UTF-8,
    UTF-8 with a few broken bytes, the XML declaration, `charset` of the HTTP header, Windows-1252.
    Valid UTF-8 goes before every label because labels are wrong far more often than chance makes
    other text valid UTF-8. Never raises; what cannot be read becomes U+FFFD.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _tolerant(body[len(mark) :], encoding, charset)
    for start, encoding in _UNMARKED_WIDE:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    return _tolerant(body, "utf-8", charset)


def _tolerant(body: bytes, encoding: str, charset: str | None) -> str:
    if encoding != "utf-8":
        return body.decode(encoding, "replace")
    declared = _declared(body)
    labels = [name for name in map(_known, (declared, charset)) if name and name != "utf-8"]
    for mark, family in _SEVEN_BIT_MARKS:
        labels_of_family = [name for name in labels if name.startswith(family)]
        if labels_of_family and mark in body and body.isascii():
            return body.decode(labels_of_family[0], "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _repaired(body) or _by_label(body, labels)


def _repaired(body: bytes) -> str | None:
    """Read UTF-8 with a few broken bytes; None where the broken ones are no exception."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = sum(1 for character in text if character > "\x7f") - broken
    return text if broken * 10 <= sound else None


def _by_label(body: bytes, labels: list[str]) -> str:
    for name in (*labels, "cp1252"):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(labels[0] if labels else "iso8859-2", "replace")


def _declared(body: bytes) -> str | None:
    match = _DECLARATION.match(body[:400])
    return match[1].decode("ascii") if match else None


def _known(label: str | None) -> str | None:
    """Python's name for an encoding label, None where there is no such text encoding."""
    if not label:
        return None
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
        b"x".decode(name)  # refuses codecs that are no text encodings
    except (LookupError, ValueError):
        return None
    if name in _NOT_FOR_FEEDS or name.startswith(("utf-16", "utf-32")):
        return None  # a wide encoding would have shown itself above
    return _SUPERSET.get(name, name)

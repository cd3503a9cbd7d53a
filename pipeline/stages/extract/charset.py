"""From a page's bytes to text: which encoding it really has."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.I)
_META_WITHIN = 4_096
# Browsers read these labels as the wider encoding, and so pages are written (WHATWG Encoding).
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932",
}  # fmt: skip
# Text encodings to Python, but not of pages; two of them take quadratic time.
_NEVER = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"}


def decoded(body: bytes, charset: str | None) -> str:
    """Turn a page into text: a byte order mark, valid UTF-8, the header's `charset`, the page's
    own `<meta>`, Windows-1252. Never raises; what cannot be read becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    named = _META.search(body[:_META_WITHIN])
    labels = (charset, named[1].decode("ascii") if named else None)
    known = [name for name in map(_known, labels) if name is not None]
    for encoding in ("utf-8", *known):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode(known[0] if known else "cp1252", "replace")


def _known(label: str | None) -> str | None:
    """Python's name for a label; None where it names no encoding a page can have."""
    try:
        name = codecs.lookup((label or "").strip()).name
        b"x".decode(name)  # refuses codecs that are no text encodings
    except (LookupError, ValueError):
        return None
    return None if name in _NEVER else _WIDER.get(name, name)

"""Plain text that may be shown: cleaned of what breaks XML, readers and reading direction."""

import re
import unicodedata

_NONCHARACTERS = "".join(
    [chr(0xFDD0), "-", chr(0xFDEF)]
    + [chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF)]
)
_SPACES = re.compile("[\t\n\x0b\x0c\r \x85\u2028\u2029]+")
# What XML 1.0 or HTML forbids, or validators warn of: controls, DEL, C1, surrogates, noncharacters.
_FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff" + _NONCHARACTERS
# Bidirectional embeddings, overrides and isolates would turn the text around a hostile headline.
_UNWANTED = re.compile(f"[{_FORBIDDEN}\ufeff\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile(f"[{_FORBIDDEN}]")
_MARKUP_START = re.compile(r"<(?=\S)|&(?=#?\w+;)")
_WORD_JOINER = "\u2060"
_FIRST_STRONG_ISOLATE, _POP_ISOLATE, _RIGHT_TO_LEFT_MARK = "\u2068", "\u2069", "\u200f"
_ELLIPSIS = "\u2026"
EXCERPT_LENGTH = 300


def clean(text: str) -> str:
    """Give text as one line that XML, JSON and HTML can carry and every reader shows alike.

    Control characters, surrogates, noncharacters and bidirectional overrides go; runs of white
    space become one space (non-breaking spaces stay); U+FFFD becomes a question mark; UTF-8 that
    was once read as Latin-1 is put right, as feed readers do anyway.
    """
    single = _SPACES.sub(" ", text)
    return _repaired(_UNWANTED.sub("", single)).replace("\ufffd", "?").strip()


def printable(text: str) -> str:
    """Take out only what no document may contain, and leave everything else as it is."""
    return _UNPRINTABLE.sub("", text)


def inert(text: str) -> str:
    """Keep clean text from being taken for markup where a format cannot say that it is plain.

    RSS titles are read as HTML by half of the readers and as text by the rest. An invisible word
    joiner after `<`, and after an `&` that looks like an entity, reads the same to both.
    """
    return _MARKUP_START.sub(lambda found: found.group() + _WORD_JOINER, text)


def excerpt(text: str, limit: int = EXCERPT_LENGTH) -> str:
    """Shorten clean text to at most `limit` characters, on a word boundary where there is one."""
    if len(text) <= limit:
        return text
    cut = limit - len(_ELLIPSIS)
    space = text.rfind(" ", 0, cut + 1)
    if space > limit // 2:
        cut = space
    while cut > 1 and _continues(text[cut]):
        cut -= 1
    return text[:cut].rstrip(" .,;:-\u2013\u2014\u2026") + _ELLIPSIS


def is_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction runs from right to left."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"L", "R", "AL"}:
            return kind != "L"
    return False


def isolated(text: str) -> str:
    """Set text apart, so that its direction does not mix with the words around it."""
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def set_apart(text: str) -> str:
    """Isolate a name that runs from right to left, which would draw a date after it along."""
    return isolated(text) if is_right_to_left(text) else text


def leaning_right(text: str) -> str:
    """Make a right-to-left headline that starts with a foreign word or number still read as one."""
    return text if is_right_to_left(text) else _RIGHT_TO_LEFT_MARK + text


def _continues(character: str) -> bool:
    # A combining mark, joiner or variation selector belongs to the character before it.
    return unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}


def _repaired(text: str) -> str:
    if text.isascii():
        return text
    try:
        return _UNWANTED.sub("", text.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return text

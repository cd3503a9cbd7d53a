"""What has been read so far of the feed itself or of one of its entries."""

import re
from contextlib import suppress
from dataclasses import dataclass, field

from pipeline.stages.parse.fast.names import Unsure

# What feedparser takes C1 characters for: Windows-1252, which somebody called Latin-1.
_WINDOWS = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_C1 = re.compile("[\x80-\x9f]")
_LATIN = re.compile("[\x00-\xff]*")
_UNTITLED = -1
# An address that no resolving and no splitting changes.
PLAIN_ADDRESS = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?:/[A-Za-z0-9/_.,~%+=:@!$&'()*-]*)?"
    r"(?:\?[A-Za-z0-9/_.,~%+=:@!$&'()*;?-]+)?(?:#[A-Za-z0-9/_.,~%+=:@!$&-]+)?"
)


@dataclass(slots=True)
class Titles:
    """How deep the last title stood, in the whole document; -1 where none counts any more."""

    depth: int = _UNTITLED
    has_content: bool = False

    def forget(self) -> None:
        """Start again: an item, image or source has titles of its own."""
        self.depth = _UNTITLED

    def bars(self, depth: int) -> bool:
        """Whether an earlier title stands in the way of one at this depth."""
        return _UNTITLED < self.depth <= depth


@dataclass(slots=True)
class Scope:
    """The values of a feed, or of an entry: text by feedparser's key for it.

    In an entry, text from deeper down never replaces text from further up. `tags` are lists of
    term, scheme and label; `links` are addresses with what they are for.
    """

    is_entry: bool
    values: dict[str, str] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    links: list[dict[str, str]] = field(default_factory=list)
    tags: list[list[str | None]] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    title_language: str = ""
    _known_tags: set[tuple[str | None, ...]] = field(default_factory=set)

    def store(self, key: str, value: str, depth: int) -> bool:
        """Keep a text unless one from further up is there; whether it was kept."""
        if self.is_entry:
            before = self.depths.get(key)
            if before is not None and depth > before:
                return False
            self.depths[key] = depth
        self.values[key] = value
        return True

    def tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        """Add a category unless it is empty or there already."""
        if (term or scheme or label) and (term, scheme, label) not in self._known_tags:
            self._known_tags.add((term, scheme, label))
            self.tags.append([term, scheme, label])

    def tag_text(self, value: str) -> None:
        """The text of a category: the term of the last one, or one more."""
        if value and self.tags and not self.tags[-1][0]:
            self._known_tags.discard(tuple(self.tags[-1]))
            self.tags[-1][0] = value
            self._known_tags.add(tuple(self.tags[-1]))
        elif value:
            self.tag(value, None, None)


def cleaned(text: str) -> str:
    """A text as feedparser gives it: stripped, twice encoded UTF-8 and Windows-1252 put right."""
    text = text.strip()
    if text.isascii():
        return text
    if _LATIN.fullmatch(text):
        with suppress(UnicodeError):
            text = text.encode("iso-8859-1").decode("utf-8")
    if text.isprintable():
        return text
    return text.translate(_WINDOWS) if _C1.search(text) else text


def address(text: str, *, based: bool) -> str:
    """An address as feedparser gives it; Unsure where it would repair slashes.

    `based` says that the document has a base of its own: then only what no base changes is sure.
    """
    if ":///" in text or (based and text and not PLAIN_ADDRESS.fullmatch(text)):
        raise Unsure
    return text

"""Where a document breaks off."""

import re
from dataclasses import dataclass

_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "urlset"})
_ENTRIES = frozenset({"item", "entry"})
_MARKUP = re.compile(
    r"<!--(?:.*?-->|.*)|<!\[CDATA\[(?:.*?\]\]>|.*)|<\?(?:.*?\?>|.*)"
    r"|<(?P<close>/?)(?:[\w.-]+:)?(?P<name>[A-Za-z_][\w.-]*)(?P<rest>[^<>]*)(?P<end>>?)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a document ends: `whole` if its root element closes, `cut_entries` as many as were begun
    when the last one does not close (0 if it does)."""

    whole: bool
    cut_entries: int = 0


def ending_of(text: str) -> Ending:
    """Find out whether a document that is not well-formed XML ends where its publisher ended it."""
    root = ""
    whole = False
    begun = 0
    is_open = False
    for markup in _MARKUP.finditer(text):
        name = (markup["name"] or "").lower()
        closes = markup["close"] == "/"
        if not closes and not root and name in _ROOTS:
            root = name
            whole = markup["rest"].endswith("/")
        elif name in _ENTRIES:
            if closes:
                is_open = False
            else:
                begun += 1
                is_open = not markup["rest"].endswith("/")
        elif closes and markup["end"] and (name == root or (root, name) == ("rss", "channel")):
            whole = True  # RSS producers that forget </rss> still close the channel
    return Ending(whole=whole, cut_entries=begun if is_open and not whole else 0)

"""Plain text into Markdown: as few marks as possible, and the same text when rendered."""

import re

# Always markup wherever it stands; `]`, `(` and `!` mean nothing once `[` is escaped.
_INLINE = re.compile(r"[\\`*_\[<]")
# `&` only where an entity could follow: "AT&T" stays readable.
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")
# Markup only at the beginning of a line: headings, quotes, lists, rules, fences, table borders.
_LINE_START = re.compile(r"^(?=[#>+\-=~|:])")
_NUMBERED = re.compile(r"^(\d{1,9})(?=[.)](?:[ \t]|$))")


def escape(text: str) -> str:
    """Write one paragraph of plain text as Markdown that renders as exactly that text.

    Line breaks stay line breaks within the paragraph; spaces and tabs at the edges of a line are
    dropped (HTML would not show them), other white space such as U+00A0 is kept. `text` holds no
    blank line.
    """
    lines = [_escape_line(line.strip(" \t")) for line in text.split("\n")]
    paragraph = "\n".join(lines)
    words = paragraph.strip()
    start = len(paragraph) - len(paragraph.lstrip())
    after = paragraph[start + len(words) :]
    return _as_references(paragraph[:start]) + words + _as_references(after)


def _as_references(space: str) -> str:
    """Write out white space that Markdown trims off a paragraph's ends, though HTML shows it."""
    return "".join(f"&#{ord(character)};" for character in space)


def _escape_line(line: str) -> str:
    line = _ENTITY.sub(r"\\&", _INLINE.sub(r"\\\g<0>", line))
    return _NUMBERED.sub(r"\1\\", _LINE_START.sub(r"\\", line))

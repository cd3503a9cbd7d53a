"""A paragraph cut into its sentences."""

import re

# A full stop after a single capital ("U.S.") or a title ("Col.") ends no sentence.
_END = re.compile(
    r"(?<!\b[A-Z])(?<!\bCol)(?<!\bGen)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bLt)(?<!\bMrs)(?<!\bMme)"
    r"[.!?…][)\]”’\"»]*\s+(?=[“‘\"«(\[]?\s?[^\W_a-zà-ÿ])"
)


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Give where each sentence starts and ends, in code points; spaces between are left out."""
    found = []
    start = 0
    for end in _END.finditer(text):
        found.append((start, start + len(text[start : end.end()].rstrip())))
        start = end.end()
    if text[start:].strip():
        found.append((start, len(text.rstrip())))
    return tuple(found)

"""Names that the news speaks of and the page does not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.text import fold_key

_CAPITAL = r"[^\W\d_a-zà-ÿ][\w’'-]+"
_NAME = re.compile(
    rf"(?:(?:al|el|ag|ould)[ -])?{_CAPITAL}"
    rf"(?: (?:(?:al|el|ag|ould|de|du|of|des)[ -])?{_CAPITAL})*"
)
_AFTER_START = re.compile(r"[.!?:…]\s+$|^\s*[“‘\"«]?$")
# Who reports, and when: capitalised, and no part of the conflict.
_ORDINARY = (
    "reuters afp ap associated press agence france presse anadolu xinhua monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august september "
    "october november december"
)
_NOT_NAMES = frozenset(_ORDINARY.split())
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingName:
    """A name as the news writes it, and in how many stories."""

    name: str
    stories: int


def missing_names(
    page: str, stories: Sequence[Sequence[str]], *, at_least: int = 3
) -> tuple[MissingName, ...]:
    """List names in at least so many stories that the page lacks, the most frequent first.

    `stories` holds each story's texts (headlines, summaries). A word that only ever begins a
    sentence, or stands in a headline where nearly every word is capital, counts as no name.
    """
    words = f" {fold_key(page)} "
    counted: dict[str, int] = {}
    written: dict[str, str] = {}
    for texts in stories:
        found = {fold_key(name): name for text in texts for name in _names(text)}
        for key, name in found.items():
            counted[key] = counted.get(key, 0) + 1
            written.setdefault(key, name)
    often = [
        key
        for key, count in counted.items()
        if count >= at_least and key and f" {key} " not in words and not _is_ordinary(key)
    ]
    # Of "Africa Corps" and "Corps", as frequent, the longer is the name.
    kept = [
        key
        for key in often
        if not any(
            f" {key} " in f" {longer} " and counted[longer] >= counted[key]
            for longer in often
            if longer != key
        )
    ]
    kept.sort(key=lambda key: (-counted[key], key))
    return tuple(MissingName(name=written[key], stories=counted[key]) for key in kept[:_MOST])


def _names(text: str) -> Iterator[str]:
    words = text.split()
    capital = sum(word[:1].isupper() for word in words)
    if capital * 5 >= len(words) * 3:
        return
    for found in _NAME.finditer(text):
        begins = _AFTER_START.search(text[: found.start()]) is not None
        name = found[0]
        if not begins or name.isupper() or " " in name:
            yield name


def _is_ordinary(key: str) -> bool:
    return set(key.split()) <= _NOT_NAMES or len(key) < 3

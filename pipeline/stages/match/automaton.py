"""The one place that knows the Aho-Corasick library: many keys, found in one pass over a text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

import ahocorasick

T = TypeVar("T")


class _Library(Protocol[T]):
    def add_word(self, key: str, value: T) -> bool: ...
    def make_automaton(self) -> None: ...
    def iter(self, text: str) -> Iterator[tuple[int, T]]: ...


class Automaton(Generic[T]):
    """Finds every occurrence of every key, overlapping ones too, in time linear in the text."""

    def __init__(self, values: Mapping[str, T]) -> None:
        library: _Library[T] = ahocorasick.Automaton()
        for key, value in values.items():
            library.add_word(key, value)
        # The library refuses to search when it has no key at all.
        self._library = library if values else None
        if values:
            library.make_automaton()

    def find(self, text: str) -> Iterable[tuple[int, T]]:
        """Give (index of the last character, value) for each key found, in order of that index."""
        return () if self._library is None else self._library.iter(text)

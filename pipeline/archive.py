"""Archive: the stored articles folded and held in memory, so that a rule is tried while typing."""

from dataclasses import dataclass, field
from threading import Lock

from db import Connection, articles, marks
from pipeline.stages.match import FoldedArticle, Mentions

# Characters of folded text, most of a byte each; 100,000 articles without pages are 30 million.
MOST_HELD = 150_000_000
_CHUNK = 2_000


@dataclass(slots=True)
class Archive:
    """What one process remembers of the stored articles: their words, not how they are written.

    Only what is new or revised is read again. Beyond `most_held` characters articles are not held:
    each is then looked at anew, every time, so that no answer depends on what fits.
    """

    most_held: int = MOST_HELD
    _stamp: tuple[object, ...] = ()
    _marks: dict[int, marks.Mark] = field(default_factory=dict)
    _streams: dict[int, str] = field(default_factory=dict)
    _held: int = 0
    _lock: Lock = field(default_factory=Lock)

    def mentioning(self, connection: Connection, words: Mentions) -> tuple[tuple[int, ...], int]:
        """Give the articles that may hold any of these words, by id, and how many there are."""
        with self._lock:
            self._catch_up(connection)
            streams = self._streams
            beyond = self._marks.keys() - streams.keys()
            found = [each for each, stream in streams.items() if words.stand_in_stream(stream)]
            return tuple(sorted([*found, *beyond])), len(self._marks)

    def _catch_up(self, connection: Connection) -> None:
        stamp = marks.stamp(connection)
        if stamp == self._stamp:
            return
        now = marks.of_articles(connection)
        for gone in self._marks.keys() - now.keys():
            self._drop(gone)
        changed = sorted(each for each, mark in now.items() if self._marks.get(each) != mark)
        for start in range(0, len(changed), _CHUNK):
            some = changed[start : start + _CHUNK]
            for article_id, _, text in articles.texts(connection, only=some):
                self._drop(article_id)
                stream = FoldedArticle(text).stream
                if self._held + len(stream) <= self.most_held:
                    self._streams[article_id] = stream
                    self._held += len(stream)
        self._marks, self._stamp = now, stamp

    def _drop(self, article_id: int) -> None:
        self._held -= len(self._streams.pop(article_id, ""))

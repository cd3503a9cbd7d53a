"""Gather: put matched articles into stories, a whole group of newcomers with a few questions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from db import Connection, stories
from pipeline.model import Copies, Placed, Told
from pipeline.stages.group import (
    GROUP_WITHIN,
    Keys,
    Reading,
    count_origins,
    find_story,
    look_up_keys,
    read,
)

# Newcomers may be dated days ago, and what is grouped today may be compared as long again.
KEEP_KEYS = 4 * GROUP_WITHIN
_AT_ONCE = 200
_MOST_COMMON = 100  # a word that more articles of these days hold tells nothing
_MOST_CANDIDATES = 8
_MOST_KEYS = 8
_LEAST_WORDS = 2


def group_into_stories(connection: Connection, article_ids: Collection[int], now: datetime) -> None:
    """Give each of these articles a story: one that tells the same, or its own.

    Articles that have a story keep it. Runs inside the caller's transaction.
    """
    if not article_ids:
        return
    stories.alone(connection)
    newcomers = [read(told) for told in stories.without_story(connection, article_ids)]
    for start in range(0, len(newcomers), _AT_ONCE):
        _group(connection, newcomers[start : start + _AT_ONCE], now)


def count_copies(connection: Connection, story_ids: Collection[int]) -> dict[int, Copies]:
    """Count the copies and the independent origins of these stories, by story."""
    found = stories.copies(connection, story_ids)
    return {story_id: count_origins(told) for story_id, told in found.items()}


def copies_of(connection: Connection, story_id: int | None) -> tuple[Told, ...]:
    """Give the articles of a story in the order they were stored; none where there is no story."""
    return stories.copies(connection, [story_id])[story_id] if story_id is not None else ()


def keep_findable(connection: Connection, article_ids: Collection[int], now: datetime) -> None:
    """Let newcomers find each of these articles: copies add no keys of their own when they join."""
    readings = [
        read(told)
        for told in stories.without_keys(connection, article_ids)
        if abs(now - told.published_at) <= KEEP_KEYS
    ]
    keys = {
        each.told.article_id: (each.told.published_at, look_up_keys(each).all) for each in readings
    }
    stories.keep_keys(connection, keys, now)


def find_alike(connection: Connection, story_id: int, *, most: int) -> dict[int, tuple[str, ...]]:
    """Name the stories of these days that share words with one, most first, each with the words."""
    told = stories.copies(connection, [story_id]).get(story_id, ())[:_MOST_CANDIDATES]
    words = {key: word for each in told for word, key in look_up_keys(read(each)).words.items()}
    if not told:
        return {}
    times = [each.published_at for each in told]
    span = (min(times) - KEEP_KEYS, max(times) + KEEP_KEYS)
    counts = stories.how_common(connection, words, *span, most=_MOST_COMMON + 1)
    rare = [key for key, count in counts.items() if 0 < count <= _MOST_COMMON]
    holding = stories.holding(connection, rare, *span)
    story_of = stories.story_of(connection, {each for ids in holding.values() for each in ids})
    shared: dict[int, set[int]] = defaultdict(set)
    for key, ids in holding.items():
        for article_id in ids:
            shared[story_of[article_id]].add(key)
    shared.pop(story_id, None)
    ranked = sorted(
        shared.items(), key=lambda pair: (-sum(1 / counts[key] + 1 for key in pair[1]), -pair[0])
    )
    return {story: tuple(sorted(words[key] for key in keys)) for story, keys in ranked[:most]}


def forget_keys(connection: Connection, now: datetime) -> int:
    """Delete what old stories were looked up by; how many keys."""
    return stories.prune_keys(connection, now - KEEP_KEYS)


def _group(connection: Connection, newcomers: Sequence[Reading], now: datetime) -> None:
    keys = {each.told.article_id: look_up_keys(each) for each in newcomers}
    stock = _Stock(connection, newcomers, keys)
    begun: list[Reading] = []
    placed: list[Placed] = []
    for newcomer in newcomers:
        own = keys[newcomer.told.article_id]
        joining = find_story(newcomer, stock.candidates(own), stock.common(own))
        if joining is None:
            begun.append(newcomer)
        placed.append(
            Placed(
                article_id=newcomer.told.article_id,
                # A story that is yet to be made goes by a number below zero.
                story_id=joining.story_id if joining else -len(begun),
                reason=joining.reason if joining else "",
            )
        )
        # A copy adds no keys: its story is found by those of the text it repeats.
        stock.add(newcomer, placed[-1].story_id, None if joining and joining.same_text else own)
    made = stories.begin_all(connection, [each.told.title for each in begun], now)
    # An editor may have merged a story away since it was read.
    moved = stories.merged(connection, {each.story_id for each in placed if each.story_id > 0})
    stories.put_in(
        connection,
        [
            Placed(
                article_id=each.article_id,
                story_id=(
                    made[-each.story_id - 1]
                    if each.story_id < 0
                    else moved.get(each.story_id, each.story_id)
                ),
                reason=each.reason,
            )
            for each in placed
        ],
        now,
    )
    stories.keep_keys(connection, stock.added, now)


class _Stock:
    """The stories a group of newcomers may join: those stored, and those the group itself makes."""

    def __init__(
        self, connection: Connection, newcomers: Sequence[Reading], keys: Mapping[int, Keys]
    ) -> None:
        times = [each.told.published_at for each in newcomers]
        since, until = min(times) - GROUP_WITHIN, max(times) + GROUP_WITHIN
        wanted = {key for own in keys.values() for key in own.all}
        self._counts = Counter(
            stories.how_common(connection, wanted, since, until, most=_MOST_COMMON + 1)
        )
        rare = {key for own in keys.values() for key in self._rarest(own)}
        self._holding = defaultdict(list, stories.holding(connection, rare, since, until))
        nominated = {article for own in keys.values() for article in self._nominate(own)}
        self._readings: dict[int, Reading] = {}
        self._stories: dict[int, int] = {}
        self._leads: dict[int, int] = {}
        for told in stories.with_leads(connection, nominated):
            assert told.story_id is not None
            self._take_in(read(told), told.story_id)
        self.added: dict[int, tuple[datetime, tuple[int, ...]]] = {}

    def candidates(self, own: Keys) -> list[Reading]:
        """The likeliest articles, with the first articles of their stories."""
        found = [each for each in self._nominate(own) if each in self._readings]
        leads = [self._leads[self._stories[each]] for each in found]
        return [self._readings[each] for each in dict.fromkeys((*found, *leads))]

    def common(self, own: Keys) -> dict[str, int]:
        """How many articles hold each of a newcomer's words."""
        return {word: self._counts[key] for word, key in own.words.items()}

    def add(self, newcomer: Reading, story_id: int, own: Keys | None) -> None:
        """Let those that follow join this newcomer; `own` keys are None where it adds none."""
        self._take_in(newcomer, story_id)
        if own is None:
            return
        told = newcomer.told
        self.added[told.article_id] = (told.published_at, own.all)
        for key in own.all:
            self._counts[key] += 1
            self._holding[key].append(told.article_id)

    def _rarest(self, own: Keys) -> list[int]:
        """The keys worth asking for: those of the rarest words that are held at all, and bands."""
        held = [key for key in own.all if 0 < self._counts[key] <= _MOST_COMMON]
        return sorted(held, key=lambda key: (self._counts[key], key))[:_MOST_KEYS]

    def _nominate(self, own: Keys) -> list[int]:
        """Articles that share a band or two words, those with the rarest words first."""
        weights: Counter[int] = Counter()
        shared: Counter[int] = Counter()
        for key in own.words.values():
            holding = self._rare(key)
            for article_id in holding:
                weights[article_id] += 1_000 // len(holding) + 100
                shared[article_id] += 1
        for key in own.bands:
            for article_id in self._rare(key):
                weights[article_id] += 1_000
                shared[article_id] += _LEAST_WORDS
        likely = ((-weight, each) for each, weight in weights.items() if shared[each] > 1)
        return [article_id for _, article_id in sorted(likely)[:_MOST_CANDIDATES]]

    def _rare(self, key: int) -> list[int]:
        return self._holding[key] if self._counts[key] <= _MOST_COMMON else []

    def _take_in(self, reading: Reading, story_id: int) -> None:
        told = replace(reading.told, story_id=story_id)
        self._readings[told.article_id] = replace(reading, told=told)
        self._stories[told.article_id] = story_id
        self._leads.setdefault(story_id, told.article_id)

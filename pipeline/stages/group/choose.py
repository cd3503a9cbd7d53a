"""Choose the story a newcomer joins, and say why in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from math import log, sqrt

from pipeline.stages.group.reading import Reading

GROUP_WITHIN = timedelta(days=2)
# Once a story runs this long, what follows is another one, however alike.
_STORY_LASTS = timedelta(days=3)
_RECURS_AFTER = timedelta(hours=12)

_SAME_TEXT = 0.6  # share of three-word runs in common
_SAME_HEADLINE = 0.72  # share of headline words in common
_LEAST_HEADLINE = 4
_SAME_EVENT = 0.45  # cosine of weighted words
_LEAST_SHARED = 2
_LEAST_SHARED_WITHOUT_LEDE = 3
# What makes the same words mean less: hours apart, a publisher's own follow-up, another count.
_PER_DAY = 0.15
_OWN_FOLLOW_UP = 0.15
_OTHER_COUNT = 0.08
_OTHER_PLACE = 0.08
_OF_THE_LEAD = 0.8
_MAJORITY = 2

# A word counts by how rare it is among the articles of these days, as `log(1 + all / holding it)`.
_ALL = 2_000
_MOST_COMMON = 100
_UNCOUNTED = log(1 + _ALL / 10)
_LEDE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Which story a newcomer joins, why in words, and whether its text adds nothing new."""

    story_id: int
    reason: str
    likeness: float
    same_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likeness:
    likeness: float
    reason: str
    same_text: bool = False


def find_story(
    newcomer: Reading, stored: Sequence[Reading], common: Mapping[str, int]
) -> Joining | None:
    """Find the stored story a newcomer belongs to, or None for a story of its own.

    `stored` are candidates with their stories, each story's first article among them; `common` says
    how many articles of these days hold each stem of the newcomer's headline. To join, a newcomer
    must be like one article, and like the story's first article too (or a second one), so that
    stories do not drift. It errs towards separate stories.
    """
    members: dict[int, list[Reading]] = defaultdict(list)
    for other in stored:
        if other.told.story_id is not None:
            members[other.told.story_id].append(other)
    weights = {word: _weight(common.get(word, 0)) for word in newcomer.words}
    best: Joining | None = None
    for story_id, readings in sorted(members.items()):
        found = _joins(newcomer, readings, weights)
        if found is not None and (best is None or found.likeness > best.likeness):
            best = Joining(
                story_id=story_id,
                reason=found.reason,
                likeness=found.likeness,
                same_text=found.same_text,
            )
    return best


def _joins(
    newcomer: Reading, members: Sequence[Reading], weights: Mapping[str, float]
) -> _Likeness | None:
    lead = min(members, key=lambda member: member.told.article_id)
    if abs(lead.told.published_at - newcomer.told.published_at) > _STORY_LASTS:
        return None
    alike = [found for member in members if (found := _alike(newcomer, member, weights))]
    if not alike:
        return None
    best = max(alike, key=lambda found: found.likeness)
    # An editor said that this one belongs here: it is as good a beginning as the first.
    if any(member.told.put_by and _alike(newcomer, member, weights) for member in members):
        return best
    if best.same_text or (len(alike) > 1 and _MAJORITY * len(alike) >= len(members)):
        return best
    enough = _OF_THE_LEAD * _SAME_EVENT
    return best if _cosine(newcomer, lead, weights) >= enough else None


def _alike(one: Reading, other: Reading, weights: Mapping[str, float]) -> _Likeness | None:
    """Say how one article tells what another told, or None where they differ or it is doubtful."""
    apart = abs(one.told.published_at - other.told.published_at)
    if apart > GROUP_WITHIN or one.told.language != other.told.language:
        return None
    recurs = one.recurring or other.recurring
    if recurs and apart > _RECURS_AFTER:
        return None
    repeats = (one.title_key, one.told.summary) == (other.title_key, other.told.summary)
    if repeats and (len(one.title_key.split()) >= _LEAST_HEADLINE or one.lede):
        return _Likeness(likeness=2.0, reason=_copy_of(other, 1.0), same_text=True)
    copied = _share(one.shingles, other.shingles)
    if copied >= _SAME_TEXT and one.lede and other.lede:
        return _Likeness(likeness=1 + copied, reason=_copy_of(other, copied), same_text=True)
    if recurs or _differ(one, other) or _is_series(one, other):
        return None
    return _same_headline(one, other) or _same_event(one, other, weights, apart)


def _same_headline(one: Reading, other: Reading) -> _Likeness | None:
    ours, theirs = frozenset(one.title_key.split()), frozenset(other.title_key.split())
    if len(ours) < _LEAST_HEADLINE or _swapped(one.numbers, other.numbers):
        return None
    if _swapped(one.names, other.names) or _swapped(one.places, other.places):
        return None
    share = _share(ours, theirs)
    if share < _SAME_HEADLINE:
        return None
    reason = f"same headline as {other.told.publisher} ({share:.2f})"
    same = not (one.lede or other.lede)
    return _Likeness(likeness=1 + share / 2, reason=reason, same_text=same)


def _same_event(
    one: Reading, other: Reading, weights: Mapping[str, float], apart: timedelta
) -> _Likeness | None:
    ours, theirs = one.told.conflicts, other.told.conflicts
    if ours and theirs and not ours & theirs:
        return None
    shared = [word for word in one.words if word in other.words]
    with_ledes = bool(one.lede and other.lede)
    if len(shared) < (_LEAST_SHARED if with_ledes else _LEAST_SHARED_WITHOUT_LEDE):
        return None
    mark = _SAME_EVENT + _PER_DAY * (apart / timedelta(days=1))
    if one.told.publisher and one.told.publisher == other.told.publisher:
        mark += _OWN_FOLLOW_UP
    if _counts_differ(one, other):
        mark += _OTHER_COUNT
    if _swapped(one.places, other.places):
        mark += _OTHER_PLACE
    cosine = _cosine(one, other, weights)
    if cosine < mark:
        return None
    telling = sorted(shared, key=lambda word: (-weights[word], word))[:3]
    shown = ", ".join(one.words[word] for word in telling)
    return _Likeness(
        likeness=cosine, reason=f"same event: {shown}; {_hours(apart)} apart ({cosine:.2f})"
    )


def _differ(one: Reading, other: Reading) -> bool:
    """Say whether two headlines name other people and places, or another number of something."""
    named = one.names & other.words.keys() or other.names & one.words.keys()
    if one.names and other.names and not named:
        return True
    # Twelve killed here and thirty killed there read alike: only what both name joins them.
    return _counts_differ(one, other) and not (named or one.places & other.places)


def _is_series(one: Reading, other: Reading) -> bool:
    """Say whether a publisher counts on: the same headline again, with another number."""
    if one.told.publisher != other.told.publisher or not _counts_differ(one, other):
        return False
    return _without_numbers(one) == _without_numbers(other)


def _without_numbers(reading: Reading) -> list[str]:
    return [word for word in reading.title_key.split() if not word.isdecimal()]


def _counts_differ(one: Reading, other: Reading) -> bool:
    return bool(one.numbers and other.numbers and not one.numbers & other.numbers)


def _swapped(ours: Set[object], theirs: Set[object]) -> bool:
    """Say whether each has what the other lacks: in the same sentence, that is another event."""
    return bool(ours - theirs and theirs - ours)


def _cosine(one: Reading, other: Reading, weights: Mapping[str, float]) -> float:
    """The cosine of two articles' words by weight; those of the summary count half."""
    ours, theirs = _vector(one, weights, other), _vector(other, weights, one)
    product = sum(value * theirs[word] for word, value in ours.items() if word in theirs)
    norms = sqrt(sum(v * v for v in ours.values()) * sum(v * v for v in theirs.values()))
    return product / norms if norms else 0.0


def _vector(one: Reading, weights: Mapping[str, float], other: Reading) -> dict[str, float]:
    vector = {}
    if one.lede and other.lede:
        vector = {word: _LEDE_WEIGHT * weights.get(word, _UNCOUNTED) for word in one.lede}
    for word in one.words:
        vector[word] = weights.get(word, _UNCOUNTED)
    return vector


def _weight(holding: int) -> float:
    return log(1 + _ALL / min(max(holding, 1), _MOST_COMMON))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def _copy_of(other: Reading, share: float) -> str:
    return f"same text as {other.told.publisher} ({share:.2f})"


def _hours(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    return f"{minutes} min" if minutes < 60 else f"{round(minutes / 60)} h"

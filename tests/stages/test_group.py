"""Group: copies of one report are one story, and doubt keeps stories apart."""

from datetime import timedelta

import pytest

from pipeline.stages.group import GROUP_WITHIN, Groupable, find_story
from tests.making import NOON

WORDS = "twelve soldiers die as convoy is attacked near kidal mali"


def told(
    words: str = WORDS, *, apart: timedelta = timedelta(0), story_id: int | None = None
) -> Groupable:
    return Groupable(
        article_id=1,
        words=frozenset(words.split()),
        published_at=NOON + apart,
        story_id=story_id,
    )


def test_the_same_headline_is_the_same_story() -> None:
    assert find_story(told(), [told(story_id=3)]) == 3


def test_nothing_stored_is_a_story_of_its_own() -> None:
    assert find_story(told(), []) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("twelve soldiers die as convoy is attacked near kidal", True),
        ("twelve soldiers killed as convoy is attacked near kidal mali", True),
        ("soldiers die near kidal mali", False),
        ("grain prices fall at the coast market again today", False),
    ],
)
def test_nearly_the_same_words_are_the_same_story(other: str, same: bool) -> None:
    assert find_story(told(), [told(other, story_id=3)]) == (3 if same else None)


@pytest.mark.parametrize(
    ("apart", "same"),
    [
        (GROUP_WITHIN, True),
        (-GROUP_WITHIN, True),
        (GROUP_WITHIN + timedelta(seconds=1), False),
        (-GROUP_WITHIN - timedelta(seconds=1), False),
    ],
)
def test_a_story_is_told_within_two_days(apart: timedelta, same: bool) -> None:
    assert find_story(told(apart=apart), [told(story_id=3)]) == (3 if same else None)


@pytest.mark.parametrize("words", ["", "mali", "news of mali"])
def test_a_short_headline_is_never_grouped(words: str) -> None:
    assert find_story(told(words), [told(words, story_id=3)]) is None


def test_the_likest_story_is_taken() -> None:
    near = told(WORDS.replace("twelve", "ten"), story_id=1)
    assert find_story(told(), [near, told(story_id=2)]) == 2
    assert find_story(told(), [told(story_id=2), near]) == 2

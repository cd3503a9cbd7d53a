"""Stories are looked up by a few words of a headline, and none is missed by that."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.group import Groupable, find_story, telling_words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
headlines = st.frozensets(st.sampled_from([f"word{number}" for number in range(14)]), max_size=14)


def groupable(words: frozenset[str], story: int | None = None) -> Groupable:
    return Groupable(article_id=1, words=words, published_at=NOON, story_id=story)


@given(headlines, headlines)
def test_every_headline_of_the_same_story_has_one_of_the_telling_words(
    one: frozenset[str], other: frozenset[str]
) -> None:
    if find_story(groupable(one), [groupable(other, 7)]) == 7:
        assert telling_words(one) & other


def test_a_headline_too_short_to_be_grouped_has_none() -> None:
    assert telling_words({"morning", "briefing"}) == frozenset()

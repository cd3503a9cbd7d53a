"""Word diff: the pieces give both texts back, and say what changed word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.word_diff import Change, word_diff

TEXTS = st.lists(st.sampled_from(["army", "left ", "Kidal", ", ", "\n", "é", "。", " "])).map(
    "".join
)


def joined(before: str, after: str, *changes: Change) -> str:
    return "".join(piece.text for piece in word_diff(before, after) if piece.change in changes)


@given(TEXTS, TEXTS)
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    assert joined(before, after, Change.SAME, Change.TAKEN) == before
    assert joined(before, after, Change.SAME, Change.PUT) == after


def test_only_the_words_that_changed_are_marked() -> None:
    before = "Kept.\nThe army left Kidal in May.\n"
    after = "Kept.\nThe army left Gao in June.\n"
    assert [(str(piece.change), piece.text.strip()) for piece in word_diff(before, after)] == [
        ("same", "Kept.\nThe army left"),
        ("taken", "Kidal"),
        ("put", "Gao"),
        ("same", "in"),
        ("taken", "May"),
        ("put", "June"),
        ("same", "."),
    ]


def test_equal_texts_are_one_piece_and_empty_ones_none() -> None:
    [piece] = word_diff("a\nb\n", "a\nb\n")
    assert piece.change is Change.SAME
    assert word_diff("", "") == ()


@pytest.mark.parametrize("words", [2_001])
def test_long_lines_without_anything_in_common_are_exchanged_whole(words: int) -> None:
    before, after = "old " * words, "new " * words
    assert [piece.text for piece in word_diff(before, after)] == [before, after]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Field, Hit, Kind
from pipeline.stages.highlight import excerpt, segments


def hit(text: str, word: str, *, kind: Kind = Kind.PLACE, field: Field = Field.SUMMARY) -> Hit:
    start = text.index(word)
    return Hit(term=word, kind=kind, field=field, start=start, end=start + len(word), text=word)


def marked(text: str, *hits: Hit) -> str:
    return "".join(
        f"[{piece}]" if found else piece for piece, found in segments(text, hits, Field.SUMMARY)
    )


def test_hits_become_pieces_of_their_own() -> None:
    text = "In Mali the junta speaks"

    assert marked(text, hit(text, "junta"), hit(text, "Mali")) == "In [Mali] the [junta] speaks"


def test_hits_may_stand_at_both_ends() -> None:
    assert (
        marked("Mali junta", hit("Mali junta", "Mali"), hit("Mali junta", "junta"))
        == "[Mali] [junta]"
    )


def test_a_text_without_hits_is_one_piece_and_an_empty_one_none() -> None:
    assert segments("Mali", [], Field.TITLE) == (("Mali", None),)
    assert segments("", [], Field.TITLE) == ()


def test_of_overlapping_hits_the_first_and_longest_is_shown() -> None:
    text = "Burkina Faso army"
    found = [hit(text, "Faso army"), hit(text, "Burkina"), hit(text, "Burkina Faso")]

    assert marked(text, *found) == "[Burkina Faso] army"


def test_of_equal_hits_the_most_decisive_is_shown() -> None:
    found = [hit("Mali", "Mali"), hit("Mali", "Mali", kind=Kind.DECISIVE)]

    assert segments("Mali", found, Field.SUMMARY) == (("Mali", found[1]),)


def test_hits_of_another_field_or_of_an_earlier_text_are_left_out() -> None:
    elsewhere = hit("Mali", "Mali", field=Field.TITLE)
    outdated = hit("In Mali", "Mali")

    assert marked("Mali", elsewhere, outdated) == "Mali"


LONG = (
    "The weather was fine on Monday. Ministers met in Paris to talk about the budget. "
    "In Bamako the junta announced a new government after weeks of talks. "
    "Elections are planned for next year. Nobody knows whether they will be held at all."
)


def test_a_short_text_is_its_own_excerpt() -> None:
    found = hit("In Mali", "Mali")

    assert excerpt("In Mali", [found], Field.SUMMARY) == ("In Mali", (found,))


def test_an_excerpt_begins_with_the_sentence_of_the_first_hit() -> None:
    shown, hits = excerpt(LONG, [hit(LONG, "junta"), hit(LONG, "Bamako")], Field.SUMMARY, width=80)

    assert (
        shown == "…In Bamako the junta announced a new government after weeks of talks. Elections…"
    )
    assert [shown[one.start : one.end] for one in hits] == ["junta", "Bamako"]


def test_an_excerpt_near_the_end_shows_the_sentences_before() -> None:
    shown, _ = excerpt(LONG, [hit(LONG, "held")], Field.SUMMARY, width=100)

    assert shown == (
        "…Elections are planned for next year. Nobody knows whether they will be held at all."
    )


def test_a_hit_deep_in_a_long_sentence_stands_in_the_middle() -> None:
    text = "word " * 50 + "Mali " + "word " * 50
    shown, hits = excerpt(text, [hit(text, "Mali")], Field.SUMMARY, width=40)

    assert shown == "…word word word Mali word word word…"
    assert shown[hits[0].start : hits[0].end] == "Mali"


def test_without_hits_the_beginning_is_shown() -> None:
    assert excerpt(LONG, [], Field.SUMMARY, width=40) == ("The weather was fine on Monday.…", ())


def test_a_script_without_spaces_is_cut_where_it_stands() -> None:
    text = "马" * 50 + "里" + "马" * 50
    shown, hits = excerpt(text, [hit(text, "里")], Field.SUMMARY, width=12)

    assert len(shown) == 12
    assert shown[hits[0].start : hits[0].end] == "里"


def test_hits_outside_the_excerpt_are_left_out() -> None:
    _, hits = excerpt(LONG, [hit(LONG, "Bamako"), hit(LONG, "Nobody")], Field.SUMMARY, width=60)

    assert [one.text for one in hits] == ["Bamako"]


@pytest.mark.parametrize("width", [0, 1, 3, 10])
def test_a_hit_longer_than_the_excerpt_is_shown_whole(width: int) -> None:
    shown, hits = excerpt(LONG, [hit(LONG, "new government")], Field.SUMMARY, width=width)

    assert [shown[one.start : one.end] for one in hits] == ["new government"]


spans = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)), max_size=4)


@given(st.text("ab .!马", max_size=90), spans, st.integers(12, 60))
def test_pieces_join_to_the_text_and_excerpts_keep_their_hits(
    text: str, places: list[tuple[int, int]], width: int
) -> None:
    hits = [
        Hit(
            term="t",
            kind=Kind.PLACE,
            field=Field.TITLE,
            start=start,
            end=min(start + length, len(text)),
            text=text[start : start + length],
        )
        for start, length in places
        if start < len(text)
    ]
    shown, kept = excerpt(text, hits, Field.TITLE, width)

    assert "".join(piece for piece, _ in segments(text, hits, Field.TITLE)) == text
    assert len(shown) <= max(width, len(text) if len(text) <= width else width)
    assert bool(kept) == bool(hits)
    assert all(shown[one.start : one.end] == one.text for one in kept)

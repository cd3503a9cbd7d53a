"""What may stand in a feed: text, languages, addresses and dates."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.render.addresses import canonical_id, web_url
from pipeline.stages.render.languages import (
    is_right_to_left_language,
    language_name,
    language_tag,
)
from pipeline.stages.render.moments import (
    clock,
    long_day,
    long_moment,
    rfc822,
    rfc3339,
    short_moment,
    utc_day,
    weekday,
)
from pipeline.stages.render.plain import clean, excerpt, inert, is_right_to_left, leaning_right


class TestCleanText:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("  one\r\n two\tthree\u2028four ", "one two three four"),
            ("a\x0bb\x85c", "a b c"),
            ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
            ("a\ud800b\ufdd0c\uffffd\U0010ffffe\ufefff", "abcdef"),
            ("\u202eevil\u202c \u2066x\u2069", "evil x"),
            ("caf\ufffd", "caf?"),
            ("1\u00a0000 \u200f", "1\u00a0000 \u200f"),
            ("CafÃ©", "Café"),
            ("Café", "Café"),
            ("NÃO \u2013 Ã©", "NÃO \u2013 Ã©"),
        ],
    )
    def test_what_breaks_feeds_goes_and_the_rest_stays(self, text: str, cleaned: str) -> None:
        assert clean(text) == cleaned

    @given(st.text(alphabet=st.characters(codec=None)))
    def test_cleaning_leaves_nothing_that_xml_forbids(self, text: str) -> None:
        kept = clean(text)
        kept.encode("utf-8")
        assert all(ord(c) >= 0x20 and not 0x7F <= ord(c) <= 0x9F for c in kept)
        assert not any(0xFDD0 <= ord(c) <= 0xFDEF or ord(c) & 0xFFFE == 0xFFFE for c in kept)

    def test_text_that_looks_like_markup_is_made_inert_and_other_text_is_left_alone(self) -> None:
        assert inert("<b> &lt; &#65;") == "<\u2060b> &\u2060lt; &\u2060#65;"
        assert inert("AT&T, 3 < 4, R&D & more") == "AT&T, 3 < 4, R&D & more"


class TestExcerpt:
    def test_short_text_stays_whole(self) -> None:
        assert excerpt("x" * 300) == "x" * 300

    def test_long_text_is_cut_between_words(self) -> None:
        assert excerpt("one two, three four", 10) == "one two\u2026"

    def test_a_cut_after_a_sentence_does_not_end_in_four_dots(self) -> None:
        assert excerpt("It began. Nine died.", 12) == "It began\u2026"

    def test_a_word_that_fits_exactly_stays(self) -> None:
        assert excerpt("one three four", 10) == "one three\u2026"

    def test_a_script_without_spaces_is_cut_between_characters(self) -> None:
        assert excerpt("中" * 20, 10) == "中" * 9 + "\u2026"

    def test_a_letter_keeps_its_accent(self) -> None:
        assert excerpt("aaaaaaaae\u0301" * 2, 10) == "a" * 8 + "\u2026"

    @given(st.text(max_size=700), st.integers(min_value=2, max_value=300))
    def test_an_excerpt_is_never_longer_than_asked(self, text: str, limit: int) -> None:
        assert len(excerpt(text, limit)) <= max(limit, 2)


def test_the_first_strong_letter_decides_the_direction() -> None:
    assert is_right_to_left("12: غارة")
    assert not is_right_to_left("UN: غارة")
    assert not is_right_to_left("2026")
    assert leaning_right("UN: غارة") == "\u200fUN: غارة"
    assert leaning_right("غارة") == "غارة"


class TestLanguages:
    @pytest.mark.parametrize(
        ("code", "tag"),
        [
            ("en", "en"),
            ("fr_FR", "fr-FR"),
            ("FRA", "fr"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("ckb", "ku-Arab"),
            ("iw", "he"),
            ("taq", "tmh"),
            ("ber", "ber"),
            ("en-x-Own", "en-x-own"),
            ("dje", "und"),
            ("zz", "und"),
            ("English", "und"),
            ("", "und"),
        ],
    )
    def test_a_code_becomes_a_tag_that_validators_know(self, code: str, tag: str) -> None:
        assert language_tag(code) == tag

    def test_languages_have_names(self) -> None:
        assert language_name("fr-FR") == "French"
        assert language_name("mi") == "mi"
        assert language_name("und") == ""

    def test_the_script_decides_the_direction_before_the_language(self) -> None:
        assert is_right_to_left_language("ar")
        assert is_right_to_left_language("ku-Arab")
        assert not is_right_to_left_language("ku")
        assert not is_right_to_left_language("ar-Latn")


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "written"),
        [
            ("https://news.example", "https://news.example/"),
            ("https://news.example/a?b=1&c=2#d", "https://news.example/a?b=1&c=2#d"),
            (" https://News.Example/A b ", "https://news.example/A%20b"),
            (
                "https://news.example/[x]{y}|z^`\\",
                "https://news.example/%5Bx%5D%7By%7D%7Cz%5E%60%5C",
            ),
            ("https://news.example/é?ü=ö#ä", "https://news.example/%C3%A9?%C3%BC=%C3%B6#%C3%A4"),
            ("https://news.example/%41%zz%", "https://news.example/%41%25zz%25"),
            ("https://bücher.example./x", "https://xn--bcher-kva.example/x"),
            ("http://me:secret@news.example:80/", "http://news.example/"),
            ("https://news.example:8443/x", "https://news.example:8443/x"),
            ("http://[::1]:8000/x", "http://[::1]:8000/x"),
            ("https://news.example/a#b#c", "https://news.example/a#b%23c"),
        ],
    )
    def test_an_address_is_written_the_way_every_reader_follows_it(
        self, address: str, written: str
    ) -> None:
        assert web_url(address) == written
        assert web_url(written) == written

    @pytest.mark.parametrize(
        "address",
        [
            None,
            "",
            "news.example/x",
            "/x",
            "javascript:alert(1)",
            "ftp://news.example/",
            "https:///x",
            "https://[::1/x",
            "https://news.example:99999/",
            "https://a b/",
            "https://a..b/",
            "https://-/",
        ],
    )
    def test_what_is_not_a_web_address_is_none(self, address: str | None) -> None:
        assert web_url(address) is None

    @given(st.text(max_size=60))
    def test_any_text_is_an_ascii_address_or_none(self, text: str) -> None:
        written = web_url("https://news.example/" + text)
        assert written is None or (written.isascii() and not set(written) & set(' <>"{}|\\^`[]'))

    @pytest.mark.parametrize(
        ("identifier", "canonical"),
        [
            ("https://news.example/feed.xml", "https://news.example/feed.xml"),
            (" HTTP://News.Example:80 ", "http://news.example/"),
            ("https://news.example/%7ea%2fb%c3%a9", "https://news.example/~a%2Fb%C3%A9"),
            ("https://news.example/a/./b/../c", "https://news.example/a/c"),
            ("https://news.example/a/..", "https://news.example/"),
            ("tag:news.example,2020-01-02:x/1", "tag:news.example,2020-01-02:x/1"),
            (
                "urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
                "urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
            ),
            ("tag:News.example,2020:x", None),
            ("urn:uuid:1", None),
            ("12345", None),
            ("https://news.example/%e9", None),
        ],
    )
    def test_a_foreign_id_is_given_in_canonical_form_or_not_at_all(
        self, identifier: str, canonical: str | None
    ) -> None:
        assert canonical_id(identifier) == canonical


def test_moments_are_written_for_machines_and_for_people() -> None:
    at = datetime(2026, 11, 2, 9, 4, 5, 70_000, tzinfo=UTC)
    assert rfc3339(at) == "2026-11-02T09:04:05.070Z"
    assert rfc822(at) == "Mon, 02 Nov 2026 09:04:05 GMT"
    assert long_moment(at) == "2 November 2026, 09:04 UTC"
    assert short_moment(at) == "2 Nov 2026, 09:04 UTC"
    assert clock(at) == "09:04 UTC"
    assert utc_day(at) == date(2026, 11, 2)
    assert weekday(utc_day(at)) == "Monday"
    assert long_day(utc_day(at)) == "2 November 2026"

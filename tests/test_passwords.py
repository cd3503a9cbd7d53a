"""A password is not one that anybody would try first."""

import pytest

from pipeline.passwords import KNOWN_WORDS, _leaked, is_leaked, is_made_of_known_words
from tests.reading import text


def test_twenty_thousand_leaked_passwords_are_known() -> None:
    assert len(_leaked()) == 20_000


@pytest.mark.parametrize(
    "password",
    ["1234567890", "password123", "PassWord123", "qwertyuiop", "iloveyou123", "123456789a",
     "football123", "1q2w3e4r5t", "qwerty123456"],
)  # fmt: skip
def test_a_leaked_password_is_found_in_any_case(password: str) -> None:
    assert is_leaked(password)


@pytest.mark.parametrize("password", ["four quiet garden gates", "пароль из слов", "🌍" * 10, ""])
def test_a_password_nobody_leaked_is_not(password: str) -> None:
    assert not is_leaked(password)
    assert not is_made_of_known_words(password, "Awa Traoré")


@pytest.mark.parametrize(
    "password",
    ["Dateline2026!", "newsroom-desk-1", "AwaTraore1990", "awa traoré 7!", "editoradmin",
     "Welcome!2026"],
)  # fmt: skip
def test_a_password_of_known_words_and_the_name_is_found(password: str) -> None:
    assert is_made_of_known_words(password, "Awa Traoré")


@pytest.mark.parametrize(
    "password", ["dateline over the dunes", "8461927461", "Awa drinks her tea", "editorial owl"]
)
def test_a_known_word_among_others_does_no_harm(password: str) -> None:
    assert not is_made_of_known_words(password, "Awa Traoré")


def test_the_known_words_are_documented() -> None:
    page = text("docs/security.md")
    assert [word for word in KNOWN_WORDS if f"`{word}`" not in page] == []

"""The language of one term: `mali`, `jihad*`, `=GAO`, `^pâté`, and what may be wrong with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import Field, Near, Term
from pipeline.text import Token, tokenise


class Exactness(StrEnum):
    """What a term's mark asks of the words as written."""

    FOLDED = ""  # nothing: case and accents make no difference
    CASE = "="  # the very letters: case and accents
    ACCENTS = "^"  # the accents; case makes no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A word or phrase, read: its folded `words`, and the `written` ones where a mark asks.

    With `prefix`, the last word takes any ending. Equal patterns find the same places in any text.
    """

    words: tuple[str, ...]
    exactness: Exactness = Exactness.FOLDED
    written: tuple[str, ...] = ()
    prefix: bool = False

    def spellings(self) -> Iterator[str]:
        """Give each spelling to look for in a folded stream, starting at the space before it.

        More than one only in Arabic, whose prepositions, conjunctions and article are written
        together with the word that follows; a mark asks for the word as written, without them.
        """
        first, *rest = self.words
        ending = "" if self.prefix else " "
        plain = self.exactness is Exactness.FOLDED
        for variant in _with_particles(first) if plain and _ARABIC.match(first) else (first,):
            yield " " + " ".join((variant, *rest)) + ending

    def is_written(self, words: Sequence[str]) -> bool:
        """Say whether words found by their folded form are also written as the mark asks.

        `words` are in the form that `Token.exact` (for `=`) or `Token.accented` (for `^`) has.
        """
        *whole, last = self.written
        if list(words[:-1]) != whole:
            return False
        return words[-1].startswith(last) if self.prefix else words[-1] == last


def parse_pattern(text: str) -> Pattern:
    """Read a word or phrase with its marks.

    Raises ValueError with a sentence that says what is wrong and what to write instead.
    """
    rest = text.strip()
    if not rest:
        raise ValueError("the term is empty: write a word or a phrase, or remove it")
    if rest.startswith("@"):
        raise ValueError(
            f"“{rest}” names a vocabulary where a word or phrase is expected:"
            " vocabularies stand alone in a conflict's lists, without conditions"
        )
    exactness = Exactness(rest[0]) if rest[0] in "=^" else Exactness.FOLDED
    body = rest[len(exactness) :].strip()
    if exactness and body[:1] in ("=", "^"):
        raise ValueError(
            f"“{rest}” has two marks: keep “=” (exact case and accents) or “^” (exact accents only)"
        )
    prefix = body.endswith("*")
    body = body[:-1] if prefix else body
    words = tokenise(body)
    fault = _fault_in(rest, body, words, exactness=exactness, prefix=prefix)
    if fault is not None:
        raise ValueError(fault)
    return Pattern(
        words=tuple(word.folded for word in words),
        exactness=exactness,
        written=written(words, exactness),
        prefix=prefix,
    )


def written(words: Sequence[Token], exactness: Exactness) -> tuple[str, ...]:
    """Give words in the form in which a mark compares them; nothing where there is no mark."""
    match exactness:
        case Exactness.CASE:
            return tuple(word.exact for word in words)
        case Exactness.ACCENTS:
            return tuple(word.accented for word in words)
        case _:
            return ()


def check_term(term: Term) -> str | None:
    """Say in one sentence what is wrong with a term or its conditions; None when it can be used."""
    try:
        parse_pattern(term.text)
        for name, words in _conditions(term):
            _check_words(name, words)
    except ValueError as fault:
        return str(fault)
    for name, near in (("near", term.near), ("unless_near", term.unless_near)):
        if near is not None and near.within < 1:
            return f"“within” is {near.within}: give the distance for “{name}” in words, at least 1"
    for field in term.fields:
        if field not in _FIELDS:
            return f"there is no field “{field}”: write {', '.join(_FIELDS[:-1])} or {_FIELDS[-1]}"
    for language in term.languages:
        if not _LANGUAGE.fullmatch(language):
            return f"“{language}” is not a language code: write for example fr, ar or pt-BR"
    return None


def _conditions(term: Term) -> Iterator[tuple[str, tuple[str, ...]]]:
    if term.near is not None:
        yield "near", _words_of(term.near)
    if term.unless_near is not None:
        yield "unless_near", _words_of(term.unless_near)
    if term.all:
        yield "all", term.all


def _words_of(near: Near) -> tuple[str, ...]:
    return near.words


def _check_words(name: str, words: tuple[str, ...]) -> None:
    if not words:
        raise ValueError(f"“{name}” lists no words: give at least one, or remove the condition")
    for word in words:
        try:
            parse_pattern(word)
        except ValueError as fault:
            raise ValueError(f"in “{name}”: {fault}") from None


def _fault_in(
    rest: str, body: str, words: Sequence[Token], *, exactness: Exactness, prefix: bool
) -> str | None:
    if "*" in body:
        return f"“{rest}” has a “*” that is not its last character: only endings can be left open"
    if not words:
        if prefix:
            return f"“{rest}” would match every word: put the beginning of a word before the “*”"
        if exactness:
            return (
                f"“{rest}” is a mark without a word: write the word right after the “{exactness}”"
            )
        return f"“{rest}” holds no letters or digits, so it can never match: write a word"
    if prefix and words[-1].end != len(body):
        return (
            f"“{rest}” has its “*” apart from the last word: attach it, as in “{words[-1].exact}*”"
        )
    return None


def _with_particles(word: str) -> Iterator[str]:
    """Give an Arabic word alone and with what may be written before it, as one word.

    A conjunction (and, so), then a preposition (in, for, like), then the article, each optional;
    the preposition *li* swallows the article's first letter.
    """
    article, bare = ("ال", word[2:]) if word.startswith("ال") else ("", word)
    for conjunction in ("", "و", "ف"):
        for preposition in ("", "ب", "ك"):
            yield conjunction + preposition + word
            if not article:
                yield conjunction + preposition + "ال" + word
        yield conjunction + "لل" + bare
        if not article:
            yield conjunction + "ل" + word


_FIELDS = tuple(field.value for field in Field)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")

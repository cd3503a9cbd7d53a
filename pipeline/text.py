"""Folding: what is left of a text when only the words count, with the way back to what is shown.

Two texts that read alike fold alike: Unicode compatibility forms (NFKC), case, accents, curly
quotes, no-break spaces, hyphens and the possessive `'s` make no difference, and soft hyphens do not
split a word. What is neither letter nor digit separates words, apostrophes too: `l'armée` is two
words. Arabic loses its vowel signs and letter variants. Han and hiragana are words by character,
katakana by run, so that `マリ` (Mali) is not found in `ソマリア` (Somalia).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_Span = tuple[int, int]


def fold_key(text: str) -> str:
    """Fold a headline to the key that equal headlines share: its words, single-spaced.

    Empty when the text holds no letter and no digit.
    """
    return Folded(text).stream.strip()


def fold_keys(texts: Sequence[str]) -> list[str]:
    """Fold several texts, each as `fold_key` does, most of them in a few steps over all at once.

    For plain texts: no two spaces stand side by side in them.
    """
    joined = "\n".join(texts)
    if len(texts) > 1 and joined.count("\n") == len(texts) - 1:
        lines = _fold_lines(joined)
        if lines is not None:
            return lines
    return [fold_key(text) for text in texts]


def repeats(summary: str, headline: str, publisher: str) -> bool:
    """Tell whether a summary says no more than its headline, or that and the publisher's name.

    All three are given as `fold_key` folds them. A summary that breaks off within the headline says
    no more either; one that has words of its own does.
    """
    if not summary or not headline:
        return False
    named = {f"{headline} {publisher}", f"{publisher} {headline}"} if publisher else ()
    return headline.startswith(summary) or summary in named


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word: `folded` for comparing, `exact` as written (NFKC, invisible characters removed).

    `start` and `end` are code points of the text it came from.
    """

    folded: str
    exact: str
    start: int
    end: int

    @property
    def accented(self) -> str:
        """The word with its accents, without its case."""
        return self.exact.casefold()


def tokenise(text: str) -> tuple[Token, ...]:
    """Split a text into its words, each with its place in the text as shown."""
    folded = Folded(text)
    tokens = []
    for number, word in enumerate(folded.stream.split()):
        start, end = folded.span(number, number + 1)
        tokens.append(Token(folded=word, exact=exact_form(text[start:end]), start=start, end=end))
    return tuple(tokens)


def exact_form(text: str) -> str:
    """Reduce a word as shown to what `=TERM` compares: NFKC without invisible characters."""
    if text.isascii():
        return text
    settled = unicodedata.normalize("NFKC", text)
    return "".join(c for c in settled if unicodedata.category(c) != "Cf")


class Folded:
    """A folded text: `stream` holds its words between single spaces, one also at either end.

    So `" mali " in stream` asks for a whole word, and `" mal"` for the beginning of one. The way
    back to the text as shown (`spans`) is worked out on demand: most texts match nothing.
    """

    __slots__ = ("_flat", "_places", "_words", "stream", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._words: list[_Span] | None = None
        self._places: Sequence[_Span] | None = None
        plain = text if text.isascii() else _straighten(text)
        if plain.isascii():
            flat = plain.encode().translate(_ASCII).decode()
            self._places = _IN_PLACE
        elif _composes(plain):
            flat, self._places = _fold_clusters(plain)
        else:
            flat = _fold_latin(plain) or plain.translate(_FOLD)
        if "'" in flat:
            # As many spaces as characters replaced, so that the way back stays valid.
            flat = _POSSESSIVE.sub("  ", flat).replace("'", " ")
        self._flat = flat
        self.stream = _spaced(flat) if flat.isascii() else f" {' '.join(_WORD.findall(flat))} "

    def span(self, first: int, after: int) -> tuple[int, int]:
        """Where the words from number `first` up to `after` stand in the text as shown.

        Given as (start, end) in code points; `after` is not included and must be more than `first`.
        """
        if self._words is None:
            word = _PLAIN_WORD if self._flat.isascii() else _WORD
            self._words = [found.span() for found in word.finditer(self._flat)]
        if self._places is None:
            self._places = _places(_straighten(self.text))
        start, end = self._words[first][0], self._words[after - 1][1]
        if self._places is _IN_PLACE:
            return start, end
        return self._places[start][0], self._with_marks(self._places[end - 1][1])

    def _with_marks(self, end: int) -> int:
        """Move a word's end past marks that were folded away: they belong to its last letter."""
        while end < len(self.text) and unicodedata.category(self.text[end])[0] == "M":
            end += 1
        return end


def _spaced(flat: str) -> str:
    """The words of a folded ASCII text between single spaces, one also at either end."""
    stream = f" {flat} "
    while "  " in stream:
        stream = stream.replace("  ", " ")
    return stream if len(stream) > 1 else "  "


def _fold_lines(text: str) -> list[str] | None:
    """The keys of the lines of a text that folds to ASCII; None for any other.

    What folds to a space becomes `_GAP` first: to look for two spaces side by side takes as long as
    all the rest.
    """
    if not text.isascii():
        written = text.encode("utf-8", "surrogatepass").translate(None, _ALL_ASCII)
        for letter in set(written.decode("utf-8", "surrogatepass")):
            fold = _ALONE[letter]
            if fold is None:
                return None
            text = text.replace(letter, fold)
    flat = text.encode().translate(_ASCII_LINES).decode()
    if "'" in flat:
        flat = _POSSESSIVE.sub(_GAP, flat).replace("'", _GAP)
    if _GAP in flat:
        pieces = [piece.strip(" ") for piece in flat.split(_GAP)]
        flat = " ".join(filter(None, pieces))
    return [line.strip(" ") for line in flat.split("\n")]


class _AloneTable(dict[str, str | None]):
    """What each character beyond ASCII folds to, if it does so whatever stands beside it, and to
    ASCII; else None."""

    def __missing__(self, letter: str) -> str | None:
        fold = _FOLD[ord(letter)]
        is_alone = fold and fold.isascii() and unicodedata.category(letter)[0] != "M"
        found = fold.replace(" ", _GAP) if is_alone else None
        if ord(letter) < 0x10000:
            self[letter] = found
        return found


def _fold_latin(text: str) -> str | None:
    """Fold a text in which letters beyond ASCII are few and fold to ASCII; None for any other."""
    for letter in set(_BEYOND_ASCII.findall(text)):
        fold = _FOLD[ord(letter)]
        if not fold.isascii():
            return None
        text = text.replace(letter, fold)
    return text.encode().translate(_ASCII).decode()


def _places(text: str) -> Sequence[_Span]:
    """Note where each character of the folded text comes from, or that all stayed in place."""
    lengths = list(map(len, map(_FOLD.__getitem__, map(ord, text))))
    if lengths.count(1) == len(lengths):
        return _IN_PLACE
    return [(i, i + 1) for i, length in enumerate(lengths) for _ in range(length)]


def _straighten(text: str) -> str:
    """Replace the usual typography one for one: most texts are plain ASCII after that, and fast."""
    for curly, plain in _TYPOGRAPHY:
        text = text.replace(curly, plain)
    return text


def _composes(text: str) -> bool:
    """Say whether characters must be joined first (decomposed Hangul, half-width kana)."""
    return not unicodedata.is_normalized("NFC", text) or "\uff9e" in text or "\uff9f" in text


def _fold_clusters(text: str) -> tuple[str, list[_Span]]:
    """Fold a text whose characters compose, noting where each folded one came from."""
    folded: list[str] = []
    places: list[_Span] = []
    for start, end in _clusters(text):
        joined = unicodedata.normalize("NFKC", text[start:end])
        fold = joined.translate(_FOLD)
        folded.append(fold)
        places.extend([(start, end)] * len(fold))
    return "".join(folded), places


def _clusters(text: str) -> Iterator[_Span]:
    """Cut a text where normalising the pieces gives the same as normalising the whole."""
    start = 0
    joined = ""
    for i, c in enumerate(text):
        alone = unicodedata.normalize("NFKC", c)
        longer = unicodedata.normalize("NFKC", joined + c)
        apart = longer == joined + alone and not unicodedata.combining(c)
        # Unicode's own bound for marks on one letter; without it a hostile text costs n² time.
        if i > start and (apart or i - start > 30):
            yield start, i
            start, longer = i, alone
        joined = longer
    yield start, len(text)


class _FoldTable(dict[int, str]):
    """What each code point folds to, worked out when first met: the mapping for `str.translate`."""

    def __missing__(self, code: int) -> str:
        fold = _fold_character(chr(code))
        if code < 0x10000:  # a hostile text may hold all of Unicode; keep what people write
            self[code] = fold
        return fold


def _fold_character(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        return ""
    cased = unicodedata.normalize("NFKC", character).casefold()
    letters = [
        _LETTERS.get(c, c)
        for c in unicodedata.normalize("NFKD", cased)
        if not _DROPPED_MARK.match(c)
    ]
    return "".join(_word_character(c) for c in unicodedata.normalize("NFC", "".join(letters)))


def _word_character(c: str) -> str:
    if c in _APOSTROPHES:
        return "'"
    if c.isdecimal():
        return str(unicodedata.decimal(c))
    return c if c.isalnum() or unicodedata.category(c)[0] == "M" else " "


_APOSTROPHES = frozenset(
    "'`\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2032\u05f3"
)
_TYPOGRAPHY = (
    ("\u2019", "'"),
    ("\u2018", "'"),
    ("\u201c", " "),
    ("\u201d", " "),
    ("\u00ab", " "),
    ("\u00bb", " "),
    ("\u2013", " "),
    ("\u2014", " "),
    ("\u2026", " "),
    ("\u00a0", " "),
    ("\u202f", " "),
)
_IN_PLACE: tuple[_Span, ...] = ()  # stands for: every character folds to one character
# Letters that no normalisation takes apart: Latin of Europe and West Africa, and Arabic variants.
_LETTERS = {
    **dict(zip("øłđðħıŋɓɗƙƴɛɔɲ", "olddhinbdkyeon", strict=True)),
    **{"æ": "ae", "œ": "oe", "þ": "th"},
    **dict(zip("ٱىیکةے", "اييكهي", strict=True)),
}
# Accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs and tatweel, and variation
# selectors. Marks of other scripts (Devanagari, Thai, kana) are part of the spelling and stay.
_DROPPED_MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f]"
)
_IDEOGRAPHIC = "\u3005\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_WORD = re.compile(f"[{_IDEOGRAPHIC}]|[{_KATAKANA}]+|[^ {_IDEOGRAPHIC}{_KATAKANA}]+")
_PLAIN_WORD = re.compile("[^ ]+")
_GAP = "\1"
_POSSESSIVE = re.compile("'s(?![^ '\n\1])")
_FOLD = _FoldTable({ord(c): "'" for c in (*_APOSTROPHES, "\u00b4")})
_ASCII = b"".join(_FOLD[code % 128].encode() for code in range(256))
_ALL_ASCII = bytes(range(128))
# Spaces stay what they are, and so do the ends of lines.
_ASCII_LINES = bytes(
    code if chr(code) in " \n" else ord(_GAP) if fold == ord(" ") else fold
    for code, fold in enumerate(_ASCII)
)
_ALONE = _AloneTable()
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")

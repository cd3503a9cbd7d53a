"""Sentences that can be written as HTML or as plain text, from one source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from pipeline.stages.render.languages import UNDETERMINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a sentence: its text, where it links, and its language where that differs."""

    text: str
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph in one language."""

    fragments: tuple[Fragment, ...]
    language: str = "en"
    right_to_left: bool = False


def sentence(*pieces: str | Fragment) -> Paragraph:
    """Build a paragraph of our own words around fragments."""
    return Paragraph(
        fragments=tuple(
            Fragment(text=piece) if isinstance(piece, str) else piece for piece in pieces
        )
    )


def listed(fragments: Sequence[Fragment]) -> list[str | Fragment]:
    """Join fragments the way a sentence lists them: `a, b and c`."""
    pieces: list[str | Fragment] = []
    for index, fragment in enumerate(fragments):
        if index:
            pieces.append(" and " if index == len(fragments) - 1 else ", ")
        pieces.append(fragment)
    return pieces


# An entry is written in three formats and in several feeds.
@lru_cache(maxsize=2_000)
def as_html(paragraphs: tuple[Paragraph, ...]) -> str:
    """Write paragraphs as HTML that any sanitiser lets through: p, a, bdi with lang, dir, href."""
    return "\n".join(
        f'<p{_language(item.language)} dir="{"rtl" if item.right_to_left else "ltr"}">'
        + "".join(map(_fragment_html, item.fragments))
        + "</p>"
        for item in paragraphs
    )


@lru_cache(maxsize=2_000)
def as_text(paragraphs: tuple[Paragraph, ...]) -> str:
    """Write paragraphs as plain text, with each link's address in brackets after its words."""
    return "\n\n".join("".join(map(_fragment_text, item.fragments)) for item in paragraphs)


def as_words(paragraph: Paragraph) -> str:
    """Write one paragraph as plain text without its addresses."""
    return "".join(fragment.text for fragment in paragraph.fragments)


def _fragment_html(fragment: Fragment) -> str:
    words = escape(fragment.text, quote=False)
    if fragment.language is not None:
        words = f"<bdi{_language(fragment.language)}>{words}</bdi>"
    if fragment.url is not None:
        words = f'<a href="{escape(fragment.url)}">{words}</a>'
    return words


def _fragment_text(fragment: Fragment) -> str:
    return fragment.text if fragment.url is None else f"{fragment.text} <{fragment.url}>"


def _language(tag: str) -> str:
    return "" if tag == UNDETERMINED else f' lang="{escape(tag)}"'

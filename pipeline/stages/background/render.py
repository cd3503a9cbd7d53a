"""A background as HTML that is safe to put into a page: the only room that reads Markdown.

Two walls, one behind the other: HTML in the Markdown is shown as text, never passed through, and
what the renderer makes is cut down to an explicit list of elements.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.model import Background, Section, SectionKind

# Pictures are off: a background keeps captions, and a picture would tell another site who reads.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")

# The page owns h1 and h2 (title, section heading); below a section there are two more levels.
_HEADING_TAGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}

_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "a"),
        *("ul", "ol", "li", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={"*": set(), "a": {"href"}, "p": {"id"}, "li": {"id"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    # Of relative addresses only links within the page: others break wherever the text is reused.
    url_relative=lambda url: url if url.startswith("#") else None,
    link_rel="noopener noreferrer",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSection:
    """One section ready for a page: `heading` is plain text ("" for none), `html` is sanitised.

    `anchor` is an id unique within the background; it stays the same while the section's kind
    (or, for a section of no known kind, its heading) does.
    """

    kind: SectionKind
    heading: str
    anchor: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph, item of a list or row of a table as plain text.

    `section` is the position of its section in the background; `anchor` the id it has on the page,
    "" for a row of a table.
    """

    section: int
    anchor: str
    text: str


_INNER = frozenset({"list_item_open", "tr_open"})
_HOLDERS = _INNER | {"paragraph_open"}


def render_sections(background: Background) -> tuple[RenderedSection, ...]:
    """Render every section that has text, in order.

    Left out are Latest News (the page fills that place from the digest) and empty sections. Each
    top-level paragraph and item of a list carries an id made from its text, `p-` and eight hex
    digits, so that a link to a paragraph holds until that paragraph is edited.
    """
    return tuple(each.shown() for each in _read(background))


def paragraphs(background: Background) -> tuple[Paragraph, ...]:
    """Give the text of every paragraph, item of a list and row of a table, in order.

    Headings, code and the section of Latest News are left out.
    """
    return tuple(each for section in _read(background) for each in section.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A section as the Markdown parser read it, its paragraphs named."""

    section: Section
    anchor: str
    tokens: Sequence[Token]
    paragraphs: tuple[Paragraph, ...]

    def shown(self) -> RenderedSection:
        html = _MARKDOWN.renderer.render(self.tokens, _MARKDOWN.options, {})
        # nh3 writes U+00A0 as an entity XML does not know; "&nbsp;" as text is "&amp;nbsp;".
        return RenderedSection(
            kind=self.section.kind,
            heading=self.section.heading,
            anchor=self.anchor,
            html=_CLEANER.clean(html).replace("&nbsp;", "\u00a0").strip("\n"),
        )


def _read(background: Background) -> list[_Read]:
    shown = [
        (position, section)
        for position, section in enumerate(background.sections)
        if section.kind is not SectionKind.LATEST_NEWS and section.markdown.strip()
    ]
    taken = {SectionKind.LATEST_NEWS.value}
    anchors = [_unique(_anchor(section), taken) for _, section in shown]
    found = []
    for (position, section), anchor in zip(shown, anchors, strict=True):
        # A lone surrogate cannot be encoded, so no page could carry it: shown as U+FFFD.
        sound = section.markdown.encode("utf-8", "replace").decode("utf-8")
        tokens = _MARKDOWN.parse(sound, {})
        named = tuple(
            Paragraph(section=position, anchor=name, text=text)
            for name, text in _name_paragraphs(tokens, taken)
        )
        found.append(_Read(section=section, anchor=anchor, tokens=tokens, paragraphs=named))
    return found


def _name_paragraphs(tokens: Sequence[Token], taken: set[str]) -> Iterator[tuple[str, str]]:
    """Give paragraphs, items and rows their ids in place; yield (id or "", text)."""
    holder: Token | None = None
    cells: list[str] = []
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = _HEADING_TAGS[token.tag]
        if token.type in _HOLDERS and (token.level == 0 or token.type in _INNER):
            holder, cells = token, []
        elif token.type == "tr_close":
            holder = None
            yield "", " · ".join(filter(None, cells))
        elif token.type == "inline" and holder is not None:
            if holder.type == "tr_open":
                cells.append(_plain(token.children or []))
                continue
            name = _unique(_paragraph_id(token.children or []), taken)
            holder.attrSet("id", name)
            yield name, _plain(token.children or [])
            holder = None


def _plain(inline: Sequence[Token]) -> str:
    text = "".join(
        " " if token.type in ("softbreak", "hardbreak") else token.content for token in inline
    )
    return " ".join(text.split())


def _anchor(section: Section) -> str:
    if section.kind is not SectionKind.OTHER:
        return section.kind.value
    words = "".join(
        character if character.isalnum() else " "
        for character in unicodedata.normalize("NFKD", section.heading)
        if not unicodedata.combining(character)
    )
    return "-".join(words.casefold().split()) or "section"


def _paragraph_id(inline: Sequence[Token]) -> str:
    text = " ".join(token.content for token in inline if token.content)
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return "p-" + hashlib.sha256(folded.encode()).hexdigest()[:8]


def _unique(wished: str, taken: set[str]) -> str:
    """Take the wished id, with the lowest free number behind it where it is taken already."""
    found, number = wished, 1
    while found in taken:
        number += 1
        found = f"{wished}-{number}"
    taken.add(found)
    return found

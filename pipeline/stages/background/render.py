"""A background as HTML that is safe to put into a page: the only room that reads Markdown.

Two walls, one behind the other: HTML in the Markdown is shown as text, never passed through, and
what the renderer makes is cut down to an explicit list of elements.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
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
    attributes={"*": set(), "a": {"href"}, "p": {"id"}, "ol": {"start"}},
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


def render_sections(background: Background) -> tuple[RenderedSection, ...]:
    """Render every section that has text, in order.

    Left out are Latest News (the page fills that place from the digest) and empty sections. Each
    top-level paragraph carries an id made from its text, `p-` and eight hex digits, so that a link
    to a paragraph holds until that paragraph is edited.
    """
    shown = [
        section
        for section in background.sections
        if section.kind is not SectionKind.LATEST_NEWS and section.markdown.strip()
    ]
    taken = {SectionKind.LATEST_NEWS.value}
    anchors = [_unique(_anchor(section), taken) for section in shown]
    return tuple(
        RenderedSection(
            kind=section.kind,
            heading=section.heading,
            anchor=anchor,
            html=_render(section.markdown, taken),
        )
        for section, anchor in zip(shown, anchors, strict=True)
    )


def _render(markdown: str, taken: set[str]) -> str:
    # A lone surrogate cannot be encoded, so no page could carry it: shown as U+FFFD.
    sound = markdown.encode("utf-8", "replace").decode("utf-8")
    env: dict[str, object] = {}
    tokens = _MARKDOWN.parse(sound, env)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in ("heading_open", "heading_close"):
            token.tag = _HEADING_TAGS[token.tag]
        elif token.type == "paragraph_open" and token.level == 0 and following is not None:
            token.attrSet("id", _unique(_paragraph_id(following.children or []), taken))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)
    # nh3 writes U+00A0 as an entity XML does not know; a literal "&nbsp;" would be "&amp;nbsp;".
    return _CLEANER.clean(html).replace("&nbsp;", "\u00a0").strip("\n")


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

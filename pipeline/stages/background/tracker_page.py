"""A published tracker page, saved as plain text, read into a Background.

Such a page holds, from the top: the site's name and blurb, the title, the date of the last update,
captions each with a credit below it, the background's paragraphs, after a wider gap a paragraph of
concerns without a heading, then sections with headings, the last of them Latest News, empty. Pages
differ, so any part but title and text may be missing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.errors import BackgroundError
from pipeline.model import Background, Caption, Section, SectionKind
from pipeline.stages.background.escape import escape
from pipeline.stages.background.page_blocks import (
    Block,
    cut_lines,
    gather_blocks,
    pieces,
    split_captions,
)
from pipeline.stages.background.page_lines import looks_like_heading, read_updated
from pipeline.stages.background.section_kinds import is_known, kind_of


def read_tracker_page(text: str) -> Background:
    """Read a tracker page from its plain text; every line of it stands somewhere in the result.

    `site` holds the lines above the title. Characters such as U+00A0, U+2019 and U+2014 stay as
    they are. Raises BackgroundError when the text is empty or no plain text, when the date of the
    update cannot be read, or when there is no title or nothing below it.
    """
    updated_on, title_at, lines = _take_date(cut_lines(text))
    if title_at is None:
        title_at = _find_title(lines)
    captions: list[Caption] = []
    blocks: list[Block] = []
    for block in gather_blocks(lines[title_at + 1 :]):
        found, rest = split_captions(block, is_first=not blocks and not captions)
        captions += found
        if rest.lines:
            blocks.append(rest)
    sections = _sections(blocks)
    if not any(section.markdown for section in sections):
        raise BackgroundError(
            "The page has a title but no text below it: save the whole page as plain text."
        )
    return Background(
        title=lines[title_at],
        sections=sections,
        captions=tuple(captions),
        updated_on=updated_on,
        site="\n".join(line for line in lines[:title_at] if line),
    )


def _take_date(lines: list[str]) -> tuple[date | None, int | None, list[str]]:
    """Take out the line that dates the page; returns its date, where the title is, other lines."""
    for index, line in enumerate(lines):
        found = read_updated(line)
        if found is None:
            continue
        above = [n for n in range(index) if lines[n]]
        is_dateline = bool(above) and _is_title(lines[above[-1]])
        title_at = above[-1] if is_dateline and not any(is_known(lines[n]) for n in above) else None
        rest = lines[index + 1 :]
        # Blank lines on both sides would add up to what looks like the break before the concerns.
        if rest and not rest[0] and lines[index - 1 : index] == [""]:
            rest = rest[1:]
        return found, title_at, lines[:index] + rest
    return None, None, lines


def _find_title(lines: Sequence[str]) -> int:
    """Find the title of a page whose date does not show it.

    It is the first line, unless that heads a block (a site's name and blurb) above a line that can
    only be the title.
    """
    filled = [n for n, line in enumerate(lines) if line]
    starts = [n for n in filled if n == 0 or not lines[n - 1]]
    if not filled or not _is_title(lines[filled[0]]):
        raise BackgroundError(
            "The page has no title: put it on a line of its own above the text and import again."
        )
    if len(starts) > 1 and starts[1] != filled[1]:
        second = starts[1]
        if _is_title(lines[second]) and lines[second + 1 : second + 2] == [""]:
            return second
    return filled[0]


def _is_title(line: str) -> bool:
    return looks_like_heading(line) and not is_known(line)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A section being filled."""

    kind: SectionKind
    heading: str = ""
    paragraphs: list[str] = field(default_factory=list)


def _sections(blocks: Sequence[Block]) -> tuple[Section, ...]:
    """Sort blocks under their headings; a wider gap once parts the concerns from the background."""
    drafts = [_Draft(kind=SectionKind.BACKGROUND)]
    usual = max(1, _usual_gap(blocks))
    concerns_open = not any(
        kind_of(line) is SectionKind.CONCERNS for block in blocks for line in block.lines
    )
    for block in blocks:
        current = drafts[-1]
        in_background = current.kind is SectionKind.BACKGROUND and bool(current.paragraphs)
        if concerns_open and in_background and block.gap > usual:
            drafts.append(_Draft(kind=SectionKind.CONCERNS))
            concerns_open = False
        for piece in pieces(block):
            if piece.is_heading:
                drafts.append(_Draft(kind=kind_of(piece.text), heading=piece.text))
            else:
                drafts[-1].paragraphs.append(escape(piece.text))
    return tuple(
        Section(kind=draft.kind, heading=draft.heading, markdown="\n\n".join(draft.paragraphs))
        for draft in drafts
        if draft.heading or draft.paragraphs
    )


def _usual_gap(blocks: Sequence[Block]) -> int:
    """Count the blank lines above most blocks; of two as frequent the smaller counts."""
    counted = Counter(block.gap for block in blocks)
    return min(counted, key=lambda gap: (-counted[gap], gap), default=1)

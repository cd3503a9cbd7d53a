"""A tracker page's plain text as lines and blocks, and the captions among them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import BackgroundError
from pipeline.model import Caption
from pipeline.stages.background.page_lines import is_credit, looks_like_heading, names_agency
from pipeline.stages.background.section_kinds import is_known

_NOT_TEXT = re.compile(r"\s*(?:<!doctype|<html|<\?xml|%PDF-|\{\\rtf)", re.IGNORECASE)
# What a wrong decoding leaves behind: zero bytes, U+FFFD, lone surrogates, C1 controls.
_MISREAD = re.compile("[\0\ufffd\ud800-\udfff\x80-\x84\x86-\x9f]")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
# Nobody wraps lines as wide as this: a longer line is a whole paragraph or its end.
_WRAP = 120
_SENTENCE_END = re.compile(r".*[.!?…][”’\"')\]]*", re.DOTALL)
_CAPTION_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that stand together, below `gap` blank lines."""

    gap: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A heading or a paragraph; a paragraph may hold line breaks."""

    text: str
    is_heading: bool


def cut_lines(text: str) -> list[str]:
    """Cut a page into lines without spaces at their edges; white space alone becomes "".

    Takes any line ends and a byte order mark. Raises BackgroundError when the page is empty, is no
    plain text, or was read in the wrong encoding.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise BackgroundError(
            "The page is empty: save the tracker page as plain text, then import."
        )
    if _NOT_TEXT.match(text):
        raise BackgroundError(
            "This is a web page or document, not plain text: "
            "copy the page's text into a .txt file in UTF-8 and import that."
        )
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if _MISREAD.search(line):
            raise BackgroundError(
                f"line {number}: some characters cannot be read: save the page as UTF-8 text."
            )
    return [_CONTROL.sub("", line).strip(" \t") if line.strip() else "" for line in lines]


def gather_blocks(lines: Sequence[str]) -> list[Block]:
    """Gather lines into blocks; a credit below a blank line still goes with the caption above."""
    blocks: list[Block] = []
    gap = 0
    for line in lines:
        if not line:
            gap += 1
            continue
        if blocks and (not gap or _credits(line, blocks[-1])):
            blocks[-1] = Block(gap=blocks[-1].gap, lines=(*blocks[-1].lines, line))
        else:
            blocks.append(Block(gap=gap, lines=(line,)))
        gap = 0
    return blocks


def split_captions(block: Block, *, is_first: bool) -> tuple[list[Caption], Block]:
    """Part a block's captions, each with its credit, from what is left of the block.

    In the first block below the title, text may follow the last credit without a blank line, a
    caption may lack its credit (then "") or be wrapped. Elsewhere only a block of pairs counts.
    """
    lines = block.lines
    credits: list[int] = []
    for n in range(1, len(lines)):
        if is_credit(lines[n]) and n - 1 not in credits:
            credits.append(n)
    if not credits or not (is_first or credits == list(range(1, len(lines) + 1, 2))):
        return [], block
    captions: list[Caption] = []
    caption: list[str] = []
    for n in range(credits[-1] + 1):
        if n in credits:
            captions.append(Caption(text="\n".join(caption), credit=lines[n]))
            caption = []
            continue
        caption.append(lines[n])
        if n + 1 not in credits and _SENTENCE_END.fullmatch(lines[n]):
            captions.append(Caption(text="\n".join(caption), credit=""))
            caption = []
    return captions, Block(gap=block.gap, lines=lines[credits[-1] + 1 :])


def pieces(block: Block) -> Iterator[Piece]:
    """Take a block apart into headings and paragraphs, in order.

    Wrapped lines stay one paragraph. A heading stands alone, or above a paragraph written as one
    long line; the headings that tracker pages share are recognised on any line.
    """
    paragraph: list[str] = []
    for index, line in enumerate(block.lines):
        if is_known(line) or (index == 0 and _heads(block)):
            if paragraph:
                yield Piece(text="\n".join(paragraph), is_heading=False)
            paragraph = []
            yield Piece(text=line, is_heading=True)
            continue
        paragraph.append(line)
        if len(line) > _WRAP and _SENTENCE_END.fullmatch(line):
            yield Piece(text="\n".join(paragraph), is_heading=False)
            paragraph = []
    if paragraph:
        yield Piece(text="\n".join(paragraph), is_heading=False)


def _credits(line: str, above: Block) -> bool:
    caption = above.lines[-1]
    return (
        names_agency(line)
        and len(above.lines) == 1
        and len(caption) <= _CAPTION_LENGTH
        and not looks_like_heading(caption)
    )


def _heads(block: Block) -> bool:
    above_text = len(block.lines) == 1 or len(block.lines[1]) > _WRAP
    return above_text and looks_like_heading(block.lines[0])

"""Our own background file: front matter, then one `## Heading` a section.

A heading says its section's kind (`## Timeline`). Where it cannot, because the section has none or
another wording, the kind stands behind it: `## {#concerns}`, `## Why it matters {#concerns}`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.errors import BackgroundError
from pipeline.model import Background, Section, SectionKind
from pipeline.stages.background.front_matter import read_front_matter, write_front_matter
from pipeline.stages.background.section_kinds import kind_of

_FENCE = "---"
_HEADING = re.compile(r"##(?:[ \t].*)?")
_MARKED = re.compile(r"(.*?)[ \t]*\{#([^\s{}]+)\}")
_SPLITS_HERE = re.compile(r"^(?=##(?:[ \t]|$))", re.MULTILINE)


def read_markdown(text: str) -> Background:
    """Read a background file.

    Raises BackgroundError, with the line and what to do, when the front matter is missing, not
    closed or faulty, when a section names an unknown kind, or when there is no section at all.
    """
    lines = _unified(text.removeprefix("\ufeff")).split("\n")
    if lines[0].rstrip() != _FENCE:
        raise BackgroundError("line 1: a background file begins with “---”, its title and “---”")
    closing = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if closing is None:
        raise BackgroundError("line 1: the front matter is never closed: add a line “---” below it")
    background = read_front_matter(lines[1:closing])
    sections = tuple(_sections(lines, closing + 1))
    if not sections:
        raise BackgroundError(f"line {closing + 1}: no text follows: add a section “## Background”")
    return replace(background, sections=sections)


def to_markdown(background: Background) -> str:
    r"""Write a background as the file that `read_markdown` reads back to the same value.

    What has two spellings is written in one: line ends as `\n`, no blank lines around a section's
    text, headings on one line. A line that would begin a section by mistake is moved in by one
    space, which Markdown renders the same.
    """
    parts = [write_front_matter(background)]
    for section in background.sections:
        parts.append(f"\n{_written_heading(section)}\n")
        markdown = _without_blank_edges(_unified(section.markdown).split("\n"))
        if markdown:
            parts.append("\n" + _SPLITS_HERE.sub(" ", markdown) + "\n")
    return "".join(parts)


def _sections(lines: Sequence[str], start: int) -> Iterator[Section]:
    """Cut the lines from index `start` on at their headings; text above the first is background."""
    headings = [n for n in range(start, len(lines)) if _HEADING.fullmatch(lines[n])]
    opening = _without_blank_edges(lines[start : (headings or [len(lines)])[0]])
    if opening:
        yield Section(kind=SectionKind.BACKGROUND, heading="", markdown=opening)
    for at, end in zip(headings, [*headings[1:], len(lines)], strict=False):
        heading, kind = _read_heading(lines[at], at + 1)
        body = _without_blank_edges(lines[at + 1 : end])
        yield Section(kind=kind, heading=heading, markdown=body)


def _read_heading(text: str, line: int) -> tuple[str, SectionKind]:
    heading = text.removeprefix("##").strip(" \t")
    match = _MARKED.fullmatch(heading)
    if match is None:
        return heading, kind_of(heading)
    if match[2] not in set(SectionKind):
        raise BackgroundError(
            f"line {line}: unknown kind of section “{match[2]}”: "
            f"write one of {', '.join(SectionKind)} in the braces, or leave them out"
        )
    return match[1], SectionKind(match[2])


def _written_heading(section: Section) -> str:
    heading = re.sub(r"[\r\n]+", " ", section.heading).strip(" \t")
    says_its_kind = heading and kind_of(heading) is section.kind and not _MARKED.fullmatch(heading)
    marker = "" if says_its_kind else f"{{#{section.kind}}}"
    return " ".join(part for part in ("##", heading, marker) if part)


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_blank_edges(lines: Sequence[str]) -> str:
    filled = [n for n, line in enumerate(lines) if line.strip(" \t")]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""

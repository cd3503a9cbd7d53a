"""An article copied into Recent Developments as a bullet that cites it."""

import re
from dataclasses import replace
from urllib.parse import quote

from pipeline.model import Background, Section, SectionKind
from pipeline.stages.background.escape import escape

_ITEM = re.compile(r"[-*+][ \t]")
_HEADING = "Recent Developments"


def add_bullet(
    background: Background, *, day: str, headline: str, publisher: str, link: str | None
) -> tuple[Background, int]:
    """Add `- day: headline (publisher)` below Recent Developments, the publisher as the link.

    The section is added where there is none. Gives the background and the section's position.
    `link` is http(s) or None.
    """
    name = _line(publisher).replace("]", "\\]")
    # Whatever Markdown could take for the end of an address is written out.
    cited = f"[{name}](<{quote(link, safe=_IN_ADDRESS)}>)" if link else name
    bullet = f"- {day}: {_line(headline)} ({cited})"
    sections = list(background.sections)
    kinds = [section.kind for section in sections]
    if SectionKind.RECENT_DEVELOPMENTS not in kinds:
        kind = SectionKind.RECENT_DEVELOPMENTS
        sections.append(Section(kind=kind, heading=_HEADING, markdown=bullet))
        return replace(background, sections=tuple(sections)), len(sections) - 1
    at = kinds.index(SectionKind.RECENT_DEVELOPMENTS)
    before = sections[at].markdown.rstrip()
    # A list that ends the section goes on; after a paragraph a new one begins.
    goes_on = _ITEM.match(before.rpartition("\n")[2]) is not None
    gap = "\n" if goes_on else "\n\n"
    markdown = f"{before}{gap}{bullet}" if before else bullet
    sections[at] = replace(sections[at], markdown=markdown)
    return replace(background, sections=tuple(sections)), at


_IN_ADDRESS = "!#$%&'()*+,/:;=?@[]~"


def _line(text: str) -> str:
    return escape(" ".join(text.split()))

"""Which kind of section a heading announces."""

from pipeline.model import SectionKind

_KINDS = {
    "": SectionKind.BACKGROUND,
    "background": SectionKind.BACKGROUND,
    "concerns": SectionKind.CONCERNS,
    "recent developments": SectionKind.RECENT_DEVELOPMENTS,
    "key actors": SectionKind.KEY_ACTORS,
    "timeline": SectionKind.TIMELINE,
    "sources": SectionKind.SOURCES,
    "latest news": SectionKind.LATEST_NEWS,
}


def is_known(heading: str) -> bool:
    """Whether a line is one of the headings that tracker pages use, in any case, colon or not."""
    return bool(heading) and _folded(heading) in _KINDS


def kind_of(heading: str) -> SectionKind:
    """Name the kind of section under a heading; text without a heading is background."""
    return _KINDS.get(_folded(heading), SectionKind.OTHER)


def _folded(heading: str) -> str:
    return " ".join(heading.removesuffix(":").casefold().split())

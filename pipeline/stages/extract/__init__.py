"""Extract: the text of an article out of its page, for matching and never for publishing.

trafilatura does it where it is installed (the extra `fulltext`), Beautiful Soup otherwise. Pages
are hostile: read them in a worker process (`pipeline.isolate`).
"""

from pipeline.stages.extract.charset import decoded
from pipeline.stages.extract.signs import Lack, is_challenge, is_page, is_teaser
from pipeline.stages.extract.soup import text_by_soup
from pipeline.stages.extract.tidy import LONGEST_TEXT, Extracted, RawPage, tidy

__all__ = ["LONGEST_TEXT", "Extracted", "Lack", "RawPage", "extract_text", "text_by_soup"]

_LONGEST_MARKUP = 3_000_000
_SHORTEST_TEXT = 100  # shorter is a cookie notice or a plea to switch scripts on


def extract_text(page: RawPage) -> Extracted:
    """Give the plain text of a page's article, a line a paragraph, and what is lacking in it.

    Never raises for what a page contains, except MemoryError.
    """
    if not is_page(page.content_type, page.body):
        return Extracted(text="", lack=Lack.NOT_HTML)
    markup = decoded(page.body, page.charset)[:_LONGEST_MARKUP].replace("\0", "")
    text = tidy(_by_library(markup) or text_by_soup(markup))
    if is_challenge(markup, text):
        return Extracted(text="", lack=Lack.CHALLENGE)
    if len(text) < _SHORTEST_TEXT:
        return Extracted(text="", lack=Lack.NO_TEXT)
    return Extracted(text=text, lack=Lack.TEASER if is_teaser(markup, text) else None)


def _by_library(markup: str) -> str | None:
    """What trafilatura finds; None where it is not installed, finds nothing, or stumbles."""
    try:
        from trafilatura import extract
    except ImportError:
        return None
    try:
        return extract(markup, include_comments=False)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 whatever it lets out concerns one page, and there is another way
        return None

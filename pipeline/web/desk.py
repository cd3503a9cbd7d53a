"""The desk beside its queue: an article with everything about it."""

from collections.abc import Sequence
from itertools import pairwise

from fastapi import HTTPException, Request, Response

from pipeline import browse
from pipeline.model import Field, Revision
from pipeline.review import LONGEST_REASON
from pipeline.stages.render.languages import language_name
from pipeline.stages.word_diff import Piece, word_diff
from pipeline.web.pages import page
from pipeline.web.paragraphs import beside
from pipeline.web.rows import marked, passages, row, safe_link
from pipeline.web.security import Access, Page, tools, visit
from pipeline.web.verdicts import REASONS


def article(request: Request, article_id: int) -> Response:
    """Show one article: its text with the words that were found, its revisions, its verdicts."""
    found = browse.article(tools(request).database, article_id) if article_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such article; it may have been cleared away.")
    hits = [hit for match in found.matches for hit in match.hits]
    return page(
        request,
        "article.html",
        who=visit(request),
        found=found,
        article=found.article,
        language=language_name(found.article.language) if found.article.language else "",
        headline=marked(found.article.title, hits, Field.TITLE),
        summary=marked(found.article.summary, hits, Field.SUMMARY),
        passages=passages(found.page.body if found.page else "", hits),
        rows=[row(match) for match in found.matches],
        link=safe_link(found.article.url),
        beside=beside(request, found.article),
        changes=_changes(found.revisions),
        reasons=REASONS.values(),
        longest_reason=LONGEST_REASON,
    )


def _changes(revisions: Sequence[Revision]) -> dict[int, tuple[Sequence[Piece], Sequence[Piece]]]:
    """Compare each revision's headline and summary with those before, word by word."""
    return {
        after.number: (
            word_diff(before.title, after.title),
            word_diff(before.summary, after.summary),
        )
        for before, after in pairwise(revisions)
    }


PAGES = (
    Page(method="GET", path="/desk/articles/{article_id}", access=Access.EDITOR, answer=article),
)

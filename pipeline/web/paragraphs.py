"""The background beside an approved article: link, flag, copy as a bullet."""

from typing import Annotated

from fastapi import Form, HTTPException, Request, Response
from markupsafe import Markup

from pipeline import background, refresh
from pipeline.errors import BackgroundError
from pipeline.model import MarkKind, StoredArticle
from pipeline.refresh import Beside
from pipeline.stages.background import RenderedSection, render_sections
from pipeline.web.pages import go_to
from pipeline.web.rows import safe_link
from pipeline.web.security import Access, Page, moment, tools, visit

_GONE = "Nothing was changed: that paragraph was edited, or the article is approved no longer."


def beside(
    request: Request, article: StoredArticle
) -> list[tuple[Beside, list[tuple[RenderedSection, Markup]]]]:
    """Give the backgrounds to show beside an article, the best paragraph of each marked."""
    shown = []
    for found in refresh.beside(tools(request).database, article):
        best = found.suggested[0].paragraph.anchor if found.suggested else ""
        sections = [
            # The HTML comes out of a sanitiser, and an id holds letters and digits only.
            (each, Markup(each.html.replace(f'id="{best}"', f'id="{best}" class="best"')))  # noqa: S704
            for each in render_sections(found.background)
        ]
        shown.append((found, sections))
    return shown


def mark(
    request: Request,
    article_id: int,
    conflict: Annotated[str, Form()],
    paragraph: Annotated[str, Form(max_length=32)],
    kind: Annotated[MarkKind, Form()],
) -> Response:
    """Link a paragraph to the article or flag it outdated; again, take that back."""
    if article_id >= 2**63 or not refresh.mark(
        tools(request).database,
        conflict,
        paragraph,
        kind,
        article_id=article_id,
        editor=visit(request).editor.name,
        now=moment(request),
    ):
        raise HTTPException(409, _GONE)
    return go_to(request, f"/desk/articles/{article_id}#beside")


def bullet(request: Request, article_id: int, conflict: Annotated[str, Form()]) -> Response:
    """Copy the article into the editor's draft as a cited bullet, and open the editor there."""
    desk = tools(request)
    try:
        at = background.copy_bullet(
            desk.database,
            conflict,
            article_id,
            link_of=lambda article: safe_link(article.url),
            editor=visit(request).editor.name,
            now=moment(request),
        )
    except BackgroundError as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    return go_to(request, f"/desk/conflicts/{conflict}/background/edit#section-{at}")


_ARTICLE = "/desk/articles/{article_id}"
PAGES = (
    Page(method="POST", path=f"{_ARTICLE}/paragraph", access=Access.EDITOR, answer=mark),
    Page(method="POST", path=f"{_ARTICLE}/bullet", access=Access.EDITOR, answer=bullet),
)

"""Background: bring in, edit, show and look back on a conflict's curated page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from db import (
    Connection,
    Database,
    backgrounds,
    conflicts,
    drafts,
    editors,
    paragraph_marks,
    search,
)
from pipeline.errors import BackgroundError
from pipeline.model import (
    Background,
    BackgroundDraft,
    BackgroundRevision,
    MatchStatus,
    ParagraphMark,
    StoredArticle,
)
from pipeline.stages.background import add_bullet, paragraphs, read_markdown, read_tracker_page
from pipeline.stages.render.moments import long_day

LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What the editor of a background shows.

    `current` is None and `number` 0 where there is no background yet; `draft` is this editor's
    unsaved text, `others` are the editors who hold drafts of their own.
    """

    title: str
    current: Background | None
    number: int
    draft: BackgroundDraft | None
    others: tuple[str, ...]
    marks: tuple[ParagraphMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The text stands as revision `number`; with `changed` False it stood so already."""

    number: int
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Somebody saved meanwhile: nothing was overwritten, and the text is kept as a draft."""

    number: int


def import_page(
    database: Database, slug: str, text: str, *, author: str, now: datetime
) -> tuple[Background, int]:
    """Make a tracker page, as text or as Markdown with front matter, a conflict's background.

    What stood before stays in the history. Gives the background and its revision's number. Raises
    BackgroundError when the conflict is unknown or the text is not such a page.
    """
    reads = read_markdown if text.lstrip("\ufeff").startswith("---") else read_tracker_page
    background = reads(text)
    with database.transaction() as connection:
        _require(slug, {conflict.slug for conflict in conflicts.running(connection)})
        number = backgrounds.save(
            connection, slug, background, author=author, note="imported", now=now
        )
    return background, number


def current(database: Database, slug: str) -> Background | None:
    """Give a conflict's background as it stands, or None when it has none."""
    with database.reading() as connection:
        return backgrounds.current(connection, slug)


def history(database: Database, slug: str) -> tuple[BackgroundRevision, ...]:
    """List every saved state of a background, newest first; raises BackgroundError if unknown."""
    with database.reading() as connection:
        _require(slug, {conflict.slug for conflict in conflicts.running(connection)})
        return backgrounds.history(connection, slug)


def editing(database: Database, slug: str, *, editor: str) -> Editing | None:
    """Give what an editor needs to go on editing; None when there is no such conflict."""
    with database.reading() as connection:
        title = conflicts.titles(connection).get(slug)
        if title is None:
            return None
        return Editing(
            title=title,
            current=backgrounds.current(connection, slug),
            number=backgrounds.number(connection, slug),
            draft=drafts.find(connection, slug, editor),
            others=tuple(each for each in drafts.held_by(connection, slug) if each != editor),
            marks=paragraph_marks.standing(connection, slug),
        )


def keep_draft(
    database: Database, slug: str, background: Background, *, base: int, editor: str, now: datetime
) -> None:
    """Keep an editor's unsaved text; raises BackgroundError when the conflict is unknown."""
    with database.transaction() as connection:
        _require(slug, set(conflicts.titles(connection)))
        drafts.keep(connection, slug, background, editor=editor, base=base, now=now)


def copy_bullet(
    database: Database,
    slug: str,
    article_id: int,
    *,
    link_of: Callable[[StoredArticle], str | None],
    editor: str,
    now: datetime,
) -> int:
    """Copy an approved article as a cited bullet into an editor's draft of Recent Developments.

    Gives the section's position. The draft begins from the current text where there is none.
    `link_of` gives the address to cite, http(s) or None. Raises BackgroundError when the article is
    not approved for the conflict.
    """
    with database.transaction() as connection:
        _require(slug, set(conflicts.titles(connection)))
        approved = search.find(
            connection, ids=[article_id], conflict=slug, status=MatchStatus.APPROVED
        )
        if not approved:
            raise BackgroundError("the article is not approved for this conflict")
        article = approved[0]
        draft = drafts.find(connection, slug, editor)
        text = draft.background if draft else backgrounds.current(connection, slug)
        blank = Background(title=conflicts.titles(connection)[slug], sections=(), conflict=slug)
        cited, at = add_bullet(
            text or blank,
            day=long_day(article.published_at),
            headline=article.title,
            publisher=article.publisher,
            link=link_of(article),
        )
        base = draft.base if draft else backgrounds.number(connection, slug)
        drafts.keep(connection, slug, cited, editor=editor, base=base, now=now)
        return at


def discard_draft(database: Database, slug: str, *, editor: str) -> None:
    """Forget an editor's unsaved text."""
    with database.transaction() as connection:
        drafts.discard(connection, slug, editor)


def save(
    database: Database,
    slug: str,
    background: Background,
    *,
    base: int,
    editor: str,
    note: str,
    now: datetime,
) -> Saved | Stale:
    """Make an edited text the background, if nobody saved since revision `base`.

    The editor's draft is gone once it is saved, and kept where it is stale. Marks on paragraphs
    that were edited are cleared. Raises BackgroundError when the conflict is unknown, or the title,
    the note or every section is empty.
    """
    text = replace(background, conflict=slug)
    _require_whole(text, note)
    with database.transaction() as connection:
        _require(slug, set(conflicts.titles(connection)))
        number = backgrounds.number(connection, slug, lock=True)
        if number != base:
            drafts.keep(connection, slug, text, editor=editor, base=base, now=now)
            return Stale(number=number)
        if backgrounds.current(connection, slug) == text:
            drafts.discard(connection, slug, editor)
            return Saved(number=number, changed=False)
        return _saved(connection, slug, text, editor=editor, note=note, now=now)


def revert(
    database: Database, slug: str, to: int, *, base: int, editor: str, note: str, now: datetime
) -> Saved | Stale:
    """Make an earlier revision the background again, as a new revision.

    Nothing is reverted if somebody saved since revision `base`. Raises BackgroundError when the
    conflict or the revision is unknown.
    """
    with database.transaction() as connection:
        _require(slug, set(conflicts.titles(connection)))
        number = backgrounds.number(connection, slug, lock=True)
        if number != base:
            return Stale(number=number)
        wanted = {each.number: each for each in backgrounds.history(connection, slug)}.get(to)
        if wanted is None:
            raise BackgroundError(f"there is no revision {to} of this background")
        if wanted.background == backgrounds.current(connection, slug):
            return Saved(number=number, changed=False)
        reason = f"reverted to revision {to}" + (f": {note}" if note else "")
        return _saved(connection, slug, wanted.background, editor=editor, note=reason, now=now)


def _saved(
    connection: Connection,
    slug: str,
    background: Background,
    *,
    editor: str,
    note: str,
    now: datetime,
) -> Saved:
    new = backgrounds.save(connection, slug, background, author=editor, note=note, now=now)
    drafts.discard(connection, slug, editor)
    left = {each.anchor for each in paragraphs(background)}
    paragraph_marks.clear(
        connection,
        [
            mark.id
            for mark in paragraph_marks.standing(connection, slug)
            if mark.paragraph not in left
        ],
        now,
    )
    editors.audit(
        connection,
        actor=editor,
        action="background saved",
        subject=slug,
        now=now,
        detail={"revision": new, "note": note},
    )
    return Saved(number=new)


def _require_whole(background: Background, note: str) -> None:
    if not background.title:
        raise BackgroundError("a background needs a title")
    if not any(section.markdown.strip() for section in background.sections):
        raise BackgroundError("a background needs a section with text")
    if not note:
        raise BackgroundError("say in a few words what you changed and why: the note is empty")
    if len(note) > LONGEST_NOTE:
        raise BackgroundError(f"the note is longer than {LONGEST_NOTE} characters")


def _require(slug: str, known: set[str]) -> None:
    if slug not in known:
        raise BackgroundError(
            f"there is no conflict {slug!r} in sources.yaml; there are: {', '.join(sorted(known))}"
        )

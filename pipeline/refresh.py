"""Refresh: what of a background is out of date, and which approved articles bear on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db import Connection, Database, backgrounds, conflicts, paragraph_marks, search
from pipeline.model import (
    Background,
    BackgroundRevision,
    MarkKind,
    MatchStatus,
    ParagraphMark,
    SectionKind,
    StoredArticle,
)
from pipeline.stages.background import Paragraph, paragraphs
from pipeline.stages.relate import Passages
from pipeline.stages.stale import (
    MissingName,
    Passage,
    StaleKind,
    mark_stale,
    missing_names,
    sentences,
)

# The newest approved articles that are read to see what bears on a page.
MOST_ARTICLES = 500
NEWS_DAYS = 60
_MOST_BEARING = 4
_MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """An approved article that bears on a sentence, and the words they share."""

    article: StoredArticle
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleSentence:
    """A sentence to look at: where it stands, why it was marked, and what has come in since.

    `section` is the position of its section; `reasons` pairs each kind of mark with its words.
    """

    section: int
    anchor: str
    text: str
    reasons: tuple[tuple[StaleKind, str], ...]
    bearing: tuple[Bearing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What of one background needs an editor's look."""

    sentences: tuple[StaleSentence, ...]
    missing: tuple[MissingName, ...]
    marks: tuple[tuple[Paragraph, tuple[ParagraphMark, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFreshness:
    """One conflict in the list: None where it has no background."""

    slug: str
    title: str
    updated_on: date | None
    days: int | None
    stale: int
    approved_since: int
    outdated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A paragraph an article may bear on, by the words they share, and the marks between them."""

    paragraph: Paragraph
    shared: tuple[str, ...]
    marks: tuple[ParagraphMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A conflict's background beside one approved article; best paragraph first."""

    slug: str
    title: str
    background: Background
    suggested: tuple[Suggested, ...]


def freshness(database: Database, slug: str, text: Background, now: datetime) -> Freshness:
    """Look through a background (its current text, or a draft of it)."""
    with database.reading() as connection:
        return _freshness(connection, slug, text, now)


def overview(database: Database, now: datetime) -> tuple[ConflictFreshness, ...]:
    """Tell of every conflict how fresh its background is, in the order of sources.yaml."""
    with database.reading() as connection:
        return tuple(
            _overview(connection, slug, title, now)
            for slug, title in conflicts.titles(connection).items()
        )


def beside(database: Database, article: StoredArticle) -> tuple[Beside, ...]:
    """Give the backgrounds an article was approved for, with the paragraphs it may bear on."""
    found = []
    with database.reading() as connection:
        titles = conflicts.titles(connection)
        for match in article.matches:
            text = backgrounds.current(connection, match.conflict)
            if match.status is not MatchStatus.APPROVED or text is None:
                continue
            marks = paragraph_marks.standing(connection, match.conflict, article_id=article.id)
            found.append(
                Beside(
                    slug=match.conflict,
                    title=titles.get(match.conflict, match.conflict),
                    background=text,
                    suggested=_suggested(text, article, marks),
                )
            )
    return tuple(found)


def mark(
    database: Database,
    slug: str,
    paragraph: str,
    kind: MarkKind,
    *,
    article_id: int,
    editor: str,
    now: datetime,
) -> bool:
    """Link a paragraph to an article or flag it outdated; marked already, take the mark away.

    False when the background has no such paragraph any more, or the article is not approved.
    """
    with database.transaction() as connection:
        text = backgrounds.current(connection, slug)
        approved = search.find(
            connection, ids=[article_id], conflict=slug, status=MatchStatus.APPROVED
        )
        known = {each.anchor for each in paragraphs(text) if each.anchor} if text else set()
        if not approved or paragraph not in known:
            return False
        standing = [
            each.id
            for each in paragraph_marks.standing(connection, slug, article_id=article_id)
            if each.paragraph == paragraph and each.kind is kind
        ]
        if standing:
            paragraph_marks.clear(connection, standing, now)
        else:
            paragraph_marks.add(
                connection, slug, paragraph, kind, article_id=article_id, editor=editor, now=now
            )
        return True


def _freshness(connection: Connection, slug: str, text: Background, now: datetime) -> Freshness:
    told = [each for each in paragraphs(text) if each.text]
    approved = search.find(
        connection, conflict=slug, status=MatchStatus.APPROVED, limit=MOST_ARTICLES
    )
    return Freshness(
        sentences=_stale(told, backgrounds.history(connection, slug), approved, slug, now),
        missing=_missing(told, approved, now),
        marks=_marked(told, paragraph_marks.standing(connection, slug)),
    )


def _stale(
    told: Sequence[Paragraph],
    history: Sequence[BackgroundRevision],
    approved: Sequence[StoredArticle],
    slug: str,
    now: datetime,
) -> tuple[StaleSentence, ...]:
    """Gather the marks by sentence, each with the articles since that bear on it."""
    said = [(each, sentence) for each in told for sentence in _sentences(each)]
    written = _written_on([sentence for _, sentence in said], history, now)
    reasons: dict[int, list[tuple[StaleKind, str]]] = {}
    passages = [Passage(text=text, written_on=written[text]) for _, text in said]
    for found in mark_stale(passages, now.date()):
        reasons.setdefault(found.passage, []).append((found.kind, found.reason))
    marked = [said[number] for number in reasons]
    bearing: list[list[tuple[float, Bearing]]] = [[] for _ in marked]
    related = Passages([text for _, text in marked])
    for article in approved:
        for relation in related.related(_text(article), _hits(article, slug)):
            if article.ordered_at.date() >= written[marked[relation.passage][1]]:
                bears = Bearing(article=article, shared=relation.shared)
                bearing[relation.passage].append((relation.score, bears))
    return tuple(
        StaleSentence(
            section=paragraph.section,
            anchor=paragraph.anchor,
            text=text,
            reasons=tuple(why),
            bearing=tuple(each for _, each in sorted(bears, key=_score)[:_MOST_BEARING]),
        )
        for (paragraph, text), why, bears in zip(marked, reasons.values(), bearing, strict=True)
    )


def _score(scored: tuple[float, Bearing]) -> float:
    return -scored[0]


def _sentences(paragraph: Paragraph) -> list[str]:
    return [paragraph.text[start:end] for start, end in sentences(paragraph.text)]


def _written_on(
    said: Collection[str], history: Sequence[BackgroundRevision], now: datetime
) -> dict[str, date]:
    """Date each sentence: by the oldest revision that has held it ever since.

    That is the day the page states for itself, where it was brought in so; the day of saving where
    an editor changed the text and left the page's day as it was.
    """
    dated = dict.fromkeys(said, now.date())
    left = set(dated)
    for revision, older in zip(history, (*history[1:], None), strict=False):
        left &= {each for told in paragraphs(revision.background) for each in _sentences(told)}
        if not left:
            break
        saved, stated = revision.saved_at.date(), revision.background.updated_on
        kept = older is not None and older.background.updated_on == stated
        day = saved if kept or stated is None else min(stated, saved)
        for text in left:
            dated[text] = min(dated[text], day)
    return dated


def _missing(
    told: Sequence[Paragraph], approved: Sequence[StoredArticle], now: datetime
) -> tuple[MissingName, ...]:
    stories: dict[int, list[str]] = {}
    for article in approved:
        if article.ordered_at >= now - timedelta(days=NEWS_DAYS):
            texts = stories.setdefault(article.story_id or -article.id, [])
            texts += [article.title, article.summary]
    return missing_names("\n".join(each.text for each in told), list(stories.values()))


def _marked(
    told: Sequence[Paragraph], marks: Sequence[ParagraphMark]
) -> tuple[tuple[Paragraph, tuple[ParagraphMark, ...]], ...]:
    by_paragraph: Mapping[str, list[ParagraphMark]] = {each.anchor: [] for each in told}
    for each in marks:
        if each.paragraph in by_paragraph:
            by_paragraph[each.paragraph].append(each)
    return tuple(
        (each, tuple(by_paragraph[each.anchor])) for each in told if by_paragraph[each.anchor]
    )


def _overview(connection: Connection, slug: str, title: str, now: datetime) -> ConflictFreshness:
    text = backgrounds.current(connection, slug)
    if text is None:
        return ConflictFreshness(
            slug=slug, title=title, updated_on=None, days=None, stale=0, approved_since=0,
            outdated=0,
        )  # fmt: skip
    found = _freshness(connection, slug, text, now)
    approved = search.find(
        connection, conflict=slug, status=MatchStatus.APPROVED, limit=MOST_ARTICLES
    )
    day = text.updated_on
    return ConflictFreshness(
        slug=slug,
        title=title,
        updated_on=day,
        days=(now.date() - day).days if day else None,
        stale=len(found.sentences),
        approved_since=sum(day is None or each.ordered_at.date() >= day for each in approved),
        outdated=sum(
            any(mark.kind is MarkKind.OUTDATED for mark in marks) for _, marks in found.marks
        ),
    )


def _suggested(
    text: Background, article: StoredArticle, marks: Sequence[ParagraphMark]
) -> tuple[Suggested, ...]:
    """Rank the paragraphs, those already marked beside the article among them."""
    told = [
        each
        for each in paragraphs(text)
        if each.anchor and text.sections[each.section].kind is not SectionKind.SOURCES
    ]
    related = Passages([each.text for each in told]).related(
        _text(article), [hit.text for match in article.matches for hit in match.hits]
    )
    marked = {mark.paragraph for mark in marks}
    best = [(told[each.passage], each.shared) for each in related[:_MOST_SUGGESTED]]
    shown = {each.anchor for each, _ in best}
    best += [(each, ()) for each in told if each.anchor in marked - shown]
    return tuple(
        Suggested(
            paragraph=paragraph,
            shared=shared,
            marks=tuple(mark for mark in marks if mark.paragraph == paragraph.anchor),
        )
        for paragraph, shared in best
    )


def _text(article: StoredArticle) -> str:
    return f"{article.title}\n{article.summary}"


def _hits(article: StoredArticle, slug: str) -> list[str]:
    return [hit.text for match in article.matches if match.conflict == slug for hit in match.hits]

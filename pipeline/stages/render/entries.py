"""A digest entry as every format shows it: the same title, words, links and dates everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pipeline.model import Change, DigestEntry, Publication
from pipeline.stages.render.addresses import canonical_id, web_url
from pipeline.stages.render.languages import is_right_to_left_language, language_tag
from pipeline.stages.render.moments import long_moment
from pipeline.stages.render.plain import clean, excerpt, is_right_to_left, isolated, leaning_right
from pipeline.stages.render.wording import (
    Fragment,
    Paragraph,
    as_html,
    as_text,
    as_words,
    listed,
    sentence,
)
from pipeline.text import fold_key, repeats

_UNNAMED = "an unnamed publisher"
_CHANGES = {
    Change.REVISED: ("Updated on ", ": the publisher changed its report."),
    Change.HANDED_ON: ("Updated on ", ": another publisher\u2019s report leads now."),
    Change.RESTORED: ("Published again on ", ", after it had been withdrawn."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One publisher's article behind an entry. `url` is None where there is nothing to follow."""

    publisher: str
    title: str
    url: str | None
    language: str
    right_to_left: bool
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The publisher's feed an entry comes from; `id` is a canonical IRI."""

    id: str
    title: str
    url: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A conflict an entry stands under. `url` is its page."""

    slug: str
    title: str
    url: str


# So many are kept as written in each format: more than the feed of all conflicts holds.
ENTRIES_KEPT = 500


# Told apart by identity: `shown` gives one value for one entry, and what is written of it is kept.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownEntry:
    """One digest entry, ready to be written in any format.

    `headline` is the bare title, `title` the one subscribers see (a withdrawal or correction says
    so first). `changes` tells what was corrected or updated, in sentences; `correction` is the
    editor's note.
    `paragraphs` is the whole content; `reports` begins with the lead; `origin` is there for an
    entry with one publication. A withdrawn entry links to none of its reports.
    """

    uid: str
    headline: str
    title: str
    summary: str
    language: str
    right_to_left: bool
    page_url: str
    published_at: datetime
    updated_at: datetime
    reports: tuple[Report, ...]
    topics: tuple[Topic, ...]
    paragraphs: tuple[Paragraph, ...]
    hits: tuple[str, ...] = ()
    origin: Origin | None = None
    withdrawn: bool = False
    withdrawn_reason: str = ""
    changes: tuple[str, ...] = ()
    corrected_at: datetime | None = None
    correction: str = ""
    content_html: str | None = None
    content_text: str | None = None

    @property
    def lead(self) -> Report:
        """The report the entry is named after."""
        return self.reports[0]

    @property
    def others(self) -> tuple[Report, ...]:
        """The other publishers' reports of the same story."""
        return self.reports[1:]

    @property
    def html(self) -> str:
        """The content as HTML."""
        return as_html(self.paragraphs) if self.content_html is None else self.content_html

    @property
    def text(self) -> str:
        """The content as plain text."""
        return as_text(self.paragraphs) if self.content_text is None else self.content_text


# An entry is written in three formats, in several feeds, and again with each that follows it.
@lru_cache(maxsize=2_000)
def shown(entry: DigestEntry, base_url: str) -> ShownEntry:
    """Prepare an entry for writing: clean, excerpted, attributed, its addresses fit to follow."""
    withdrawn = entry.withdrawn_reason is not None
    language = language_tag(entry.language)
    headline = clean(entry.title) or "Untitled"
    right_to_left = is_right_to_left_language(language) or is_right_to_left(headline)
    reports = _reports(entry.publications, followable=not withdrawn)
    topics = tuple(
        Topic(slug=slug, title=clean(title) or slug, url=f"{site_root(base_url)}/conflicts/{slug}")
        for slug, title in entry.conflicts
    )
    reason = clean(entry.withdrawn_reason or "")
    if withdrawn:
        changes: tuple[str, ...] = ()
        told = _withdrawal(entry, reports, reason)
        summary = as_words(told[0])
    else:
        summary = excerpt(clean(entry.summary))
        if repeats(*map(fold_key, (summary, headline, reports[0].publisher))):
            summary = ""
        changes = tuple(_changes(entry))
        told = (*map(sentence, changes), *_telling(headline, summary, language, reports))
    return ShownEntry(
        uid=entry.uid,
        headline=headline,
        title=_title(entry, headline, right_to_left=right_to_left),
        summary=summary,
        language=language,
        right_to_left=right_to_left,
        page_url=web_url(entry.page_url) or entry.page_url,
        published_at=entry.published_at,
        updated_at=entry.updated_at,
        reports=reports,
        topics=topics,
        paragraphs=(*told, *_filed_under(topics)),
        hits=tuple(clean(hit) for hit in entry.hits),
        origin=None if withdrawn else _origin(entry.publications),
        withdrawn=withdrawn,
        withdrawn_reason=reason,
        changes=changes,
        corrected_at=entry.corrected_at,
        correction=clean(entry.correction),
        content_html=entry.content_html,
        content_text=entry.content_text,
    )


def site_root(base_url: str) -> str:
    """Give the site's address without a slash at the end, fit for a feed."""
    return (web_url(base_url) or base_url).rstrip("/")


def _title(entry: DigestEntry, headline: str, *, right_to_left: bool) -> str:
    if entry.withdrawn_reason is None and entry.corrected_at is None:
        return leaning_right(headline) if right_to_left else headline
    said = "Correction" if entry.withdrawn_reason is None else "Withdrawn"
    return f"{said}: {isolated(headline) if right_to_left else headline}"


def _changes(entry: DigestEntry) -> Iterator[str]:
    if entry.corrected_at is not None:
        note = clean(entry.correction)
        yield f"Corrected on {long_moment(entry.corrected_at)}{f': {note}' if note else '.'}"
    if entry.change in _CHANGES:
        before, after = _CHANGES[entry.change]
        yield f"{before}{long_moment(entry.updated_at)}{after}"


def _reports(publications: tuple[Publication, ...], *, followable: bool) -> tuple[Report, ...]:
    reports: dict[tuple[str, str | None], Report] = {}
    for publication in publications:
        language = language_tag(publication.language)
        title = clean(publication.title)
        report = Report(
            publisher=clean(publication.publisher) or _UNNAMED,
            title=title,
            url=web_url(publication.url) if followable else None,
            language=language,
            right_to_left=is_right_to_left_language(language) or is_right_to_left(title),
            published_at=publication.published_at,
        )
        reports.setdefault((report.publisher, report.url), report)
    return tuple(reports.values())


def _telling(
    headline: str, summary: str, language: str, reports: tuple[Report, ...]
) -> tuple[Paragraph, ...]:
    lead, others = reports[0], reports[1:]
    paragraphs = []
    if summary:
        right_to_left = is_right_to_left_language(language) or is_right_to_left(summary)
        paragraphs.append(
            Paragraph(
                fragments=(Fragment(text=summary),), language=language, right_to_left=right_to_left
            )
        )
    pieces: list[str | Fragment] = ["Reported by ", _name(lead)]
    if lead.title and lead.title.casefold() != headline.casefold():
        pieces += [" as \u201c", Fragment(text=lead.title, language=lead.language), "\u201d"]
    paragraphs.append(sentence(*pieces, f", {long_moment(lead.published_at)}."))
    if others:
        paragraphs.append(
            sentence("Also reported by ", *listed([_name(other) for other in others]), ".")
        )
    return tuple(paragraphs)


def _withdrawal(
    entry: DigestEntry, reports: tuple[Report, ...], reason: str
) -> tuple[Paragraph, ...]:
    why = f"Reason: {reason.rstrip('.')}." if reason else "No reason was given."
    return (
        sentence(f"This entry was withdrawn on {long_moment(entry.updated_at)}. {why}"),
        sentence(
            f"It was published here on {long_moment(entry.published_at)} and attributed to ",
            *listed([_name(report) for report in reports]),
            ". Please do not rely on it.",
        ),
    )


def _filed_under(topics: tuple[Topic, ...]) -> tuple[Paragraph, ...]:
    if not topics:
        return ()
    return (
        sentence("Filed under ", *listed([Fragment(text=t.title, url=t.url) for t in topics]), "."),
    )


def _name(report: Report) -> Fragment:
    return Fragment(text=report.publisher, url=report.url, language="und")


def _origin(publications: tuple[Publication, ...]) -> Origin | None:
    source = publications[0].source
    if len(publications) > 1 or source is None:
        return None
    identifier = canonical_id(source.id) or canonical_id(source.url)
    if identifier is None:
        return None
    return Origin(
        id=identifier,
        title=clean(source.title) or clean(publications[0].publisher) or _UNNAMED,
        url=web_url(source.url),
        updated_at=source.updated_at,
    )

"""An edition as every format shows it: the same sentences, headlines and links everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.model import Edition, EditionCorrection, EditionReport, EditionStory, Reading
from pipeline.stages.render.addresses import web_url
from pipeline.stages.render.entries import Report, site_root
from pipeline.stages.render.languages import is_right_to_left_language, language_tag
from pipeline.stages.render.moments import long_day, long_moment, weekday
from pipeline.stages.render.plain import clean, excerpt, is_right_to_left
from pipeline.text import fold_key, repeats

_LATE = timedelta(hours=1)
_WEEK = timedelta(days=6)
_MOST_DAYS = 7
_SUMMARY_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStory:
    """One story of an edition, ready to be written in any format; `reports` begins with the lead.

    A withdrawn story links to none of its reports.
    """

    headline: str
    summary: str
    language: str
    right_to_left: bool
    page_url: str
    reports: tuple[Report, ...]
    hits: tuple[str, ...]
    why: str
    pinned: bool
    withdrawn: bool
    withdrawn_reason: str

    @property
    def lead(self) -> Report:
        """The report the story is named after."""
        return self.reports[0]

    @property
    def others(self) -> tuple[Report, ...]:
        """The other publishers' reports of it."""
        return self.reports[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEdition:
    """An edition, ready to be written in any format.

    `sentences` say what it covers and, where it is empty or little was read, why. `foot` tells how
    it was made.
    """

    edition: Edition
    name: str
    conflict: str
    day: date
    page_url: str
    conflict_url: str
    previous_url: str | None
    published_at: datetime
    updated_at: datetime
    corrections: tuple[EditionCorrection, ...]
    sentences: tuple[str, ...]
    note: tuple[str, ...]
    stories: tuple[ShownStory, ...]
    further: tuple[ShownStory, ...]
    foot: str


def shown_edition(edition: Edition) -> ShownEdition:
    """Prepare an edition for writing: clean, excerpted, its addresses fit to follow."""
    base = site_root(edition.base_url)
    conflict_url = f"{base}/conflicts/{edition.conflict}"
    title = clean(edition.conflict_title) or edition.conflict
    previous = edition.previous_day
    return ShownEdition(
        edition=edition,
        name=f"{title}: {long_day(edition.day)}",
        conflict=title,
        day=edition.day,
        page_url=f"{conflict_url}/{edition.day.isoformat()}/",
        conflict_url=conflict_url,
        previous_url=f"{conflict_url}/{previous.isoformat()}/" if previous else None,
        published_at=edition.published_at,
        updated_at=edition.updated_at,
        corrections=tuple(
            EditionCorrection(at=each.at, note=clean(each.note)) for each in edition.corrections
        ),
        sentences=_sentences(edition),
        note=tuple(filter(None, map(clean, edition.note.splitlines()))),
        stories=tuple(_story(story, base) for story in edition.fresh),
        further=tuple(_story(story, base) for story in edition.further),
        foot=_foot(edition),
    )


def _story(story: EditionStory, base: str) -> ShownStory:
    withdrawn = story.withdrawn_reason is not None
    language = language_tag(story.language)
    headline = clean(story.title) or "Untitled"
    summary = "" if withdrawn else excerpt(clean(story.summary), _SUMMARY_LENGTH)
    reports = _reports(story.reports, followable=not withdrawn)
    if repeats(*map(fold_key, (summary, headline, reports[0].publisher))):
        summary = ""
    hits = {clean(hit) for report in story.reports for hit in report.hits}
    return ShownStory(
        headline=headline,
        summary=summary,
        language=language,
        right_to_left=is_right_to_left_language(language) or is_right_to_left(headline),
        page_url=f"{base}/news/{story.slug}/",
        reports=reports,
        hits=tuple(sorted(hits)),
        why=clean(story.why),
        pinned=story.pinned,
        withdrawn=withdrawn,
        withdrawn_reason=clean(story.withdrawn_reason or ""),
    )


def _reports(reports: Sequence[EditionReport], *, followable: bool) -> tuple[Report, ...]:
    found: dict[tuple[str, str | None], Report] = {}
    for each in reports:
        language = language_tag(each.language)
        title = clean(each.title)
        report = Report(
            publisher=clean(each.publisher) or "an unnamed publisher",
            title=title,
            url=web_url(each.url) if followable else None,
            language=language,
            right_to_left=is_right_to_left_language(language) or is_right_to_left(title),
            published_at=each.published_at,
        )
        found.setdefault((report.publisher, report.url), report)
    return tuple(found.values())


def _sentences(edition: Edition) -> tuple[str, ...]:
    told = []
    if edition.missed:
        told.append(_covers(edition.missed, edition.day))
    fresh, further = len(edition.fresh), len(edition.further)
    if fresh or further:
        counted = [_count(fresh, "story", "stories")] if fresh else []
        if further:
            counted.append(
                f"{_count(further, 'further report', 'further reports')} on earlier ones"
            )
        told.append(f"{' and '.join(counted).capitalize()}.")
        if edition.reading.blind:
            told.append(told_reading(edition.reading, edition.day, empty=False))
    else:
        told.append(told_reading(edition.reading, edition.day, empty=True))
    if edition.published_at - edition.cut_off_at > _LATE:
        told.append(f"Published late, on {long_moment(edition.published_at)}.")
    return tuple(told)


def _covers(missed: Sequence[date], day: date) -> str:
    days = len(missed) + 1
    if len(missed) > _MOST_DAYS:
        return (
            f"This edition covers {days} days, since {long_day(missed[0])}: "
            "none was made on the days before."
        )
    listed = ", ".join(long_day(each) for each in missed)
    return f"This edition covers {days} days: none was made on {listed}."


def told_reading(reading: Reading, day: date, *, empty: bool) -> str:
    """Say in a sentence whether there was little to tell (quiet) or little was read (blind).

    `empty` is for an edition without stories; `day` is the edition's, near which a day is named by
    its weekday.
    """
    if reading.feeds == 0:
        return "Blind: no feed is read that could bring news of this conflict."
    coverage = f"coverage {reading.coverage}\u00a0%"
    if reading.blind:
        how = f"{_unwell(reading, day)}: {coverage}."
        if not reading.failing:
            how = f"the feeds could not be read for a part of the time: {coverage}."
        if empty:
            return f"Blind: {how} {_read(reading)}"
        return f"More may have happened: {how}"
    said = f"Quiet: {_read(reading)[0].lower()}{_read(reading)[1:]}"
    if reading.failing:
        said += f" {_unwell(reading, day)}: {coverage}."
    return said


def _unwell(reading: Reading, day: date) -> str:
    state = "not read" if reading.overdue == reading.failing else "failing"
    since = ""
    if reading.failing_on is not None and reading.failing_on < day:
        near = day - reading.failing_on <= _WEEK
        since = f" since {weekday(reading.failing_on) if near else long_day(reading.failing_on)}"
    return f"{reading.failing} of {_count(reading.feeds, 'feed', 'feeds')} {state}{since}"


def _read(reading: Reading) -> str:
    read = f"{_count(reading.articles, 'article', 'articles')} read"
    if reading.articles == 0 and reading.matched == 0:
        return "No new article was found."
    if reading.matched == 0:
        return f"{read}, none matched."
    matched = f"{read}, {reading.matched} matched, none of them approved"
    if reading.waiting:
        return f"{matched}; {reading.waiting} still {_verb(reading.waiting)} for an editor."
    return f"{matched}."


def _verb(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _foot(edition: Edition) -> str:
    closed = f"Edition {edition.number}, closed on {long_day(edition.day)} at {edition.cut_off}"
    if edition.zone == "UTC":
        return f"{closed} UTC."
    return f"{closed} ({edition.zone}), that is {long_moment(edition.cut_off_at)}."

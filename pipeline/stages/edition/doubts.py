"""What an editor should look at before an edition goes out."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.model import EditionStory
from pipeline.text import fold_key

MOST_OF_ONE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something doubtful in a draft; `item_id` is None where it concerns the whole.

    `kind` is `undated`, `repeated`, `one outlet` or `dead link`.
    """

    kind: str
    what: str
    item_id: int | None = None


def find_doubts(
    stories: Sequence[EditionStory],
    *,
    undated: Collection[int] = (),
    dead: Mapping[int, str] | None = None,
    listed: Mapping[str, date] | None = None,
) -> tuple[Doubt, ...]:
    """Find missing dates, repeated headlines, dead links, and too much of one outlet.

    `undated` are ids of articles whose publisher gave no date, `dead` maps articles to why their
    page cannot be read, `listed` maps folded headlines of the last editions to their day.
    """
    found = []
    dead, listed = dead or {}, listed or {}
    seen: set[str] = set()
    for story in stories:
        key = fold_key(story.title)
        if key in listed and not story.further:
            what = f"its headline stood in the edition of {listed[key]:%Y-%m-%d} already"
            found.append(Doubt(kind="repeated", what=what, item_id=story.item_id))
        elif key in seen:
            what = "its headline stands twice in this edition"
            found.append(Doubt(kind="repeated", what=what, item_id=story.item_id))
        seen.add(key)
        for report in story.reports:
            if report.article_id in undated:
                what = f"{report.publisher} gave no date; the time we found it stands in its place"
                found.append(Doubt(kind="undated", what=what, item_id=story.item_id))
            if report.url is None:
                what = f"the report of {report.publisher} has no address"
                found.append(Doubt(kind="dead link", what=what, item_id=story.item_id))
            elif report.article_id in dead:
                what = f"the page of {report.publisher} cannot be read: {dead[report.article_id]}"
                found.append(Doubt(kind="dead link", what=what, item_id=story.item_id))
    leads = Counter(story.reports[0].publisher for story in stories if not story.further)
    for publisher, count in sorted(leads.items()):
        if count > MOST_OF_ONE:
            what = f"{count} stories are led by {publisher}; more than {MOST_OF_ONE} is a lot"
            found.append(Doubt(kind="one outlet", what=what))
    return tuple(found)

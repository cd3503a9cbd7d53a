"""Background: bring in, show and look back on a conflict's curated page."""

from datetime import datetime

from db import Database, backgrounds, conflicts
from pipeline.errors import BackgroundError
from pipeline.model import Background, BackgroundRevision
from pipeline.stages.background import read_markdown, read_tracker_page


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


def _require(slug: str, known: set[str]) -> None:
    if slug not in known:
        raise BackgroundError(
            f"there is no conflict {slug!r} in sources.yaml; there are: {', '.join(sorted(known))}"
        )

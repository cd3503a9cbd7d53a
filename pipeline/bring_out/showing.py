"""Showing: published editions as they stand."""

from datetime import date

from db import (
    Database,
    editions,
)
from pipeline.model import (
    Edition,
)
from pipeline.stages.edition import (
    from_manifest,
)


def published(
    database: Database,
    *,
    conflict: str | None = None,
    day: date | None = None,
    number: int | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> tuple[Edition, ...]:
    """Give published editions as they stand, newest first, with all that is in them.

    What to show of one: `render_edition_html`, `render_edition_text`, `render_edition_page` of
    pipeline.stages.render.
    """
    with database.reading() as connection:
        found = editions.stored(
            connection, conflict=conflict, day=day, number=number, before=before, limit=limit
        )
    return tuple(from_manifest(each.manifest) for each in found)

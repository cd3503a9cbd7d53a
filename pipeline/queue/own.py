"""Own conflicts: those an editor calls theirs."""

from collections.abc import Collection

from db import (
    Database,
    conflicts,
    followed_conflicts,
)
from pipeline.errors import ReviewError
from pipeline.model import (
    Editor,
)


def own_conflicts(database: Database, editor: Editor) -> frozenset[str]:
    """Give the conflicts that an editor calls theirs; none where they never chose."""
    with database.reading() as connection:
        return followed_conflicts.of(connection, editor.id)


def choose_own(
    database: Database, editor: Editor, slugs: Collection[str], *, only_tracked: bool = False
) -> frozenset[str]:
    """Make these conflicts the editor's own, and no others; gives those that are now.

    What is not tracked is left out; with `only_tracked` it raises ReviewError instead.
    """
    with database.transaction() as connection:
        unknown = sorted(set(slugs) - set(conflicts.titles(connection))) if only_tracked else ()
        if unknown:
            raise ReviewError(f"there is no conflict {', '.join(unknown)}")
        followed_conflicts.choose(connection, editor.id, slugs)
        return followed_conflicts.of(connection, editor.id)

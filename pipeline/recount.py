"""Recount: who did what, when and why, page by page or all of it as a file."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from db import Database, conflicts, deeds
from pipeline.model import Deed, DeedKey, DeedWanted, Verdict
from pipeline.stages.render.moments import rfc3339

PAGE = 50
_AT_ONCE = 500
_COLUMNS = (
    "at", "who", "what", "subject", "conflict", "article", "before", "after", "reason", "detail",
)  # fmt: skip
# What a spreadsheet would take for a formula, or for the border of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogShown:
    """One page of the log; `older` is where the next one begins, None when this is the last.

    `people`, `actions` and `titles` (of conflicts, by slug) are what it can be narrowed to.
    """

    deeds: tuple[Deed, ...]
    older: DeedKey | None
    people: tuple[str, ...]
    actions: tuple[str, ...]
    titles: dict[str, str]


def recount(
    database: Database, wanted: DeedWanted, *, before: DeedKey | None = None, limit: int = PAGE
) -> LogShown:
    """Give one page of the log, newest first."""
    with database.reading() as connection:
        found = deeds.page(connection, wanted, before=before, limit=limit + 1)
        known = deeds.actions(connection)
        if not wanted.accounts:
            known = tuple(each for each in known if each.startswith(deeds.OPEN_TO_EDITORS))
        shown = found[:limit]
        return LogShown(
            deeds=shown,
            older=shown[-1].key if len(found) > limit else None,
            people=deeds.people(connection, accounts=wanted.accounts),
            actions=(*map(str, Verdict), *known),
            titles=conflicts.titles(connection),
        )


def as_csv(database: Database, wanted: DeedWanted) -> Iterator[str]:
    """Give the log as CSV (RFC 4180), some hundred rows at a time; no cell starts a formula."""
    yield _csv([_COLUMNS])
    for found in _pages(database, wanted):
        yield _csv([[_tame(str(value)) for value in _row(deed).values()] for deed in found])


def as_lines(database: Database, wanted: DeedWanted) -> Iterator[str]:
    """Give the log as one JSON object a line, some hundred at a time."""
    for found in _pages(database, wanted):
        yield "".join(json.dumps(_row(deed), ensure_ascii=False) + "\n" for deed in found)


def _pages(database: Database, wanted: DeedWanted) -> Iterator[Sequence[Deed]]:
    before: DeedKey | None = None
    while True:
        with database.reading() as connection:
            found = deeds.page(connection, wanted, before=before, limit=_AT_ONCE)
        if found:
            yield found
        if len(found) < _AT_ONCE:
            return
        before = found[-1].key


def _row(deed: Deed) -> dict[str, object]:
    detail = json.dumps(dict(deed.detail), ensure_ascii=False, sort_keys=True)
    values = (
        rfc3339(deed.key.at),
        deed.actor,
        deed.action,
        deed.subject,
        deed.conflict,
        deed.article_id or "",
        deed.before,
        deed.after,
        deed.reason,
        detail if deed.detail else "",
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _csv(rows: Sequence[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _tame(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

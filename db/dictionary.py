"""The data dictionary, as Markdown: `python -m db.dictionary > docs/data-dictionary.md`."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import dialect as postgresql

from db.tables import UTCDateTime, metadata

_INTRODUCTION = """\
# Data dictionary

Every table and column of Dateline's database, made from the comments in `db/tables/`: change them
there and run `python -m db.dictionary > docs/data-dictionary.md`. A test holds this page against
the schema.

Times are UTC. `?` after a type: the column may be empty (NULL). Types are PostgreSQL's; SQLite
stores the same values. The full-text index `article_search` (FTS5 on SQLite, `tsvector` on
PostgreSQL) and alembic's `alembic_version` are not listed.
"""


def data_dictionary() -> str:
    """Describe every table and column of the schema, tables in alphabetical order."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    contents = " · ".join(f"[{table.name}](#{table.name})" for table in tables)
    return "\n".join([_INTRODUCTION, contents, *map(_describe, tables)]) + "\n"


def _describe(table: Table) -> str:
    lines = [
        f"\n## {table.name}",
        f"\n{table.comment}\n",
        "| column | type | what it holds |",
        "|---|---|---|",
        *(
            f"| {column.name} | {_kind(column)} | {'; '.join(_facts(column))} |"
            for column in table.columns
        ),
    ]
    unique = [
        ", ".join(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    if unique:
        lines.append(f"\nUnique: {'; '.join(sorted(unique))}.")
    return "\n".join(lines)


def _kind(column: Column[Any]) -> str:
    kind = column.type
    name = "time" if isinstance(kind, UTCDateTime) else kind.compile(postgresql()).lower()  # type: ignore[no-untyped-call]
    return f"{name}?" if column.nullable else name


def _facts(column: Column[Any]) -> Iterator[str]:
    yield (column.comment or "").replace("|", "\\|")
    if column.primary_key:
        yield "primary key"
    for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname):
        yield f"→ {key.target_fullname}"


if __name__ == "__main__":
    print(data_dictionary(), end="")  # noqa: T201 a program's output

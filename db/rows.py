"""Many rows at a time: inserts that skip what is there, questions about thousands of keys."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Select, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")
# SQLite takes at most 32,766 values in one statement.
_BATCH = 5_000


def insert_missing(connection: Connection, table: Table, conflict: Sequence[str]) -> Any:
    """An INSERT that skips rows already there by the named unique columns, on either database."""
    return _insert_missing(connection.dialect.name, table, tuple(conflict))


@cache
def _insert_missing(dialect: str, table: Table, conflict: tuple[str, ...]) -> Any:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing(index_elements=list(conflict))


def insert_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Sequence[Any]],
    conflict: Sequence[str],
) -> int:
    """Insert rows given column by column, all of one length, skipping those already there by the
    named unique columns; gives how many went in.

    Values are made ready for the driver a column at a time, which takes a third of what SQLAlchemy
    takes for as many rows.
    """
    dialect = connection.dialect
    statement, order, makes = _prepared(dialect, table, tuple(columns), tuple(conflict))
    memo: defaultdict[type, dict[Any, Any]] = defaultdict(dict)
    ready = [_made(columns[name], makes[name][1], memo[makes[name][0]]) for name in order]
    rows: list[Any] = list(zip(*ready, strict=True))
    if not dialect.positional:
        rows = [dict(zip(order, row, strict=True)) for row in rows]
    done = connection.exec_driver_sql(
        statement, rows, execution_options={"preserve_rowcount": True}
    )
    return done.rowcount


def _made(values: Sequence[Any], process: Any, memo: dict[Any, Any]) -> Sequence[Any]:
    """What the driver takes for these values; `memo` keeps what was made for others of their
    type."""
    if process is None:
        return values
    # By identity: to compare two times takes as long as to write one. All are alive meanwhile.
    keys = values if isinstance(values[0], tuple) else list(map(id, values))
    for key, value in dict(zip(keys, values, strict=True)).items():
        if key not in memo:
            memo[key] = process(value)
    return [memo[key] for key in keys]


@lru_cache(maxsize=64)
def _prepared(
    dialect: Dialect, table: Table, names: tuple[str, ...], conflict: tuple[str, ...]
) -> tuple[str, Sequence[str], dict[str, tuple[type, Any]]]:
    """The statement as the driver takes it, the order of its parameters, and what makes each."""
    statement = _insert_missing(dialect.name, table, conflict)
    compiled = statement.compile(dialect=dialect, column_keys=names)
    makes: dict[str, tuple[type, Any]] = {}
    for name in names:
        kind = table.c[name].type
        makes[name] = (type(kind), kind.dialect_impl(dialect).bind_processor(dialect))
    return str(compiled), compiled.positiontup or names, makes


def in_batches(values: Collection[Item]) -> Iterator[list[Item]]:
    """Cut values into lists short enough for one statement, in their order."""
    ordered = list(values)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def with_keys(columns: Sequence[Any], key: Any) -> dict[str, Select[Any]]:
    """Questions, by dialect, for the rows whose column is one of the texts in the parameter `keys`,
    made by `as_keys`.

    One parameter however many there are: for `IN (…)` each of a thousand is made ready by itself.
    """
    given: Any = bindparam("keys", type_=Text())
    listed = {
        "sqlite": func.json_each(given),
        "postgresql": func.jsonb_array_elements_text(cast(given, postgresql.JSONB)),
    }
    questions = {}
    for dialect, each in listed.items():
        one = each.table_valued("value", name="one")
        questions[dialect] = select(*columns).select_from(one).where(key == one.c.value)
    return questions


def as_keys(keys: Iterable[str]) -> str:
    """Write texts as the parameter that such a question takes."""
    return json.dumps(list(set(keys)))


def with_pairs(columns: Sequence[Any], first: Any, second: Any) -> dict[str, Select[Any]]:
    """Questions, by dialect, for the rows whose two columns are one of the pairs in the parameter
    `pairs`, made by `as_pairs`.

    Either database looks each pair up in its index over the two columns; for `(a, b) IN (…)` SQLite
    would read the whole table.
    """
    given: Any = bindparam("pairs", type_=Text())
    listed = {
        "sqlite": func.json_each(given),
        "postgresql": func.jsonb_array_elements(cast(given, postgresql.JSONB)),
    }
    questions = {}
    for dialect, each in listed.items():
        pair = each.table_valued("value", name="pair")
        one, other = (_member(dialect, pair.c.value, place) for place in (0, 1))
        chosen = select(*columns).select_from(pair)
        questions[dialect] = chosen.where(first == one, second == other)
    return questions


def _member(dialect: str, listed: Any, place: int) -> Any:
    if dialect == "sqlite":
        return func.json_extract(listed, f"$[{place}]")
    return func.jsonb_extract_path_text(listed, str(place))


def as_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs as the parameter that such a question takes."""
    return json.dumps(list(set(pairs)))

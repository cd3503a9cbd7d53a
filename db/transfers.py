"""Transfers: all that one database holds into another, of the same kind or the other.

A copy goes table by table in small transactions, each of which notes how far it came: broken off
anywhere, it goes on from there. In the end every table is compared, and only then the target is one
to work with.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Date, Table, func, literal, select, text, tuple_
from sqlalchemy.exc import DataError, IntegrityError

from db import instance
from db.session import Database
from db.tables import UTCDateTime, metadata, search_state
from db.tables import instance as facts
from db.upgrade import require_current, upgrade
from pipeline.errors import StoreError

_MARK = "copying"
_AT_ONCE = 2_000
_MODULUS = 2**256
# Made anew from the articles: the word index has a form of its own on each database.
_LEFT_OUT = {search_state.name}
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How many rows each table has in both databases, and how many were there from before."""

    rows: Mapping[str, int]
    resumed: int


def refuse_unfinished(database: Database) -> None:
    """Raise StoreError where a copy into this database was begun and not ended."""
    with database.reading() as connection:
        if instance.recall(connection, _MARK) is not None:
            raise StoreError(
                "this database is an unfinished copy: run the same `dateline db copy` again, "
                "and it goes on where it was broken off"
            )


def copy_all(
    source: Database, target: Database, *, anew: bool = False, progress: Told | None = None
) -> Copied:
    """Copy every row, compare, and leave the target ready; `progress` is told table, done, total.

    The source is read from one snapshot, and must not be written between a break and the going on:
    what differs in the end is named. `anew` empties a copy that was begun. A copy that is whole is
    compared and left as it is. Raises StoreError when the target holds anything but a copy of this
    source, or differs in the end.
    """
    require_current(source)
    upgrade(target)
    with source.reading() as reading:
        name = _name(reading)
        if (whole := _whole(reading, target, name)) is not None:
            return Copied(rows=whole, resumed=sum(whole.values()))
        done = _begin(target, name, anew=anew)
        resumed = sum(done.rows.values())
        for table in _tables():
            _copy_table(reading, target, table, done, progress)
        differing = [each.name for each in _tables() if _sum(reading, each) != _sums(target, each)]
        if differing:
            raise StoreError(
                f"the copy differs in {', '.join(differing)}: the source was changed after the "
                "copy was begun; stop the service there and run it again with --anew"
            )
        with target.transaction() as connection:
            _settle(connection)
            connection.execute(facts.delete().where(facts.c.key == _MARK))
    return Copied(rows=dict(done.rows), resumed=resumed)


@dataclass(slots=True, kw_only=True)
class _Done:
    """How far a copy came: the last key and the number of rows, by table."""

    source: str
    last: dict[str, Sequence[Any]]
    rows: dict[str, int]

    def written(self) -> str:
        """As it is kept in the target."""
        return json.dumps({"source": self.source, "last": self.last, "rows": self.rows})


def _tables() -> list[Table]:
    """All tables, each after those it refers to; the facts last: they tell that a copy is whole."""
    ordered = [each for each in metadata.sorted_tables if each.name not in _LEFT_OUT]
    return sorted(ordered, key=lambda each: each.name == facts.name)


def _name(connection: Connection) -> str:
    """Name an installation: two with the same facts that never change are one."""
    known = [instance.recall(connection, key) for key in (instance.TAG_AUTHORITY, "made_at")]
    return sha256(json.dumps(known).encode()).hexdigest()[:16]


def _whole(reading: Connection, target: Database, name: str) -> dict[str, int] | None:
    """Give the rows by table where the target is a copy that was ended, and nothing else.

    Whoever was killed between the end and saying so asks again.
    """
    with target.reading() as connection:
        if instance.recall(connection, _MARK) is not None or _name(connection) != name:
            return None
        sums = {each.name: _sum(connection, each) for each in _tables()}
    rows = {table: count for table, (count, _) in sums.items()}
    alike = all(_sum(reading, each) == sums[each.name] for each in _tables())
    return rows if alike and any(rows.values()) else None


def _begin(target: Database, name: str, *, anew: bool) -> _Done:
    with target.transaction() as connection:
        noted = instance.recall(connection, _MARK, hold=True)
        if noted is not None:
            values = json.loads(noted)
            if values["source"] != name:
                raise StoreError(
                    "the target holds an unfinished copy of another installation: "
                    "choose an empty database"
                )
            if not anew:
                return _Done(**values)
            for table in reversed(_tables()):
                connection.execute(table.delete())
        else:
            for table in _tables():
                if connection.execute(select(table).limit(1)).first() is not None:
                    raise StoreError(
                        f"the target holds rows already ({table.name}): choose an empty database"
                    )
        done = _Done(source=name, last={}, rows={})
        instance.note(connection, _MARK, done.written())
        return done


def _copy_table(
    reading: Connection, target: Database, table: Table, done: _Done, progress: Told | None
) -> None:
    total = reading.scalar(select(func.count()).select_from(table)) or 0
    key = list(table.primary_key.columns)
    more = True
    while more:
        wanted = select(table).order_by(*key).limit(_AT_ONCE)
        if (last := done.last.get(table.name)) is not None:
            given = [_read(column, value) for column, value in zip(key, last, strict=True)]
            wanted = wanted.where(tuple_(*key) > tuple_(*given))
        rows = [dict(row) for row in reading.execute(wanted).mappings()]
        more = len(rows) == _AT_ONCE
        _store(target, table, rows, done)
        if progress is not None:
            progress(table.name, done.rows[table.name], total)


def _store(target: Database, table: Table, rows: Sequence[Mapping[str, Any]], done: _Done) -> None:
    done.rows[table.name] = done.rows.get(table.name, 0) + len(rows)
    if rows:
        last = [rows[-1][column.name] for column in table.primary_key.columns]
        done.last[table.name] = [_written(value) for value in last]
    try:
        with target.transaction() as connection:
            if rows:
                connection.execute(table.insert(), list(rows))
            instance.note(connection, _MARK, done.written())
    except (DataError, IntegrityError) as error:
        raise StoreError(f"rows of {table.name} cannot be copied: {error.orig}") from error


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def _read(column: Any, value: Any) -> Any:
    if isinstance(column.type, UTCDateTime):
        value = datetime.fromisoformat(value)
    elif isinstance(column.type, Date):
        value = date.fromisoformat(value)
    return literal(value, column.type)


def _sums(target: Database, table: Table) -> tuple[int, int]:
    with target.reading() as connection:
        return _sum(connection, table)


def _sum(connection: Connection, table: Table) -> tuple[int, int]:
    """Count a table's rows and add up their hashes, in which their order plays no part."""
    wanted = select(table).execution_options(yield_per=_AT_ONCE)
    if table is facts:
        wanted = wanted.where(facts.c.key != _MARK)
    count = total = 0
    for row in connection.execute(wanted):
        line = json.dumps(list(row), sort_keys=True, default=_written).encode()
        total = (total + int.from_bytes(sha256(line).digest())) % _MODULUS
        count += 1
    return count, total


def _settle(connection: Connection) -> None:
    """Let PostgreSQL go on counting after the rows that came with their numbers, and know of them
    when it plans: a claim would read every feed until it does."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text("ANALYZE"))
    for table in _tables():
        if "id" not in table.c or not table.c.id.autoincrement:
            continue
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}
        )
        highest = connection.scalar(select(func.max(table.c.id)))
        if sequence and highest:
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :highest)"),
                {"sequence": sequence, "highest": highest},
            )

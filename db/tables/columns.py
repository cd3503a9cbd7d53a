"""What columns are made of: times in UTC, numbers of rows, a comment for each."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops zones, so a naive value is refused instead of guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store UTC."""
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Check and write a time in one step where it is text (2026-11-22 12:00:00.000000): ingest
        writes two hundred a feed."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def written(value: datetime | None) -> str | None:
            if value is None:
                return None
            if value.tzinfo is not UTC:
                value = _in_utc(value)
            return value.isoformat(" ", "microseconds")[:26]

        return written

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows upwards only in a column declared INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer, "sqlite")


def column(
    name: str, kind: Any, *rest: Any, comment: str, null: bool = False, **more: Any
) -> Column[Any]:
    """Make a column that holds something unless `null` is said."""
    return Column(name, kind, *rest, nullable=null, comment=comment, **more)


def row_id() -> Column[Any]:
    """Make the column that numbers rows."""
    return Column("id", Id, primary_key=True, autoincrement=True, comment="Number of the row")


def owner() -> Column[Any]:
    """Make the column that says who owns a row's contents."""
    return column(
        "owner",
        String(8),
        comment="Who says what runs: `file` (sources.yaml) or `desk`",
        default="file",
    )

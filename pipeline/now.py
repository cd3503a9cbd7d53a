"""The time. Only doors ask for it and hand it on."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Tell the present moment, in UTC."""
    return datetime.now(UTC)

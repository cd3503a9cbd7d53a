"""Tend: what an editor does to a feed at the desk, each with a line in the audit log."""

from datetime import datetime

from db import Database, editors, feeds
from pipeline.errors import PipelineError

_OWNER = "desk"


def fetch_soon(database: Database, feed_id: str, now: datetime, actor: str) -> None:
    """Let a feed's turn come at once. Raises PipelineError when it is not polled."""
    with database.transaction() as connection:
        if not feeds.ask_soon(connection, feed_id, now, f"{actor} asked for it"):
            raise PipelineError(f"{feed_id} is not polled")
        editors.audit(connection, actor=actor, action="feed asked for", subject=feed_id, now=now)


def switch(database: Database, feed_id: str, now: datetime, actor: str, *, enabled: bool) -> None:
    """Poll a feed of the desk, or poll it no more; its articles stay.

    Raises PipelineError when it is not the desk's, or stood so already.
    """
    done = "on" if enabled else "off"
    with database.transaction() as connection:
        changed = feeds.switch(
            connection, feed_id, now, enabled=enabled, owner=_OWNER,
            why=f"{actor} switched it {done}",
        )  # fmt: skip
        if not changed:
            raise PipelineError(
                f"{feed_id} is switched {done} already, or belongs to sources.yaml: "
                "then change `enabled` there"
            )
        editors.audit(
            connection, actor=actor, action=f"feed switched {done}", subject=feed_id, now=now
        )

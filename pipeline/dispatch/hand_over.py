"""Hand over: the clock's side of the queue. What is due becomes jobs, each once."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from db import Database, queued_jobs, retried
from pipeline.errors import StoreError
from pipeline.ingest import Ingest
from pipeline.stages.pause import host_of

# More would only wait: what is due is asked for again every few seconds, the most urgent first.
MOST_WAITING = 2_000
FETCH, PAGES, REMATCH, PUBLISH = "fetch", "pages", "rematch", "publish"
FEEDS_QUEUE, CHORES_QUEUE, PUBLISH_QUEUE = "feeds", "chores", "publish"
QUEUES = {PAGES: CHORES_QUEUE, REMATCH: CHORES_QUEUE, PUBLISH: PUBLISH_QUEUE}
NEEDS_POSTGRESQL = (
    "workers need PostgreSQL: set DATELINE_DATABASE_URL to a postgresql:// address "
    "(`dateline db copy` moves what SQLite holds there), or leave DATELINE_WORKERS at "
    "inline and start `dateline run`"
)
# Where no worker publishes, the clock does it itself after this.
PATIENCE = timedelta(seconds=20)


def require_engine(database: Database) -> None:
    """Make the queue's tables where they are missing.

    Raises StoreError, saying what to do, without PostgreSQL or without the extra `scale`.
    """
    if database.is_sqlite:
        raise StoreError(NEEDS_POSTGRESQL)
    try:
        from pipeline.dispatch import engine
    except ModuleNotFoundError:
        raise StoreError(
            "workers need their queue: install Dateline with the extra 'scale'"
        ) from None
    with database.transaction() as connection:
        queued_jobs.set_up(connection, engine.schema_sql())


@dataclass(kw_only=True)
class HandOver:
    """Gives due feeds and other work to the workers; for one clock, beside any number of others.

    `host_concurrency` is how many feeds of one host may be fetched at a time by all workers.
    """

    database: Database
    host_concurrency: int = 1

    @retried
    def feeds(self, ingest: Ingest) -> int:
        """Make a job of each feed that is due and has none; how many.

        What was set aside stays aside until somebody looks at it. What a worker died over is its
        job's until that is taken up, so that deaths are counted.
        """
        from pipeline.dispatch.engine import NewJob, defer

        with self.database.transaction() as connection:
            queued_jobs.alone(connection)
            standing = queued_jobs.standing(connection)
            room = MOST_WAITING - sum(status == "todo" for status in standing.values())
            if room <= 0:
                return 0
            locks = standing.keys() | queued_jobs.running(connection)
            known = {lock.removeprefix("fetch:") for lock in locks if lock.startswith("fetch:")}
            due = ingest.due(connection, limit=room, but=known)
            defer(
                connection,
                [
                    NewJob(
                        task=FETCH,
                        queue=FEEDS_QUEUE,
                        once=f"fetch:{each.feed.id}",
                        alone=self._place(each.feed.id, each.feed.url),
                        args={"feed": each.feed.id},
                    )
                    for each in due
                ],
            )
        return len(due)

    @retried
    def chore(self, task: str) -> None:
        """Make a job of one kind, unless one waits or was set aside."""
        from pipeline.dispatch.engine import NewJob, defer

        with self.database.transaction() as connection:
            queued_jobs.alone(connection)
            if task not in queued_jobs.standing(connection):
                # Before feeds, of which there may always be more than workers have hands.
                defer(
                    connection,
                    [
                        NewJob(
                            task=task,
                            queue=QUEUES[task],
                            once=task,
                            alone=task,
                            args={},
                            priority=10,
                        )
                    ],
                )

    def stands(self, task: str) -> bool:
        """Whether a job of one kind waits for a worker, or was set aside."""
        with self.database.reading() as connection:
            return task in queued_jobs.standing(connection)

    def _place(self, feed_id: str, url: str) -> str:
        """Name one of the places a host has: who holds it keeps others waiting."""
        place = int.from_bytes(sha256(feed_id.encode()).digest()[:4], "big")
        return f"host:{host_of(url)}#{place % self.host_concurrency}"

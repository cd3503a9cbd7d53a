"""Queued jobs: what was handed over to workers, as the engine's own tables tell.

The engine (Procrastinate) keeps them in a schema of its own on PostgreSQL; elsewhere, and before
the first worker or clock set it up, there are none.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from pipeline.model import QueuedJob, QueueFigures, TaskFigures

SCHEMA = "procrastinate"
# One number each, known only here: PostgreSQL lets one transaction at a time past it.
_HANDING_OVER = 7302646564
_SETTING_UP = 7302646565
_JOBS = f"{SCHEMA}.procrastinate_jobs"
# Ours, beside the engine's tables: it keeps no reason of a failure.
_FAULTS = f"{SCHEMA}.job_faults"
LONGEST_FAULT = 500
_MAKE_FAULTS = text(f"""
    CREATE TABLE IF NOT EXISTS {_FAULTS} (
        job_id bigint PRIMARY KEY REFERENCES {_JOBS} (id) ON DELETE CASCADE,
        fault text NOT NULL
    )
""")
# As the engine's own connection takes it, which is no part of a transaction here.
NOTE_FAULT = f"""
    INSERT INTO {_FAULTS} (job_id, fault) VALUES (%(job_id)s, %(fault)s)
    ON CONFLICT (job_id) DO UPDATE SET fault = excluded.fault
"""  # noqa: S608
# A job waits for seconds or minutes; later ones were put off by a machine whose clock was ahead.
HASTEN = f"""
    UPDATE {_JOBS} SET scheduled_at = NULL
    WHERE status = 'todo' AND scheduled_at > now() + interval '1 hour'
"""  # noqa: S608
# Both by the server's clock, which says when a job is due: a worker's may be minutes off.
TAKE_UP = (
    "SELECT procrastinate_retry_job_v2(%(job_id)s, now() + make_interval(secs => %(rest)s),"
    " NULL, NULL, NULL)"
)
# One of its kind waits already: that one goes on for a job whose worker died, with its attempts.
TAKE_OVER = f"""
    WITH dead AS (
        DELETE FROM {_JOBS} WHERE id = %(job_id)s AND status = 'doing'
        RETURNING queueing_lock, attempts
    )
    UPDATE {_JOBS} AS waiting
    SET attempts = waiting.attempts + dead.attempts + 1,
        scheduled_at = greatest(waiting.scheduled_at, now() + make_interval(secs => %(rest)s))
    FROM dead WHERE waiting.status = 'todo' AND waiting.queueing_lock = dead.queueing_lock
"""  # noqa: S608
_COUNTS = text(f"""
    SELECT task_name, status::text AS status, count(*) AS how_many
    FROM {_JOBS} WHERE status IN ('todo', 'doing', 'failed') GROUP BY task_name, status
""")  # noqa: S608
_OLDEST = text(f"""
    SELECT job.task_name, min(coalesce(job.scheduled_at, event.at)) AS since
    FROM {_JOBS} AS job
    JOIN {SCHEMA}.procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
    WHERE job.status = 'todo' GROUP BY job.task_name
""")  # noqa: S608
_WORKERS = text(f"""
    SELECT count(*) FROM {SCHEMA}.procrastinate_workers
    WHERE last_heartbeat > now() - make_interval(secs => :beat)
""")  # noqa: S608
_LISTED = f"""
    SELECT job.id, job.task_name, job.status::text AS status, job.args, job.attempts,
        max(event.at) AS since, max(noted.fault) AS fault
    FROM {_JOBS} AS job LEFT JOIN {_FAULTS} AS noted ON noted.job_id = job.id
    JOIN {SCHEMA}.procrastinate_events AS event ON event.job_id = job.id
        AND event.type <> 'scheduled'
    WHERE {{wanted}} GROUP BY job.id ORDER BY job.id LIMIT :most
"""  # noqa: S608


def is_set_up(connection: Connection) -> bool:
    """Whether the engine's tables are there, and ours beside them."""
    return _is_there(connection, _JOBS) and _is_there(connection, _FAULTS)


def _is_there(connection: Connection, table: str) -> bool:
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.scalar(text(f"SELECT to_regclass('{table}') IS NOT NULL")))


def set_up(connection: Connection, schema_sql: str) -> bool:
    """Make the engine's tables in their own schema, and ours; False when all were there."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_SETTING_UP})"))
    if is_set_up(connection):
        return False
    if not _is_there(connection, _JOBS):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        look_there(connection)
        # Without parameters the driver takes many statements, and signs of per cent as they are.
        connection.connection.cursor().execute(schema_sql)
    connection.execute(_MAKE_FAULTS)
    return True


def look_there(connection: Connection) -> None:
    """Let the engine's functions find its tables, until the transaction ends."""
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}, public"))


def alone(connection: Connection) -> None:
    """Let no other clock hand jobs over until the transaction ends."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_HANDING_OVER})"))


def standing(connection: Connection) -> dict[str, str]:
    """Give the queueing locks of jobs that wait (`todo`) or were set aside (`failed`)."""
    rows = connection.execute(
        text(
            f"SELECT queueing_lock, status::text AS status FROM {_JOBS}"  # noqa: S608
            " WHERE status IN ('todo', 'failed') AND queueing_lock IS NOT NULL"
        )
    )
    return {row.queueing_lock: row.status for row in rows}


def running(connection: Connection) -> set[str]:
    """Give the queueing locks of jobs that a worker has in hand, or had when it died."""
    rows = connection.execute(
        text(
            f"SELECT queueing_lock FROM {_JOBS}"  # noqa: S608
            " WHERE status = 'doing' AND queueing_lock IS NOT NULL"
        )
    )
    return {row.queueing_lock for row in rows}


def figures(connection: Connection, *, alive_within: float) -> QueueFigures | None:
    """Count what waits, runs and was set aside, by task; None where there is no queue.

    A worker lives whose sign of life is at most `alive_within` seconds old.
    """
    if not is_set_up(connection):
        return None
    counts: dict[str, dict[str, int]] = {}
    for row in connection.execute(_COUNTS):
        counts.setdefault(row.task_name, {})[row.status] = row.how_many
    since = {row.task_name: row.since for row in connection.execute(_OLDEST)}
    return QueueFigures(
        workers=connection.scalar(_WORKERS, {"beat": alive_within}) or 0,
        tasks=tuple(
            TaskFigures(
                task=task,
                waiting=found.get("todo", 0),
                running=found.get("doing", 0),
                set_aside=found.get("failed", 0),
                oldest_since=since.get(task),
            )
            for task, found in sorted(counts.items())
        ),
    )


def listed(connection: Connection, *, set_aside: bool = True, most: int) -> tuple[QueuedJob, ...]:
    """List jobs that were set aside, or those that wait and run, oldest first."""
    if not is_set_up(connection):
        return ()
    wanted = "job.status = 'failed'" if set_aside else "job.status IN ('todo', 'doing')"
    rows = connection.execute(text(_LISTED.format(wanted=wanted)), {"most": most})
    return tuple(map(_job, rows))


def _job(row: Row[Any]) -> QueuedJob:
    args = row.args if isinstance(row.args, dict) else json.loads(row.args)
    return QueuedJob(
        id=row.id,
        task=row.task_name,
        status={"todo": "waiting", "doing": "running", "failed": "set aside"}[row.status],
        about=" ".join(str(value) for value in args.values()),
        attempts=row.attempts,
        since=row.since,
        fault=row.fault or "",
    )


def try_again(connection: Connection, job_id: int, now: datetime) -> QueuedJob | None:
    """Let a job that was set aside wait for a worker again, with all its attempts; gives what it
    was, None when none of this number was set aside."""
    if (job := _set_aside(connection, job_id)) is None:
        return None
    look_there(connection)
    connection.execute(
        text("SELECT procrastinate_retry_job_v2(:id, :at, NULL, NULL, NULL)"),
        {"id": job_id, "at": now},
    )
    connection.execute(
        text(f"UPDATE {_JOBS} SET attempts = 0 WHERE id = :id"),  # noqa: S608
        {"id": job_id},
    )
    return job


def drop(connection: Connection, job_id: int) -> QueuedJob | None:
    """Forget a job that was set aside; gives what it was, None when none of this number was."""
    if (job := _set_aside(connection, job_id)) is None:
        return None
    look_there(connection)
    connection.execute(text(f"DELETE FROM {_JOBS} WHERE id = :id"), {"id": job_id})  # noqa: S608
    return job


def _set_aside(connection: Connection, job_id: int) -> QueuedJob | None:
    if not is_set_up(connection):
        return None
    wanted = text(f"SELECT status = 'failed' FROM {_JOBS} WHERE id = :id FOR UPDATE")  # noqa: S608
    if not connection.scalar(wanted, {"id": job_id}):
        return None
    asked = text(_LISTED.format(wanted="job.id = :id"))
    return _job(connection.execute(asked, {"id": job_id, "most": 1}).one())

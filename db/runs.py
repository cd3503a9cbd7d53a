"""Runs of scheduled jobs: what the clock did, and what it missed."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from db.tables import job_runs
from pipeline.model import JobRun


def begin(connection: Connection, job: str, now: datetime) -> int:
    """Note that a job starts; gives the run's id."""
    return int(
        connection.execute(
            job_runs.insert()
            .values(job=job, started_at=now, outcome="running", detail="")
            .returning(job_runs.c.id)
        ).scalar_one()
    )


def finish(connection: Connection, run_id: int, outcome: str, detail: str, now: datetime) -> None:
    """Note how a run ended."""
    connection.execute(
        job_runs.update()
        .where(job_runs.c.id == run_id)
        .values(finished_at=now, outcome=outcome, detail=detail)
    )


def miss(connection: Connection, job: str, due_at: datetime, now: datetime) -> None:
    """Note that a run did not start when it should have."""
    connection.execute(
        job_runs.insert().values(
            job=job,
            started_at=due_at,
            finished_at=now,
            outcome="missed",
            detail="the service was busy, asleep or stopped",
        )
    )


def interrupted(connection: Connection, now: datetime) -> int:
    """Close the runs that a killed process left open; how many."""
    return connection.execute(
        job_runs.update()
        .where(job_runs.c.outcome == "running")
        .values(finished_at=now, outcome="failed", detail="the process ended in the middle")
    ).rowcount


def latest(connection: Connection) -> tuple[JobRun, ...]:
    """Give the newest run of each job."""
    newest = select(func.max(job_runs.c.id)).group_by(job_runs.c.job)
    rows = connection.execute(
        select(job_runs).where(job_runs.c.id.in_(newest)).order_by(job_runs.c.job)
    )
    return tuple(
        JobRun(
            job=row.job,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            detail=row.detail,
        )
        for row in rows
    )


def missed_since(connection: Connection, since: datetime) -> int:
    """Count runs missed since a time."""
    return (
        connection.scalar(
            select(func.count()).where(
                job_runs.c.outcome == "missed", job_runs.c.started_at >= since
            )
        )
        or 0
    )


def prune(connection: Connection, before: datetime) -> int:
    """Delete runs that began before a time; how many."""
    return connection.execute(job_runs.delete().where(job_runs.c.started_at < before)).rowcount

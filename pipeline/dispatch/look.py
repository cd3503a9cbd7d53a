"""Look at the queue: how it stands, what was set aside, and what becomes of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import Connection, Database, editors, queued_jobs
from pipeline.model import QueuedJob, QueueFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How workers tell that they live.

    They give a sign every `beat`, and keep the feeds in hand for `lease` more each time. One silent
    for `silence` counts as dead: its jobs go to another, once its leases ended as well.
    """

    beat: timedelta = timedelta(seconds=5)
    silence: timedelta = timedelta(seconds=20)
    lease: timedelta = timedelta(seconds=30)

    @property
    def rest(self) -> timedelta:
        """How long after it was found dead a worker's leases may last."""
        return max(self.lease + self.beat - self.silence, timedelta(0))


def queue_figures(database: Database, pulse: Pulse = Pulse()) -> QueueFigures | None:
    """Count what waits, runs and was set aside; None where nothing was ever handed over."""
    with database.reading() as connection:
        return queued_jobs.figures(connection, alive_within=pulse.silence.total_seconds())


def list_jobs(database: Database, *, most: int = 100) -> Sequence[QueuedJob]:
    """List the jobs that were set aside, oldest first."""
    with database.reading() as connection:
        return queued_jobs.listed(connection, most=most)


def retry_job(database: Database, job_id: int, now: datetime, actor: str) -> bool:
    """Hand a job that was set aside to the workers again, with a line in the log; False when there
    is none such."""
    with database.transaction() as connection:
        found = queued_jobs.try_again(connection, job_id, now)
        return _noted(connection, "job.retried", found, now, actor)


def drop_job(database: Database, job_id: int, now: datetime, actor: str) -> bool:
    """Forget a job that was set aside, with a line in the log; False when there is none such.

    What it was for is handed over anew when it is due.
    """
    with database.transaction() as connection:
        found = queued_jobs.drop(connection, job_id)
        return _noted(connection, "job.dropped", found, now, actor)


def _noted(
    connection: Connection, action: str, job: QueuedJob | None, now: datetime, actor: str
) -> bool:
    if job is None:
        return False
    subject = f"{job.task} {job.about}".strip()
    detail = {"job": job.id, "attempts": job.attempts, "fault": job.fault}
    editors.audit(connection, actor=actor, action=action, subject=subject, now=now, detail=detail)
    return True

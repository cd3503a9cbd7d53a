"""Dispatch: hand jobs over to workers on any number of machines, and be such a worker.

A job only says that something is due; whether it still is, the database says when a worker takes it
up. So a job that runs twice, or too late, does nothing. Without the extra `scale` the rest of
Dateline works as ever: the engine is imported where it is needed.
"""

from pipeline.dispatch.hand_over import (
    NEEDS_POSTGRESQL,
    PAGES,
    PATIENCE,
    PUBLISH,
    REMATCH,
    HandOver,
    require_engine,
)
from pipeline.dispatch.look import Pulse, drop_job, list_jobs, queue_figures, retry_job

__all__ = [
    "NEEDS_POSTGRESQL",
    "PAGES",
    "PATIENCE",
    "PUBLISH",
    "REMATCH",
    "HandOver",
    "Pulse",
    "drop_job",
    "list_jobs",
    "queue_figures",
    "require_engine",
    "retry_job",
]

"""This installation and its jobs."""

from sqlalchemy import Column, Index, String, Table, Text

from db.tables.columns import UTCDateTime, column, metadata, row_id

instance = Table(
    "instance",
    metadata,
    Column("key", String(64), primary_key=True, comment="Name of the fact"),
    column("value", Text, comment="Its value"),
    comment="Facts about this installation, such as the authority in digest ids.",
)

job_runs = Table(
    "job_runs",
    metadata,
    row_id(),
    column("job", String(40), comment="Name of the scheduled job"),
    column("started_at", UTCDateTime, comment="When it began"),
    column("finished_at", UTCDateTime, comment="When it ended", null=True),
    column("outcome", String(16), comment="running, done, failed, missed"),
    column("detail", Text, comment="One sentence"),
    Index("ix_job_runs_job_started_at", "job", "started_at"),
    comment="Runs of scheduled jobs, missed ones included.",
)

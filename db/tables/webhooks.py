"""Programs that are told of entries, and what they were told."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from db.tables.columns import Id, UTCDateTime, column, metadata, row_id

webhooks = Table(
    "webhooks",
    metadata,
    row_id(),
    column("url", Text, comment="Address that is posted to"),
    column("conflict", String(64), comment="Slug of the conflict it hears of; empty: all"),
    column("secret", String(80), comment="What its calls are signed with"),
    column("made_at", UTCDateTime, comment="When it was added"),
    column("ended_at", UTCDateTime, comment="When its server said that it is gone", null=True),
    comment="Addresses of programs that are told of new, changed and withdrawn entries.",
)

webhook_marks = Table(
    "webhook_marks",
    metadata,
    Column(
        "webhook_id",
        Id,
        ForeignKey("webhooks.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The webhook",
    ),
    Column("uid", String(200), primary_key=True, comment="Permanent id of the entry"),
    column("mark", String(64), comment="Hash that tells the version it heard of from later ones"),
    comment="Which version of each entry a webhook heard of.",
)

webhook_calls = Table(
    "webhook_calls",
    metadata,
    row_id(),
    column("webhook_id", Id, ForeignKey("webhooks.id", ondelete="CASCADE"), comment="The webhook"),
    column("uid", String(200), comment="Permanent id of the entry"),
    column("body", Text, comment="What is posted, the same at every try"),
    column("made_at", UTCDateTime, comment="When the change was noticed"),
    column("due_at", UTCDateTime, comment="When it is to be posted next", null=True),
    column("failures", Integer, comment="Tries that failed so far"),
    column("state", String(16), comment="waiting, told or given_up"),
    column("ended_at", UTCDateTime, comment="When it was told or given up", null=True),
    column("error", Text, comment="Why the last try failed, in a sentence", null=True),
    Index("ix_webhook_calls_due_at", "due_at"),
    Index("ix_webhook_calls_webhook_id_uid", "webhook_id", "uid"),
    comment="What webhooks are told, with what became of it; forgotten after thirty days.",
)

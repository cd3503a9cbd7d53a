"""What goes out by itself, to hubs."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from db.tables.columns import UTCDateTime, column, metadata

hub_pings = Table(
    "hub_pings",
    metadata,
    Column("hub", String(255), primary_key=True, comment="Address of the hub"),
    Column("path", String(255), primary_key=True, comment="The feed: its path under PUBLIC_DIR"),
    column("sha256", String(64), comment="Hash of the bytes the hub was last told of"),
    column("due_at", UTCDateTime, comment="When the hub is to be told next", null=True),
    column("failures", Integer, comment="Tries that failed since it was last told"),
    column("error", Text, comment="Why the last try failed, in a sentence", null=True),
    column("told_at", UTCDateTime, comment="When the hub was last told", null=True),
    Index("ix_hub_pings_due_at", "due_at"),
    comment="What each WebSub hub was told of each feed, so that a restart loses no change.",
)

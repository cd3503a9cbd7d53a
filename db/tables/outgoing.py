"""What goes out by itself, to hubs: pings, and requests to be told."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from db.tables.columns import UTCDateTime, column, metadata, row_id

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

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    row_id(),
    column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    column("hub", Text, comment="Address of the hub"),
    column("topic", Text, comment="What the hub calls the feed"),
    column("nonce", String(64), comment="What its token and secret are made from, with our key"),
    column("state", String(16), comment="asked, active, denied or left"),
    column("due_at", UTCDateTime, comment="When the hub is to be asked next", null=True),
    column("asked_at", UTCDateTime, comment="When the hub was last asked", null=True),
    column("verified_at", UTCDateTime, comment="When the hub last confirmed it", null=True),
    column("expires_at", UTCDateTime, comment="When the lease it gave ends", null=True),
    column("leaving_at", UTCDateTime, comment="Since when it is not wanted any more", null=True),
    column("failures", Integer, comment="Requests in a row refused or not confirmed"),
    column("error", Text, comment="What the hub failed at, in a sentence", null=True),
    column("pushed_at", UTCDateTime, comment="Last push whose signature was right", null=True),
    column(
        "announced_at",
        UTCDateTime,
        comment="Since when news is announced that no fetch brought yet",
        null=True,
    ),
    column(
        "found_at",
        UTCDateTime,
        comment="When articles came unannounced, until it is known whether the push was late",
        null=True,
    ),
    column(
        "proven_at",
        UTCDateTime,
        comment="Since when its pushes lead to new articles and none was missed",
        null=True,
    ),
    column("misses", Integer, comment="Unannounced articles in a row, by attempts"),
    column("distrusted_until", UTCDateTime, comment="Until when nothing proves it", null=True),
    Index("uq_push_subscriptions_nonce", "nonce", unique=True),
    Index("ix_push_subscriptions_due_at", "due_at"),
    Index("ix_push_subscriptions_feed_id", "feed_id"),
    # Two clocks that notice the same hub at once subscribe once.
    Index(
        "uq_push_subscriptions_wanted",
        "feed_id",
        unique=True,
        sqlite_where=text("leaving_at IS NULL"),
        postgresql_where=text("leaving_at IS NULL"),
    ),
    comment="Hubs asked to announce what is new in feeds, and what their word is worth.",
)

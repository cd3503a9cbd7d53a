"""What is watched, every attempt at it, and what went wrong."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
    true,
)

from db.tables.columns import UTCDateTime, column, metadata, owner, row_id

feeds = Table(
    "feeds",
    metadata,
    Column("id", String(64), primary_key=True, comment="The feed's id in sources.yaml"),
    column("publisher", Text, comment="The outlet, as readers see it"),
    column("url", Text, comment="The address that is polled"),
    column("language", String(16), comment="Language assumed where entries name none"),
    column("country", String(2), comment="Where the outlet sits, ISO 3166 alpha-2, or empty"),
    column("every_seconds", Integer, comment="Wished seconds between two fetches"),
    column("tags", JSON, comment="Free words for filtering: a list"),
    column("enabled", Boolean, comment="False: not fetched because sources.yaml says so"),
    owner(),
    column("declared_at", UTCDateTime, comment="When the feed was first declared"),
    column(
        "retired_at", UTCDateTime, comment="When it left sources.yaml; its articles stay", null=True
    ),
    column("state", String(16), comment="new, working, failing, blocked, gone"),
    column("title", Text, comment="The feed's own title, as last seen", null=True),
    column("home_url", Text, comment="The outlet's page the feed names", null=True),
    column("etag", Text, comment="ETag of the last stored answer, byte for byte", null=True),
    column("last_modified", Text, comment="Last-Modified of that answer, byte for byte", null=True),
    column("validators_url", Text, comment="The address that issued these two", null=True),
    column("body_hash", String(64), comment="SHA-256 of the last stored document", null=True),
    column(
        "next_fetch_at", UTCDateTime, comment="When its turn comes: this column is the schedule"
    ),
    column("next_fetch_reason", Text, comment="Why then, in words"),
    column("lease_until", UTCDateTime, comment="Until when a process holds the feed", null=True),
    column(
        "lease_by", String(128), comment="Which process: host, pid and a random part", null=True
    ),
    column("last_attempt_at", UTCDateTime, comment="Start of the last fetch", null=True),
    column("last_success_at", UTCDateTime, comment="Last fetch that did not fail", null=True),
    column("last_new_at", UTCDateTime, comment="Last fetch that brought a new article", null=True),
    column("newest_entry_at", UTCDateTime, comment="Newest date an entry claimed", null=True),
    column("failing_since", UTCDateTime, comment="First failure of the present streak", null=True),
    column("failures", Float, comment="Failures in a row, weighed by severity"),
    column("error_kind", String(40), comment="Kind of the last failure while failing", null=True),
    column("error_message", Text, comment="The last failure in a sentence", null=True),
    column(
        "adaptive",
        Boolean,
        comment="True: its turns follow how it publishes; false: every_seconds as it stands",
        server_default=true(),
    ),
    column(
        "full_text",
        Boolean,
        comment="True: the pages of its articles are read as well",
        server_default=false(),
    ),
    column("max_bytes", Integer, comment="Largest document, where it is not the usual", null=True),
    column(
        "unverified_because",
        Text,
        comment="Why its server need not show a good certificate; empty where it must",
        null=True,
    ),
    column("unverified_until", Date, comment="Up to which day (UTC) that counts", null=True),
    column(
        "pace",
        JSON(none_as_null=True),
        comment="How it publishes, as far as its answers told",
        null=True,
    ),
    column(
        "declared_url",
        Text,
        comment="The address its owner gave, once a lasting redirect moved the feed elsewhere",
        null=True,
    ),
    column("moved_to", Text, comment="Where permanent redirects lead at present", null=True),
    column("moved_since", UTCDateTime, comment="First of these redirects in a row", null=True),
    column(
        "moved_seen", Integer, comment="How many of them were seen in a row", server_default="0"
    ),
    column(
        "spared",
        Integer,
        comment="Answers 304 since the last whole document",
        server_default="0",
    ),
    column("whole_at", UTCDateTime, comment="When a whole document last came", null=True),
    column(
        "distrusted_until",
        UTCDateTime,
        comment="Its answers 304 were wrong: until then none is asked for",
        null=True,
    ),
    column("hub_url", Text, comment="The WebSub hub it names", null=True),
    column("topic_url", Text, comment="What that hub calls the feed", null=True),
    Index("ix_feeds_next_fetch_at", "next_fetch_at"),
    comment="Addresses that are polled, with their health and their next turn.",
)

fetches = Table(
    "fetches",
    metadata,
    row_id(),
    column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    column("started_at", UTCDateTime, comment="When the attempt began"),
    column("seconds", Float, comment="How long it took, waiting for the host's turn not counted"),
    column("outcome", String(16), comment="updated, not_modified, unchanged, failed"),
    column("status", Integer, comment="HTTP status, if an answer came", null=True),
    column("wire_bytes", Integer, comment="Bytes of body received, still compressed"),
    column("entries", Integer, comment="Entries the document listed"),
    column("articles_new", Integer, comment="Articles stored for the first time"),
    column("articles_revised", Integer, comment="Articles whose headline or summary changed"),
    column("matches_new", Integer, comment="Matches proposed to editors"),
    column("skipped", Integer, comment="Entries not stored, such as repeats in one document"),
    column("error_kind", String(40), comment="Kind of failure", null=True),
    column("error_message", Text, comment="The failure in a sentence", null=True),
    column("next_fetch_at", UTCDateTime, comment="The turn decided after this attempt"),
    Index("ix_fetches_feed_id_started_at", "feed_id", "started_at"),
    Index("ix_fetches_started_at", "started_at"),
    comment="Every attempt at every feed, with its outcome.",
)

feed_days = Table(
    "feed_days",
    metadata,
    Column(
        "feed_id",
        String(64),
        ForeignKey("feeds.id", ondelete="CASCADE"),
        primary_key=True,
        comment="The feed",
    ),
    Column("day", Date, primary_key=True, comment="The day, UTC"),
    column("fetches", Integer, comment="Attempts that began on it"),
    column("failed", Integer, comment="How many of them failed"),
    column("articles_new", Integer, comment="Articles stored for the first time"),
    Index("ix_feed_days_day", "day"),
    comment="The attempts of each feed and day summed up, for charts and alarms.",
)

alarms = Table(
    "alarms",
    metadata,
    row_id(),
    column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    column("kind", String(16), comment="quiet, volume, overflow, failing, blocked, gone"),
    column("detail", Text, comment="What is wrong, in a sentence"),
    column("raised_at", UTCDateTime, comment="When it was first noticed"),
    column("ended_at", UTCDateTime, comment="When it was over", null=True),
    column("end_detail", Text, comment="How it ended, in a sentence", null=True),
    Index("ix_alarms_feed_id_kind", "feed_id", "kind"),
    Index("ix_alarms_ended_at", "ended_at"),
    # Two processes that notice the same thing at once tell it once.
    Index(
        "uq_alarms_standing",
        "feed_id",
        "kind",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="What is wrong with feeds, told once, and once more when it is over.",
)

host_pauses = Table(
    "host_pauses",
    metadata,
    Column("host", String(255), primary_key=True, comment="The host, with its port if unusual"),
    column("until", UTCDateTime, comment="Until when no process asks it"),
    column("reason", Text, comment="Why, in a sentence"),
    comment="Hosts that asked to be left alone, for every process to heed.",
)

host_turns = Table(
    "host_turns",
    metadata,
    Column("host", String(255), primary_key=True, comment="The host, with its port if unusual"),
    column("next_at", UTCDateTime, comment="Before then no worker asks it again"),
    comment="When each host's next turn is, where several workers share them.",
)

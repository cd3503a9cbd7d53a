"""What subscribers get."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from db.tables.columns import Id, UTCDateTime, column, metadata, row_id

digest_items = Table(
    "digest_items",
    metadata,
    row_id(),
    column("uid", String(200), comment="Permanent id, minted once, shared by all formats"),
    column("slug", String(40), comment="Name of its page under /news/"),
    column("story_id", Id, ForeignKey("stories.id"), comment="The story it publishes"),
    column("article_id", Id, ForeignKey("articles.id"), comment="The article that leads it"),
    column("title", Text, comment="Headline as published"),
    column("summary", Text, comment="Summary as published"),
    column("published_at", UTCDateTime, comment="When it was first published; never moves"),
    column("updated_at", UTCDateTime, comment="Last significant change; never goes back"),
    column(
        "change",
        String(16),
        comment="What moved updated_at last: corrected, revised, handed_on, restored or withdrawn",
        null=True,
    ),
    column(
        "article_revision",
        Integer,
        comment="Revision of the leading article that title and summary were taken from",
    ),
    column("corrected_at", UTCDateTime, comment="When an editor last corrected it", null=True),
    column("correction", Text, comment="What was wrong, as subscribers read it", null=True),
    column(
        "revision",
        BigInteger,
        comment="Grows with every change the public sees, over all entries",
    ),
    UniqueConstraint("uid"),
    UniqueConstraint("slug"),
    UniqueConstraint("story_id"),
    UniqueConstraint("updated_at"),
    Index("ix_digest_items_published_at", "published_at"),
    Index("ix_digest_items_article_id", "article_id"),
    Index("ix_digest_items_revision", "revision"),
    comment="Entries of the Latest News digest, one a story.",
)

digest_placements = Table(
    "digest_placements",
    metadata,
    row_id(),
    column("item_id", Id, ForeignKey("digest_items.id", ondelete="CASCADE"), comment="The entry"),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("placed_at", UTCDateTime, comment="When it came into this conflict's feed"),
    column("withdrawn_at", UTCDateTime, comment="When it was taken back", null=True),
    column("withdrawn_reason", Text, comment="Why, as subscribers read it", null=True),
    UniqueConstraint("item_id", "conflict"),
    Index("ix_digest_placements_conflict", "conflict"),
    comment="Which conflicts' feeds an entry stands in.",
)

public_files = Table(
    "public_files",
    metadata,
    Column("path", String(255), primary_key=True, comment="Path under PUBLIC_DIR"),
    column("sha256", String(64), comment="Hash of the published bytes"),
    column(
        "changed_at",
        UTCDateTime,
        comment="When the bytes last changed: Last-Modified, never goes back",
    ),
    comment="What was last written for the public, so that unchanged files keep their date.",
)

digest_archives = Table(
    "digest_archives",
    metadata,
    Column("feed", String(160), primary_key=True, comment="Site path of the feed it belongs to"),
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="From 1, the oldest, upwards",
    ),
    column("closed_at", UTCDateTime, comment="When it was full"),
    comment="Archives of the feeds (RFC 5005): once closed, an archive never changes.",
)

digest_archive_items = Table(
    "digest_archive_items",
    metadata,
    Column("feed", String(160), primary_key=True, comment="Site path of the feed"),
    Column(
        "item_id",
        Id,
        ForeignKey("digest_items.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The entry; it stands in one archive of each feed",
    ),
    column("number", Integer, comment="The archive it stands in"),
    Index("ix_digest_archive_items_feed", "feed", "number"),
    Index("ix_digest_archive_items_item_id", "item_id"),
    comment="Which archive holds which entry of a feed.",
)

public_parts = Table(
    "public_parts",
    metadata,
    Column("name", String(255), primary_key=True, comment="Files that are made together"),
    column("state", String(64), comment="Hash of what they were last made from"),
    comment="What public files were made from: only what may have changed is made anew.",
)

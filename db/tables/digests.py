"""What subscribers get."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

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
    column("updated_at", UTCDateTime, comment="Last significant change"),
    UniqueConstraint("uid"),
    UniqueConstraint("slug"),
    UniqueConstraint("story_id"),
    UniqueConstraint("updated_at"),
    Index("ix_digest_items_published_at", "published_at"),
    Index("ix_digest_items_article_id", "article_id"),
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

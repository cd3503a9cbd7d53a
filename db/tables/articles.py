"""What publishers wrote: articles, where they stand, their revisions, pages and stories."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from db.tables.columns import Id, UTCDateTime, column, metadata, row_id

article_pages = Table(
    "article_pages",
    metadata,
    Column(
        "article_id",
        Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    column("state", String(16), comment="waiting, read, refused, failed"),
    column("due_at", UTCDateTime, comment="When it is to be read"),
    column("attempts", Integer, comment="How often it was tried"),
    column("lease_until", UTCDateTime, comment="Until when a process holds it", null=True),
    column("read_at", UTCDateTime, comment="When it was read", null=True),
    column("body", Text, comment="Its text, for matching only: never published"),
    column("error_kind", String(40), comment="Why it could not be read", null=True),
    column("error_message", Text, comment="The same in a sentence", null=True),
    Index("ix_article_pages_state_due_at", "state", "due_at"),
    comment="Pages of articles whose feed says full_text, kept apart from what is published.",
)

stories = Table(
    "stories",
    metadata,
    row_id(),
    column("title", Text, comment="Headline of the first article"),
    column("first_seen_at", UTCDateTime, comment="When its first article was stored"),
    column("last_seen_at", UTCDateTime, comment="When its latest article was stored"),
    column("merged_into", Id, comment="Where an editor put all of its articles", null=True),
    comment="Articles of one or more publishers that report the same event.",
)

articles = Table(
    "articles",
    metadata,
    row_id(),
    column(
        "identity", String(200), comment="What makes the article one: canonical address or a hash"
    ),
    column(
        "story_id", Id, ForeignKey("stories.id"), comment="Its story, once it matched", null=True
    ),
    column(
        "story_reason",
        Text,
        comment="Why it joined that story, in words; empty where it began it",
        server_default="",
    ),
    column("story_by", Text, comment="The editor who put it there, if one did", null=True),
    column("feed_id", String(64), ForeignKey("feeds.id"), comment="The feed that listed it first"),
    column("url", Text, comment="Address for people, without tracking parameters", null=True),
    column("link", Text, comment="Address as the feed gave it", null=True),
    column("title", Text, comment="Headline as plain text, current revision"),
    column("summary", Text, comment="Summary as plain text, current revision"),
    column("publisher", Text, comment="The outlet"),
    column("language", String(16), comment="Language, primary subtag"),
    column("author", Text, comment="Author as plain text, or empty"),
    column("categories", JSON, comment="The publisher's categories: a list"),
    column("published_at", UTCDateTime, comment="Date the publisher claims, or when first seen"),
    column("ordered_at", UTCDateTime, comment="Date to sort by: never in the future"),
    column("date_origin", String(16), comment="published, updated or fetched"),
    column("first_seen_at", UTCDateTime, comment="When it was stored"),
    column("revised_at", UTCDateTime, comment="When the current revision was stored"),
    column("revision", Integer, comment="Number of the current revision, from 1"),
    column("title_key", Text, comment="Folded headline, for recognising the same one"),
    column("content_hash", String(64), comment="Hash of the folded headline and summary"),
    UniqueConstraint("identity"),
    Index("ix_articles_ordered_at", "ordered_at"),
    Index("ix_articles_first_seen_at", "first_seen_at"),
    Index("ix_articles_story_id", "story_id"),
    Index("ix_articles_publisher_title_key", "publisher", "title_key"),
    comment="One publication each, with the text of its current revision.",
)

story_changes = Table(
    "story_changes",
    metadata,
    row_id(),
    column("kind", String(16), comment="merge, duplicate or split"),
    column("story_id", Id, ForeignKey("stories.id"), comment="Merged into it, or split off it"),
    column("editor", Text, comment="Who did it"),
    column("made_at", UTCDateTime, comment="When"),
    column(
        "review_id", Id, comment="A verdict taken with it: they are taken back together", null=True
    ),
    column("undone_at", UTCDateTime, comment="When it was taken back", null=True),
    column("undone_by", Text, comment="Who took it back", null=True),
    Index("ix_story_changes_story_id", "story_id"),
    comment="What editors merged and split.",
)

story_moves = Table(
    "story_moves",
    metadata,
    Column(
        "change_id",
        Id,
        ForeignKey("story_changes.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The merge or split",
    ),
    Column(
        "article_id",
        Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article that moved",
    ),
    column("story_before", Id, comment="Its story before"),
    column("story_after", Id, comment="Its story after"),
    column("reason_before", Text, comment="Why it stood there, in words"),
    column("by_before", Text, comment="The editor who had put it there", null=True),
    Index("ix_story_moves_article_id", "article_id"),
    comment="Which articles moved with a merge or split, to take it back.",
)

story_keys = Table(
    "story_keys",
    metadata,
    Column(
        "key",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="Hash of a word of the headline, or of a band of the text's MinHash",
    ),
    Column("published_at", UTCDateTime, primary_key=True, comment="Date of the article"),
    Column(
        "article_id",
        Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    column("stored_at", UTCDateTime, comment="When it was grouped: old keys are removed"),
    Index("ix_story_keys_article_id", "article_id"),
    Index("ix_story_keys_stored_at", "stored_at"),
    comment="By what the stories of the last days are looked up.",
)

entries = Table(
    "entries",
    metadata,
    row_id(),
    column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    column("entry_key", String(200), comment="What names the entry within its feed"),
    column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"),
    column("guid", Text, comment="The publisher's id as given, or empty"),
    column("link", Text, comment="Its address as given", null=True),
    column("title", Text, comment="Its headline as this feed first gave it"),
    column("published_at", UTCDateTime, comment="Its date as this feed first gave it"),
    column("content_hash", String(64), comment="Hash of what this feed last said of it"),
    column("first_seen_at", UTCDateTime, comment="When this feed first listed it"),
    column("last_seen_at", UTCDateTime, comment="When a changed document last listed it"),
    UniqueConstraint("feed_id", "entry_key"),
    Index("ix_entries_article_id", "article_id"),
    comment="An article as one feed lists it: who carries it, since when.",
)

article_revisions = Table(
    "article_revisions",
    metadata,
    row_id(),
    column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"),
    column("number", Integer, comment="1 is the text as first seen"),
    column("title", Text, comment="Headline of this revision"),
    column("summary", Text, comment="Summary of this revision"),
    column("feed_id", String(64), comment="The feed that brought it"),
    column("seen_at", UTCDateTime, comment="When it was stored"),
    UniqueConstraint("article_id", "number"),
    comment="Every text of an article whose headline or summary changed, the first included.",
)

forgotten = Table(
    "forgotten",
    metadata,
    Column(
        "identity",
        String(200),
        primary_key=True,
        comment="What made the article one: canonical address or a hash",
    ),
    Column(
        "content_hash",
        String(64),
        primary_key=True,
        comment="Hash of a headline and summary it had in one of its feeds",
    ),
    column("forgotten_at", UTCDateTime, comment="When the article was removed"),
    Index("ix_forgotten_forgotten_at", "forgotten_at"),
    comment="Unmatched articles that were removed: the same text does not come back as new.",
)

search_state = Table(
    "search_state",
    metadata,
    Column(
        "article_id",
        Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    column(
        "revision",
        Integer,
        comment="Revision that is in the search index; 0 when the article has a newer one",
    ),
    Index(
        "ix_search_state_revision",
        "revision",
        sqlite_where=text("revision = 0"),
        postgresql_where=text("revision = 0"),
    ),
    comment="Which revision of each article the full-text index holds.",
)

"""What is tracked: conflicts, their keywords and backgrounds."""

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from db.tables.columns import Id, UTCDateTime, column, metadata, owner, row_id

conflicts = Table(
    "conflicts",
    metadata,
    Column("slug", String(64), primary_key=True, comment="Name in addresses"),
    column("title", Text, comment="Title of its page"),
    column("region", Text, comment="Region, for grouping"),
    column("countries", JSON, comment="ISO 3166 alpha-2 codes: a list"),
    column("type", Text, comment="Kind of conflict"),
    column("impact", Text, comment="Impact as trackers of this kind state it"),
    column("status", Text, comment="worsening, unchanging, improving, or empty"),
    column("status_reason", Text, comment="One line that says why"),
    column("approve", String(16), comment="editor or automatic"),
    column("approve_at", Integer, comment="Least score for automatic approval"),
    column(
        "edition_at",
        String(5),
        comment="Local time the daily edition closes, or empty: there is none",
        server_default="06:00",
    ),
    column("edition_zone", String(64), comment="IANA zone of that time", server_default="UTC"),
    column("position", Integer, comment="Place in sources.yaml, for ordering"),
    owner(),
    column("rule_version", String(64), comment="Version of the keywords that run now"),
    column("declared_at", UTCDateTime, comment="When it was first declared"),
    column("retired_at", UTCDateTime, comment="When it left sources.yaml", null=True),
    column("background_title", Text, comment="Title of the background page", null=True),
    column("background_updated_on", Date, comment="Day the background itself states", null=True),
    column("background_site", Text, comment="Site an imported page came from", null=True),
    column("background_sources", JSON, comment="Where its facts come from: a list of lines"),
    column("background_captions", JSON, comment="Captions with credits: a list of pairs"),
    column("background_revision", Integer, comment="Number of the background's current revision"),
    comment="Tracked conflicts.",
)

keyword_versions = Table(
    "keyword_versions",
    metadata,
    row_id(),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("version", String(64), comment="Hash of the rule's content"),
    column("keywords", JSON, comment="The rule as written, vocabularies filled in"),
    column("origin", String(8), comment="file or desk"),
    column("author", Text, comment="Who saved it"),
    column("note", Text, comment="Why, in the author's words"),
    column("first_used_at", UTCDateTime, comment="When it first ran"),
    UniqueConstraint("conflict", "version"),
    comment="Every version of every conflict's keywords that ever ran.",
)

background_sections = Table(
    "background_sections",
    metadata,
    row_id(),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("position", Integer, comment="Order on the page, from 0"),
    column("kind", String(24), comment="background, concerns, recent-developments, …"),
    column("heading", Text, comment="Heading as shown, or empty"),
    column("markdown", Text, comment="Text in Markdown"),
    UniqueConstraint("conflict", "position"),
    comment="The curated background as it stands now, a row a section.",
)

background_revisions = Table(
    "background_revisions",
    metadata,
    row_id(),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("number", Integer, comment="From 1 upwards"),
    column("document", JSON, comment="The whole background at that time"),
    column("author", Text, comment="Who saved it"),
    column("note", Text, comment="Why, in the author's words"),
    column("saved_at", UTCDateTime, comment="When"),
    UniqueConstraint("conflict", "number"),
    comment="Every saved state of every background.",
)

background_drafts = Table(
    "background_drafts",
    metadata,
    row_id(),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("editor", Text, comment="Whose unsaved text it is"),
    column("base", Integer, comment="Number of the revision the editor began from, or 0"),
    column("document", JSON, comment="The whole background as typed so far"),
    column("kept_at", UTCDateTime, comment="When it was last kept"),
    UniqueConstraint("conflict", "editor"),
    comment="Unsaved text of the background editor, one draft an editor and conflict.",
)

paragraph_marks = Table(
    "paragraph_marks",
    metadata,
    row_id(),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("paragraph", String(32), comment="Id of the paragraph, made from its text"),
    column("kind", String(8), comment="link (an article bears on it) or outdated"),
    column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"),
    column("editor", Text, comment="Who marked it"),
    column("made_at", UTCDateTime, comment="When"),
    column(
        "cleared_at", UTCDateTime, comment="When the paragraph was edited or unmarked", null=True
    ),
    Index("ix_paragraph_marks_conflict", "conflict"),
    Index("ix_paragraph_marks_article_id", "article_id"),
    comment="What editors noted of the background's paragraphs beside approved articles.",
)

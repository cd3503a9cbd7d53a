"""What is proposed and decided: matches, verdicts, and who is busy with what."""

from sqlalchemy import (
    JSON,
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

matches = Table(
    "matches",
    metadata,
    row_id(),
    column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"),
    column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    column("status", String(16), comment="pending, approved, rejected, withdrawn"),
    column(
        "score",
        Integer,
        comment="Orders the queue: decisive 3, place 2, subject 1, doubled in titles",
    ),
    column("hits", JSON, comment="Which words were found where"),
    column("rule_version", String(64), comment="Keywords that made the match"),
    column("article_revision", Integer, comment="Revision of the article the hits belong to"),
    column("proposed_at", UTCDateTime, comment="When the match was first proposed"),
    column("decided_at", UTCDateTime, comment="When the present verdict was taken", null=True),
    column("decided_by", Text, comment="Who took it", null=True),
    column(
        "decided_revision", Integer, comment="Revision of the article the editor judged", null=True
    ),
    column(
        "story_id",
        Id,
        comment="Its article's story, kept here too: the queue is counted by it",
        null=True,
    ),
    column("publisher", Text, comment="Its article's outlet, kept here too: a filter", null=True),
    column("language", String(16), comment="Its article's language, the same", null=True),
    column("ordered_at", UTCDateTime, comment="Its article's date to sort by, the same", null=True),
    UniqueConstraint("article_id", "conflict"),
    Index("ix_matches_conflict_status", "conflict", "status"),
    Index("ix_matches_status_conflict_story_id_score", "status", "conflict", "story_id", "score"),
    Index("ix_matches_status_score_proposed_at", "status", "score", "proposed_at"),
    Index("ix_matches_status_proposed_at", "status", "proposed_at"),
    Index("ix_matches_status_decided_at", "status", "decided_at"),
    Index("ix_matches_status_publisher", "status", "publisher"),
    Index("ix_matches_status_language", "status", "language"),
    Index("ix_matches_status_ordered_at", "status", "ordered_at"),
    Index("ix_matches_story_id", "story_id"),
    comment="Articles under conflicts: proposed by keywords, decided by editors.",
)

reviews = Table(
    "reviews",
    metadata,
    row_id(),
    column("match_id", Id, ForeignKey("matches.id"), comment="The match"),
    column("verdict", String(16), comment="approve, reject, reopen"),
    column("status_before", String(16), comment="Where the match stood"),
    column("status_after", String(16), comment="Where it stands now"),
    column("reason", Text, comment="The editor's reason, or empty"),
    column("editor", Text, comment="Who decided"),
    column("article_revision", Integer, comment="Revision of the article that was judged"),
    column("decided_at", UTCDateTime, comment="When"),
    column(
        "batch",
        Id,
        comment="First verdict of those taken together: they are taken back together",
        null=True,
    ),
    Index("ix_reviews_match_id", "match_id"),
    Index("ix_reviews_batch", "batch"),
    Index("ix_reviews_decided_at", "decided_at"),
    comment="Every verdict ever taken; rows are only added.",
)

claims = Table(
    "claims",
    metadata,
    Column(
        "match_id",
        Id,
        ForeignKey("matches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The match",
    ),
    column("editor", Text, comment="Who works on it"),
    column("claimed_at", UTCDateTime, comment="Since when"),
    column("expires_at", UTCDateTime, comment="When it is free again without a sign of life"),
    Index("ix_claims_expires_at", "expires_at"),
    comment="Who works on what just now: others may read it, and take it over.",
)

holds = Table(
    "holds",
    metadata,
    Column(
        "match_id",
        Id,
        ForeignKey("matches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The match",
    ),
    column("editor", Text, comment="Who put it on hold"),
    column("held_at", UTCDateTime, comment="When"),
    column("until", UTCDateTime, comment="When it waits in the queue again"),
    Index("ix_holds_until", "until"),
    comment="Matches that are to be decided later: the queue leaves them out until then.",
)

desk_visits = Table(
    "desk_visits",
    metadata,
    Column(
        "editor_id",
        Id,
        ForeignKey("editors.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The account",
    ),
    column("began_at", UTCDateTime, comment="When the present visit to the queue began"),
    column("last_at", UTCDateTime, comment="Last look at the queue, to within a minute"),
    column("before_at", UTCDateTime, comment="When the visit before it ended", null=True),
    comment="When each editor last looked at the queue, so that it can show what is new since.",
)

samples = Table(
    "samples",
    metadata,
    Column(
        "article_id",
        Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article, without a match when it was drawn",
    ),
    column("drawn_at", UTCDateTime, comment="When it was drawn"),
    column("decided_at", UTCDateTime, comment="When an editor judged it", null=True),
    column("decided_by", Text, comment="Who judged it", null=True),
    column("conflict", String(64), comment="The conflict it belongs to, or empty: none", null=True),
    Index("ix_samples_decided_at", "decided_at"),
    comment="Unmatched articles that editors judge blindly, so that recall can be estimated.",
)

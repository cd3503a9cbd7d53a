"""The tables. Every column says what it holds; docs/data-dictionary.md is made from here."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine


class _SqliteTime(sqlite.DATETIME):
    """SQLAlchemy's own text for a time (2026-11-22 12:00:00.000000), by one call into C."""

    def bind_processor(self, dialect: Dialect) -> Any:
        def written(value: datetime | None) -> str | None:
            return None if value is None else value.isoformat(" ", "microseconds")[:26]

        return written


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops zones, so a naive value is refused instead of guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Write the text of SQLite's times the fast way: ingest writes two hundred a feed."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SqliteTime())  # type: ignore[no-untyped-call]
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store UTC."""
        if value is None:
            return None
        if value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows upwards only in a column declared INTEGER PRIMARY KEY.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _column(
    name: str, kind: Any, *rest: Any, comment: str, null: bool = False, **more: Any
) -> Column[Any]:
    return Column(name, kind, *rest, nullable=null, comment=comment, **more)


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True, autoincrement=True, comment="Number of the row")


def _owner() -> Column[Any]:
    return _column(
        "owner",
        String(8),
        comment="Who says what runs: `file` (sources.yaml) or `desk`",
        default="file",
    )


instance = Table(
    "instance",
    metadata,
    Column("key", String(64), primary_key=True, comment="Name of the fact"),
    _column("value", Text, comment="Its value"),
    comment="Facts about this installation, such as the authority in digest ids.",
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", String(64), primary_key=True, comment="The feed's id in sources.yaml"),
    _column("publisher", Text, comment="The outlet, as readers see it"),
    _column("url", Text, comment="The address that is polled"),
    _column("language", String(16), comment="Language assumed where entries name none"),
    _column("country", String(2), comment="Where the outlet sits, ISO 3166 alpha-2, or empty"),
    _column("every_seconds", Integer, comment="Wished seconds between two fetches"),
    _column("tags", JSON, comment="Free words for filtering: a list"),
    _column("enabled", Boolean, comment="False: not fetched because sources.yaml says so"),
    _owner(),
    _column("declared_at", UTCDateTime, comment="When the feed was first declared"),
    _column(
        "retired_at", UTCDateTime, comment="When it left sources.yaml; its articles stay", null=True
    ),
    _column("state", String(16), comment="new, working, failing, blocked, gone"),
    _column("title", Text, comment="The feed's own title, as last seen", null=True),
    _column("home_url", Text, comment="The outlet's page the feed names", null=True),
    _column("etag", Text, comment="ETag of the last stored answer, byte for byte", null=True),
    _column(
        "last_modified", Text, comment="Last-Modified of that answer, byte for byte", null=True
    ),
    _column("validators_url", Text, comment="The address that issued these two", null=True),
    _column("body_hash", String(64), comment="SHA-256 of the last stored document", null=True),
    _column(
        "next_fetch_at", UTCDateTime, comment="When its turn comes: this column is the schedule"
    ),
    _column("next_fetch_reason", Text, comment="Why then, in words"),
    _column("lease_until", UTCDateTime, comment="Until when a process holds the feed", null=True),
    _column(
        "lease_by", String(128), comment="Which process: host, pid and a random part", null=True
    ),
    _column("last_attempt_at", UTCDateTime, comment="Start of the last fetch", null=True),
    _column("last_success_at", UTCDateTime, comment="Last fetch that did not fail", null=True),
    _column("last_new_at", UTCDateTime, comment="Last fetch that brought a new article", null=True),
    _column("newest_entry_at", UTCDateTime, comment="Newest date an entry claimed", null=True),
    _column("failing_since", UTCDateTime, comment="First failure of the present streak", null=True),
    _column("failures", Float, comment="Failures in a row, weighed by severity"),
    _column("error_kind", String(40), comment="Kind of the last failure while failing", null=True),
    _column("error_message", Text, comment="The last failure in a sentence", null=True),
    _column(
        "adaptive",
        Boolean,
        comment="True: its turns follow how it publishes; false: every_seconds as it stands",
        server_default=true(),
    ),
    _column(
        "full_text",
        Boolean,
        comment="True: the pages of its articles are read as well",
        server_default=false(),
    ),
    _column("max_bytes", Integer, comment="Largest document, where it is not the usual", null=True),
    _column(
        "pace",
        JSON(none_as_null=True),
        comment="How it publishes, as far as its answers told",
        null=True,
    ),
    _column(
        "declared_url",
        Text,
        comment="The address its owner gave, once a lasting redirect moved the feed elsewhere",
        null=True,
    ),
    _column("moved_to", Text, comment="Where permanent redirects lead at present", null=True),
    _column("moved_since", UTCDateTime, comment="First of these redirects in a row", null=True),
    _column(
        "moved_seen", Integer, comment="How many of them were seen in a row", server_default="0"
    ),
    _column(
        "spared",
        Integer,
        comment="Answers 304 since the last whole document",
        server_default="0",
    ),
    _column("whole_at", UTCDateTime, comment="When a whole document last came", null=True),
    _column(
        "distrusted_until",
        UTCDateTime,
        comment="Its answers 304 were wrong: until then none is asked for",
        null=True,
    ),
    Index("ix_feeds_next_fetch_at", "next_fetch_at"),
    comment="Addresses that are polled, with their health and their next turn.",
)

fetches = Table(
    "fetches",
    metadata,
    _id(),
    _column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    _column("started_at", UTCDateTime, comment="When the attempt began"),
    _column("seconds", Float, comment="How long it took, waiting for the host's turn not counted"),
    _column("outcome", String(16), comment="updated, not_modified, unchanged, failed"),
    _column("status", Integer, comment="HTTP status, if an answer came", null=True),
    _column("wire_bytes", Integer, comment="Bytes of body received, still compressed"),
    _column("entries", Integer, comment="Entries the document listed"),
    _column("articles_new", Integer, comment="Articles stored for the first time"),
    _column("articles_revised", Integer, comment="Articles whose headline or summary changed"),
    _column("matches_new", Integer, comment="Matches proposed to editors"),
    _column("skipped", Integer, comment="Entries not stored, such as repeats in one document"),
    _column("error_kind", String(40), comment="Kind of failure", null=True),
    _column("error_message", Text, comment="The failure in a sentence", null=True),
    _column("next_fetch_at", UTCDateTime, comment="The turn decided after this attempt"),
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
    _column("fetches", Integer, comment="Attempts that began on it"),
    _column("failed", Integer, comment="How many of them failed"),
    _column("articles_new", Integer, comment="Articles stored for the first time"),
    Index("ix_feed_days_day", "day"),
    comment="The attempts of each feed and day summed up, for charts and alarms.",
)

alarms = Table(
    "alarms",
    metadata,
    _id(),
    _column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    _column("kind", String(16), comment="quiet, volume, overflow, failing, blocked, gone"),
    _column("detail", Text, comment="What is wrong, in a sentence"),
    _column("raised_at", UTCDateTime, comment="When it was first noticed"),
    _column("ended_at", UTCDateTime, comment="When it was over", null=True),
    _column("end_detail", Text, comment="How it ended, in a sentence", null=True),
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
    _column("until", UTCDateTime, comment="Until when no process asks it"),
    _column("reason", Text, comment="Why, in a sentence"),
    comment="Hosts that asked to be left alone, for every process to heed.",
)

article_pages = Table(
    "article_pages",
    metadata,
    Column(
        "article_id",
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    _column("state", String(16), comment="waiting, read, refused, failed"),
    _column("due_at", UTCDateTime, comment="When it is to be read"),
    _column("attempts", Integer, comment="How often it was tried"),
    _column("lease_until", UTCDateTime, comment="Until when a process holds it", null=True),
    _column("read_at", UTCDateTime, comment="When it was read", null=True),
    _column("body", Text, comment="Its text, for matching only: never published"),
    _column("error_kind", String(40), comment="Why it could not be read", null=True),
    _column("error_message", Text, comment="The same in a sentence", null=True),
    Index("ix_article_pages_state_due_at", "state", "due_at"),
    comment="Pages of articles whose feed says full_text, kept apart from what is published.",
)

stories = Table(
    "stories",
    metadata,
    _id(),
    _column("title", Text, comment="Headline of the first article"),
    _column("first_seen_at", UTCDateTime, comment="When its first article was stored"),
    _column("last_seen_at", UTCDateTime, comment="When its latest article was stored"),
    comment="Articles of one or more publishers that report the same event.",
)

articles = Table(
    "articles",
    metadata,
    _id(),
    _column(
        "identity", String(200), comment="What makes the article one: canonical address or a hash"
    ),
    _column(
        "story_id", _Id, ForeignKey("stories.id"), comment="Its story, once it matched", null=True
    ),
    _column(
        "story_reason",
        Text,
        comment="Why it joined that story, in words; empty where it began it",
        server_default="",
    ),
    _column("feed_id", String(64), ForeignKey("feeds.id"), comment="The feed that listed it first"),
    _column("url", Text, comment="Address for people, without tracking parameters", null=True),
    _column("link", Text, comment="Address as the feed gave it", null=True),
    _column("title", Text, comment="Headline as plain text, current revision"),
    _column("summary", Text, comment="Summary as plain text, current revision"),
    _column("publisher", Text, comment="The outlet"),
    _column("language", String(16), comment="Language, primary subtag"),
    _column("author", Text, comment="Author as plain text, or empty"),
    _column("categories", JSON, comment="The publisher's categories: a list"),
    _column("published_at", UTCDateTime, comment="Date the publisher claims, or when first seen"),
    _column("ordered_at", UTCDateTime, comment="Date to sort by: never in the future"),
    _column("date_origin", String(16), comment="published, updated or fetched"),
    _column("first_seen_at", UTCDateTime, comment="When it was stored"),
    _column("revised_at", UTCDateTime, comment="When the current revision was stored"),
    _column("revision", Integer, comment="Number of the current revision, from 1"),
    _column("title_key", Text, comment="Folded headline, for recognising the same one"),
    _column("content_hash", String(64), comment="Hash of the folded headline and summary"),
    UniqueConstraint("identity"),
    Index("ix_articles_ordered_at", "ordered_at"),
    Index("ix_articles_first_seen_at", "first_seen_at"),
    Index("ix_articles_story_id", "story_id"),
    Index("ix_articles_publisher_title_key", "publisher", "title_key"),
    comment="One publication each, with the text of its current revision.",
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
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    _column("stored_at", UTCDateTime, comment="When it was grouped: old keys are removed"),
    Index("ix_story_keys_article_id", "article_id"),
    Index("ix_story_keys_stored_at", "stored_at"),
    comment="By what the stories of the last days are looked up.",
)

entries = Table(
    "entries",
    metadata,
    _id(),
    _column("feed_id", String(64), ForeignKey("feeds.id", ondelete="CASCADE"), comment="The feed"),
    _column("entry_key", String(200), comment="What names the entry within its feed"),
    _column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"
    ),
    _column("guid", Text, comment="The publisher's id as given, or empty"),
    _column("link", Text, comment="Its address as given", null=True),
    _column("title", Text, comment="Its headline as this feed first gave it"),
    _column("published_at", UTCDateTime, comment="Its date as this feed first gave it"),
    _column("content_hash", String(64), comment="Hash of what this feed last said of it"),
    _column("first_seen_at", UTCDateTime, comment="When this feed first listed it"),
    _column("last_seen_at", UTCDateTime, comment="When a changed document last listed it"),
    UniqueConstraint("feed_id", "entry_key"),
    Index("ix_entries_article_id", "article_id"),
    comment="An article as one feed lists it: who carries it, since when.",
)

article_revisions = Table(
    "article_revisions",
    metadata,
    _id(),
    _column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"
    ),
    _column("number", Integer, comment="1 is the text as first seen"),
    _column("title", Text, comment="Headline of this revision"),
    _column("summary", Text, comment="Summary of this revision"),
    _column("feed_id", String(64), comment="The feed that brought it"),
    _column("seen_at", UTCDateTime, comment="When it was stored"),
    UniqueConstraint("article_id", "number"),
    comment="Every text of an article whose headline or summary changed, the first included.",
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("slug", String(64), primary_key=True, comment="Name in addresses"),
    _column("title", Text, comment="Title of its page"),
    _column("region", Text, comment="Region, for grouping"),
    _column("countries", JSON, comment="ISO 3166 alpha-2 codes: a list"),
    _column("type", Text, comment="Kind of conflict"),
    _column("impact", Text, comment="Impact as trackers of this kind state it"),
    _column("status", Text, comment="worsening, unchanging, improving, or empty"),
    _column("status_reason", Text, comment="One line that says why"),
    _column("approve", String(16), comment="editor or automatic"),
    _column("approve_at", Integer, comment="Least score for automatic approval"),
    _column("position", Integer, comment="Place in sources.yaml, for ordering"),
    _owner(),
    _column("rule_version", String(64), comment="Version of the keywords that run now"),
    _column("declared_at", UTCDateTime, comment="When it was first declared"),
    _column("retired_at", UTCDateTime, comment="When it left sources.yaml", null=True),
    _column("background_title", Text, comment="Title of the background page", null=True),
    _column("background_updated_on", Date, comment="Day the background itself states", null=True),
    _column("background_site", Text, comment="Site an imported page came from", null=True),
    _column("background_sources", JSON, comment="Where its facts come from: a list of lines"),
    _column("background_captions", JSON, comment="Captions with credits: a list of pairs"),
    _column("background_revision", Integer, comment="Number of the background's current revision"),
    comment="Tracked conflicts.",
)

keyword_versions = Table(
    "keyword_versions",
    metadata,
    _id(),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("version", String(64), comment="Hash of the rule's content"),
    _column("keywords", JSON, comment="The rule as written, vocabularies filled in"),
    _column("origin", String(8), comment="file or desk"),
    _column("author", Text, comment="Who saved it"),
    _column("note", Text, comment="Why, in the author's words"),
    _column("first_used_at", UTCDateTime, comment="When it first ran"),
    UniqueConstraint("conflict", "version"),
    comment="Every version of every conflict's keywords that ever ran.",
)

background_sections = Table(
    "background_sections",
    metadata,
    _id(),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("position", Integer, comment="Order on the page, from 0"),
    _column("kind", String(24), comment="background, concerns, recent-developments, …"),
    _column("heading", Text, comment="Heading as shown, or empty"),
    _column("markdown", Text, comment="Text in Markdown"),
    UniqueConstraint("conflict", "position"),
    comment="The curated background as it stands now, a row a section.",
)

background_revisions = Table(
    "background_revisions",
    metadata,
    _id(),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("number", Integer, comment="From 1 upwards"),
    _column("document", JSON, comment="The whole background at that time"),
    _column("author", Text, comment="Who saved it"),
    _column("note", Text, comment="Why, in the author's words"),
    _column("saved_at", UTCDateTime, comment="When"),
    UniqueConstraint("conflict", "number"),
    comment="Every saved state of every background.",
)

background_drafts = Table(
    "background_drafts",
    metadata,
    _id(),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("editor", Text, comment="Whose unsaved text it is"),
    _column("base", Integer, comment="Number of the revision the editor began from, or 0"),
    _column("document", JSON, comment="The whole background as typed so far"),
    _column("kept_at", UTCDateTime, comment="When it was last kept"),
    UniqueConstraint("conflict", "editor"),
    comment="Unsaved text of the background editor, one draft an editor and conflict.",
)

paragraph_marks = Table(
    "paragraph_marks",
    metadata,
    _id(),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("paragraph", String(32), comment="Id of the paragraph, made from its text"),
    _column("kind", String(8), comment="link (an article bears on it) or outdated"),
    _column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"
    ),
    _column("editor", Text, comment="Who marked it"),
    _column("made_at", UTCDateTime, comment="When"),
    _column(
        "cleared_at", UTCDateTime, comment="When the paragraph was edited or unmarked", null=True
    ),
    Index("ix_paragraph_marks_conflict", "conflict"),
    Index("ix_paragraph_marks_article_id", "article_id"),
    comment="What editors noted of the background's paragraphs beside approved articles.",
)

matches = Table(
    "matches",
    metadata,
    _id(),
    _column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), comment="The article"
    ),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("status", String(16), comment="pending, approved, rejected, withdrawn"),
    _column(
        "score",
        Integer,
        comment="Orders the queue: decisive 3, place 2, subject 1, doubled in titles",
    ),
    _column("hits", JSON, comment="Which words were found where"),
    _column("rule_version", String(64), comment="Keywords that made the match"),
    _column("article_revision", Integer, comment="Revision of the article the hits belong to"),
    _column("proposed_at", UTCDateTime, comment="When the match was first proposed"),
    _column("decided_at", UTCDateTime, comment="When the present verdict was taken", null=True),
    _column("decided_by", Text, comment="Who took it", null=True),
    _column(
        "decided_revision", Integer, comment="Revision of the article the editor judged", null=True
    ),
    _column(
        "story_id",
        _Id,
        comment="Its article's story, kept here too: the queue is counted by it",
        null=True,
    ),
    UniqueConstraint("article_id", "conflict"),
    Index("ix_matches_conflict_status", "conflict", "status"),
    Index("ix_matches_status_score", "status", "score"),
    Index("ix_matches_status_conflict_story_id", "status", "conflict", "story_id"),
    Index("ix_matches_status_score_proposed_at", "status", "score", "proposed_at"),
    Index("ix_matches_status_proposed_at", "status", "proposed_at"),
    Index("ix_matches_story_id", "story_id"),
    comment="Articles under conflicts: proposed by keywords, decided by editors.",
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _column("match_id", _Id, ForeignKey("matches.id"), comment="The match"),
    _column("verdict", String(16), comment="approve, reject, reopen"),
    _column("status_before", String(16), comment="Where the match stood"),
    _column("status_after", String(16), comment="Where it stands now"),
    _column("reason", Text, comment="The editor's reason, or empty"),
    _column("editor", Text, comment="Who decided"),
    _column("article_revision", Integer, comment="Revision of the article that was judged"),
    _column("decided_at", UTCDateTime, comment="When"),
    _column(
        "batch",
        _Id,
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
        _Id,
        ForeignKey("matches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The match",
    ),
    _column("editor", Text, comment="Who works on it"),
    _column("claimed_at", UTCDateTime, comment="Since when"),
    _column("expires_at", UTCDateTime, comment="When it is free again without a sign of life"),
    Index("ix_claims_expires_at", "expires_at"),
    comment="Who works on what just now: others may read it, and take it over.",
)

holds = Table(
    "holds",
    metadata,
    Column(
        "match_id",
        _Id,
        ForeignKey("matches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The match",
    ),
    _column("editor", Text, comment="Who put it on hold"),
    _column("held_at", UTCDateTime, comment="When"),
    _column("until", UTCDateTime, comment="When it waits in the queue again"),
    Index("ix_holds_until", "until"),
    comment="Matches that are to be decided later: the queue leaves them out until then.",
)

desk_visits = Table(
    "desk_visits",
    metadata,
    Column(
        "editor_id",
        _Id,
        ForeignKey("editors.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The account",
    ),
    _column("began_at", UTCDateTime, comment="When the present visit to the queue began"),
    _column("last_at", UTCDateTime, comment="Last look at the queue, to within a minute"),
    _column("before_at", UTCDateTime, comment="When the visit before it ended", null=True),
    comment="When each editor last looked at the queue, so that it can show what is new since.",
)

samples = Table(
    "samples",
    metadata,
    Column(
        "article_id",
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article, without a match when it was drawn",
    ),
    _column("drawn_at", UTCDateTime, comment="When it was drawn"),
    _column("decided_at", UTCDateTime, comment="When an editor judged it", null=True),
    _column("decided_by", Text, comment="Who judged it", null=True),
    _column(
        "conflict", String(64), comment="The conflict it belongs to, or empty: none", null=True
    ),
    Index("ix_samples_decided_at", "decided_at"),
    comment="Unmatched articles that editors judge blindly, so that recall can be estimated.",
)

editors = Table(
    "editors",
    metadata,
    _id(),
    _column("name", String(64), comment="Name to log in with"),
    _column("name_key", String(64), comment="The name folded, so that it is taken only once"),
    _column("password_hash", Text, comment="Argon2id hash"),
    _column("role", String(16), comment="viewer, editor or admin"),
    _column("created_at", UTCDateTime, comment="When the account was made"),
    _column("disabled_at", UTCDateTime, comment="When it was closed", null=True),
    UniqueConstraint("name_key"),
    comment="Accounts of the desk.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="Keyed hash of the cookie"),
    _column("editor_id", _Id, ForeignKey("editors.id", ondelete="CASCADE"), comment="The account"),
    _column("created_at", UTCDateTime, comment="When the editor logged in"),
    _column("seen_at", UTCDateTime, comment="Last request, to within some minutes"),
    _column("expires_at", UTCDateTime, comment="When it ends whatever happens"),
    comment="Who is logged in; deleted at logout.",
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _column("editor_id", _Id, ForeignKey("editors.id", ondelete="CASCADE"), comment="The account"),
    _column("name", String(64), comment="What its owner calls it"),
    _column("token_hash", String(64), comment="Keyed hash of the token"),
    _column("scopes", String(100), comment="What it may do, such as read review"),
    _column("created_at", UTCDateTime, comment="When it was made"),
    _column("expires_at", UTCDateTime, comment="When it stops working"),
    _column("used_at", UTCDateTime, comment="Last request, to within some minutes", null=True),
    UniqueConstraint("token_hash"),
    Index("ix_api_tokens_editor_id", "editor_id"),
    comment="With what programs ask the API in somebody's name; deleted when revoked.",
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="Keyed hash of the link's token"),
    _column("role", String(16), comment="Role of the account it makes"),
    _column("created_at", UTCDateTime, comment="When the link was made"),
    _column("expires_at", UTCDateTime, comment="When it stops working"),
    _column("used_at", UTCDateTime, comment="When it was used", null=True),
    comment="One-time links that let somebody make an account, such as the first.",
)

login_failures = Table(
    "login_failures",
    metadata,
    _id(),
    _column("name_key", String(64), comment="Folded name that was tried"),
    _column("address", String(64), comment="Where the attempt came from"),
    _column("failed_at", UTCDateTime, comment="When"),
    Index("ix_login_failures_failed_at", "failed_at"),
    comment="Failed logins of the last minutes, to slow down guessing.",
)

digest_items = Table(
    "digest_items",
    metadata,
    _id(),
    _column("uid", String(200), comment="Permanent id, minted once, shared by all formats"),
    _column("slug", String(40), comment="Name of its page under /news/"),
    _column("story_id", _Id, ForeignKey("stories.id"), comment="The story it publishes"),
    _column("article_id", _Id, ForeignKey("articles.id"), comment="The article that leads it"),
    _column("title", Text, comment="Headline as published"),
    _column("summary", Text, comment="Summary as published"),
    _column("published_at", UTCDateTime, comment="When it was first published; never moves"),
    _column("updated_at", UTCDateTime, comment="Last significant change"),
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
    _id(),
    _column("item_id", _Id, ForeignKey("digest_items.id", ondelete="CASCADE"), comment="The entry"),
    _column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        comment="The conflict",
    ),
    _column("placed_at", UTCDateTime, comment="When it came into this conflict's feed"),
    _column("withdrawn_at", UTCDateTime, comment="When it was taken back", null=True),
    _column("withdrawn_reason", Text, comment="Why, as subscribers read it", null=True),
    UniqueConstraint("item_id", "conflict"),
    Index("ix_digest_placements_conflict", "conflict"),
    comment="Which conflicts' feeds an entry stands in.",
)

public_files = Table(
    "public_files",
    metadata,
    Column("path", String(255), primary_key=True, comment="Path under PUBLIC_DIR"),
    _column("sha256", String(64), comment="Hash of the published bytes"),
    _column(
        "changed_at",
        UTCDateTime,
        comment="When the bytes last changed: Last-Modified, never goes back",
    ),
    comment="What was last written for the public, so that unchanged files keep their date.",
)

job_runs = Table(
    "job_runs",
    metadata,
    _id(),
    _column("job", String(40), comment="Name of the scheduled job"),
    _column("started_at", UTCDateTime, comment="When it began"),
    _column("finished_at", UTCDateTime, comment="When it ended", null=True),
    _column("outcome", String(16), comment="running, done, failed, missed"),
    _column("detail", Text, comment="One sentence"),
    Index("ix_job_runs_job_started_at", "job", "started_at"),
    comment="Runs of scheduled jobs, missed ones included.",
)

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    _column("at", UTCDateTime, comment="When"),
    _column("actor", Text, comment="Who: an editor, the shell user, or the service"),
    _column("action", String(40), comment="What was done, such as editor.add"),
    _column("subject", Text, comment="To what"),
    _column("detail", JSON, comment="Particulars, never secrets"),
    Index("ix_audit_log_at", "at"),
    comment="Everything people did besides verdicts; rows are only added.",
)

search_state = Table(
    "search_state",
    metadata,
    Column(
        "article_id",
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The article",
    ),
    _column(
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

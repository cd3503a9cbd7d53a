"""The first schema."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, and the full-text index in the form the database has."""
    op.create_table(
        "audit_log",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.Column(
            "actor",
            sa.Text(),
            nullable=False,
            comment="Who: an editor, the shell user, or the service",
        ),
        sa.Column(
            "action",
            sa.String(length=40),
            nullable=False,
            comment="What was done, such as editor.add",
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="To what"),
        sa.Column("detail", sa.JSON(), nullable=False, comment="Particulars, never secrets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        comment="Everything people did besides verdicts; rows are only added.",
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_table(
        "conflicts",
        sa.Column("slug", sa.String(length=64), nullable=False, comment="Name in addresses"),
        sa.Column("title", sa.Text(), nullable=False, comment="Title of its page"),
        sa.Column("region", sa.Text(), nullable=False, comment="Region, for grouping"),
        sa.Column("countries", sa.JSON(), nullable=False, comment="ISO 3166 alpha-2 codes: a list"),
        sa.Column("type", sa.Text(), nullable=False, comment="Kind of conflict"),
        sa.Column(
            "impact", sa.Text(), nullable=False, comment="Impact as trackers of this kind state it"
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="worsening, unchanging, improving, or empty",
        ),
        sa.Column("status_reason", sa.Text(), nullable=False, comment="One line that says why"),
        sa.Column("approve", sa.String(length=16), nullable=False, comment="editor or automatic"),
        sa.Column(
            "approve_at", sa.Integer(), nullable=False, comment="Least score for automatic approval"
        ),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="Place in sources.yaml, for ordering"
        ),
        sa.Column(
            "owner",
            sa.String(length=8),
            nullable=False,
            comment="Who says what runs: `file` (sources.yaml) or `desk`",
        ),
        sa.Column(
            "rule_version",
            sa.String(length=64),
            nullable=False,
            comment="Version of the keywords that run now",
        ),
        sa.Column(
            "declared_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was first declared",
        ),
        sa.Column(
            "retired_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it left sources.yaml",
        ),
        sa.Column(
            "background_title", sa.Text(), nullable=True, comment="Title of the background page"
        ),
        sa.Column(
            "background_updated_on",
            sa.Date(),
            nullable=True,
            comment="Day the background itself states",
        ),
        sa.Column(
            "background_site", sa.Text(), nullable=True, comment="Site an imported page came from"
        ),
        sa.Column(
            "background_sources",
            sa.JSON(),
            nullable=False,
            comment="Where its facts come from: a list of lines",
        ),
        sa.Column(
            "background_captions",
            sa.JSON(),
            nullable=False,
            comment="Captions with credits: a list of pairs",
        ),
        sa.Column(
            "background_revision",
            sa.Integer(),
            nullable=False,
            comment="Number of the background's current revision",
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_conflicts")),
        comment="Tracked conflicts.",
    )
    op.create_table(
        "editors",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("name", sa.String(length=64), nullable=False, comment="Name to log in with"),
        sa.Column(
            "name_key",
            sa.String(length=64),
            nullable=False,
            comment="The name folded, so that it is taken only once",
        ),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="Argon2id hash"),
        sa.Column("role", sa.String(length=16), nullable=False, comment="editor or admin"),
        sa.Column(
            "created_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the account was made",
        ),
        sa.Column(
            "disabled_at", UTCDateTime(timezone=True), nullable=True, comment="When it was closed"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editors")),
        sa.UniqueConstraint("name_key", name=op.f("uq_editors_name_key")),
        comment="Accounts of the desk.",
    )
    op.create_table(
        "feeds",
        sa.Column(
            "id", sa.String(length=64), nullable=False, comment="The feed's id in sources.yaml"
        ),
        sa.Column("publisher", sa.Text(), nullable=False, comment="The outlet, as readers see it"),
        sa.Column("url", sa.Text(), nullable=False, comment="The address that is polled"),
        sa.Column(
            "language",
            sa.String(length=16),
            nullable=False,
            comment="Language assumed where entries name none",
        ),
        sa.Column(
            "country",
            sa.String(length=2),
            nullable=False,
            comment="Where the outlet sits, ISO 3166 alpha-2, or empty",
        ),
        sa.Column(
            "every_seconds",
            sa.Integer(),
            nullable=False,
            comment="Wished seconds between two fetches",
        ),
        sa.Column("tags", sa.JSON(), nullable=False, comment="Free words for filtering: a list"),
        sa.Column(
            "enabled",
            sa.Boolean(),
            nullable=False,
            comment="False: not fetched because sources.yaml says so",
        ),
        sa.Column(
            "owner",
            sa.String(length=8),
            nullable=False,
            comment="Who says what runs: `file` (sources.yaml) or `desk`",
        ),
        sa.Column(
            "declared_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the feed was first declared",
        ),
        sa.Column(
            "retired_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it left sources.yaml; its articles stay",
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="new, working, failing, blocked, gone",
        ),
        sa.Column("title", sa.Text(), nullable=True, comment="The feed's own title, as last seen"),
        sa.Column("home_url", sa.Text(), nullable=True, comment="The outlet's page the feed names"),
        sa.Column(
            "etag",
            sa.Text(),
            nullable=True,
            comment="ETag of the last stored answer, byte for byte",
        ),
        sa.Column(
            "last_modified",
            sa.Text(),
            nullable=True,
            comment="Last-Modified of that answer, byte for byte",
        ),
        sa.Column(
            "validators_url", sa.Text(), nullable=True, comment="The address that issued these two"
        ),
        sa.Column(
            "body_hash",
            sa.String(length=64),
            nullable=True,
            comment="SHA-256 of the last stored document",
        ),
        sa.Column(
            "next_fetch_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When its turn comes: this column is the schedule",
        ),
        sa.Column("next_fetch_reason", sa.Text(), nullable=False, comment="Why then, in words"),
        sa.Column(
            "lease_until",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Until when a process holds the feed",
        ),
        sa.Column(
            "lease_by",
            sa.String(length=128),
            nullable=True,
            comment="Which process: host, pid and a random part",
        ),
        sa.Column(
            "last_attempt_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Start of the last fetch",
        ),
        sa.Column(
            "last_success_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Last fetch that did not fail",
        ),
        sa.Column(
            "last_new_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Last fetch that brought a new article",
        ),
        sa.Column(
            "newest_entry_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Newest date an entry claimed",
        ),
        sa.Column(
            "failing_since",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="First failure of the present streak",
        ),
        sa.Column(
            "failures", sa.Float(), nullable=False, comment="Failures in a row, weighed by severity"
        ),
        sa.Column(
            "error_kind",
            sa.String(length=40),
            nullable=True,
            comment="Kind of the last failure while failing",
        ),
        sa.Column(
            "error_message", sa.Text(), nullable=True, comment="The last failure in a sentence"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        comment="Addresses that are polled, with their health and their next turn.",
    )
    op.create_index("ix_feeds_next_fetch_at", "feeds", ["next_fetch_at"], unique=False)
    op.create_table(
        "instance",
        sa.Column("key", sa.String(length=64), nullable=False, comment="Name of the fact"),
        sa.Column("value", sa.Text(), nullable=False, comment="Its value"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_instance")),
        comment="Facts about this installation, such as the authority in digest ids.",
    )
    op.create_table(
        "invitations",
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=False,
            comment="Keyed hash of the link's token",
        ),
        sa.Column(
            "role", sa.String(length=16), nullable=False, comment="Role of the account it makes"
        ),
        sa.Column(
            "created_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the link was made",
        ),
        sa.Column(
            "expires_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it stops working",
        ),
        sa.Column("used_at", UTCDateTime(timezone=True), nullable=True, comment="When it was used"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
        comment="One-time links that let somebody make an account, such as the first.",
    )
    op.create_table(
        "job_runs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("job", sa.String(length=40), nullable=False, comment="Name of the scheduled job"),
        sa.Column(
            "started_at", UTCDateTime(timezone=True), nullable=False, comment="When it began"
        ),
        sa.Column(
            "finished_at", UTCDateTime(timezone=True), nullable=True, comment="When it ended"
        ),
        sa.Column(
            "outcome", sa.String(length=16), nullable=False, comment="running, done, failed, missed"
        ),
        sa.Column("detail", sa.Text(), nullable=False, comment="One sentence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        comment="Runs of scheduled jobs, missed ones included.",
    )
    op.create_index("ix_job_runs_job_started_at", "job_runs", ["job", "started_at"], unique=False)
    op.create_table(
        "login_failures",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "name_key", sa.String(length=64), nullable=False, comment="Folded name that was tried"
        ),
        sa.Column(
            "address", sa.String(length=64), nullable=False, comment="Where the attempt came from"
        ),
        sa.Column("failed_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
        comment="Failed logins of the last minutes, to slow down guessing.",
    )
    op.create_index("ix_login_failures_failed_at", "login_failures", ["failed_at"], unique=False)
    op.create_table(
        "public_files",
        sa.Column("path", sa.String(length=255), nullable=False, comment="Path under PUBLIC_DIR"),
        sa.Column(
            "sha256", sa.String(length=64), nullable=False, comment="Hash of the published bytes"
        ),
        sa.Column(
            "changed_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the bytes last changed: Last-Modified, never goes back",
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_public_files")),
        comment="What was last written for the public, so that unchanged files keep their date.",
    )
    op.create_table(
        "stories",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="Headline of the first article"),
        sa.Column(
            "first_seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When its first article was stored",
        ),
        sa.Column(
            "last_seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When its latest article was stored",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
        comment="Articles of one or more publishers that report the same event.",
    )
    op.create_table(
        "articles",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "identity",
            sa.String(length=200),
            nullable=False,
            comment="What makes the article one: canonical address or a hash",
        ),
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="Its story, once it matched",
        ),
        sa.Column(
            "feed_id", sa.String(length=64), nullable=False, comment="The feed that listed it first"
        ),
        sa.Column(
            "url",
            sa.Text(),
            nullable=True,
            comment="Address for people, without tracking parameters",
        ),
        sa.Column("link", sa.Text(), nullable=True, comment="Address as the feed gave it"),
        sa.Column(
            "title", sa.Text(), nullable=False, comment="Headline as plain text, current revision"
        ),
        sa.Column(
            "summary", sa.Text(), nullable=False, comment="Summary as plain text, current revision"
        ),
        sa.Column("publisher", sa.Text(), nullable=False, comment="The outlet"),
        sa.Column(
            "language", sa.String(length=16), nullable=False, comment="Language, primary subtag"
        ),
        sa.Column("author", sa.Text(), nullable=False, comment="Author as plain text, or empty"),
        sa.Column(
            "categories", sa.JSON(), nullable=False, comment="The publisher's categories: a list"
        ),
        sa.Column(
            "published_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Date the publisher claims, or when first seen",
        ),
        sa.Column(
            "ordered_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Date to sort by: never in the future",
        ),
        sa.Column(
            "date_origin",
            sa.String(length=16),
            nullable=False,
            comment="published, updated or fetched",
        ),
        sa.Column(
            "first_seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was stored",
        ),
        sa.Column(
            "revised_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the current revision was stored",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="Number of the current revision, from 1",
        ),
        sa.Column(
            "title_key",
            sa.Text(),
            nullable=False,
            comment="Folded headline, for recognising the same one",
        ),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="Hash of the folded headline and summary",
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_articles_feed_id_feeds")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_articles_story_id_stories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("identity", name=op.f("uq_articles_identity")),
        comment="One publication each, with the text of its current revision.",
    )
    op.create_index("ix_articles_first_seen_at", "articles", ["first_seen_at"], unique=False)
    op.create_index("ix_articles_ordered_at", "articles", ["ordered_at"], unique=False)
    op.create_index(
        "ix_articles_publisher_title_key", "articles", ["publisher", "title_key"], unique=False
    )
    op.create_index("ix_articles_story_id", "articles", ["story_id"], unique=False)
    op.create_table(
        "background_revisions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column("number", sa.Integer(), nullable=False, comment="From 1 upwards"),
        sa.Column(
            "document", sa.JSON(), nullable=False, comment="The whole background at that time"
        ),
        sa.Column("author", sa.Text(), nullable=False, comment="Who saved it"),
        sa.Column("note", sa.Text(), nullable=False, comment="Why, in the author's words"),
        sa.Column("saved_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_background_revisions_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_revisions")),
        sa.UniqueConstraint("conflict", "number", name=op.f("uq_background_revisions_conflict")),
        comment="Every saved state of every background.",
    )
    op.create_table(
        "background_sections",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Order on the page, from 0"),
        sa.Column(
            "kind",
            sa.String(length=24),
            nullable=False,
            comment="background, concerns, recent-developments, …",
        ),
        sa.Column("heading", sa.Text(), nullable=False, comment="Heading as shown, or empty"),
        sa.Column("markdown", sa.Text(), nullable=False, comment="Text in Markdown"),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_background_sections_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_sections")),
        sa.UniqueConstraint("conflict", "position", name=op.f("uq_background_sections_conflict")),
        comment="The curated background as it stands now, a row a section.",
    )
    op.create_table(
        "fetches",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("feed_id", sa.String(length=64), nullable=False, comment="The feed"),
        sa.Column(
            "started_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the attempt began",
        ),
        sa.Column(
            "seconds",
            sa.Float(),
            nullable=False,
            comment="How long it took, waiting for the host's turn not counted",
        ),
        sa.Column(
            "outcome",
            sa.String(length=16),
            nullable=False,
            comment="updated, not_modified, unchanged, failed",
        ),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status, if an answer came"),
        sa.Column(
            "wire_bytes",
            sa.Integer(),
            nullable=False,
            comment="Bytes of body received, still compressed",
        ),
        sa.Column("entries", sa.Integer(), nullable=False, comment="Entries the document listed"),
        sa.Column(
            "articles_new",
            sa.Integer(),
            nullable=False,
            comment="Articles stored for the first time",
        ),
        sa.Column(
            "articles_revised",
            sa.Integer(),
            nullable=False,
            comment="Articles whose headline or summary changed",
        ),
        sa.Column(
            "matches_new", sa.Integer(), nullable=False, comment="Matches proposed to editors"
        ),
        sa.Column(
            "skipped",
            sa.Integer(),
            nullable=False,
            comment="Entries not stored, such as repeats in one document",
        ),
        sa.Column("error_kind", sa.String(length=40), nullable=True, comment="Kind of failure"),
        sa.Column("error_message", sa.Text(), nullable=True, comment="The failure in a sentence"),
        sa.Column(
            "next_fetch_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="The turn decided after this attempt",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_fetches_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
        comment="Every attempt at every feed, with its outcome.",
    )
    op.create_index(
        "ix_fetches_feed_id_started_at", "fetches", ["feed_id", "started_at"], unique=False
    )
    op.create_index("ix_fetches_started_at", "fetches", ["started_at"], unique=False)
    op.create_table(
        "keyword_versions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "version", sa.String(length=64), nullable=False, comment="Hash of the rule's content"
        ),
        sa.Column(
            "keywords",
            sa.JSON(),
            nullable=False,
            comment="The rule as written, vocabularies filled in",
        ),
        sa.Column("origin", sa.String(length=8), nullable=False, comment="file or desk"),
        sa.Column("author", sa.Text(), nullable=False, comment="Who saved it"),
        sa.Column("note", sa.Text(), nullable=False, comment="Why, in the author's words"),
        sa.Column(
            "first_used_at", UTCDateTime(timezone=True), nullable=False, comment="When it first ran"
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_keyword_versions_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_versions")),
        sa.UniqueConstraint("conflict", "version", name=op.f("uq_keyword_versions_conflict")),
        comment="Every version of every conflict's keywords that ever ran.",
    )
    op.create_table(
        "sessions",
        sa.Column(
            "token_hash", sa.String(length=64), nullable=False, comment="Keyed hash of the cookie"
        ),
        sa.Column(
            "editor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The account",
        ),
        sa.Column(
            "created_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the editor logged in",
        ),
        sa.Column(
            "seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Last request, to within some minutes",
        ),
        sa.Column(
            "expires_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it ends whatever happens",
        ),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name=op.f("fk_sessions_editor_id_editors"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
        comment="Who is logged in; deleted at logout.",
    )
    op.create_table(
        "article_revisions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The article",
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="1 is the text as first seen"),
        sa.Column("title", sa.Text(), nullable=False, comment="Headline of this revision"),
        sa.Column("summary", sa.Text(), nullable=False, comment="Summary of this revision"),
        sa.Column(
            "feed_id", sa.String(length=64), nullable=False, comment="The feed that brought it"
        ),
        sa.Column(
            "seen_at", UTCDateTime(timezone=True), nullable=False, comment="When it was stored"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_revisions_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revisions")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_article_revisions_article_id")),
        comment="Every text an article has had, the first included.",
    )
    op.create_table(
        "digest_items",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "uid",
            sa.String(length=200),
            nullable=False,
            comment="Permanent id, minted once, shared by all formats",
        ),
        sa.Column(
            "slug", sa.String(length=40), nullable=False, comment="Name of its page under /news/"
        ),
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The story it publishes",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The article that leads it",
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="Headline as published"),
        sa.Column("summary", sa.Text(), nullable=False, comment="Summary as published"),
        sa.Column(
            "published_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was first published; never moves",
        ),
        sa.Column(
            "updated_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Last significant change",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_digest_items_article_id_articles")
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_digest_items_story_id_stories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_items")),
        sa.UniqueConstraint("slug", name=op.f("uq_digest_items_slug")),
        sa.UniqueConstraint("story_id", name=op.f("uq_digest_items_story_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_digest_items_uid")),
        sa.UniqueConstraint("updated_at", name=op.f("uq_digest_items_updated_at")),
        comment="Entries of the Latest News digest, one a story.",
    )
    op.create_index("ix_digest_items_article_id", "digest_items", ["article_id"], unique=False)
    op.create_index("ix_digest_items_published_at", "digest_items", ["published_at"], unique=False)
    op.create_table(
        "entries",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("feed_id", sa.String(length=64), nullable=False, comment="The feed"),
        sa.Column(
            "entry_key",
            sa.String(length=200),
            nullable=False,
            comment="What names the entry within its feed",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The article",
        ),
        sa.Column(
            "guid", sa.Text(), nullable=False, comment="The publisher's id as given, or empty"
        ),
        sa.Column("link", sa.Text(), nullable=True, comment="Its address as given"),
        sa.Column(
            "title", sa.Text(), nullable=False, comment="Its headline as this feed first gave it"
        ),
        sa.Column(
            "published_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Its date as this feed first gave it",
        ),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="Hash of what this feed last said of it",
        ),
        sa.Column(
            "first_seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When this feed first listed it",
        ),
        sa.Column(
            "last_seen_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When a changed document last listed it",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_entries_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_entries_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("feed_id", "entry_key", name=op.f("uq_entries_feed_id")),
        comment="An article as one feed lists it: who carries it, since when.",
    )
    op.create_index("ix_entries_article_id", "entries", ["article_id"], unique=False)
    op.create_table(
        "matches",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The article",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "status",
            sa.String(length=16),
            nullable=False,
            comment="pending, approved, rejected, withdrawn",
        ),
        sa.Column(
            "score",
            sa.Integer(),
            nullable=False,
            comment="Orders the queue: decisive 3, place 2, subject 1, doubled in titles",
        ),
        sa.Column("hits", sa.JSON(), nullable=False, comment="Which words were found where"),
        sa.Column(
            "rule_version",
            sa.String(length=64),
            nullable=False,
            comment="Keywords that made the match",
        ),
        sa.Column(
            "article_revision",
            sa.Integer(),
            nullable=False,
            comment="Revision of the article the hits belong to",
        ),
        sa.Column(
            "proposed_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the match was first proposed",
        ),
        sa.Column(
            "decided_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the present verdict was taken",
        ),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="Who took it"),
        sa.Column(
            "decided_revision",
            sa.Integer(),
            nullable=True,
            comment="Revision of the article the editor judged",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_matches_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_matches_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint("article_id", "conflict", name=op.f("uq_matches_article_id")),
        comment="Articles under conflicts: proposed by keywords, decided by editors.",
    )
    op.create_index("ix_matches_conflict_status", "matches", ["conflict", "status"], unique=False)
    op.create_index("ix_matches_status_score", "matches", ["status", "score"], unique=False)
    op.create_table(
        "search_state",
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="The article",
        ),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="Revision that is in the search index"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_search_state_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_search_state")),
        comment="Which revision of each article the full-text index holds.",
    )
    op.create_table(
        "digest_placements",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "item_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The entry",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "placed_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it came into this conflict's feed",
        ),
        sa.Column(
            "withdrawn_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it was taken back",
        ),
        sa.Column(
            "withdrawn_reason", sa.Text(), nullable=True, comment="Why, as subscribers read it"
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_digest_placements_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["digest_items.id"],
            name=op.f("fk_digest_placements_item_id_digest_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_placements")),
        sa.UniqueConstraint("item_id", "conflict", name=op.f("uq_digest_placements_item_id")),
        comment="Which conflicts' feeds an entry stands in.",
    )
    op.create_index(
        "ix_digest_placements_conflict", "digest_placements", ["conflict"], unique=False
    )
    op.create_table(
        "reviews",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column(
            "match_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The match",
        ),
        sa.Column(
            "verdict", sa.String(length=16), nullable=False, comment="approve, reject, reopen"
        ),
        sa.Column(
            "status_before", sa.String(length=16), nullable=False, comment="Where the match stood"
        ),
        sa.Column(
            "status_after", sa.String(length=16), nullable=False, comment="Where it stands now"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="The editor's reason, or empty"),
        sa.Column("editor", sa.Text(), nullable=False, comment="Who decided"),
        sa.Column(
            "article_revision",
            sa.Integer(),
            nullable=False,
            comment="Revision of the article that was judged",
        ),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.ForeignKeyConstraint(
            ["match_id"], ["matches.id"], name=op.f("fk_reviews_match_id_matches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        comment="Every verdict ever taken; rows are only added.",
    )
    op.create_index("ix_reviews_decided_at", "reviews", ["decided_at"], unique=False)
    op.create_index("ix_reviews_match_id", "reviews", ["match_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE article_search USING fts5(document, tokenize='unicode61')")
    else:
        op.execute(
            "CREATE TABLE article_search ("
            "article_id BIGINT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,"
            " document TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_article_search_document ON article_search USING gin (document)")


def downgrade() -> None:
    """Remove everything."""
    op.execute("DROP TABLE article_search")
    op.drop_index("ix_reviews_match_id", table_name="reviews")
    op.drop_index("ix_reviews_decided_at", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_digest_placements_conflict", table_name="digest_placements")
    op.drop_table("digest_placements")
    op.drop_table("search_state")
    op.drop_index("ix_matches_status_score", table_name="matches")
    op.drop_index("ix_matches_conflict_status", table_name="matches")
    op.drop_table("matches")
    op.drop_index("ix_entries_article_id", table_name="entries")
    op.drop_table("entries")
    op.drop_index("ix_digest_items_published_at", table_name="digest_items")
    op.drop_index("ix_digest_items_article_id", table_name="digest_items")
    op.drop_table("digest_items")
    op.drop_table("article_revisions")
    op.drop_table("sessions")
    op.drop_table("keyword_versions")
    op.drop_index("ix_fetches_started_at", table_name="fetches")
    op.drop_index("ix_fetches_feed_id_started_at", table_name="fetches")
    op.drop_table("fetches")
    op.drop_table("background_sections")
    op.drop_table("background_revisions")
    op.drop_index("ix_articles_story_id", table_name="articles")
    op.drop_index("ix_articles_publisher_title_key", table_name="articles")
    op.drop_index("ix_articles_ordered_at", table_name="articles")
    op.drop_index("ix_articles_first_seen_at", table_name="articles")
    op.drop_table("articles")
    op.drop_table("stories")
    op.drop_table("public_files")
    op.drop_index("ix_login_failures_failed_at", table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_index("ix_job_runs_job_started_at", table_name="job_runs")
    op.drop_table("job_runs")
    op.drop_table("invitations")
    op.drop_table("instance")
    op.drop_index("ix_feeds_next_fetch_at", table_name="feeds")
    op.drop_table("feeds")
    op.drop_table("editors")
    op.drop_table("conflicts")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_table("audit_log")

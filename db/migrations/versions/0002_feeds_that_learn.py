"""Feeds that learn: paces, lasting redirects, alarms, paused hosts, pages of articles."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the schedule, the alarms and the second phase remember."""
    op.create_table(
        "host_pauses",
        sa.Column(
            "host",
            sa.String(length=255),
            nullable=False,
            comment="The host, with its port if unusual",
        ),
        sa.Column(
            "until",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Until when no process asks it",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in a sentence"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_pauses")),
        comment="Hosts that asked to be left alone, for every process to heed.",
    )
    op.create_table(
        "alarms",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("feed_id", sa.String(length=64), nullable=False, comment="The feed"),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="quiet, volume, overflow, failing, blocked, gone",
        ),
        sa.Column("detail", sa.Text(), nullable=False, comment="What is wrong, in a sentence"),
        sa.Column(
            "raised_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was first noticed",
        ),
        sa.Column(
            "ended_at", UTCDateTime(timezone=True), nullable=True, comment="When it was over"
        ),
        sa.Column("end_detail", sa.Text(), nullable=True, comment="How it ended, in a sentence"),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_alarms_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        comment="What is wrong with feeds, told once, and once more when it is over.",
    )
    op.create_index("ix_alarms_ended_at", "alarms", ["ended_at"], unique=False)
    op.create_index("ix_alarms_feed_id_kind", "alarms", ["feed_id", "kind"], unique=False)
    op.create_table(
        "article_pages",
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="The article",
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="waiting, read, refused, failed"
        ),
        sa.Column(
            "due_at", UTCDateTime(timezone=True), nullable=False, comment="When it is to be read"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="How often it was tried"),
        sa.Column(
            "lease_until",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Until when a process holds it",
        ),
        sa.Column("read_at", UTCDateTime(timezone=True), nullable=True, comment="When it was read"),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="Its text, for matching only: never published",
        ),
        sa.Column(
            "error_kind", sa.String(length=40), nullable=True, comment="Why it could not be read"
        ),
        sa.Column("error_message", sa.Text(), nullable=True, comment="The same in a sentence"),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_pages_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_pages")),
        comment="Pages of articles whose feed says full_text, kept apart from what is published.",
    )
    op.create_index(
        "ix_article_pages_state_due_at", "article_pages", ["state", "due_at"], unique=False
    )
    op.add_column(
        "feeds",
        sa.Column(
            "adaptive",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="True: its turns follow how it publishes; false: every_seconds as it stands",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "full_text",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="True: the pages of its articles are read as well",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "max_bytes",
            sa.Integer(),
            nullable=True,
            comment="Largest document, where it is not the usual",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "pace", sa.JSON(), nullable=True, comment="How it publishes, as far as its answers told"
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "declared_url",
            sa.Text(),
            nullable=True,
            comment="The address its owner gave, once a lasting redirect moved the feed elsewhere",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "moved_to",
            sa.Text(),
            nullable=True,
            comment="Where permanent redirects lead at present",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "moved_since",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="First of these redirects in a row",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "moved_seen",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="How many of them were seen in a row",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "spared",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Answers 304 since the last whole document",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "whole_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When a whole document last came",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "distrusted_until",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Its answers 304 were wrong: until then none is asked for",
        ),
    )


def downgrade() -> None:
    """Forget it again, column by column: a table rebuilt here would take its entries along."""
    for column in (
        "adaptive",
        "full_text",
        "max_bytes",
        "pace",
        "declared_url",
        "moved_to",
        "moved_since",
        "moved_seen",
        "spared",
        "whole_at",
        "distrusted_until",
    ):
        op.drop_column("feeds", column)
    op.drop_table("article_pages")
    op.drop_table("alarms")
    op.drop_table("host_pauses")

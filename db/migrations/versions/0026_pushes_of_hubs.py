"""Feeds name hubs; subscriptions to them, and what their pushes are worth."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column(
        "feeds", sa.Column("hub_url", sa.Text(), nullable=True, comment="The WebSub hub it names")
    )
    op.add_column(
        "feeds",
        sa.Column("topic_url", sa.Text(), nullable=True, comment="What that hub calls the feed"),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="Number of the row",
        ),
        sa.Column("feed_id", sa.String(length=64), nullable=False, comment="The feed"),
        sa.Column("hub", sa.Text(), nullable=False, comment="Address of the hub"),
        sa.Column("topic", sa.Text(), nullable=False, comment="What the hub calls the feed"),
        sa.Column(
            "nonce",
            sa.String(length=64),
            nullable=False,
            comment="What its token and secret are made from, with our key",
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="asked, active, denied or left"
        ),
        sa.Column(
            "due_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the hub is to be asked next",
        ),
        sa.Column(
            "asked_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the hub was last asked",
        ),
        sa.Column(
            "verified_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the hub last confirmed it",
        ),
        sa.Column(
            "expires_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the lease it gave ends",
        ),
        sa.Column(
            "leaving_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Since when it is not wanted any more",
        ),
        sa.Column(
            "failures",
            sa.Integer(),
            nullable=False,
            comment="Requests in a row refused or not confirmed",
        ),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="What the hub failed at, in a sentence"
        ),
        sa.Column(
            "pushed_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Last push whose signature was right",
        ),
        sa.Column(
            "announced_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Since when news is announced that no fetch brought yet",
        ),
        sa.Column(
            "found_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When articles came unannounced, until it is known whether the push was late",
        ),
        sa.Column(
            "proven_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Since when its pushes lead to new articles and none was missed",
        ),
        sa.Column(
            "misses",
            sa.Integer(),
            nullable=False,
            comment="Unannounced articles in a row, by attempts",
        ),
        sa.Column(
            "distrusted_until",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Until when nothing proves it",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["feeds.id"],
            name=op.f("fk_push_subscriptions_feed_id_feeds"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        comment="Hubs asked to announce what is new in feeds, and what their word is worth.",
    )
    op.create_index("uq_push_subscriptions_nonce", "push_subscriptions", ["nonce"], unique=True)
    op.create_index("ix_push_subscriptions_due_at", "push_subscriptions", ["due_at"])
    op.create_index("ix_push_subscriptions_feed_id", "push_subscriptions", ["feed_id"])
    op.create_index(
        "uq_push_subscriptions_wanted",
        "push_subscriptions",
        ["feed_id"],
        unique=True,
        sqlite_where=sa.text("leaving_at IS NULL"),
        postgresql_where=sa.text("leaving_at IS NULL"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("push_subscriptions")
    op.drop_column("feeds", "topic_url")
    op.drop_column("feeds", "hub_url")

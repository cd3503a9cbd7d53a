"""What WebSub hubs were told of each feed."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "hub_pings",
        sa.Column("hub", sa.String(length=255), nullable=False, comment="Address of the hub"),
        sa.Column(
            "path",
            sa.String(length=255),
            nullable=False,
            comment="The feed: its path under PUBLIC_DIR",
        ),
        sa.Column(
            "sha256",
            sa.String(length=64),
            nullable=False,
            comment="Hash of the bytes the hub was last told of",
        ),
        sa.Column(
            "due_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the hub is to be told next",
        ),
        sa.Column(
            "failures",
            sa.Integer(),
            nullable=False,
            comment="Tries that failed since it was last told",
        ),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="Why the last try failed, in a sentence"
        ),
        sa.Column(
            "told_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the hub was last told",
        ),
        sa.PrimaryKeyConstraint("hub", "path", name=op.f("pk_hub_pings")),
        comment="What each WebSub hub was told of each feed, so that a restart loses no change.",
    )
    op.create_index("ix_hub_pings_due_at", "hub_pings", ["due_at"], unique=False)


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("hub_pings")

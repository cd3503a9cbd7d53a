"""Turns of hosts, for workers that share them."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "host_turns",
        sa.Column(
            "host", sa.String(255), nullable=False, comment="The host, with its port if unusual"
        ),
        sa.Column(
            "next_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Before then no worker asks it again",
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_turns")),
        comment="When each host's next turn is, where several workers share them.",
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("host_turns")

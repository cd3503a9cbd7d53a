"""Sessions say whether more than a password began them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; sessions that run began with a password, as far as is known."""
    op.add_column(
        "sessions",
        sa.Column(
            "strong",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether more than a password began it: a code, or a provider",
        ),
    )


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("sessions", "strong")

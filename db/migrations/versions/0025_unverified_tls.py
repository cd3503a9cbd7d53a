"""A feed may be read for a while although its server shows no good certificate."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "feeds",
        sa.Column(
            "unverified_because",
            sa.Text(),
            nullable=True,
            comment="Why its server need not show a good certificate; empty where it must",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "unverified_until",
            sa.Date(),
            nullable=True,
            comment="Up to which day (UTC) that counts",
        ),
    )


def downgrade() -> None:
    """Take the columns away."""
    op.drop_column("feeds", "unverified_until")
    op.drop_column("feeds", "unverified_because")

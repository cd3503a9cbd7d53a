"""What was removed does not come back as new."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "forgotten",
        sa.Column(
            "identity",
            sa.String(length=200),
            nullable=False,
            comment="What made the article one: canonical address or a hash",
        ),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="Hash of a headline and summary it had in one of its feeds",
        ),
        sa.Column(
            "forgotten_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the article was removed",
        ),
        sa.PrimaryKeyConstraint("identity", "content_hash", name=op.f("pk_forgotten")),
        comment="Unmatched articles that were removed: the same text does not come back as new.",
    )
    op.create_index("ix_forgotten_forgotten_at", "forgotten", ["forgotten_at"], unique=False)


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("forgotten")

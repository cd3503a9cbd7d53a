"""The queue is filtered along its own indexes: matches carry what it asks of their articles."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXED = ("decided_at", "publisher", "language", "ordered_at")


def upgrade() -> None:
    """Copy three columns of articles into their matches, and index them."""
    op.add_column(
        "matches",
        sa.Column(
            "publisher",
            sa.Text(),
            nullable=True,
            comment="Its article's outlet, kept here too: a filter",
        ),
    )
    op.add_column(
        "matches",
        sa.Column(
            "language", sa.String(16), nullable=True, comment="Its article's language, the same"
        ),
    )
    op.add_column(
        "matches",
        sa.Column(
            "ordered_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Its article's date to sort by, the same",
        ),
    )
    op.execute(
        "UPDATE matches SET publisher = articles.publisher, language = articles.language,"
        " ordered_at = articles.ordered_at FROM articles WHERE articles.id = matches.article_id"
    )
    for name in _INDEXED:
        op.create_index(f"ix_matches_status_{name}", "matches", ["status", name])
    # The beginning of ix_matches_status_score_proposed_at.
    op.drop_index("ix_matches_status_score", table_name="matches")


def downgrade() -> None:
    """Take columns and indexes away."""
    op.create_index("ix_matches_status_score", "matches", ["status", "score"])
    for name in reversed(_INDEXED):
        op.drop_index(f"ix_matches_status_{name}", table_name="matches")
    for name in ("ordered_at", "language", "publisher"):
        op.drop_column("matches", name)

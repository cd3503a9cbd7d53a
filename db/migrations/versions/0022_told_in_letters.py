"""What letters told of is known entry by entry."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what stands in letters that were sent was told, unless it was left out."""
    if op.get_bind().dialect.name == "postgresql":
        _comment_what("news:slug, edition:conflict:number or withdrawn:slug")
    op.add_column(
        "letter_contents",
        sa.Column(
            "told_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When a letter that says it was handed over; empty: none did, or left it out",
        ),
    )
    op.execute(
        "UPDATE letter_contents SET told_at = (SELECT ended_at FROM letters"
        " WHERE letters.id = letter_contents.letter_id AND letters.state = 'sent')"
    )
    op.execute(
        "UPDATE letter_contents SET told_at = NULL WHERE what LIKE 'news:%' AND NOT EXISTS"
        " (SELECT 1 FROM digest_items"
        " JOIN digest_placements ON digest_placements.item_id = digest_items.id"
        " WHERE digest_items.slug = substr(letter_contents.what, 6)"
        " AND (digest_placements.withdrawn_at IS NULL"
        " OR digest_placements.withdrawn_at > letter_contents.told_at))"
    )


def downgrade() -> None:
    """Take the column away."""
    if op.get_bind().dialect.name == "postgresql":
        _comment_what("news:slug or edition:conflict:number")
    op.drop_column("letter_contents", "told_at")


def _comment_what(comment: str) -> None:
    op.alter_column("letter_contents", "what", existing_type=sa.String(160), comment=comment)

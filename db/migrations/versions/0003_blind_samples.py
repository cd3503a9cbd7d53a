"""Blind samples: unmatched articles for editors to judge."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "samples",
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="The article, without a match when it was drawn",
        ),
        sa.Column(
            "drawn_at", UTCDateTime(timezone=True), nullable=False, comment="When it was drawn"
        ),
        sa.Column(
            "decided_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When an editor judged it",
        ),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="Who judged it"),
        sa.Column(
            "conflict",
            sa.String(length=64),
            nullable=True,
            comment="The conflict it belongs to, or empty: none",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_samples_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_samples")),
        comment="Unmatched articles that editors judge blindly, so that recall can be estimated.",
    )
    op.create_index("ix_samples_decided_at", "samples", ["decided_at"], unique=False)


def downgrade() -> None:
    """Remove the table."""
    op.drop_index("ix_samples_decided_at", table_name="samples")
    op.drop_table("samples")

"""Editors say which conflicts are theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "followed_conflicts",
        sa.Column("editor_id", _ID, nullable=False, comment="The account"),
        sa.Column("conflict", sa.String(64), nullable=False, comment="A conflict that is theirs"),
        sa.PrimaryKeyConstraint("editor_id", "conflict", name="pk_followed_conflicts"),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name="fk_followed_conflicts_editor_id_editors",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name="fk_followed_conflicts_conflict_conflicts",
            ondelete="CASCADE",
        ),
        comment="Which conflicts are an editor's own: with them their queue begins. None: all are.",
    )
    op.create_index("ix_followed_conflicts_conflict", "followed_conflicts", ["conflict"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("followed_conflicts")

"""Edited backgrounds: drafts of editors, and marks on paragraphs."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "background_drafts",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column("editor", sa.Text(), nullable=False, comment="Whose unsaved text it is"),
        sa.Column(
            "base",
            sa.Integer(),
            nullable=False,
            comment="Number of the revision the editor began from, or 0",
        ),
        sa.Column(
            "document", sa.JSON(), nullable=False, comment="The whole background as typed so far"
        ),
        sa.Column(
            "kept_at", UTCDateTime(timezone=True), nullable=False, comment="When it was last kept"
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_background_drafts_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_drafts")),
        sa.UniqueConstraint("conflict", "editor", name=op.f("uq_background_drafts_conflict")),
        comment="Unsaved text of the background editor, one draft an editor and conflict.",
    )
    op.create_table(
        "paragraph_marks",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "paragraph",
            sa.String(length=32),
            nullable=False,
            comment="Id of the paragraph, made from its text",
        ),
        sa.Column(
            "kind",
            sa.String(length=8),
            nullable=False,
            comment="link (an article bears on it) or outdated",
        ),
        sa.Column("article_id", _ID, nullable=False, comment="The article"),
        sa.Column("editor", sa.Text(), nullable=False, comment="Who marked it"),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.Column(
            "cleared_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the paragraph was edited or unmarked",
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_paragraph_marks_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_paragraph_marks_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paragraph_marks")),
        comment="What editors noted of the background's paragraphs beside approved articles.",
    )
    op.create_index("ix_paragraph_marks_conflict", "paragraph_marks", ["conflict"], unique=False)
    op.create_index(
        "ix_paragraph_marks_article_id", "paragraph_marks", ["article_id"], unique=False
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("paragraph_marks")
    op.drop_table("background_drafts")

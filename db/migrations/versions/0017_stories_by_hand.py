"""Stories by hand: what editors merged and split, and how to take it back."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = UTCDateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column(
        "stories",
        sa.Column(
            "merged_into", _ID, nullable=True, comment="Where an editor put all of its articles"
        ),
    )
    op.add_column(
        "articles",
        sa.Column(
            "story_by", sa.Text(), nullable=True, comment="The editor who put it there, if one did"
        ),
    )
    op.create_table(
        "story_changes",
        sa.Column("id", _ID, primary_key=True, autoincrement=True, comment="Number of the row"),
        sa.Column("kind", sa.String(16), nullable=False, comment="merge, duplicate or split"),
        sa.Column(
            "story_id",
            _ID,
            sa.ForeignKey("stories.id"),
            nullable=False,
            comment="Merged into it, or split off it",
        ),
        sa.Column("editor", sa.Text(), nullable=False, comment="Who did it"),
        sa.Column("made_at", _TIME, nullable=False, comment="When"),
        sa.Column(
            "review_id",
            _ID,
            nullable=True,
            comment="A verdict taken with it: they are taken back together",
        ),
        sa.Column("undone_at", _TIME, nullable=True, comment="When it was taken back"),
        sa.Column("undone_by", sa.Text(), nullable=True, comment="Who took it back"),
        comment="What editors merged and split.",
    )
    op.create_index("ix_story_changes_story_id", "story_changes", ["story_id"])
    op.create_table(
        "story_moves",
        sa.Column(
            "change_id",
            _ID,
            sa.ForeignKey("story_changes.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
            comment="The merge or split",
        ),
        sa.Column(
            "article_id",
            _ID,
            sa.ForeignKey("articles.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
            comment="The article that moved",
        ),
        sa.Column("story_before", _ID, nullable=False, comment="Its story before"),
        sa.Column("story_after", _ID, nullable=False, comment="Its story after"),
        sa.Column(
            "reason_before", sa.Text(), nullable=False, comment="Why it stood there, in words"
        ),
        sa.Column("by_before", sa.Text(), nullable=True, comment="The editor who had put it there"),
        comment="Which articles moved with a merge or split, to take it back.",
    )
    op.create_index("ix_story_moves_article_id", "story_moves", ["article_id"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("story_moves")
    op.drop_table("story_changes")
    op.drop_column("articles", "story_by")
    op.drop_column("stories", "merged_into")

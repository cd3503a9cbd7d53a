"""The queue of stories: matches know their story; claims, holds, visits, batches of verdicts."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEXES = {
    "ix_matches_status_conflict_story_id": ["status", "conflict", "story_id"],
    "ix_matches_status_score_proposed_at": ["status", "score", "proposed_at"],
    "ix_matches_status_proposed_at": ["status", "proposed_at"],
    "ix_matches_story_id": ["story_id"],
}


def upgrade() -> None:
    """Give every match its story and add the tables."""
    op.add_column(
        "matches",
        sa.Column(
            "story_id",
            _ID,
            nullable=True,
            comment="Its article's story, kept here too: the queue is counted by it",
        ),
    )
    op.execute(
        "UPDATE matches SET story_id ="
        " (SELECT story_id FROM articles WHERE articles.id = matches.article_id)"
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "matches", columns)
    op.add_column(
        "reviews",
        sa.Column(
            "batch",
            _ID,
            nullable=True,
            comment="First verdict of those taken together: they are taken back together",
        ),
    )
    op.create_index("ix_reviews_batch", "reviews", ["batch"])
    _table_of_matches(
        "claims",
        sa.Column("editor", sa.Text(), nullable=False, comment="Who works on it"),
        sa.Column("claimed_at", UTCDateTime(timezone=True), nullable=False, comment="Since when"),
        sa.Column(
            "expires_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it is free again without a sign of life",
        ),
        comment="Who works on what just now: others may read it, and take it over.",
    )
    op.create_index("ix_claims_expires_at", "claims", ["expires_at"])
    _table_of_matches(
        "holds",
        sa.Column("editor", sa.Text(), nullable=False, comment="Who put it on hold"),
        sa.Column("held_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.Column(
            "until",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it waits in the queue again",
        ),
        comment="Matches that are to be decided later: the queue leaves them out until then.",
    )
    op.create_index("ix_holds_until", "holds", ["until"])
    op.create_table(
        "desk_visits",
        sa.Column("editor_id", _ID, autoincrement=False, nullable=False, comment="The account"),
        sa.Column(
            "began_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the present visit to the queue began",
        ),
        sa.Column(
            "last_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Last look at the queue, to within a minute",
        ),
        sa.Column(
            "before_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the visit before it ended",
        ),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name=op.f("fk_desk_visits_editor_id_editors"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("editor_id", name=op.f("pk_desk_visits")),
        comment="When each editor last looked at the queue, so that it can show what is new since.",
    )


def _table_of_matches(name: str, *columns: sa.Column, comment: str) -> None:
    op.create_table(
        name,
        sa.Column("match_id", _ID, autoincrement=False, nullable=False, comment="The match"),
        *columns,
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f(f"fk_{name}_match_id_matches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f(f"pk_{name}")),
        comment=comment,
    )


def downgrade() -> None:
    """Take all of it away again."""
    for name in ("desk_visits", "holds", "claims"):
        op.drop_table(name)
    op.drop_index("ix_reviews_batch", "reviews")
    op.drop_column("reviews", "batch")
    for name in _INDEXES:
        op.drop_index(name, "matches")
    op.drop_column("matches", "story_id")

"""The queue is counted along one index, by score too."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_matches_status_conflict_story_id", table_name="matches")
    op.create_index(
        "ix_matches_status_conflict_story_id_score",
        "matches",
        ["status", "conflict", "story_id", "score"],
    )


def downgrade() -> None:
    op.drop_index("ix_matches_status_conflict_story_id_score", table_name="matches")
    op.create_index(
        "ix_matches_status_conflict_story_id", "matches", ["status", "conflict", "story_id"]
    )

"""Stories of copies: why an article joined its story, and the keys stories are looked up by."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reason, and the table of keys."""
    op.add_column(
        "articles",
        sa.Column(
            "story_reason",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Why it joined that story, in words; empty where it began it",
        ),
    )
    op.create_table(
        "story_keys",
        sa.Column(
            "key",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Hash of a word of the headline, or of a band of the text's MinHash",
        ),
        sa.Column(
            "published_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Date of the article",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="The article",
        ),
        sa.Column(
            "stored_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was grouped: old keys are removed",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_story_keys_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "published_at", "article_id", name=op.f("pk_story_keys")),
        comment="By what the stories of the last days are looked up.",
    )
    op.create_index("ix_story_keys_article_id", "story_keys", ["article_id"])
    op.create_index("ix_story_keys_stored_at", "story_keys", ["stored_at"])


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("story_keys")
    op.drop_column("articles", "story_reason")

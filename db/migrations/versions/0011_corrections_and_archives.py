"""Corrections and archives of the digest, and what the public files were made from."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = UTCDateTime(timezone=True)
_COLUMNS = ("change", "article_revision", "corrected_at", "correction", "revision")


def upgrade() -> None:
    """Number what is published, and add the tables."""
    for column in (
        sa.Column(
            "change",
            sa.String(length=16),
            nullable=True,
            comment="What moved updated_at last: corrected, revised, handed_on, restored or"
            " withdrawn",
        ),
        sa.Column(
            "article_revision",
            sa.Integer(),
            nullable=True,
            comment="Revision of the leading article that title and summary were taken from",
        ),
        sa.Column("corrected_at", _TIME, nullable=True, comment="When an editor last corrected it"),
        sa.Column(
            "correction",
            sa.Text(),
            nullable=True,
            comment="What was wrong, as subscribers read it",
        ),
        sa.Column(
            "revision",
            sa.BigInteger(),
            nullable=True,
            comment="Grows with every change the public sees, over all entries",
        ),
    ):
        op.add_column("digest_items", column)
    # What was edited since it was published counts as older than any revision.
    op.execute(
        "UPDATE digest_items SET revision = id, article_revision = COALESCE("
        "(SELECT articles.revision FROM articles WHERE articles.id = digest_items.article_id"
        " AND articles.title = digest_items.title AND articles.summary = digest_items.summary), 0)"
    )
    with op.batch_alter_table("digest_items") as batch:
        batch.alter_column("article_revision", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("revision", existing_type=sa.BigInteger(), nullable=False)
        batch.alter_column(
            "updated_at",
            existing_type=_TIME,
            existing_nullable=False,
            comment="Last significant change; never goes back",
        )
        batch.create_index("ix_digest_items_revision", ["revision"])
    op.create_table(
        "digest_archives",
        sa.Column(
            "feed",
            sa.String(length=160),
            nullable=False,
            comment="Site path of the feed it belongs to",
        ),
        sa.Column(
            "number",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="From 1, the oldest, upwards",
        ),
        sa.Column("closed_at", _TIME, nullable=False, comment="When it was full"),
        sa.PrimaryKeyConstraint("feed", "number", name=op.f("pk_digest_archives")),
        comment="Archives of the feeds (RFC 5005): once closed, an archive never changes.",
    )
    op.create_table(
        "digest_archive_items",
        sa.Column("feed", sa.String(length=160), nullable=False, comment="Site path of the feed"),
        sa.Column(
            "item_id",
            _ID,
            autoincrement=False,
            nullable=False,
            comment="The entry; it stands in one archive of each feed",
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="The archive it stands in"),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["digest_items.id"],
            name=op.f("fk_digest_archive_items_item_id_digest_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feed", "item_id", name=op.f("pk_digest_archive_items")),
        comment="Which archive holds which entry of a feed.",
    )
    op.create_index("ix_digest_archive_items_feed", "digest_archive_items", ["feed", "number"])
    op.create_index("ix_digest_archive_items_item_id", "digest_archive_items", ["item_id"])
    op.create_table(
        "public_parts",
        sa.Column(
            "name",
            sa.String(length=255),
            nullable=False,
            comment="Files that are made together",
        ),
        sa.Column(
            "state",
            sa.String(length=64),
            nullable=False,
            comment="Hash of what they were last made from",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_public_parts")),
        comment="What public files were made from: only what may have changed is made anew.",
    )


def downgrade() -> None:
    """Take all of it away again."""
    op.drop_table("public_parts")
    op.drop_table("digest_archive_items")
    op.drop_table("digest_archives")
    op.drop_index("ix_digest_items_revision", "digest_items")
    with op.batch_alter_table("digest_items") as batch:
        for name in _COLUMNS:
            batch.drop_column(name)

"""Daily editions: their manifests, what they counted, and what is prepared of the next."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "digest_editions",
        sa.Column(
            "number",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Number of the edition, from 1, over all conflicts and without gaps",
        ),
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "day",
            sa.Date(),
            nullable=False,
            comment="The day it bears: that of its cut-off, in the conflict's zone",
        ),
        sa.Column(
            "uid",
            sa.String(length=200),
            nullable=False,
            comment="Permanent id of its entry, minted once",
        ),
        sa.Column(
            "since_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="It holds what was approved after this",
        ),
        sa.Column(
            "cut_off_at", UTCDateTime(timezone=True), nullable=False, comment="and up to this"
        ),
        sa.Column("watermark", _ID, nullable=False, comment="Newest verdict counted, or 0"),
        sa.Column(
            "published_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it was made; never moves",
        ),
        sa.Column(
            "updated_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="Last correction, or when it was made",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="Number of its current revision, from 1",
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_digest_editions_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_digest_editions")),
        sa.UniqueConstraint("conflict", "day", name=op.f("uq_digest_editions_conflict")),
        sa.UniqueConstraint("uid", name=op.f("uq_digest_editions_uid")),
        comment="Daily editions that were published, one a conflict and day.",
    )
    op.create_table(
        "edition_drafts",
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "note", sa.Text(), nullable=False, comment="The editor's note for the next edition"
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with every change of the note"
        ),
        sa.Column(
            "changed_by", sa.Text(), nullable=False, comment="Who changed the note last, or empty"
        ),
        sa.Column(
            "held_by",
            sa.Text(),
            nullable=False,
            comment="Who holds the next edition back, or empty",
        ),
        sa.Column(
            "held_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Since when it is held back",
        ),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_edition_drafts_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conflict", name=op.f("pk_edition_drafts")),
        comment="What editors prepare for each conflict's next edition.",
    )
    op.create_table(
        "edition_revisions",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("number", sa.Integer(), nullable=False, comment="The edition"),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="1 is the edition as first published"
        ),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False, comment="When"),
        sa.Column(
            "made_by",
            sa.Text(),
            nullable=False,
            comment="Who corrected it; the service where nobody did",
        ),
        sa.Column(
            "manifest",
            sa.Text(),
            nullable=False,
            comment="All it is made from, as canonical JSON, byte for byte",
        ),
        sa.Column(
            "hashes",
            sa.JSON(),
            nullable=False,
            comment="SHA-256 of the manifest and of every document made from it",
        ),
        sa.ForeignKeyConstraint(
            ["number"],
            ["digest_editions.number"],
            name=op.f("fk_edition_revisions_number_digest_editions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_revisions")),
        sa.UniqueConstraint("number", "revision", name=op.f("uq_edition_revisions_number")),
        comment="Manifests of editions; rows are only added, so that each can be rebuilt.",
    )
    op.create_table(
        "edition_matches",
        sa.Column(
            "match_id", _ID, autoincrement=False, nullable=False, comment="The approved match"
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="The edition that counted it"),
        sa.Column("item_id", _ID, nullable=False, comment="The story's entry in the digest"),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["digest_items.id"],
            name=op.f("fk_edition_matches_item_id_digest_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f("fk_edition_matches_match_id_matches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["number"],
            ["digest_editions.number"],
            name=op.f("fk_edition_matches_number_digest_editions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_edition_matches")),
        comment="Which edition counted which approved match: none is counted twice.",
    )
    op.create_index("ix_edition_matches_item_id", "edition_matches", ["item_id"], unique=False)
    op.create_index("ix_edition_matches_number", "edition_matches", ["number"], unique=False)
    op.create_table(
        "edition_picks",
        sa.Column("conflict", sa.String(length=64), nullable=False, comment="The conflict"),
        sa.Column(
            "item_id",
            _ID,
            autoincrement=False,
            nullable=False,
            comment="The story's entry in the digest",
        ),
        sa.Column(
            "pinned",
            sa.Boolean(),
            nullable=False,
            comment="True: it stands before those that are not",
        ),
        sa.Column(
            "place",
            sa.Integer(),
            nullable=True,
            comment="Order among the stories, where one was given",
        ),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="Why it matters, in one line, or empty"
        ),
        sa.Column(
            "left_out", sa.Boolean(), nullable=False, comment="True: it is kept out of editions"
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with every change of `why`"
        ),
        sa.Column("changed_by", sa.Text(), nullable=False, comment="Who changed it last"),
        sa.ForeignKeyConstraint(
            ["conflict"],
            ["conflicts.slug"],
            name=op.f("fk_edition_picks_conflict_conflicts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["digest_items.id"],
            name=op.f("fk_edition_picks_item_id_digest_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conflict", "item_id", name=op.f("pk_edition_picks")),
        comment="What editors decided of single stories for the next edition.",
    )
    op.add_column(
        "conflicts",
        sa.Column(
            "edition_at",
            sa.String(length=5),
            server_default="06:00",
            nullable=False,
            comment="Local time the daily edition closes, or empty: there is none",
        ),
    )
    op.add_column(
        "conflicts",
        sa.Column(
            "edition_zone",
            sa.String(length=64),
            server_default="UTC",
            nullable=False,
            comment="IANA zone of that time",
        ),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_column("conflicts", "edition_zone")
    op.drop_column("conflicts", "edition_at")
    op.drop_table("edition_picks")
    op.drop_index("ix_edition_matches_number", table_name="edition_matches")
    op.drop_index("ix_edition_matches_item_id", table_name="edition_matches")
    op.drop_table("edition_matches")
    op.drop_table("edition_revisions")
    op.drop_table("edition_drafts")
    op.drop_table("digest_editions")

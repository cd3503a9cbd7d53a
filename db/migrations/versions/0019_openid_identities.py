"""Accounts may be linked to people at an OpenID provider."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "identities",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("editor_id", _ID, nullable=False, comment="The account"),
        sa.Column(
            "issuer", sa.String(255), nullable=False, comment="The OpenID provider, by its issuer"
        ),
        sa.Column(
            "subject",
            sa.String(255),
            nullable=False,
            comment="The person there, by what never changes",
        ),
        sa.Column(
            "created_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the two were linked",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name="fk_identities_editor_id_editors",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer"),
        comment="Who an account's owner is to the OpenID provider; found by nothing else, no name.",
    )
    op.create_index("ix_identities_editor_id", "identities", ["editor_id"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("identities")

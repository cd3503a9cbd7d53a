"""Logins may ask for a code of an app."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "second_factors",
        sa.Column("editor_id", _ID, autoincrement=False, nullable=False, comment="The account"),
        sa.Column(
            "nonce",
            sa.String(32),
            nullable=False,
            comment="Chance that its codes are made from, with the secret key",
        ),
        sa.Column(
            "begun_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When its owner was shown the secret",
        ),
        sa.Column(
            "confirmed_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Since when logins ask for it",
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=False,
            comment="Half minute since 1970 of the last code used",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Wrong codes in a row"),
        sa.PrimaryKeyConstraint("editor_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name="fk_second_factors_editor_id_editors",
            ondelete="CASCADE",
        ),
        comment="Accounts that are asked for a code of an app at login.",
    )
    op.create_table(
        "recovery_codes",
        sa.Column("editor_id", _ID, autoincrement=False, nullable=False, comment="The account"),
        sa.Column("code_hash", sa.String(64), nullable=False, comment="SHA-256 of nonce and code"),
        sa.PrimaryKeyConstraint("editor_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name="fk_recovery_codes_editor_id_editors",
            ondelete="CASCADE",
        ),
        comment="Codes of 120 bits that stand in for the app once each; deleted when used.",
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")

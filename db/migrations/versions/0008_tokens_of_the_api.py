"""Tokens with which programs ask the API in somebody's name."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "api_tokens",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("editor_id", _ID, nullable=False, comment="The account"),
        sa.Column("name", sa.String(64), nullable=False, comment="What its owner calls it"),
        sa.Column("token_hash", sa.String(64), nullable=False, comment="Keyed hash of the token"),
        sa.Column(
            "scopes",
            sa.String(100),
            nullable=False,
            comment="What it may do, such as read review",
        ),
        sa.Column(
            "created_at", UTCDateTime(timezone=True), nullable=False, comment="When it was made"
        ),
        sa.Column(
            "expires_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When it stops working",
        ),
        sa.Column(
            "used_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="Last request, to within some minutes",
        ),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editors.id"],
            name=op.f("fk_api_tokens_editor_id_editors"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        comment="With what programs ask the API in somebody's name; deleted when revoked.",
    )
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("editors", "role", comment="viewer, editor or admin")
    op.create_index("ix_api_tokens_editor_id", "api_tokens", ["editor_id"])


def downgrade() -> None:
    """Take it away again."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("editors", "role", comment="editor or admin")
    op.drop_table("api_tokens")

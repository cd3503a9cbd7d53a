"""Programs that are told of entries."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("url", sa.Text(), nullable=False, comment="Address that is posted to"),
        sa.Column(
            "conflict",
            sa.String(length=64),
            nullable=False,
            comment="Slug of the conflict it hears of; empty: all",
        ),
        sa.Column(
            "secret", sa.String(length=80), nullable=False, comment="What its calls are signed with"
        ),
        sa.Column(
            "made_at", UTCDateTime(timezone=True), nullable=False, comment="When it was added"
        ),
        sa.Column(
            "ended_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When its server said that it is gone",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        comment="Addresses of programs that are told of new, changed and withdrawn entries.",
    )
    op.create_table(
        "webhook_marks",
        sa.Column("webhook_id", _ID, autoincrement=False, nullable=False, comment="The webhook"),
        sa.Column(
            "uid", sa.String(length=200), nullable=False, comment="Permanent id of the entry"
        ),
        sa.Column(
            "mark",
            sa.String(length=64),
            nullable=False,
            comment="Hash that tells the version it heard of from later ones",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_marks_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "uid", name=op.f("pk_webhook_marks")),
        comment="Which version of each entry a webhook heard of.",
    )
    op.create_table(
        "webhook_calls",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("webhook_id", _ID, nullable=False, comment="The webhook"),
        sa.Column(
            "uid", sa.String(length=200), nullable=False, comment="Permanent id of the entry"
        ),
        sa.Column(
            "body", sa.Text(), nullable=False, comment="What is posted, the same at every try"
        ),
        sa.Column(
            "made_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the change was noticed",
        ),
        sa.Column(
            "due_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it is to be posted next",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Tries that failed so far"),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="waiting, told or given_up"
        ),
        sa.Column(
            "ended_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it was told or given up",
        ),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="Why the last try failed, in a sentence"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_calls_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_calls")),
        comment="What webhooks are told, with what became of it; forgotten after thirty days.",
    )
    op.create_index("ix_webhook_calls_due_at", "webhook_calls", ["due_at"], unique=False)
    op.create_index(
        "ix_webhook_calls_webhook_id_uid", "webhook_calls", ["webhook_id", "uid"], unique=False
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("webhook_calls")
    op.drop_table("webhook_marks")
    op.drop_table("webhooks")

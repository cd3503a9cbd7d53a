"""Subscribers, and the letters they get."""

import sqlalchemy as sa
from alembic import op

from db.tables import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "subscribers",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column(
            "address",
            sa.String(length=254),
            nullable=False,
            comment="E-mail address, as it is sent to",
        ),
        sa.Column(
            "address_key",
            sa.String(length=254),
            nullable=False,
            comment="The address folded, so that it is there only once",
        ),
        sa.Column(
            "nonce",
            sa.String(length=32),
            nullable=False,
            comment="Chance that the tokens in letters are made from",
        ),
        sa.Column(
            "wish",
            sa.String(length=16),
            nullable=False,
            comment="edition (a letter a day) or alert",
        ),
        sa.Column(
            "conflicts",
            sa.JSON(),
            nullable=False,
            comment="Slugs of the conflicts wanted; an empty list: all",
        ),
        sa.Column(
            "hour",
            sa.Integer(),
            nullable=False,
            comment="Hour of the daily letter, 0 to 23, in the zone",
        ),
        sa.Column(
            "zone",
            sa.String(length=64),
            nullable=False,
            comment="Time zone of the subscriber, an IANA name",
        ),
        sa.Column(
            "asked_at",
            UTCDateTime(timezone=True),
            nullable=False,
            comment="When the subscription was last asked for",
        ),
        sa.Column(
            "confirmed_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the address was confirmed",
        ),
        sa.Column(
            "seen_placement",
            _ID,
            nullable=False,
            comment="Newest digest placement that alerts were looked up to",
        ),
        sa.Column(
            "alerted_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When the last alert was written",
        ),
        sa.Column(
            "edition_day",
            sa.Date(),
            nullable=True,
            comment="Day in the zone of the last daily letter",
        ),
        sa.Column(
            "bounces",
            sa.Integer(),
            nullable=False,
            comment="Letters in a row that were refused for good",
        ),
        sa.Column(
            "failing",
            sa.Text(),
            nullable=False,
            comment="Why the last one was refused; empty: it was not",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
        sa.UniqueConstraint("nonce", name=op.f("uq_subscribers_nonce")),
        comment="Who asked for letters; deleted when they unsubscribe.",
    )
    op.create_table(
        "letters",
        sa.Column("id", _ID, autoincrement=True, nullable=False, comment="Number of the row"),
        sa.Column("subscriber_id", _ID, nullable=False, comment="To whom"),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="confirm, known, alert or edition"
        ),
        sa.Column(
            "key",
            sa.String(length=80),
            nullable=False,
            comment="What the letter is, among the subscriber's",
        ),
        sa.Column(
            "made_at", UTCDateTime(timezone=True), nullable=False, comment="When it was drawn up"
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="waiting, sending, sent, refused, given_up, unknown or dropped",
        ),
        sa.Column(
            "due_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it is to be sent next",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Tries that failed so far"),
        sa.Column(
            "ended_at",
            UTCDateTime(timezone=True),
            nullable=True,
            comment="When it was sent, or not for ever",
        ),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="Why the last try failed, in a sentence"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_letters_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("subscriber_id", "key", name=op.f("uq_letters_subscriber_id")),
        comment="Letters drawn up, with what became of them; forgotten after thirty days.",
    )
    op.create_index("ix_letters_due_at", "letters", ["due_at"], unique=False)
    op.create_table(
        "letter_contents",
        sa.Column("subscriber_id", _ID, autoincrement=False, nullable=False, comment="To whom"),
        sa.Column(
            "what",
            sa.String(length=160),
            nullable=False,
            comment="news:slug or edition:conflict:number",
        ),
        sa.Column("letter_id", _ID, nullable=False, comment="The letter it is in"),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["letters.id"],
            name=op.f("fk_letter_contents_letter_id_letters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_letter_contents_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "what", name=op.f("pk_letter_contents")),
        comment="What each subscriber was written about: the key keeps it from being twice.",
    )
    op.create_index("ix_letter_contents_letter_id", "letter_contents", ["letter_id"], unique=False)


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("letter_contents")
    op.drop_table("letters")
    op.drop_table("subscribers")

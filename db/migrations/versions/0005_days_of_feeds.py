"""Days of feeds: their attempts summed up, and one standing alarm of a kind at most."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SUMMED_UP = """
INSERT INTO feed_days (feed_id, day, fetches, failed, articles_new)
SELECT feed_id, {day}, count(*), sum(CASE outcome WHEN 'failed' THEN 1 ELSE 0 END),
    sum(articles_new)
FROM fetches GROUP BY feed_id, {day}
"""


def upgrade() -> None:
    """Sum up the attempts that are still there."""
    op.create_table(
        "feed_days",
        sa.Column("feed_id", sa.String(length=64), nullable=False, comment="The feed"),
        sa.Column("day", sa.Date(), nullable=False, comment="The day, UTC"),
        sa.Column("fetches", sa.Integer(), nullable=False, comment="Attempts that began on it"),
        sa.Column("failed", sa.Integer(), nullable=False, comment="How many of them failed"),
        sa.Column(
            "articles_new",
            sa.Integer(),
            nullable=False,
            comment="Articles stored for the first time",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_feed_days_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", "day", name=op.f("pk_feed_days")),
        comment="The attempts of each feed and day summed up, for charts and alarms.",
    )
    op.create_index("ix_feed_days_day", "feed_days", ["day"], unique=False)
    embedded = op.get_bind().dialect.name == "sqlite"
    day = "date(started_at)" if embedded else "CAST(started_at AT TIME ZONE 'UTC' AS date)"
    op.execute(_SUMMED_UP.replace("{day}", day))
    op.create_index(
        "uq_alarms_standing",
        "alarms",
        ["feed_id", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Forget the sums; the attempts they were made from stay."""
    op.drop_index("uq_alarms_standing", table_name="alarms")
    op.drop_table("feed_days")

"""A leaner word index on SQLite, and a quick way to what it lacks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_EVERY_TEXT = "Every text an article has had, the first included."
_CHANGED_TEXTS = "Every text of an article whose headline or summary changed, the first included."
_INDEXED = "Revision that is in the search index"
_INDEXED_OR_NOT = "Revision that is in the search index; 0 when the article has a newer one"


def upgrade() -> None:
    """Make the index anew on SQLite, without the places of words, which nothing asks for."""
    op.create_index(
        "ix_search_state_revision",
        "search_state",
        ["revision"],
        sqlite_where=sa.text("revision = 0"),
        postgresql_where=sa.text("revision = 0"),
    )
    _index_anew("document, tokenize='ascii', detail='none', columnsize=0")
    _comment(_CHANGED_TEXTS, _EVERY_TEXT, _INDEXED_OR_NOT, _INDEXED)


def downgrade() -> None:
    """Take the index back to what it was."""
    _comment(_EVERY_TEXT, _CHANGED_TEXTS, _INDEXED, _INDEXED_OR_NOT)
    _index_anew("document, tokenize='unicode61'")
    op.drop_index("ix_search_state_revision", "search_state")


def _index_anew(options: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE article_search")
        op.execute(f"CREATE VIRTUAL TABLE article_search USING fts5({options})")
        op.execute("DELETE FROM search_state")  # so that everything is indexed again


def _comment(texts: str, texts_before: str, state: str, state_before: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # keeps no comments
    op.create_table_comment("article_revisions", texts, existing_comment=texts_before)
    op.alter_column(
        "search_state",
        "revision",
        existing_type=sa.Integer(),
        existing_nullable=False,
        comment=state,
        existing_comment=state_before,
    )

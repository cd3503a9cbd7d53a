"""Alembic's entry: run migrations on the connection `db.upgrade` hands over."""

from alembic import context

from db.tables import metadata

# The full-text index has a form of its own on each database and is made by hand in the migrations.
_BY_HAND = "article_search"


def _ours(name: str | None, kind: str, parents: object) -> bool:
    return not (kind == "table" and (name or "").startswith(_BY_HAND))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_name=_ours,
    transactional_ddl=True,
)
# The caller's transaction is used and committed there, so that an upgrade is all or nothing.
context.run_migrations()

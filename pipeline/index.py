"""Index: bring into the word index what was not brought into it when it was stored."""

from db import Database, search

# So many are indexed in hundredths of a second: no other writer waits longer than that.
_AT_ONCE = 1_000


def index_news(database: Database) -> int:
    """Bring what is new or revised into the word index, in short transactions; how many articles.

    On SQLite that is what was revised, or stored before there was an index; on PostgreSQL all.
    """
    indexed = 0
    while True:
        with database.transaction() as connection:
            done = search.index_new(connection, limit=_AT_ONCE)
        indexed += done
        if done < _AT_ONCE:
            return indexed

"""The word index follows what is stored, in turns that hold up nobody."""

from sqlalchemy import event

from db import Database, search
from pipeline.index import index_news
from tests.making import an_article, take_in, watch


def test_news_is_indexed_in_short_transactions(database: Database) -> None:
    watch(database)
    take_in(database, *[an_article(f"Report number {number}") for number in range(2_300)])
    commits: list[object] = []

    def note(connection: object) -> None:
        commits.append(connection)

    event.listen(database.engine, "commit", note)
    assert index_news(database) == 2_300
    event.remove(database.engine, "commit", note)
    assert len(commits) == 3
    assert index_news(database) == 0
    with database.reading() as connection:
        assert len(search.find(connection, words="report number", unmatched=True)) == 2_300

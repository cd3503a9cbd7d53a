"""Backup and restore: a copy taken while others write is whole, and only good copies come back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select, text

from db import Database, articles, editors, feeds, open_database
from db.copies import backup, damage, restore, suspecting
from db.tables import metadata
from db.upgrade import require_current
from pipeline.errors import StoreError
from pipeline.model import Role
from tests.making import NOON, an_article, take_in, watch

MARKS = "why?#not%20this"
LARGE = 1 << 30


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def headlines(url: str) -> int:
    database = open_database(url)
    require_current(database)
    with database.reading() as connection:
        found = articles.count(connection)
    database.close()
    return found


def test_a_restored_backup_holds_the_same_rows(
    sqlite: Database, sqlite_url: str, path: Path, tmp_path: Path
) -> None:
    take_in(watch(sqlite), an_article("Convoi attaqué à Ménaka, l’armée réagit", summary="مالي"))
    before = rows(sqlite)
    copy = tmp_path / f"copy {MARKS}.db"
    assert backup(sqlite, copy) == copy.stat().st_size
    assert [file.name for file in tmp_path.glob(f"*{MARKS}*")] == [copy.name]

    take_in(sqlite, an_article("Written after the backup"))
    sqlite.close()
    restore(path, copy)

    restored = open_database(sqlite_url)
    require_current(restored)
    assert rows(restored) == before
    restored.close()
    assert headlines(f"sqlite:///{path}.before-restore") == 2


def test_a_backup_taken_while_others_write_is_whole(
    sqlite: Database, sqlite_url: str, path: Path, tmp_path: Path
) -> None:
    watch(sqlite)
    started, stop = Event(), Event()

    def write() -> None:
        for number in range(10_000):
            pair = [an_article(f"Report {number} from Kidal, {half}") for half in "ab"]
            take_in(sqlite, *pair)
            started.set()
            if stop.is_set():
                return

    writer = Thread(target=write)
    writer.start()
    started.wait(10)
    copies = [tmp_path / f"copy{number}.db" for number in range(5)]
    for copy in copies:
        backup(sqlite, copy)
    stop.set()
    writer.join()
    sqlite.close()

    counts = [headlines(f"sqlite:///{copy}") for copy in copies]
    assert counts == sorted(counts)
    assert all(count and count % 2 == 0 for count in counts)
    restore(path, copies[-1])
    assert headlines(sqlite_url) == counts[-1]


def test_a_backup_never_overwrites(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        backup(sqlite, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_what_a_killed_backup_left_is_cleared_away_by_the_next(
    sqlite: Database, tmp_path: Path
) -> None:
    for suffix in ("", "-wal", "-journal"):
        (tmp_path / f".copy.db.unfinished{suffix}").write_text("half")
    backup(sqlite, tmp_path / "copy.db")
    assert list(tmp_path.glob(".*")) == []
    assert headlines(f"sqlite:///{tmp_path}/copy.db") == 0


def test_a_rollback_journal_beside_the_database_is_not_read_into_the_restored_one(
    sqlite: Database, sqlite_url: str, path: Path, tmp_path: Path
) -> None:
    take_in(watch(sqlite), an_article())
    copy = tmp_path / "copy.db"
    backup(sqlite, copy)
    sqlite.close()
    path.write_bytes(b"damaged" * 1_000)
    stale = path.with_name(path.name + "-journal")
    stale.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(2_000))
    restore(path, copy)
    assert not stale.exists()
    assert headlines(sqlite_url) == 1


@pytest.mark.parametrize("folder", ["no folder", "file"])
def test_a_backup_into_nowhere_is_a_clear_error(
    sqlite: Database, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        backup(sqlite, tmp_path / folder / "copy.db")


def test_postgresql_has_its_own_tools(postgres: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        backup(postgres, tmp_path / "copy.db")


def test_a_database_that_is_not_there_cannot_be_backed_up(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(StoreError):
        backup(database, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def damaged(tmp_path: Path, sqlite: Database) -> Path:
    take_in(watch(sqlite), *[an_article(f"Report {number}") for number in range(500)])
    copy = tmp_path / "damaged.db"
    backup(sqlite, copy)
    content = bytearray(copy.read_bytes())
    content[len(content) // 4 : len(content) // 2] = b"\xff" * (len(content) // 4)
    copy.write_bytes(content)
    return copy


def cut_short(tmp_path: Path, sqlite: Database) -> Path:
    take_in(watch(sqlite), *[an_article(f"Report {number}") for number in range(500)])
    copy = tmp_path / "short.db"
    backup(sqlite, copy)
    copy.write_bytes(copy.read_bytes()[:100_000])
    return copy


def text_file(tmp_path: Path, sqlite: Database) -> Path:
    (tmp_path / "notes.db").write_text("This is no database at all. " * 100)
    return tmp_path / "notes.db"


def empty_file(tmp_path: Path, sqlite: Database) -> Path:
    (tmp_path / "empty.db").touch()
    return tmp_path / "empty.db"


def foreign(tmp_path: Path, sqlite: Database) -> Path:
    """Another program's database, even one that alembic looks after too."""
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('abc')")
        other.commit()
    return tmp_path / "foreign.db"


def untrue_index(tmp_path: Path, sqlite: Database) -> Path:
    """A copy that opens and reads, but whose index lies."""
    take_in(watch(sqlite), an_article())
    copy = tmp_path / "untrue.db"
    backup(sqlite, copy)
    with closing(sqlite3.connect(copy)) as other:
        other.execute("PRAGMA writable_schema=ON")
        other.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(ordered_at', '(first_seen_at')"
            " WHERE name = 'ix_articles_ordered_at'"
        )
        other.commit()
    return copy


def nothing(tmp_path: Path, sqlite: Database) -> Path:
    return tmp_path / "nothing.db"


@pytest.mark.parametrize(
    "make", [damaged, cut_short, untrue_index, text_file, empty_file, foreign, nothing]
)
def test_what_is_no_sound_backup_is_refused_and_the_database_stays(
    sqlite: Database, sqlite_url: str, path: Path, tmp_path: Path, make: object
) -> None:
    assert callable(make)
    source = make(tmp_path, sqlite)
    before = rows(sqlite)
    sqlite.close()
    with pytest.raises(StoreError, match=r"not a Dateline database|damaged|no backup"):
        restore(path, source)
    untouched = open_database(sqlite_url)
    assert rows(untouched) == before
    untouched.close()


def test_a_database_in_use_is_not_replaced(sqlite: Database, path: Path, tmp_path: Path) -> None:
    backup(watch(sqlite), tmp_path / "copy.db")
    with sqlite.reading(), pytest.raises(StoreError, match="in use: stop the service"):
        restore(path, tmp_path / "copy.db")
    take_in(sqlite, an_article())


def test_a_damaged_database_can_be_replaced_and_its_journal_does_no_harm(
    sqlite: Database, sqlite_url: str, path: Path, tmp_path: Path
) -> None:
    take_in(watch(sqlite), an_article())
    copy = tmp_path / "copy.db"
    backup(sqlite, copy)
    take_in(sqlite, *[an_article(f"Report {number}") for number in range(50)])
    journal = path.with_name(path.name + "-wal")
    left_over = journal.read_bytes()
    sqlite.close()
    path.write_bytes(b"lost to a failing disk" * 1_000)
    journal.write_bytes(left_over)

    restore(path, copy)
    assert headlines(sqlite_url) == 1
    assert path.with_name(path.name + ".before-restore").read_bytes().startswith(b"lost to")


def test_a_lost_database_can_be_brought_back_into_a_folder_that_is_gone(
    sqlite: Database, tmp_path: Path
) -> None:
    take_in(watch(sqlite), an_article())
    backup(sqlite, tmp_path / "copy.db")
    place = tmp_path / "new machine" / "var" / "dateline.db"
    restore(place, tmp_path / "copy.db")
    assert headlines(f"sqlite:///{place}") == 1


def test_a_place_that_cannot_be_written_is_a_clear_error(sqlite: Database, tmp_path: Path) -> None:
    backup(watch(sqlite), tmp_path / "copy.db")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be put at"):
        restore(tmp_path / "file" / "dateline.db", tmp_path / "copy.db")


def test_a_value_that_is_none_of_its_kind_is_damage_that_is_named(sqlite: Database) -> None:
    with watch(sqlite).transaction() as connection:
        connection.execute(text("UPDATE feeds SET next_fetch_at = 'noon or so'"))
    assert damage(sqlite, up_to=LARGE) is None
    assert "table feeds" in str(damage(sqlite, up_to=LARGE, thoroughly=True))
    with (
        pytest.raises(StoreError, match=r"dateline db restore.*table feeds"),
        suspecting(sqlite),
        sqlite.reading() as connection,
    ):
        feeds.next_turn(connection)


def test_a_changed_letter_in_the_schema_is_told_as_damage(
    sqlite: Database, sqlite_url: str, path: Path
) -> None:
    sqlite.close()
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA writable_schema = ON")
        opened.execute("UPDATE sqlite_schema SET sql = replace(sql, ' ON feeds', ' ON geeds')")
        opened.commit()
    with pytest.raises(StoreError, match="damaged or is something else"):
        headlines(sqlite_url)


def test_a_word_that_no_list_of_ours_has_is_told_as_damage(sqlite: Database) -> None:
    with sqlite.transaction() as connection:
        editors.add(connection, "ada", "hash", Role.EDITOR, NOON)
        connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        connection.execute(text("UPDATE editors SET role = 'editoR'"))
    with (
        pytest.raises(StoreError, match=r"file is damaged.*'editoR'"),
        suspecting(sqlite),
        sqlite.reading() as connection,
    ):
        editors.everyone(connection)


def test_another_failure_on_a_sound_database_goes_on_as_it_is(sqlite: Database) -> None:
    with pytest.raises(ValueError, match="invalid literal"), suspecting(sqlite):
        int("noon")

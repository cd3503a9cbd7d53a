"""The invariants: what must hold after any crash, one function each, by its number.

Each returns what is wrong, in words; an empty list is good news. I7 (the schedule resumes without a
stampede), I8 (no stuck lock), I9 (nothing left behind), I10 (one clear message) and I11 (one feed
never delays another) are held by the tests of lives and of faults, where there is a time to measure.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

import feedparser
from sqlalchemy import text

from db import Connection
from tests.crash.house import House

OWN = {".publishing", ".published"}
FORMATS = ("latest-news.atom", "latest-news.rss", "latest-news.json", "index.html")


def i1_no_article_is_lost(house: House, connection: Connection) -> list[str]:
    """Every item that is listed now is stored, with the text it has now."""
    rows = connection.execute(
        text("SELECT e.guid, a.title FROM entries e JOIN articles a ON a.id = e.article_id")
    )
    stored = {row.guid: row.title for row in rows}
    wrong = [f"{name} is not stored" for name in house.wires.served() if name not in stored]
    for name, (link, title) in house.wires.served().items():
        if name in stored and "agency" not in link and stored[name] != title:
            wrong.append(f"{name} has an older text: {stored[name]!r}")
    return wrong


def i2_no_article_is_doubled(house: House, connection: Connection) -> list[str]:
    """One entry for each item of a feed, one article for each address, one match, one digest id."""
    wrong = []
    for what, asked in {
        "entry": "SELECT feed_id, guid FROM entries GROUP BY feed_id, guid HAVING count(*) > 1",
        "article": "SELECT url FROM articles GROUP BY url HAVING count(*) > 1",
        "match": "SELECT article_id, conflict FROM matches GROUP BY 1, 2 HAVING count(*) > 1",
        "digest item": "SELECT story_id FROM digest_items GROUP BY story_id HAVING count(*) > 1",
        "digest id": "SELECT uid FROM digest_items GROUP BY uid HAVING count(*) > 1",
    }.items():
        wrong += [f"a doubled {what}: {tuple(row)}" for row in connection.execute(text(asked))]
    links = {link for link, _ in house.wires.served().values()}
    many = connection.scalar(text("SELECT count(*) FROM articles")) or 0
    if many > len(links):
        wrong.append(f"{many} articles from {len(links)} addresses")
    return wrong


def i3_nothing_is_half(house: House, connection: Connection) -> list[str]:
    """Every article has its entry and its match, every entry came from a whole document."""
    wrong = []
    for what, asked in {
        "an article without entry": (
            "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM entries)"
        ),
        "an article without match": (
            "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM matches)"
        ),
        "a matched article without story": "SELECT id FROM articles WHERE story_id IS NULL",
        "an approved match without digest item": (
            "SELECT m.id FROM matches m JOIN articles a ON a.id = m.article_id "
            "WHERE m.status = 'approved' AND a.story_id NOT IN (SELECT story_id FROM digest_items)"
        ),
    }.items():
        wrong += [f"{what}: {row[0]}" for row in connection.execute(text(asked))]
    return wrong


def i3_validators_do_not_run_ahead(house: House, connection: Connection) -> list[str]:
    """Before any new round: if a feed's validators are those of a document, its items are there."""
    wrong = []
    for host, wire in house.wires.wires.items():
        etag = connection.scalar(
            text("SELECT etag FROM feeds WHERE url = :url"), {"url": house.wires.url(host)}
        )
        if etag == f'"{wire.name}-{len(wire.items)}-{wire.fetches // 6}"':
            asked = text("SELECT guid FROM entries WHERE feed_id = :feed")
            stored = set(connection.scalars(asked, {"feed": wire.name}))
            wrong += [
                f"{name} is hidden by its ETag" for name in wire.window() if name not in stored
            ]
    return wrong


def i4_what_was_acknowledged_stands(house: House, connection: Connection) -> list[str]:
    """Every verdict whose command said so is there, as the last one on its match."""
    rows = connection.execute(text("SELECT id, status FROM matches"))
    status = {row.id: row.status for row in rows}
    return [
        f"match {match} was {said} and is {status.get(match)}"
        for match, said in house.verdicts.items()
        if status.get(match) != said and match not in house.in_flight
    ]


def i5_each_public_file_is_whole(house: House) -> list[str]:
    """At any instant after the first publication: every format is there and reads to its end."""
    return [f"I5 {fault}" for name in FORMATS if (fault := _fault(house.public / name))]


def _fault(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return f"{path.name} is absent"
    try:
        if path.suffix == ".json":
            json.loads(content)
        elif path.suffix == ".html":
            assert content.rstrip().endswith(b"</html>")
        else:
            ParserCreate().Parse(content, True)
    except (ValueError, AssertionError, ExpatError) as error:
        return f"{path.name} is not whole: {len(content)} bytes, {error}"
    return ""


def i5_what_was_noted_stands(house: House, connection: Connection) -> list[str]:
    """A file that the database takes for published is there: its folder is durable as well."""
    noted = connection.scalars(text("SELECT path FROM public_files"))
    return [f"{path} was published and is absent" for path in noted if not _is_there(house, path)]


def _is_there(house: House, path: str) -> bool:
    return (house.public / path).is_file()


def i5_all_formats_agree(house: House, connection: Connection) -> list[str]:
    """After a clean publication: one set of ids in all formats, and it is the database's."""
    atom, rss = (
        {entry.id for entry in feedparser.parse((house.public / name).read_bytes()).entries}
        for name in FORMATS[:2]
    )
    listed = {item["id"] for item in json.loads((house.public / FORMATS[2]).read_bytes())["items"]}
    stored = set(
        connection.scalars(
            text(
                "SELECT i.uid FROM digest_items i JOIN digest_placements p ON p.item_id = i.id "
                "WHERE p.withdrawn_at IS NULL"
            )
        )
    )
    wrong = []
    if not atom == rss == listed:
        wrong.append(f"formats differ: {len(atom)}, {len(rss)}, {len(listed)} entries")
    if missing := stored - listed:
        wrong.append(f"{len(missing)} entries are not published")
    return wrong


def i6_the_database_is_sound(house: House, connection: Connection) -> list[str]:
    """The files are intact, and no state is one that the model does not know."""
    wrong = []
    if connection.dialect.name == "sqlite":
        verdict = connection.scalar(text("PRAGMA integrity_check"))
        if verdict != "ok":
            wrong.append(f"integrity: {verdict}")
        wrong += [f"{tuple(row)}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
    for what, asked in {
        "decided by nobody": (
            "SELECT id FROM matches WHERE status IN ('approved', 'rejected') AND decided_by IS NULL"
        ),
        "decided without review": (
            "SELECT id FROM matches WHERE status IN ('approved', 'rejected') "
            "AND id NOT IN (SELECT match_id FROM reviews)"
        ),
        "published without approval": (
            "SELECT i.id FROM digest_items i JOIN digest_placements p ON p.item_id = i.id "
            "WHERE p.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM matches m "
            "JOIN articles a ON a.id = m.article_id "
            "WHERE a.story_id = i.story_id AND m.status = 'approved')"
        ),
    }.items():
        wrong += [f"{what}: {row[0]}" for row in connection.execute(text(asked))]
    return wrong


def i6_a_backup_is_whole(house: House, verdicts: Mapping[int, str] | None = None) -> list[str]:
    """A backup that has its name is sound and holds the verdicts; one that was promised is there.

    `verdicts` are those acknowledged before it was begun; by default all of them.
    """
    copy = house.folder / "var" / "copy.db"
    if not copy.exists():
        promised = "holds the whole database" in house.log()
        return ["I6 the backup was promised and is gone"] if promised else []
    try:
        with closing(sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True)) as opened:
            verdict = opened.execute("PRAGMA integrity_check").fetchone()[0]
            status = dict(opened.execute("SELECT id, status FROM matches"))
    except sqlite3.Error as error:
        return [f"I6 the backup cannot be read: {error}"]
    wrong = [] if verdict == "ok" else [f"I6 the backup is damaged: {verdict}"]
    return wrong + [
        f"I6 match {match} is {status.get(match)} in the backup"
        for match, said in (house.verdicts if verdicts is None else verdicts).items()
        if status.get(match) != said and match not in house.in_flight
    ]


def i9_nothing_is_left_behind(house: House) -> list[str]:
    """No temporary file outlives the recovery."""
    found = [path.name for path in (house.folder / "var").rglob("*")]
    hidden = [name for name in found if name.startswith(".") and name not in OWN]
    strange = [name for name in found if name.endswith((".tmp", "-journal")) or ".key." in name]
    return [f"I9 {name} is left behind" for name in hidden + strange]


def i12_no_verdict_is_doubled(house: House, connection: Connection) -> list[str]:
    """A match's reviews are one chain: each begins where the one before ended."""
    chains: dict[int, list[tuple[str, str]]] = {}
    asked = "SELECT match_id, status_before, status_after FROM reviews ORDER BY id"
    for row in connection.execute(text(asked)):
        chains.setdefault(row.match_id, []).append((row.status_before, row.status_after))
    wrong = []
    for match, chain in chains.items():
        if any(later[0] != earlier[1] for earlier, later in pairwise(chain)):
            wrong.append(f"match {match}: {chain}")
        if any(before == after for before, after in chain):
            wrong.append(f"match {match} was decided twice: {chain}")
    return wrong


Check = Callable[[House, Connection], list[str]]
AT_ONCE: Sequence[Check] = (
    i2_no_article_is_doubled,
    i3_nothing_is_half,
    i3_validators_do_not_run_ahead,
    i4_what_was_acknowledged_stands,
    i5_what_was_noted_stands,
    i6_the_database_is_sound,
    i12_no_verdict_is_doubled,
)
AFTER_A_ROUND: Sequence[Check] = (i1_no_article_is_lost, *AT_ONCE, i5_all_formats_agree)


def broken(house: House, checks: Sequence[Check]) -> list[str]:
    """Ask all these of the house; gives what is wrong, with the invariant's number."""
    with house.database() as database, database.reading() as connection:
        return [
            f"{check.__name__.partition('_')[0].upper()} {fault}"
            for check in checks
            for fault in check(house, connection)
        ]


def counted(faults: Sequence[str]) -> dict[str, int]:
    """How often each invariant was broken."""
    return dict(Counter(fault.partition(" ")[0] for fault in faults))

"""One pass over a hundred feeds that misbehave and twenty that do not: every one is accounted for.

The program runs as an operator runs it, in a process of its own, against servers on addresses of
their own, so that one host's wish for a pause is no other's.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db import open_database
from db.tables import entries, feeds, fetches
from tests.misbehaving import serving
from tests.misbehaviours import ENTRIES, MISBEHAVIOURS, answer_by_name

GOOD = [f"good-{number}" for number in range(20)]
BAD = {name.replace("_", "-"): each for name, each in MISBEHAVIOURS.items() if each.kind}
ODD = [name.replace("_", "-") for name, each in MISBEHAVIOURS.items() if not each.kind]
DEADLINE = 3
ROOT = Path(__file__).parents[2]
CONFLICTS = """
conflicts:
  - {slug: mali, title: Instability in Mali, keywords: {decisive: [JNIM]}}
"""
# Says at its end how much memory the program and its workers took, each at most.
MEASURED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "pipeline", *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""

pytestmark = [
    pytest.mark.xdist_group("whole_pass"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs every address of 127.0.0.0/8"),
]


def declare(folder: Path, port: int) -> None:
    names = [*GOOD, *BAD, *ODD]
    feeds_ = [
        {"id": name, "url": f"http://127.1.{number // 200}.{number % 200 + 1}:{port}/{path(name)}"}
        for number, name in enumerate(names)
    ]
    (folder / "sources.yaml").write_text(
        "version: 1\nfeeds:\n" + "".join(f"  - {json.dumps(feed)}\n" for feed in feeds_) + CONFLICTS
    )


def path(name: str) -> str:
    return name if name in GOOD else name.replace("-", "_")


async def one_pass(folder: Path) -> tuple[dict[str, object], str]:
    """Run the program once; gives its report and what it said on standard error."""
    settings = {
        "DATELINE_ALLOW_PRIVATE": "127.0.0.0/8",
        "DATELINE_FETCH_DEADLINE": str(DEADLINE),
        "DATELINE_MAX_FEED_BYTES": str(4 * 1024 * 1024),
        "DATELINE_LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MEASURED, "ingest", "--all", "--json"),
        cwd=folder,
        env=settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), 120)
    assert child.returncode == 0, err.decode()
    return json.loads(out), err.decode()


@pytest.fixture(scope="session")
def passed(tmp_path_factory):
    """The folder the pass left behind, its report, its messages, the server, and when it began."""
    folder = tmp_path_factory.mktemp("pass")
    began = datetime.now(UTC)

    async def scenario():
        async with serving(answer_by_name, host="0.0.0.0") as server:
            declare(folder, server.port)
            report, said = await one_pass(folder)
            await asyncio.sleep(0.2)
            return report, said, server

    return folder, *asyncio.run(scenario()), began


def rows(folder: Path, query):
    database = open_database(f"sqlite:///{folder / 'var' / 'dateline.db'}")
    try:
        with database.reading() as connection:
            return list(connection.execute(query))
    finally:
        database.close()


def test_every_feed_has_one_row_with_its_outcome(passed):
    folder, report, *_ = passed
    found = {row.feed_id: row for row in rows(folder, select(fetches))}
    assert len(found) == report["feeds"] == len(GOOD) + len(ODD) + len(BAD)
    assert {name: found[name].error_kind for name in BAD} == {
        name: each.kind for name, each in BAD.items()
    }
    assert all(found[name].error_message for name in BAD)
    assert {found[name].outcome for name in [*GOOD, *ODD]} == {"updated"}


def test_every_feed_has_a_next_fetch_and_says_why_then(passed):
    folder, _, _, _, began = passed
    for row in rows(folder, select(feeds)):
        assert row.next_fetch_at > began
        assert row.next_fetch_reason
        assert (row.lease_by, row.lease_until) == (None, None)


def test_feeds_that_behave_lose_nothing_by_the_others(passed):
    folder, report, *_ = passed
    counted = dict(
        rows(folder, select(entries.c.feed_id, func.count()).group_by(entries.c.feed_id))
    )
    assert counted == dict.fromkeys([*GOOD, *ODD], ENTRIES) | {"announces-too-little": ENTRIES - 1}
    assert report["updated"] == len(GOOD) + len(ODD)


def test_validators_are_kept_of_whole_documents_alone(passed):
    """What broke off is asked for anew: a 304 would hide the rest for ever."""
    found = rows(passed[0], select(feeds.c.id).where(feeds.c.etag.is_not(None)))
    assert [row.id for row in found] == ["sends-a-long-etag"]


def test_the_pass_ends_soon_within_bounds_and_hangs_up(passed):
    _, report, said, server, _ = passed
    assert report["seconds"] < 4 * DEADLINE
    assert int(said.split()[-1]) * 1024 < 300e6
    assert server.open_now <= len([each for each in BAD.values() if each.kind == "timeout"])


def test_no_password_and_no_trace_of_a_defect_is_logged(passed):
    said = passed[2]
    assert "secret" not in said
    assert "Traceback" not in said

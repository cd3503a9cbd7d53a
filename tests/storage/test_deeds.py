"""The log on both databases: one order, narrowed, a page at a time."""

from datetime import timedelta

import pytest

from db import Database, editors
from pipeline import regroup
from pipeline.model import Decision, DeedWanted, Verdict
from pipeline.recount import as_lines, recount
from pipeline.review import review
from tests.making import NOON, an_article, take_in, watch


@pytest.fixture
def morning(database: Database) -> Database:
    """Verdicts of two editors with a save between them, then a merge."""
    watch(database)
    for title in ("Quiet in Kidal, army says", "Été: army attack in Bamako"):
        take_in(database, an_article(title))
    decide(database, 1, Verdict.APPROVE, "ada", "100 % sure", 0)
    with database.transaction() as connection:
        for action, subject in (("keywords.save", "mali"), ("editor.add", "binta")):
            editors.audit(
                connection,
                actor="root",
                action=action,
                subject=subject,
                detail={"words": "Gao_"},
                now=NOON + timedelta(hours=1),
            )
    decide(database, 2, Verdict.REJECT, "binta", "Évident", 2)
    decide(database, 1, Verdict.REJECT, "binta", "", 2)
    regroup.merge(database, [1], 2, "ada", NOON + timedelta(hours=3))
    return database


def decide(
    database: Database, match: int, verdict: Verdict, editor: str, reason: str, hours: int
) -> None:
    decision = Decision(match_id=match, verdict=verdict, editor=editor, reason=reason)
    review(database, [decision], NOON + timedelta(hours=hours))


def test_the_log_has_one_order_and_says_what_can_be_taken_back(morning: Database) -> None:
    deeds = recount(morning, DeedWanted()).deeds
    found = [(each.action, each.actor, bool(each.review_id or each.change_id)) for each in deeds]
    assert found == [
        ("story.merge", "ada", True),
        ("reject", "binta", True),
        ("reject", "binta", True),
        ("keywords.save", "root", False),
        ("approve", "ada", False),
    ]
    assert recount(morning, DeedWanted(accounts=True)).deeds[3].action == "editor.add"


FILTERS = [
    (DeedWanted(actor="ada"), ["story.merge", "approve"]),
    (DeedWanted(action="reject"), ["reject", "reject"]),
    (DeedWanted(conflict="mali"), ["reject", "reject", "keywords.save", "approve"]),
    (DeedWanted(conflict="niger"), []),
    (DeedWanted(since=NOON + timedelta(hours=2)), ["story.merge", "reject", "reject"]),
    (DeedWanted(until=NOON + timedelta(hours=1)), ["approve"]),
    (DeedWanted(words="KIDAL quiet"), ["reject", "approve"]),
    (DeedWanted(words="Évident"), ["reject"]),
    (DeedWanted(words="%"), ["approve"]),
    (DeedWanted(words="gao_"), ["keywords.save"]),
]


def test_every_filter_narrows_it(morning: Database) -> None:
    for wanted, actions in FILTERS:
        assert [each.action for each in recount(morning, wanted).deeds] == actions, wanted
        lines = "".join(as_lines(morning, wanted)).splitlines()
        assert len(lines) == len(actions), wanted


def test_pages_follow_each_other_without_gap_or_repeat(morning: Database) -> None:
    whole = recount(morning, DeedWanted(accounts=True)).deeds
    seen, before = [], None
    for _ in whole:
        page = recount(morning, DeedWanted(accounts=True), before=before, limit=1)
        seen += page.deeds
        before = page.older
    assert (tuple(seen), before) == (whole, None)

"""Editors merge stories, mark duplicates and take copies out: nothing is lost, all comes back."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from db import Database, claims, digests
from db.tables import articles, audit_log, digest_items, digest_placements, matches, stories
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.model import Decision, MatchStatus, Verdict
from pipeline.regroup import find_likely, mark_duplicate, merge, show_story, split, stories_of, undo
from pipeline.review import review
from tests.making import NOON, an_article, take_in, watch
from tests.racing import at_once

TITLES = (
    "Convoy attacked near Kidal in northern Mali",
    "Army attack leaves many wounded, says junta in Bamako",
    "Football final in Kidal: attack wins the cup",
    "Rain floods Mali market as army attack stalls",
)


@pytest.fixture
def four(database: Database) -> Database:
    """Four stories of one article each, pending for Mali as matches 1 to 4."""
    watch(database)
    for title in TITLES:
        take_in(database, an_article(title))
    assert [each for each, _ in standing(database)] == [1, 2, 3, 4]
    assert len({story for _, story in standing(database)}) == 4
    return database


def standing(database: Database) -> list[tuple[int, int]]:
    with database.reading() as connection:
        rows = connection.execute(
            select(articles.c.id, articles.c.story_id).order_by(articles.c.id)
        )
        return [(row.id, row.story_id) for row in rows]


def story(database: Database, article_id: int) -> int:
    return dict(standing(database))[article_id]


def approve(database: Database, *match_ids: int, minutes: int = 0) -> None:
    decisions = [Decision(match_id=id, verdict=Verdict.APPROVE, editor="ada") for id in match_ids]
    review(database, decisions, NOON + timedelta(minutes=minutes))


def entries(database: Database) -> dict[int, tuple[list[str], list[int], str]]:
    """Conflicts, copies and reason of withdrawal of each entry, by the article that leads it."""
    with database.reading() as connection:
        found = digests.published(connection)
    return {
        each.copies[0].article_id: (
            [place.conflict for place in each.placements if place.withdrawn_at is None],
            sorted(copy.article_id for copy in each.copies),
            "".join(place.withdrawn_reason for place in each.placements),
        )
        for each in found
    }


def check(database: Database) -> None:
    """What holds after whatever editors did."""
    with database.reading() as connection:
        of_article = dict(connection.execute(select(articles.c.id, articles.c.story_id)).all())
        known = dict(connection.execute(select(stories.c.id, stories.c.merged_into)).all())
        rows = connection.execute(select(matches)).all()
        items = connection.execute(select(digest_items)).all()
        placed = connection.execute(select(digest_placements)).all()
        shown = digests.published(connection)
    assert None not in of_article.values()
    assert all(row.story_id == of_article[row.article_id] for row in rows)
    peopled = set(of_article.values())
    for story_id, into in known.items():
        assert (into is None) == (story_id in peopled)
    wanted: dict[int, set[str]] = {}
    leading: dict[int, set[int]] = {}
    for row in rows:
        if row.status == MatchStatus.APPROVED:
            wanted.setdefault(row.story_id, set()).add(row.conflict)
            leading.setdefault(row.story_id, set()).add(row.article_id)
    assert wanted.keys() <= {item.story_id for item in items}
    for item in items:
        active = {
            each.conflict
            for each in placed
            if each.item_id == item.id and each.withdrawn_at is None
        }
        assert active == wanted.get(item.story_id, set())
        assert not active or item.article_id in leading[item.story_id]
    assert all(each.copies for each in shown)


def test_a_merge_puts_all_articles_in_one_story_and_comes_back(four: Database) -> None:
    before = standing(four)
    done = merge(four, [story(four, 2), story(four, 3)], story(four, 1), "ada", NOON)
    assert len({story for _, story in standing(four)[:3]}) == 1
    check(four)
    found = show_story(four, before[1][1])
    assert found is not None
    assert (found.head.id, found.copies.copies) == (before[0][1], 3)
    assert [each.reason for each in found.told] == ["", "merged by ada", "merged by ada"]
    undo(four, done.change_id, "binta", NOON)
    assert standing(four) == before
    check(four)
    with pytest.raises(AlreadyDecided, match="binta took this back"):
        undo(four, done.change_id, "ada", NOON)
    with four.reading() as connection:
        actions = connection.scalars(select(audit_log.c.action).order_by(audit_log.c.id)).all()
    assert actions[-2:] == ["story.merge", "story.undo"]


def test_of_two_published_stories_the_older_entry_stays_and_the_other_says_where_it_went(
    four: Database,
) -> None:
    approve(four, 1)
    approve(four, 2, minutes=5)
    done = merge(four, [story(four, 1)], story(four, 2), "ada", NOON + timedelta(minutes=9))
    assert entries(four) == {
        1: (["mali"], [1, 2], ""),
        2: ([], [2], f"merged into “{TITLES[0]}”"),
    }
    check(four)
    undo(four, done.change_id, "ada", NOON + timedelta(minutes=10))
    assert entries(four) == {1: (["mali"], [1], ""), 2: (["mali"], [2], "")}
    check(four)


def test_a_duplicate_is_rejected_where_the_other_stands_for_it(four: Database) -> None:
    approve(four, 1)
    done = mark_duplicate(four, story(four, 2), story(four, 1), "ada", NOON)
    assert done.rejected == 1
    assert statuses(four) == ["approved", "rejected", "pending", "pending"]
    assert entries(four) == {1: (["mali"], [1], "")}
    check(four)
    undo(four, done.change_id, "ada", NOON)
    assert statuses(four) == ["approved", "pending", "pending", "pending"]
    assert len({story for _, story in standing(four)}) == 4


def test_a_duplicate_that_was_decided_again_keeps_that_verdict_when_taken_back(
    four: Database,
) -> None:
    done = mark_duplicate(four, story(four, 2), story(four, 1), "ada", NOON)
    approve(four, 2)
    undo(four, done.change_id, "ada", NOON)
    assert statuses(four)[1] == "approved"
    assert entries(four)[2][0] == ["mali"]
    check(four)


def statuses(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(matches.c.status).order_by(matches.c.id)))


def test_a_published_entry_stays_with_the_article_that_leads_it(four: Database) -> None:
    merge(four, [story(four, 2)], story(four, 1), "ada", NOON)
    approve(four, 1, 2)
    first = {item: found[1] for item, found in entries(four).items()}
    assert first == {1: [1, 2]}
    with four.reading() as connection:
        [uid] = connection.scalars(select(digest_items.c.uid)).all()
    done = split(four, story(four, 1), [1], "ada", NOON + timedelta(minutes=1))
    assert story(four, 1) != story(four, 2)
    assert {item: found[0] for item, found in entries(four).items()} == {1: ["mali"], 2: ["mali"]}
    with four.reading() as connection:
        led = select(digest_items.c.uid).where(digest_items.c.article_id == 1)
        assert connection.scalars(led).all() == [uid]
    check(four)
    undo(four, done.change_id, "ada", NOON + timedelta(minutes=2))
    assert entries(four)[2] == ([], [2], f"merged into “{TITLES[0]}”")
    check(four)


def test_what_cannot_be_done_is_refused_and_changes_nothing(four: Database) -> None:
    before = standing(four)
    one, two = story(four, 1), story(four, 2)
    for wrong in (
        lambda: merge(four, [one], one, "ada", NOON),
        lambda: merge(four, [one], 999, "ada", NOON),
        lambda: merge(four, [], one, "ada", NOON),
        lambda: merge(four, [one], two, " ", NOON),
        lambda: split(four, one, [1], "ada", NOON),
        lambda: split(four, one, [2], "ada", NOON),
        lambda: split(four, one, range(300), "ada", NOON),
        lambda: undo(four, 99, "ada", NOON),
    ):
        with pytest.raises(ReviewError):
            wrong()
    assert standing(four) == before
    merge(four, [one], two, "ada", NOON)
    with pytest.raises(AlreadyDecided, match="one story already"):
        merge(four, [one], two, "binta", NOON)


def test_what_others_work_on_is_left_alone(four: Database) -> None:
    with four.transaction() as connection:
        claims.claim(connection, [2], "binta", NOON, NOON + timedelta(minutes=5))
    before = standing(four)
    done = merge(four, [story(four, 2)], story(four, 1), "ada", NOON)
    assert [each.editor for each in done.others] == ["binta"]
    assert (standing(four), done.change_id) == (before, 0)


def test_an_undo_out_of_turn_is_refused(four: Database) -> None:
    first = merge(four, [story(four, 2)], story(four, 1), "ada", NOON)
    second = merge(four, [story(four, 1)], story(four, 3), "ada", NOON)
    assert show_story(four, 1).head.id == second.story_id
    with pytest.raises(AlreadyDecided, match="undo that first"):
        undo(four, first.change_id, "ada", NOON)
    undo(four, second.change_id, "ada", NOON)
    undo(four, first.change_id, "ada", NOON)
    check(four)


def test_two_editors_who_merge_at_once_leave_one_story(four: Database) -> None:
    one, two = story(four, 1), story(four, 2)
    done = at_once(
        lambda: merge(four, [one], two, "ada", NOON), lambda: merge(four, [two], one, "binta", NOON)
    )
    assert sum(isinstance(each, AlreadyDecided) for each in done) == 1
    assert story(four, 1) == story(four, 2)
    check(four)


def test_newcomers_join_what_editors_merged_and_stay_out_of_what_they_split(
    database: Database,
) -> None:
    watch(database)
    lede = (
        "Gunmen attacked a convoy of the army near Kidal and burned seven lorries, officials say."
    )
    take_in(database, an_article("Lorries burned in raid near Kidal, army says", summary=lede))
    take_in(database, an_article("Junta promises inquiry after attack in Mali"))
    merge(database, [story(database, 1)], story(database, 2), "ada", NOON)
    copy = an_article("Seven lorries burned in Kidal raid", summary=lede, path="copy")
    take_in(database, copy)
    assert story(database, 3) == story(database, 1)
    split(database, story(database, 1), [1, 3], "ada", NOON)
    take_in(database, an_article("Army: lorries burned in Kidal", summary=lede, path="other"))
    assert story(database, 4) == story(database, 1) != story(database, 2)
    check(database)


def test_a_newcomer_that_joins_while_its_story_is_merged_away_stands_in_the_one_that_stays(
    database: Database,
) -> None:
    watch(database)
    lede = (
        "Gunmen attacked a convoy of the army near Kidal and burned seven lorries, officials say."
    )
    take_in(database, an_article("Lorries burned in raid near Kidal, army says", summary=lede))
    take_in(database, an_article("Junta promises inquiry after attack in Mali"))
    for turn in range(3):
        change, newcomer = at_once(
            lambda: merge(database, [story(database, 1)], story(database, 2), "ada", NOON),
            lambda turn=turn: take_in(
                database,
                an_article(f"Seven lorries burned in raid {turn}", summary=lede, path=f"c{turn}"),
            ),
        )
        assert not isinstance(newcomer, Exception)
        assert story(database, 3 + turn) == story(database, 1) == story(database, 2)
        check(database)
        undo(database, change.change_id, "ada", NOON)
        check(database)


def test_two_processes_that_store_one_event_at_once_begin_one_story(database: Database) -> None:
    watch(database)
    lede = (
        "Gunmen attacked a convoy of the army near Kidal and burned seven lorries, officials say."
    )
    at_once(
        *(
            lambda turn=turn: take_in(
                database,
                an_article(f"Lorries burned in raid {turn}", summary=lede, path=f"c{turn}"),
            )
            for turn in range(4)
        )
    )
    assert len(standing(database)) == 4
    assert len({found for _, found in standing(database)}) == 1
    check(database)


def test_likely_stories_come_first_by_shared_words(four: Database) -> None:
    found = find_likely(four, story(four, 1))
    assert {each.head.id for each in found} == {story(four, each) for each in (2, 3, 4)}
    assert found[0].shared == ("attack", "mali")
    assert [each.title for each in find_likely(four, story(four, 1), "floods")] == [TITLES[3]]
    assert find_likely(four, story(four, 1), "nowhere") == ()
    assert stories_of(four, [3, 1]) == (story(four, 3), story(four, 1))
    assert show_story(four, 999) is None


steps = st.lists(
    st.tuples(
        st.sampled_from(["merge", "duplicate", "split", "undo", "approve", "reject"]),
        st.integers(1, 4),
        st.integers(1, 4),
    ),
    max_size=14,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_whatever_editors_do_every_article_has_one_story_and_the_digest_is_valid(
    steps, tmp_path_factory
) -> None:
    from db import open_database
    from db.upgrade import upgrade

    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('steps')}/news.db")
    upgrade(database)
    watch(database)
    for title in TITLES:
        take_in(database, an_article(title))
    begun = standing(database)
    done: list[int] = []
    for number, (what, one, other) in enumerate(steps):
        now = NOON + timedelta(minutes=number)
        try:
            if what == "merge":
                ids = [story(database, one)]
                done.append(merge(database, ids, story(database, other), "ada", now).change_id)
            elif what == "duplicate":
                made = mark_duplicate(
                    database, story(database, one), story(database, other), "ada", now
                )
                done.append(made.change_id)
            elif what == "split":
                done.append(split(database, story(database, one), [one], "ada", now).change_id)
            elif what == "undo" and done:
                undo(database, done.pop(), "ada", now)
            elif what in ("approve", "reject"):
                decision = Decision(match_id=one, verdict=Verdict(what), editor="ada")
                review(database, [decision], now)
        except ReviewError:
            pass
        check(database)
    for change_id in reversed(done):
        undo(database, change_id, "ada", NOON + timedelta(hours=1))
        check(database)
    assert standing(database) == begun
    database.close()

"""Finding articles by words: the same answers from either database, whatever is typed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db import Database, articles, matches, search
from db.tables import metadata, search_state
from pipeline.model import Decision, Listing, MatchStatus, StoredArticle, Verdict
from pipeline.review import review
from tests.making import NOON, a_feed, an_article, take_in

HEADLINES = (
    "Convoy attacked near Kidal in northern Mali",
    "Ménaka : l’armée annonce 12 « terroristes » tués",
    "هجوم على الجيش في مدينة غاو",
    "Grain prices fall at the coast market again",
)


@pytest.fixture
def indexed(watching: Database) -> Database:
    """The headlines above, the first oldest, and only it under a conflict."""
    for day, headline in enumerate(HEADLINES):
        published = NOON - timedelta(days=9 - day)
        take_in(watching, an_article(headline, published_at=published))
    index(watching)
    return watching


def index(database: Database) -> int:
    with database.transaction() as connection:
        return search.index_new(connection)


def find(database: Database, words: str | None = None, **how: object) -> list[str]:
    return [each.title for each in found(database, words, **{"unmatched": True, **how})]


def found(database: Database, words: str | None = None, **how: object) -> tuple[StoredArticle, ...]:
    with database.reading() as connection:
        return search.find(connection, words=words, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("kidal", 0),
        ("KIDAL convoy", 0),
        ("Mali Kidal", 0),
        ("attack", 0),
        ("near-kidal", 0),
        ("menaka", 1),
        ("MÉNAKA", 1),
        ("l'armee", 1),
        ("l’armée", 1),
        ("l'arm", 1),
        ("tues 12", 1),
        ("«terroristes»", 1),
        ("الجيش", 2),
        ("هجوم غاو", 2),
        ("هُجوم", 2),
    ],
)
def test_all_words_find_their_article(indexed: Database, words: str, number: int) -> None:
    assert find(indexed, words) == [HEADLINES[number]]


@pytest.mark.parametrize("words", ["kid mali", "kidal market", "idal", "zzz", "الجيشزز"])
def test_a_word_that_is_missing_finds_nothing(indexed: Database, words: str) -> None:
    assert find(indexed, words) == []


def test_hostile_words_are_no_error_and_find_nothing(indexed: Database) -> None:
    hostile = [
        "", " ", '"', "'", "''", '""', "*", "%", "\\", "\\'", "(", ")", "' OR '1'='1", "-", "^",
        ":*", "!", "&", "|", "<->", "{}", "document:", "\x00", "\ud800", "🕊", "a\x00b",
        '") OR ("', "\u202e", "'; DROP TABLE articles; --",
    ]  # fmt: skip
    for words in hostile:
        assert find(indexed, words) == [], words
    assert len(find(indexed)) == 4


def test_operators_are_only_words(indexed: Database) -> None:
    for words in ('"kidal"', "kidal*", "(kidal)", "kidal:*", "-kidal", "kidal\\", "kidal & mali"):
        assert find(indexed, words) == [HEADLINES[0]], words
    for words in ("NOT", "kidal OR market", "kidal AND mali", "kidal NOT market"):
        assert find(indexed, words) == [], words


def test_very_long_input_is_no_error(indexed: Database) -> None:
    endless = [
        "x" * 100_000,
        "é" * 3_000,
        "kidal " * 20_000 + "zzz",
        "'" * 50_000,
        " ".join(f"w{number}" for number in range(999)),
        "kidal " + " ".join(f"w{number}" for number in range(20_000)),
    ]
    for words in endless:
        assert find(indexed, words) == [], words[:20]


def test_repeated_words_count_once(indexed: Database) -> None:
    assert find(indexed, "kidal " * 20_000) == [HEADLINES[0]]


def test_a_revised_article_is_found_by_its_new_words_only(indexed: Database) -> None:
    edited = an_article("Convoy ambushed near Gao", path=an_article(HEADLINES[0]).guid)
    with indexed.transaction() as connection:
        articles.revise(connection, Listing(article_id=1, article=edited), a_feed(), NOON)
    assert index(indexed) == 1
    assert find(indexed, "ambushed") == ["Convoy ambushed near Gao"]
    assert find(indexed, "attacked") == []
    assert index(indexed) == 0


def test_a_thorough_look_finds_what_slipped_through(indexed: Database) -> None:
    with indexed.transaction() as connection:
        connection.execute(search_state.delete().where(search_state.c.article_id == 1))
        connection.execute(
            search_state.update().where(search_state.c.article_id == 2).values(revision=7)
        )
        assert search.index_new(connection, thoroughly=True) == 2
        assert search.index_new(connection, thoroughly=True) == 0


def test_what_is_stored_is_found_at_once_or_when_its_turn_comes(watching: Database) -> None:
    folded = replace(an_article("Envoys meet", summary="In Gao."), summary_key="in gao")
    take_in(watching, folded)
    at_once = watching.is_sqlite
    assert find(watching, "envoys gao") == (["Envoys meet"] if at_once else [])
    assert index(watching) == (0 if at_once else 1)
    assert find(watching, "envoys gao") == ["Envoys meet"]


def test_nothing_overtakes_what_waits_for_the_index(watching: Database) -> None:
    take_in(watching, an_article("The first waits"))
    later = replace(an_article("The second follows"), summary_key="")
    take_in(watching, later, an_article("The third waits"))
    assert index(watching) == 3
    assert len(find(watching, "the")) == 3


def test_summaries_are_searched_too(indexed: Database) -> None:
    take_in(indexed, an_article("Untitled", summary="The envoy flew to Ouagadougou."))
    index(indexed)
    assert find(indexed, "envoy ouaga") == ["Untitled"]


def test_many_articles_are_indexed_in_one_go(watching: Database) -> None:
    take_in(watching, *[an_article(f"Report number {number}") for number in range(1_200)])
    assert index(watching) == 1_200
    assert len(find(watching, "report")) == 1_200
    assert find(watching, "report number 777") == ["Report number 777"]


def test_articles_come_newest_first_with_matches_and_feeds(indexed: Database) -> None:
    take_in(indexed, an_article(HEADLINES[0]), feed=a_feed("delta-post"))
    assert find(indexed) == list(HEADLINES[::-1])
    assert find(indexed, limit=1) == [HEADLINES[3]]
    [matched] = found(indexed)
    assert matched.title == HEADLINES[0]
    assert matched.feeds == ("delta-post", "sahel-wire")
    assert matched.matches[0].conflict == "mali"
    assert {hit.text for hit in matched.matches[0].hits} == {"attacked", "Kidal", "Mali"}
    assert matched.story_id == 1


def test_articles_are_narrowed_by_id_conflict_and_status(indexed: Database) -> None:
    assert find(indexed, ids=[2, 4]) == [HEADLINES[3], HEADLINES[1]]
    assert find(indexed, conflict="mali") == [HEADLINES[0]]
    assert find(indexed, conflict="niger") == []
    assert find(indexed, status=MatchStatus.PENDING) == [HEADLINES[0]]
    assert find(indexed, "kidal", status=MatchStatus.APPROVED) == []
    review(indexed, [Decision(match_id=1, verdict=Verdict.APPROVE, editor="ada")], NOON)
    assert find(indexed, "kidal", conflict="mali", status=MatchStatus.APPROVED) == [HEADLINES[0]]


def test_what_the_keywords_let_go_is_listed_only_when_asked_for(indexed: Database) -> None:
    with indexed.transaction() as connection:
        matches.propose(connection, {1: []}, {1: 1}, NOON)
    assert find(indexed, unmatched=False) == []
    assert find(indexed, unmatched=False, status=MatchStatus.WITHDRAWN) == [HEADLINES[0]]
    assert len(find(indexed)) == 4


def queue(
    database: Database,
    words: str,
    status: MatchStatus | None = MatchStatus.PENDING,
    conflict: str | None = None,
    limit: int = 2,
    offset: int = 0,
) -> tuple[list[str], int]:
    with database.reading() as connection:
        page, total = search.queue(
            connection,
            words,
            status=status,
            conflict=conflict,
            order="oldest",
            limit=limit,
            offset=offset,
        )
    return [each.title for each in page], total


def test_the_queue_is_searched_page_by_page(watching: Database) -> None:
    titles = [f"Convoy {number} attacked near Kidal" for number in range(3)]
    take_in(watching, *map(an_article, titles))
    index(watching)
    assert queue(watching, "convoy kidal") == (titles[:2], 3)
    assert queue(watching, "convoy kidal", offset=2) == (titles[2:], 3)
    assert queue(watching, "convoy 1") == ([titles[1]], 1)
    assert queue(watching, "convoy", conflict="niger") == ([], 0)
    assert queue(watching, "convoy", conflict="mali", status=None) == (titles[:2], 3)
    assert queue(watching, "convoy", status=MatchStatus.APPROVED) == ([], 0)
    assert queue(watching, "'\"") == ([], 0)


def test_the_rows_of_every_table_are_counted(indexed: Database) -> None:
    with indexed.reading() as connection:
        sizes = search.table_sizes(connection)
    assert set(sizes) == set(metadata.tables)
    assert (sizes["articles"], sizes["matches"], sizes["feeds"], sizes["reviews"]) == (4, 1, 2, 0)

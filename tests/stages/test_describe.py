"""A feed's health in words: what is the matter, and what somebody can do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import (
    FeedHealth,
    FeedState,
    Following,
    Outage,
    PushHealth,
    Trust,
    Unverified,
)
from pipeline.stages.describe import (
    advice,
    counted,
    duration,
    in_words,
    interval,
    named,
    notes,
    outage,
    pushed,
    share_approved,
)
from tests.making import NOON, a_feed
from tests.test_docs import failure_kinds

HEALTH = FeedHealth(
    feed=a_feed(),
    owner="file",
    state=FeedState.WORKING,
    title=None,
    next_fetch_at=NOON,
    next_fetch_reason="every 30 min",
    last_attempt_at=None,
    last_success_at=None,
    last_new_at=None,
    failing_since=None,
    failures=0.0,
    error_kind=None,
    error_message=None,
    articles=0,
    approved=0,
)


def test_every_state_has_words() -> None:
    assert len({in_words(state) for state in FeedState}) == len(FeedState)


@pytest.mark.parametrize("kind", sorted(failure_kinds()))
def test_every_kind_of_failure_has_advice(kind: str) -> None:
    assert advice(kind)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("dns", "name server"),
        ("http_403", "ask the publisher"),
        ("http_451", "new address"),
        ("http_502", "wait"),
        ("tls_expired", "certificate"),
        ("redirect_loop", "in a browser"),
        ("something_new", "tell the publisher"),
    ],
)
def test_advice_fits_the_failure(kind: str, what: str) -> None:
    assert what in advice(kind)


def test_one_is_counted_in_the_singular() -> None:
    assert [counted(number, "feed") for number in (0, 1, 2)] == ["0 feeds", "1 feed", "2 feeds"]


def test_a_feed_as_usual_has_no_notes() -> None:
    assert notes(HEALTH, NOON) == ()
    past = replace(HEALTH, distrusted_until=NOON, paused_until=NOON, declared_url=HEALTH.feed.url)
    assert notes(past, NOON) == ()


def test_leave_to_read_without_a_good_certificate_is_said_and_its_end() -> None:
    leave = Unverified(because="they know", until=NOON.date())
    health = replace(HEALTH, feed=replace(HEALTH.feed, unverified_tls=leave))
    assert notes(health, NOON) == (
        "Its server's certificate is not verified until 2026-11-22: they know.",
    )
    assert notes(health, NOON + timedelta(days=1)) == (
        "The leave to read it without a good certificate ended on 2026-11-22.",
    )


def test_what_is_special_is_said() -> None:
    later = NOON + timedelta(hours=1)
    moved = replace(HEALTH, declared_url="https://old.example/feed")
    assert notes(moved, NOON) == (
        "It moved for good: https://old.example/feed leads to https://sahel-wire.example/feed.",
    )
    moving = replace(HEALTH, moved_to="https://new.example/feed", distrusted_until=later)
    assert notes(moving, NOON) == (
        "Its address leads to https://new.example/feed, for good, says the publisher.",
        "Its 304 answers were wrong, so whole documents are asked for until 2026-11-22 13:00 UTC.",
    )
    paused = replace(HEALTH, paused_until=later, pause_reason="429")
    assert notes(paused, NOON) == (
        "Its host asked to be left alone until 2026-11-22 13:00 UTC (429).",
    )
    assert notes(replace(paused, pause_reason=None), NOON)[0].endswith("13:00 UTC.")


def test_the_interval_is_that_between_the_last_attempt_and_the_next_turn() -> None:
    assert interval(HEALTH) is None
    asked = replace(HEALTH, last_attempt_at=NOON - timedelta(minutes=90))
    assert interval(asked) == timedelta(minutes=90)
    assert interval(replace(asked, next_fetch_at=NOON - timedelta(days=1))) is None


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "1 min"), (30, "30 min"), (90, "1 h 30 min"), (360, "6 h"), (2880, "2 days")],
)
def test_lengths_are_said_as_people_do(minutes: int, said: str) -> None:
    assert duration(timedelta(minutes=minutes)) == said


def test_the_share_approved_is_of_what_was_proposed() -> None:
    assert share_approved(HEALTH) == "none proposed"
    assert share_approved(replace(HEALTH, matched=8, approved=2)) == "2 of 8 (25%)"


def test_an_outage_is_one_sentence() -> None:
    shared = Outage(error_kind="dns", feed_ids=frozenset("abc"), since=NOON, watched=4)
    assert outage(shared).startswith("3 of 4 feeds fail with dns since 2026-11-22 12:00 UTC")


def test_advice_within_an_outage_tells_to_do_something() -> None:
    shared = Outage(error_kind="connect", feed_ids=frozenset("ab"), watched=9, since=NOON)
    assert outage(shared).endswith(
        "and hardly with all of them; wait: it is tried again by itself; "
        "if every feed says so, look at your own network"
    )


def test_names_are_cut_short() -> None:
    assert named(["a", "b"]) == "a, b"
    assert named(list("abcdefg"), 2) == "a, b and 5 more"


@pytest.mark.parametrize(
    ("push", "words"),
    [
        ({"state": Following.ASKED}, "hub.example was asked to announce its news and has not confirmed."),
        ({"state": Following.DENIED, "error": "the hub refused it"},
         "hub.example was asked to announce its news: the hub refused it."),
        ({"expires_at": NOON}, "hub.example let its lease run out."),
        ({}, "hub.example is to announce its news, which is not proven yet; no push so far."),
        ({"failures": 2, "error": "it answered 503"},
         "hub.example is to announce its news, which is not proven yet; no push so far; "
         "asking again fails: it answered 503."),
        ({"trust": Trust(proven_at=NOON, pushed_at=NOON)},
         "hub.example announces its news, proven since 2026-11-22 12:00 UTC; "
         "last push 2026-11-22 12:00 UTC."),
        ({"trust": Trust(distrusted_until=NOON + timedelta(days=1))},
         "hub.example left news unannounced three times and proves nothing until "
         "2026-11-23 12:00 UTC; no push so far."),
    ],
)  # fmt: skip
def test_what_a_hub_does_is_said_in_a_sentence(push: dict[str, object], words: str) -> None:
    lease = {"state": Following.ACTIVE, "expires_at": NOON + timedelta(days=5)}
    health = PushHealth(hub="https://hub.example/push", **lease | push)  # type: ignore[arg-type]
    assert pushed(health, NOON) == words


@pytest.mark.parametrize(
    ("push", "is_told"),
    [
        ({}, False),
        ({"state": Following.ASKED, "error": "not yet", "failures": 1}, False),
        ({"state": Following.ASKED, "error": "answered 503", "failures": 2}, True),
        ({"state": Following.DENIED, "error": "the hub refused it"}, True),
        ({"trust": Trust(distrusted_until=NOON + timedelta(days=1))}, True),
        ({"trust": Trust(distrusted_until=NOON)}, False),
    ],
)
def test_a_hub_is_noted_only_where_more_than_a_first_answer_is_missing(
    push: dict[str, object], is_told: bool
) -> None:
    lease = {"state": Following.ACTIVE, "expires_at": NOON + timedelta(days=1)}
    health = PushHealth(hub="https://hub.example/push", **lease | push)  # type: ignore[arg-type]
    told = notes(replace(HEALTH, push=health), NOON)
    assert told == ((pushed(health, NOON),) if is_told else ())

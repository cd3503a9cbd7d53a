"""A hub's word is worth what its pushes led to, and nothing after articles it did not announce."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Trust
from pipeline.stages.trust import DISTRUSTED_FOR, GRACE, MOST_MISSES, is_trusted, weigh
from tests.making import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PROVEN = Trust(pushed_at=NOON - HOUR, proven_at=NOON - HOUR)


def nothing(trust: Trust, at: object = NOON) -> Trust:
    return weigh(trust, at, new=False, changed=False)  # type: ignore[arg-type]


def news(trust: Trust, at: object = NOON) -> Trust:
    return weigh(trust, at, new=True, changed=True)  # type: ignore[arg-type]


def after_a_push(trust: Trust, ago: timedelta = MINUTE) -> Trust:
    return replace(trust, pushed_at=NOON - ago, announced_at=NOON - ago)


def test_a_push_that_leads_to_new_articles_proves_the_hub() -> None:
    trust = news(after_a_push(Trust(misses=2)))
    assert (trust.proven_at, trust.announced_at, trust.misses) == (NOON, None, 0)
    assert is_trusted(trust, NOON)


def test_a_hub_that_never_pushes_is_never_trusted() -> None:
    trust = Trust(announced_at=NOON - HOUR)  # the subscription began
    for step in range(50):
        trust = news(trust, NOON + step * HOUR)
        assert not is_trusted(trust, NOON + step * HOUR)


def test_a_push_that_leads_to_nothing_or_to_an_edit_proves_nothing() -> None:
    waiting = nothing(after_a_push(Trust()))
    assert waiting == after_a_push(Trust())
    edited = weigh(after_a_push(Trust()), NOON, new=False, changed=True)
    assert (edited.proven_at, edited.announced_at) == (None, None)
    assert news(after_a_push(Trust(), ago=HOUR)).proven_at is None  # found by polling, long after


def test_what_was_announced_and_not_found_yet_keeps_polling_as_usual() -> None:
    waiting = nothing(after_a_push(PROVEN))
    assert not is_trusted(waiting, NOON)
    assert is_trusted(news(waiting, NOON + MINUTE), NOON)


def test_unannounced_articles_end_the_trust_at_once_and_the_proof_after_the_grace() -> None:
    found = news(PROVEN)
    assert not is_trusted(found, NOON)
    assert nothing(found, NOON + GRACE - MINUTE) == found
    assert news(found, NOON + GRACE - MINUTE) == found
    missed = nothing(found, NOON + GRACE)
    assert (missed.proven_at, missed.found_at, missed.misses) == (None, None, 1)


def test_a_push_that_is_a_little_late_misses_nothing() -> None:
    late = replace(news(PROVEN), pushed_at=NOON + 9 * MINUTE, announced_at=NOON + 9 * MINUTE)
    assert is_trusted(nothing(late, NOON + 9 * MINUTE), NOON + HOUR)
    assert is_trusted(news(late, NOON + 9 * MINUTE), NOON + HOUR)


def test_a_push_that_is_too_late_misses() -> None:
    late = replace(news(PROVEN), pushed_at=NOON + 11 * MINUTE, announced_at=NOON + 11 * MINUTE)
    assert nothing(late, NOON + 11 * MINUTE).misses == 1


def test_three_misses_in_a_row_are_held_against_it_for_thirty_days() -> None:
    trust, now = PROVEN, NOON
    for _ in range(MOST_MISSES):
        trust = nothing(news(trust, now), now + HOUR)
        now += 2 * HOUR
    assert trust.distrusted_until == now - HOUR + DISTRUSTED_FOR
    pushed = replace(trust, pushed_at=now, announced_at=now)
    assert news(pushed, now).proven_at is None
    later = trust.distrusted_until
    pushed = replace(trust, pushed_at=later, announced_at=later)
    assert is_trusted(news(pushed, later), later)


def test_a_push_during_a_fetch_announces_more() -> None:
    during = replace(after_a_push(PROVEN), pushed_at=NOON + timedelta(seconds=3))
    assert news(during).announced_at == NOON + timedelta(seconds=3)


def test_a_clock_that_was_ahead_neither_misses_nor_distrusts_for_years() -> None:
    ahead = NOON + timedelta(days=3_653)
    assert nothing(replace(PROVEN, found_at=ahead)) == PROVEN
    assert is_trusted(replace(PROVEN, distrusted_until=ahead), NOON)
    assert news(replace(after_a_push(PROVEN), pushed_at=ahead)).announced_at is None


moments = st.none() | st.timedeltas(timedelta(days=-40), timedelta(days=40)).map(lambda d: NOON + d)


@given(
    st.builds(Trust, pushed_at=moments, announced_at=moments, found_at=moments, proven_at=moments,
              misses=st.integers(0, 2), distrusted_until=moments),
    st.booleans(),
)  # fmt: skip
def test_unannounced_news_never_leaves_trust(trust: Trust, changed: bool) -> None:
    weighed = weigh(replace(trust, announced_at=None), NOON, new=True, changed=True)
    assert not is_trusted(weighed, NOON)
    settled = weigh(trust, NOON, new=False, changed=changed)
    assert settled.proven_at in (None, trust.proven_at)

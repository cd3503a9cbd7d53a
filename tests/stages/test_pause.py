"""Pause: how long a host that said 429 is left alone."""

from datetime import timedelta

import pytest

from pipeline.stages.pause import host_of, is_shared, pause_for
from tests.making import NOON

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("refusals", "hours"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 24), (9, 24), (10_000, 24)]
)
def test_without_a_time_given_it_doubles_up_to_a_day_give_or_take_a_fifth(
    refusals: int, hours: int
) -> None:
    pauses = {
        pause_for(None, refusals, host=f"h{n}.example", now=NOON) / HOUR / hours for n in range(99)
    }
    assert 0.8 <= min(pauses) < 0.9
    assert 1.1 < max(pauses) <= 1.2


@pytest.mark.parametrize(("asked", "hours"), [(3600, 1), (10**9, 24), (0, 0), (-5, 0)])
def test_a_time_given_is_kept_up_to_a_day(asked: float, hours: int) -> None:
    assert pause_for(asked, 9, host="h.example", now=NOON) == hours * HOUR


def test_hosts_of_many_publishers_are_known_with_their_subdomains() -> None:
    for host in ("medium.com", "someone.substack.com", "feeds.feedburner.com", "x.github.io:8080"):
        assert is_shared(host)
    for host in ("notmedium.com", "medium.com.example", "www.reddit.com", "openrss.org", ""):
        assert not is_shared(host)


def test_a_host_is_named_with_an_unusual_port() -> None:
    assert host_of("http://News.Example:8080/feed?x=1") == "news.example:8080"
    assert host_of("https://news.example/") == "news.example"

"""One host is asked one thing at a time, not too often, and left alone when it says so."""

import asyncio
import itertools
import time

import pytest

from pipeline.errors import FetchError, Severity
from pipeline.fetch import HostBudget
from pipeline.fetch.politeness import HOSTS_REMEMBERED, LONGEST_PAUSE


def test_fifty_fetches_of_one_host_are_spaced_and_one_at_a_time(serving, answers, a_fetcher):
    async def scenario():
        async with (
            serving(answers.say()) as server,
            a_fetcher(host_interval=0.02, host_concurrency=1) as fetcher,
        ):
            await asyncio.gather(*(fetcher.fetch(server.url(f"/{n}")) for n in range(50)))
            return server

    server = asyncio.run(scenario())
    times = [request.at for request in server.requests]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert server.most_open == 1
    assert len(times) == 50
    assert times[-1] - times[0] >= 49 * 0.02 * 0.95
    assert sorted(gaps)[5] >= 0.01  # the server's own clock reading wavers a little
    assert [request.path for request in server.requests] == [f"/{n}" for n in range(50)]


def test_as_many_at_a_time_as_allowed(serving, answers, a_fetcher):
    async def unhurried(request, writer):
        await asyncio.sleep(0.05)
        await answers.say()(request, writer)

    async def scenario():
        async with (
            serving(unhurried) as server,
            a_fetcher(host_concurrency=3) as fetcher,
        ):
            await asyncio.gather(*(fetcher.fetch(server.url(f"/{n}")) for n in range(9)))
            return server.most_open

    assert asyncio.run(scenario()) == 3


def test_waiting_for_a_turn_does_not_use_up_the_deadline(serving, answers, a_fetcher):
    async def scenario():
        async with (
            serving(answers.say()) as server,
            a_fetcher(host_interval=0.2, host_concurrency=1, deadline=0.3) as fetcher,
        ):
            return await asyncio.gather(*(fetcher.fetch(server.url()) for _ in range(4)))

    assert len(asyncio.run(scenario())) == 4


def test_a_redirect_takes_a_turn_as_well(serving, answers, a_fetcher):
    async def scenario():
        site = answers.by_path(feed=answers.redirect("/new"), new=answers.say())
        async with (
            serving(site) as server,
            a_fetcher(host_interval=0.15, host_concurrency=1) as fetcher,
        ):
            await fetcher.fetch(server.url())
            return server.requests

    first, second = asyncio.run(scenario())
    assert second.at - first.at >= 0.14


def test_another_host_does_not_wait():
    async def scenario():
        budget = HostBudget(interval=5.0, concurrency=1)
        began = time.monotonic()
        for host in ("a", "b", "c"):
            async with budget.turn(host):
                pass
        return time.monotonic() - began

    assert asyncio.run(scenario()) < 0.5


def test_turns_come_in_the_order_they_were_asked_for():
    async def scenario():
        budget = HostBudget(interval=0.005, concurrency=1)
        order = []

        async def take(number):
            async with budget.turn("a"):
                order.append(number)
                await asyncio.sleep(0.001)

        await asyncio.gather(*(take(number) for number in range(20)))
        return order

    assert asyncio.run(scenario()) == list(range(20))


def test_whoever_gives_up_waiting_holds_nobody_up():
    async def scenario():
        budget = HostBudget(interval=0.0, concurrency=1)
        async with budget.turn("a"):
            waiting = asyncio.create_task(_take(budget, "a"))
            await asyncio.sleep(0.01)
            waiting.cancel()
        await asyncio.wait_for(_take(budget, "a"), 1)

    asyncio.run(scenario())


def test_a_429_with_a_wish_pauses_the_host_and_nobody_else(serving, answers, a_fetcher):
    async def look_up(host, port):
        return ["127.0.0.1"]

    async def scenario():
        site = answers.in_turn(answers.say(b"", "Retry-After: 600", status=429), answers.say())
        async with serving(site) as server, a_fetcher(resolve=look_up) as fetcher:
            errors = []
            for path in ("/one", "/two"):
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(server.url(path))
                errors.append(caught.value)
            other = await fetcher.fetch(server.url(host="elsewhere.test"))
            async with serving(answers.say()) as neighbour:
                assert (await fetcher.fetch(neighbour.url())).status == 200, "another port"
            return *errors, other, len(server.requests)

    first, second, other, requests = asyncio.run(scenario())
    assert (first.kind, first.retry_after) == ("http_429", 600)
    assert (second.kind, second.severity) == ("host_paused", Severity.PASSING)
    assert 590 < second.retry_after <= 600
    assert other.status == 200
    assert requests == 2


@pytest.mark.parametrize(("status", "lines"), [(429, ()), (503, ("Retry-After: 600",))])
def test_anything_less_concerns_the_feed_alone(serving, answers, a_fetcher, status, lines):
    async def scenario():
        site = answers.in_turn(answers.say(b"", *lines, status=status), answers.say())
        async with serving(site) as server, a_fetcher() as fetcher:
            with pytest.raises(FetchError):
                await fetcher.fetch(server.url())
            return await fetcher.fetch(server.url())

    assert asyncio.run(scenario()).status == 200


def test_those_already_waiting_are_sent_away_too():
    async def scenario():
        budget = HostBudget(interval=0.0, concurrency=1)
        async with budget.turn("a"):
            waiting = asyncio.create_task(_take(budget, "a"))
            await asyncio.sleep(0.01)
            budget.pause("a", 60)
        with pytest.raises(FetchError, match="left alone") as caught:
            await waiting
        return caught.value

    assert asyncio.run(scenario()).kind == "host_paused"


def test_a_pause_ends_and_is_never_long():
    async def scenario():
        budget = HostBudget(interval=0.0, concurrency=1)
        budget.pause("a", 0.05)
        budget.pause("a", -3)
        with pytest.raises(FetchError):
            await _take(budget, "a")
        await asyncio.sleep(0.06)
        await _take(budget, "a")
        budget.pause("b", 1e9)
        with pytest.raises(FetchError) as caught:
            await _take(budget, "b")
        return caught.value.retry_after

    assert asyncio.run(scenario()) <= LONGEST_PAUSE


def test_a_budget_outlives_the_event_loop():
    budget = HostBudget(interval=0.05, concurrency=1)

    async def scenario():
        await asyncio.gather(*(_take(budget, "a") for _ in range(3)))

    began = time.monotonic()
    asyncio.run(scenario())
    asyncio.run(scenario())
    assert time.monotonic() - began >= 5 * 0.05 * 0.95


def test_hosts_that_are_long_done_with_are_forgotten():
    async def scenario():
        budget = HostBudget(interval=0.0, concurrency=1)
        budget.pause("paused", 60)
        async with budget.turn("in use"):
            for number in range(HOSTS_REMEMBERED + 10):
                await _take(budget, f"host-{number}")
            assert len(budget._hosts) < 50
            assert "in use" in budget._hosts
        with pytest.raises(FetchError):
            await _take(budget, "paused")

    asyncio.run(scenario())


async def _take(budget, host):
    async with budget.turn(host):
        pass

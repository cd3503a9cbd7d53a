"""Room: large documents are in memory a few at a time, however many publishers send them at once."""

import asyncio

from pipeline.fetch.room import LARGE, MOST_LARGE, Room


def test_only_so_many_large_documents_grow_at_a_time_and_no_deadline_runs_meanwhile():
    async def scenario():
        room = Room()
        growing, most, done = 0, 0, 0

        async def grow(size):
            nonlocal growing, most, done
            async with asyncio.timeout(0.05) as deadline:
                with room.place() as place:
                    for taken in range(0, size + 1, size // 4):
                        await place.make_room(taken, deadline)
                    growing += 1
                    most = max(most, growing)
                    await asyncio.sleep(0.02)
                    growing -= 1
            done += 1

        await asyncio.gather(*(grow(LARGE) for _ in range(5 * MOST_LARGE)))
        large, most = most, 0
        await asyncio.gather(*(grow(LARGE - 4) for _ in range(5 * MOST_LARGE)))
        return large, most, done

    assert asyncio.run(scenario()) == (MOST_LARGE, 5 * MOST_LARGE, 10 * MOST_LARGE)


def test_a_large_body_waits_for_its_place_outside_the_deadline(serving, answers, a_fetcher):
    async def scenario():
        async with serving(answers.say(b"x" * LARGE)) as server, a_fetcher(deadline=0.3) as fetcher:
            places = [fetcher.room.place() for _ in range(MOST_LARGE)]
            async with asyncio.timeout(5) as deadline:
                for place in places:
                    await place.make_room(LARGE, deadline)
            waiting = asyncio.create_task(fetcher.fetch(server.url()))
            await asyncio.sleep(0.5)
            assert not waiting.done()
            with places[0]:
                pass
            return await waiting

    found = asyncio.run(scenario())
    assert len(found.body) == LARGE
    assert found.seconds < 0.5, "nor is it the publisher's fault"

"""Isolation: a document may kill its reader, never the service."""

import asyncio
import gc
import io
import os
import pickle
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import FetchError, ParseError, Severity
from pipeline.isolate import ParserPool, _Job
from pipeline.isolated import serve
from pipeline.isolated_process import unpacked
from pipeline.model import Fetched
from pipeline.stages.parse import parse

PROJECT = Path(__file__).parents[1]


def in_pool(story: Callable[[ParserPool], Coroutine[Any, Any, Any]], **limits: Any) -> Any:
    async def tell() -> Any:
        async with ParserPool(workers=1, **limits) as pool:
            return await story(pool)

    return asyncio.run(tell())


async def kind_of_failure(call: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(ParseError) as caught:
        await call
    return caught.value.kind


def test_a_result_comes_back_and_the_worker_is_used_again() -> None:
    async def story(pool: ParserPool) -> list[int]:
        assert await pool.run(timedelta, 3) == timedelta(days=3)
        return [await pool.run(process_id, 0) for _ in range(2)]

    first, second = in_pool(story)
    assert first == second != os.getpid()


def test_an_answer_that_would_run_something_here_is_refused(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> Any:
            return marker.touch, ()

    for value in (Trap(), Path("x"), os.getpid):
        with pytest.raises(ParseError, match="cannot be its content"):
            unpacked(pickle.dumps(("result", value)))
    assert not marker.exists()
    for value in (timedelta(1), ParseError("not_a_feed", "x"), frozenset({1}), Severity.HARD):
        assert type(unpacked(pickle.dumps(value))) is type(value)


def test_a_large_document_travels_both_ways() -> None:
    body = b"x" * 10_000_000

    async def twice(pool: ParserPool) -> bytes:
        await pool.run(bytes.swapcase, body)
        return await pool.run(bytes.swapcase, body)

    gc.disable()  # the service collects seldom
    try:
        assert in_pool(twice) == body.upper()
        left = [each for each in gc.get_objects() if isinstance(each, _Job) and each.question]
    finally:
        gc.enable()
    assert left == []


def test_an_endless_document_is_killed_by_the_wall_clock_and_the_next_one_is_read() -> None:
    async def story(pool: ParserPool) -> str:
        kind = await kind_of_failure(pool.run(time.sleep, 60))
        assert await pool.run(len, "next") == 4
        return kind

    assert in_pool(story, wall_seconds=0.5) == "parser_timeout"


def test_a_busy_document_is_killed_by_the_processor_limit() -> None:
    async def story(pool: ParserPool) -> str:
        kind = await kind_of_failure(pool.run(sum, Forever()))
        assert await pool.run(len, "next") == 4
        return kind

    assert in_pool(story, cpu_seconds=1, wall_seconds=30) == "parser_timeout"


def test_a_feed_that_is_slow_to_parse_is_given_up() -> None:
    author = f"<author>{'aaaaaaaaaa<!-- -->' * 6_400}</author>"
    document = f"<rss version='2.0'><channel><item>{author}</item></channel></rss>"
    body = f"<!DOCTYPE rss>{document}".encode()  # a document type is left to feedparser
    slow = Fetched(url="https://a.example/f", status=200, body=body)

    async def story(pool: ParserPool) -> str:
        return await kind_of_failure(pool.run(parse, slow))

    assert in_pool(story, cpu_seconds=1, wall_seconds=30) == "parser_timeout"


def test_the_processor_limit_counts_for_one_document_not_for_all() -> None:
    async def story(pool: ParserPool) -> set[int]:
        return {await pool.run(burn_and_tell_process, 0.7) for _ in range(4)}

    assert len(in_pool(story, cpu_seconds=1, wall_seconds=30)) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold RLIMIT_AS")
def test_a_document_that_eats_memory_is_given_up() -> None:
    async def story(pool: ParserPool) -> str:
        kind = await kind_of_failure(pool.run(bytes, 2 << 30))
        assert await pool.run(len, "next") == 4
        return kind

    assert in_pool(story, memory_bytes=1 << 30) == "parser_crashed"


def test_a_reader_that_dies_is_replaced() -> None:
    async def story(pool: ParserPool) -> str:
        kind = await kind_of_failure(pool.run(die, signal.SIGKILL))
        assert await pool.run(len, "next") == 4
        return kind

    assert in_pool(story) == "parser_crashed"


def test_a_worker_that_died_while_idle_costs_no_document() -> None:
    async def story(pool: ParserPool) -> None:
        os.kill(await pool.run(process_id, 0), signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert await pool.run(len, "next") == 4

    in_pool(story)


def test_feed_errors_come_back_as_they_were_raised() -> None:
    with pytest.raises(FetchError, match="at noon") as caught:
        in_pool(lambda pool: pool.run(refuse, "at noon"))
    assert (caught.value.kind, caught.value.severity) == ("noon", Severity.HARD)


def test_any_other_error_is_about_the_document() -> None:
    with pytest.raises(ParseError, match="ValueError") as caught:
        in_pool(lambda pool: pool.run(int, "twelve"))
    assert caught.value.kind == "parser_crashed"


def test_a_worker_that_cannot_start_is_an_error_of_the_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))

    async def story(pool: ParserPool) -> str:
        return await kind_of_failure(pool.run(len, "x"))

    assert in_pool(story) == "parser_crashed"


def test_a_call_cancelled_while_its_worker_starts_leaves_nothing_behind() -> None:
    async def story(pool: ParserPool) -> None:
        call = asyncio.create_task(pool.run(len, "x"))
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.run(len, "next") == 4

    in_pool(story)


def test_more_documents_than_workers_wait_their_turn() -> None:
    async def story(pool: ParserPool) -> list[int]:
        return await asyncio.gather(*(pool.run(len, "x" * n) for n in range(8)))

    assert in_pool(story) == list(range(8))


def test_only_the_guilty_one_of_those_that_travel_together_fails() -> None:
    async def story(pool: ParserPool) -> list[Any]:
        calls = [pool.run(len, "x" * n) for n in range(3)]
        calls.insert(1, pool.run(die, signal.SIGKILL))
        return await asyncio.gather(*calls, return_exceptions=True)

    first, dead, *others = in_pool(story)
    assert (first, others) == (0, [1, 2])
    assert isinstance(dead, ParseError)


def test_those_that_travelled_with_one_that_hangs_are_read_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.isolate._BATCH_SECONDS", 0.5)

    async def story(pool: ParserPool) -> float:
        began = time.monotonic()
        hangs = asyncio.create_task(kind_of_failure(pool.run(time.sleep, 60)))
        assert await asyncio.gather(pool.run(len, "ab"), pool.run(len, "abc")) == [2, 3]
        taken = time.monotonic() - began
        assert await hangs == "parser_timeout"
        return taken

    async def tell() -> float:
        async with ParserPool(workers=2, wall_seconds=6) as pool:
            return await story(pool)

    assert asyncio.run(tell()) < 5


def test_what_is_left_of_a_batch_after_one_that_ate_the_memory_is_read() -> None:
    async def story(pool: ParserPool) -> list[Any]:
        calls = [pool.run(run_out_of_memory, 0), pool.run(len, "ab"), pool.run(len, "abc")]
        return await asyncio.gather(*calls, return_exceptions=True)

    broken, *others = in_pool(story)
    assert isinstance(broken, ParseError)
    assert others == [2, 3]


def test_small_documents_that_come_together_take_one_worker_and_large_ones_go_alone() -> None:
    async def story(pool: ParserPool) -> list[int]:
        large = b"x" * 300_000
        return await asyncio.gather(
            *(pool.run(process_id, n) for n in range(20)),
            pool.run(len, large),
            pool.run(len, large),
        )

    *processes, first, second = in_pool(story)
    assert len(set(processes)) == 1
    assert (first, second) == (300_000, 300_000)


def test_a_call_cancelled_among_others_leaves_them_their_worker() -> None:
    async def story(pool: ParserPool) -> list[int]:
        calls = [asyncio.create_task(pool.run(burn_and_tell_process, 0.3)) for _ in range(3)]
        await asyncio.sleep(0.4)
        calls[1].cancel()
        waiting = asyncio.create_task(pool.run(len, "never asked"))
        await asyncio.sleep(0)
        waiting.cancel()
        done = await asyncio.gather(*calls, waiting, return_exceptions=True)
        assert [type(each) for each in done[1::2]] == [asyncio.CancelledError] * 2
        return [done[0], done[2]]

    first, third = in_pool(story)
    assert first == third


def test_a_cancelled_call_ends_its_worker() -> None:
    async def story(pool: ParserPool) -> None:
        worker = await pool.run(process_id, 0)
        call = asyncio.create_task(pool.run(time.sleep, 60))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not is_alive(worker)
        assert await pool.run(len, "next") == 4

    in_pool(story)


def test_workers_ignore_the_signals_meant_for_the_service() -> None:
    async def story(pool: ParserPool) -> None:
        worker = await pool.run(process_id, 0)
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGINT)
        assert await pool.run(process_id, 0) == worker

    in_pool(story)


def test_what_a_reader_prints_does_not_garble_its_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert in_pool(lambda pool: pool.run(print, "noise")) is None
    assert "noise" in capfd.readouterr().err


def test_closing_ends_every_worker_and_refuses_new_documents() -> None:
    async def story(pool: ParserPool) -> None:
        worker = await pool.run(process_id, 0)
        await pool.close()
        assert not is_alive(worker)
        with pytest.raises(RuntimeError, match="closed"):
            await pool.run(len, "late")

    in_pool(story)


def test_closing_does_not_wait_for_a_document_that_hangs() -> None:
    async def story(pool: ParserPool) -> str:
        call = asyncio.create_task(kind_of_failure(pool.run(time.sleep, 60)))
        await asyncio.sleep(0.5)
        await pool.close()
        return await call

    assert in_pool(story) == "parser_crashed"


def test_no_worker_outlives_a_service_that_was_killed() -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, cwd=PROJECT, text=True
    )
    assert service.stdout is not None
    with service.stdout as said:
        worker = int(said.readline())
        service.kill()
        service.wait()
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)


def test_a_worker_is_renewed_after_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.isolated_process._JOBS_PER_WORKER", 2)

    async def story(pool: ParserPool) -> list[int]:
        return [await pool.run(process_id, 0) for _ in range(3)]

    first, second, third = in_pool(story)
    assert first == second != third


def test_a_worker_answers_every_question_until_its_input_ends() -> None:
    sound = [(len, "four"), (refuse, "at noon"), (int, "x")]
    broken = [(run_out_of_memory, 0), (len, "never done")]
    questions = io.BytesIO(b"".join(framed(batch(jobs)) for jobs in (sound, [], broken)))
    answers, prepared = io.BytesIO(), []
    serve(questions, answers, before_each=lambda: prepared.append(1))
    answers.seek(0)
    told = []
    while head := answers.read(8):
        outcomes, is_sound = pickle.loads(answers.read(struct.unpack(">Q", head)[0]))
        told.append(([pickle.loads(outcome)[0] for outcome in outcomes], is_sound))
    assert told == [(["result", "error", "failed"], True), ([], True), (["broken"], False)]
    assert len(prepared) == 4


SERVICE = """
import asyncio, os
from pipeline.isolate import ParserPool
from pipeline.isolated_process import unpacked
from operator import call

async def main():
    pool = ParserPool(workers=1)
    print(await pool.run(call, os.getpid), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def process_id(_: int) -> int:
    return os.getpid()


def burn_and_tell_process(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.getpid()


def die(with_signal: int) -> None:
    os.kill(os.getpid(), with_signal)


def refuse(when: str) -> None:
    raise FetchError("noon", f"Not {when}.", severity=Severity.HARD)


def run_out_of_memory(_: int) -> None:
    raise MemoryError


class Forever:
    def __iter__(self) -> Any:
        while True:
            yield 0


def batch(jobs: list[tuple[Any, Any]]) -> bytes:
    return pickle.dumps([pickle.dumps(job) for job in jobs])


def framed(message: bytes) -> bytes:
    return struct.pack(">Q", len(message)) + message


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True

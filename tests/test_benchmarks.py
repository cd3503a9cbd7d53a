"""The table of all benchmarks: what is written where, and what becomes of a section that fails."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from benchmarks import whole
from benchmarks.figures import Figure, at_most, beside
from benchmarks.soak.hands import Hands, SimulatedScheduler
from benchmarks.whole import BEGIN, END, Done, Section
from tests.reading import text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_failing_section_is_a_row_and_the_rest_goes_on(capsys: pytest.CaptureFixture[str]):
    sections = [
        Section(name="nothing", quick=(), usual=None),
        Section(name="fetch", quick=("--requests", "1"), usual=None),
        Section(name="left-out", quick=None, usual=()),
    ]

    assert whole.report(sections, "quick", None) == 1

    table, progress = capsys.readouterr()
    assert "| nothing **failed** " in table
    assert "There is no benchmark 'nothing'" in table
    assert "| a request, 304, a host each " in table
    assert "left-out" not in table
    assert "2 of 2: fetch --requests 1 …" in progress


def test_a_run_that_a_section_does_not_name_goes_as_the_smaller_one():
    section = Section(name="serve", quick=(), usual=("--seconds", "2"), whole=None)
    assert [section.options(size) for size in whole.SIZES] == [
        (), ("--seconds", "2"), ("--seconds", "2"), None
    ]  # fmt: skip


def test_a_section_that_takes_too_long_is_ended():
    sections = [Section(name="serve", quick=("--seconds", "60"), usual=None, large=None, minutes=0)]
    [done] = whole.run(sections, "quick")
    assert done.failure == "not done after 0 minutes"


def test_the_table_is_written_between_the_marks_and_prose_stays(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n", encoding="utf-8")
    done = [Done(name="one", figures=[Figure(what="a|b", dateline="1 ms")], versions={"peer": "2"})]

    whole.write(page, whole.account(done, "usual", NOW, (0.5, 1.5)))
    once = page.read_text(encoding="utf-8")
    whole.write(page, whole.account(done, "usual", NOW, (0.5, 1.5)))

    assert page.read_text(encoding="utf-8") == once
    assert once.startswith("Before.\n\n")
    assert once.endswith("\n\nAfter.\n")
    assert "old" not in once
    assert "A run on 22 November 2026: " in once
    assert "load 0.5 at its beginning and 1.5 at its end" in once
    assert "SQLite 3" in once
    assert "Beside peer 2." in once
    assert "| a\\|b |     1 ms |" in once


def test_a_document_without_marks_is_left_as_it_is(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("Before.", encoding="utf-8")
    with pytest.raises(ValueError, match="has no lines"):
        whole.write(page, "table")
    assert page.read_text(encoding="utf-8") == "Before."


def test_the_benchmarks_page_has_the_marks():
    _, _, rest = text("docs/benchmarks.md").partition(BEGIN)
    assert END in rest


def test_a_figure_says_whether_it_is_what_is_wanted():
    assert at_most("memory", 300, 300, "MB").met is True
    assert at_most("memory", 300.1, 300, "MB").met is False
    ours, theirs = "1 ms", "2 ms"
    assert beside("x", "peer", values=(ours, theirs), times=2, least=2).met is True
    assert beside("x", "peer", values=(ours, theirs), times=1.9, least=2).met is False
    assert beside("x", "peer", values=(ours, theirs), times=1.9, least=None).met is None


def test_simulated_time_runs_each_job_once_a_step_when_it_is_due():
    hands, ran = Hands(NOW), list[str]()
    scheduler = SimulatedScheduler(hands)

    async def note(name: str) -> None:
        ran.append(f"{name} at {hands():%H:%M}")

    often, nightly = IntervalTrigger(seconds=5), CronTrigger(hour=13, minute=30, timezone=UTC)
    scheduler.add_job(note, often, args=["often"], next_run_time=NOW)
    scheduler.add_job(note, nightly, args=["nightly"])

    for _ in range(3):
        hands.now += timedelta(minutes=45)
        asyncio.run(scheduler.run_due())

    assert ran == [
        "often at 12:45",
        "often at 13:30", "nightly at 13:30",
        "often at 14:15",
    ]  # fmt: skip

    for job in scheduler.get_jobs():
        job.modify(next_run_time=NOW + timedelta(days=1))
    assert asyncio.run(scheduler.run_due()) == 0

"""Show how far a long look at the stored articles is, and what it found doubtful."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipeline.cli.opening import err, opened
from pipeline.errors import Fault
from pipeline.model import Sources
from pipeline.now import utc_now
from pipeline.settings import Settings
from pipeline.survey import doubts, survey
from pipeline.watch import rules_in_force


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; elsewhere nothing, for nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=max(done, total))

        yield told


def surveyed(settings: Settings, sources: Sources, share: float) -> tuple[Fault, ...]:
    """Say what the stored articles make doubtful about the keywords that run."""
    rules = rules_in_force(settings.sources, settings.database_url)
    with opened(settings) as database, counting("reading stored articles") as told:
        found = survey(database, rules, utc_now(), told)
    return doubts(found, rules, sources, settings.sources.name, share)

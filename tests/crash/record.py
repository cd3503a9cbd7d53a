"""The record of a run: its trials, and what came of each, in two files of one folder."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.crash.runs import Outcome
from tests.crash.trials import Trial


class Record:
    """What is kept of a run in a folder: `plan.json`, and a line for each outcome in `done.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self._plan = folder / "plan.json"
        self._done = folder / "done.jsonl"

    def begin(self, seed: int, trials: Sequence[Trial]) -> None:
        """Begin a new run; what was recorded there before goes."""
        self._plan.parent.mkdir(parents=True, exist_ok=True)
        self._done.unlink(missing_ok=True)
        planned = {"seed": seed, "trials": [each.as_json() for each in trials]}
        self._plan.write_text(json.dumps(planned))

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(json.loads(self._plan.read_text())["seed"])

    def trials(self) -> list[Trial]:
        """The trials of the run, by their numbers from 1."""
        return [Trial(**each) for each in json.loads(self._plan.read_text())["trials"]]

    def outcomes(self) -> dict[int, Outcome]:
        """What is known by now, by the trials' numbers."""
        if not self._done.exists():
            return {}
        lines = map(json.loads, self._done.read_text().splitlines())
        found = [Outcome(**{**line, "faults": tuple(line["faults"])}) for line in lines]
        return {each.number: each for each in found}

    @contextmanager
    def writing(self) -> Iterator[Callable[[Outcome], None]]:
        """Gives what writes an outcome down at once."""
        with self._done.open("a") as file:

            def write(outcome: Outcome) -> None:
                file.write(json.dumps(outcome.as_json()) + "\n")
                file.flush()

            yield write

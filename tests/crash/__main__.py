"""The long crash run: `python -m tests.crash`.

Kills commands at every write-side call and the whole service at random moments, on both databases,
and prints what became of the invariants. Every point has a number: `--again 512` does that one once
more, `--resume` goes on with a run that was broken off. Exits 1 when an invariant was broken.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.crash.record import Record
from tests.crash.runs import Outcome, count_calls, do_again, do_all
from tests.crash.table import table
from tests.crash.trials import Trial, batches, plan

_TELL_EVERY = 15.0


def main() -> int:
    """Do what was asked for; tell how far it is, and print the table."""
    asked = _words()
    record = Record(asked.folder)
    if asked.again:
        return _again(record, asked.again)
    if asked.resume:
        trials = record.trials()
    else:
        print("Counting the calls of each phase …", flush=True)
        trials = plan(count_calls(), asked.seed, asked.share, asked.only)
        record.begin(asked.seed, trials)
    outcomes = record.outcomes()
    left = [each for each in trials if each.number not in outcomes]
    print(f"{len(left)} points, in {asked.processes} processes; seed {record.seed}", flush=True)
    began = time.time()
    _do(record, trials, left, asked.processes, began + asked.minutes * 60)
    outcomes = record.outcomes()
    print()
    print(table(trials, outcomes))
    broken = [each for each in outcomes.values() if each.faults]
    for each in broken[:20]:
        print(f"\n{each.number}: {trials[each.number - 1]}\n  " + "\n  ".join(each.faults)[:1500])
    print(f"\nseed {record.seed}, {time.time() - began:.0f} s, {len(broken)} points broken")
    return 1 if broken else 0


def _words() -> argparse.Namespace:
    words = argparse.ArgumentParser(
        prog="python -m tests.crash",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--share", type=float, default=1.0, help="how much of the whole run: 0 to 1")
    words.add_argument("--minutes", type=float, default=240.0, help="end after so many minutes")
    words.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    words.add_argument("--only", default="", help="trials with these words: a database or a phase")
    words.add_argument("--seed", type=int, default=20261123)
    words.add_argument(
        "--folder", type=Path, default=Path("var/crash"), help="where it is recorded"
    )
    words.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    words.add_argument("--again", type=int, metavar="NUMBER", help="do one point once more")
    return words.parse_args()


def _do(
    record: Record, trials: list[Trial], left: list[Trial], processes: int, until: float
) -> None:
    """Do what is left, record each outcome, and tell now and then how far it is."""
    began = told = time.time()
    done = broken = 0
    with record.writing() as write:
        for outcome in do_all(batches(left), processes, until):
            write(outcome)
            done += 1
            if outcome.faults:
                broken += 1
                print(f"{outcome.number} is broken: {outcome.faults[0][:200]}", flush=True)
            if time.time() - told > _TELL_EVERY or done == len(left):
                told = time.time()
                minutes = (told - began) / done * (len(left) - done) / 60
                print(
                    f"{told - began:6.0f} s  {len(trials) - len(left) + done:5} of {len(trials)} "
                    f"points, {broken} broken, about {minutes:.0f} min to go",
                    flush=True,
                )


def _again(record: Record, number: int) -> int:
    """Do one point of the recorded run once more, and print all that came of it."""
    trials = record.trials()
    wanted = trials[number - 1]
    chain = [each for each in trials if each.chain == wanted.chain and each.number <= number]
    outcomes: list[Outcome] = do_again(chain if wanted.chain else [wanted])
    print(wanted)
    for each in outcomes:
        print(json.dumps(each.as_json(), indent=1))
    return 1 if any(each.faults for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.polling`: the table, and a gate that fails where a peer does better."""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.figures import beside, give
from benchmarks.polling.histories import make_feeds
from benchmarks.polling.policies import PEERS
from benchmarks.polling.replay import recorded_trials
from benchmarks.polling.simulate import Ours, Score, Trial, play

_DATA = Path(__file__).parents[2] / "../shared/data"
# Percentage points of missed articles by which one and the same policy differs from itself when its
# looks fall on other minutes (measured: 0.02 to 0.025 between the extremes of four plays).
_LUCK = 0.02
_HEAD = (
    f"{'policy':<32}{'req/feed/d':>11}{'mean':>8}{'p50':>8}{'p95':>8}"
    f"{'| rel. mean':>12}{'p50':>8}{'p95':>8}{'missed %':>10}"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulation and the replay; 1 where a peer does better at equal requests."""
    parser = argparse.ArgumentParser(prog="benchmarks.polling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, fewer feeds")
    parser.add_argument("--seeds", type=int, default=5, help="how many sets of made-up feeds")
    parser.add_argument("--data", type=Path, default=_DATA, help="recorded feeds to replay")
    options = parser.parse_args(arguments)
    began, faults = time.monotonic(), list[str]()
    for trial in _trials(options.quick, options.seeds, options.data):
        faults += compare(trial)
    print(f"\n{time.monotonic() - began:.0f} s")
    for fault in faults:
        print(f"FAILED {fault}")
    if not faults:
        print("Passed: no peer does better at equal requests.")
    return 1 if faults else 0


def compare(trial: Trial) -> list[str]:
    """Print every peer with Dateline at as many requests under it; say where a peer does better."""
    print(f"\n{trial.name}: {len(trial.feeds)} feeds, waits in minutes\n{_HEAD}", flush=True)
    ours, faults = Ours(trial), []
    for name, maker in PEERS.items():
        peer = play(trial, maker)
        own = ours.at_most(peer.requests)
        print(_row(name, peer), _row("  Dateline", own), sep="\n", flush=True)
        give(
            beside(
                f"wait for a relevant article at {peer.requests:.0f} requests a feed and day",
                name,
                values=(f"{own.relevant_mean:.0f} min", f"{peer.relevant_mean:.0f} min"),
                times=peer.relevant_mean / own.relevant_mean,
                least=1,
                digits=2,
            )
        )
        faults += [f"{trial.name}, {name}: {fault}" for fault in _worse(own, peer)]
    return faults


def _worse(own: Score, peer: Score) -> Iterable[str]:
    if own.requests > peer.requests:
        yield f"{own.requests:.2f} requests, more than the peer's {peer.requests:.2f}"
    if own.relevant_mean >= peer.relevant_mean:
        yield f"relevant mean {own.relevant_mean:.1f}, not below {peer.relevant_mean:.1f}"
    if own.relevant_p95 >= peer.relevant_p95:
        yield f"relevant p95 {own.relevant_p95:.1f}, not below {peer.relevant_p95:.1f}"
    if own.missed > peer.missed + _LUCK:
        yield f"missed {own.missed:.2f} %, above {peer.missed:.2f} %"


def _row(name: str, score: Score) -> str:
    return (
        f"{name:<32}{score.requests:>11.2f}{score.mean:>8.1f}{score.p50:>8.1f}{score.p95:>8.1f}"
        f"{score.relevant_mean:>12.1f}{score.relevant_p50:>8.1f}{score.relevant_p95:>8.1f}"
        f"{score.missed:>10.2f}"
    )


def _trials(quick: bool, seeds: int, data: Path) -> Iterable[Trial]:
    for seed in range(1, 2 if quick else seeds + 1):
        feeds = make_feeds(seed, days=31, feeds=30 if quick else 150)
        yield Trial(name=f"made up, seed {seed}", feeds=feeds, begin=12, end=30)
    if not quick:
        yield from recorded_trials(data)


if __name__ == "__main__":
    sys.exit(main())

"""Play a policy against histories, and say how long its readers wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from benchmarks.polling.histories import DAY, History
from benchmarks.polling.policies import Look, Maker, dateline

_TRIES = 6
_NEAR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a policy cost and brought: waits in minutes, of all and of relevant articles."""

    requests: float
    mean: float
    p50: float
    p95: float
    relevant_mean: float
    relevant_p50: float
    relevant_p95: float
    missed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Histories and the days of them that count; what came before is for learning."""

    name: str
    feeds: Sequence[History]
    begin: float
    end: float
    tail: float = 1.0


def play(trial: Trial, maker: Maker) -> Score:
    """Ask every feed whenever the policy wants to, and sum up what was found and when.

    Requests and articles count between `begin` and `end`; looks go on for `tail` days to find
    articles of the last hours.
    """
    begin, end = trial.begin * DAY, trial.end * DAY
    waits: list[float] = []
    relevant_waits: list[float] = []
    requests = missed = 0
    for feed in trial.feeds:
        policy, times = maker(feed), feed.times
        now, seen = feed.first_look, 0
        while now < end + trial.tail * DAY:
            requests += begin <= now < end
            upto = feed.published_by(now)
            shown = max(0, upto - feed.window)
            for number in range(seen, upto):
                if begin <= times[number] < end:
                    if number < shown:
                        missed += 1
                        continue
                    waits.append(now - times[number])
                    if feed.relevant[number]:
                        relevant_waits.append(waits[-1])
            now += policy(Look(now=now, shown=shown, new=max(seen, shown), end=upto))
            seen = upto
    waits.sort()
    relevant_waits.sort()
    return Score(
        requests=requests / len(trial.feeds) / (trial.end - trial.begin),
        mean=sum(waits) / len(waits),
        p50=_quantile(waits, 0.5),
        p95=_quantile(waits, 0.95),
        relevant_mean=sum(relevant_waits) / len(relevant_waits),
        relevant_p50=_quantile(relevant_waits, 0.5),
        relevant_p95=_quantile(relevant_waits, 0.95),
        missed=100 * missed / (missed + len(waits)),
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Ours:
    """Dateline's law on one trial, at any number of requests: k is found by trying."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._tried: dict[float, Score] = {}

    def at_most(self, requests: float) -> Score:
        """Play with the k that takes as many requests as a peer: at most as many, and at least 99 %
        of them if that can be."""
        for _ in range(_TRIES):
            near = [
                score
                for score in self._tried.values()
                if 1 - _NEAR <= score.requests / requests <= 1
            ]
            if near:
                return max(near, key=lambda score: score.requests)
            k = self._guess(requests * (1 - _NEAR / 2))
            self._tried[k] = play(self._trial, dateline(k))
        below = [score for score in self._tried.values() if score.requests <= requests]
        return max(below or self._tried.values(), key=lambda score: score.requests)

    def _guess(self, requests: float) -> float:
        """Read k off the two nearest trials: requests go about as 1/k."""
        tried = sorted((log(s.requests), log(k)) for k, s in self._tried.items())
        wanted = log(requests)
        if not tried:
            return 1.5 / requests
        if len(tried) == 1:
            return exp(tried[0][1] + tried[0][0] - wanted)
        above = [point for point in tried if point[0] >= wanted]
        below = [point for point in tried if point[0] < wanted]
        one, other = (below[-1], above[0]) if above and below else (above or below[::-1])[:2]
        slope = (other[1] - one[1]) / (other[0] - one[0]) if other[0] != one[0] else -1.0
        return exp(one[1] + (wanted - one[0]) * min(slope, -0.2))

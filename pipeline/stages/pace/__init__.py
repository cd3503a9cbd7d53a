"""Pace: learn how a feed publishes, and spend a daily budget of requests where it shortens the wait
for relevant news most.

The mean wait under a budget is least when a feed is asked every k·√(cost / (relevance · rate)),
with one k for all feeds; slightly flatter powers shorten the longest waits too. `learn` keeps the
rate, `plan` says when the next turn is and why, `solve_k` finds the k that spends the budget.
"""

from pipeline.stages.pace.budget import requests_per_day, solve_k
from pipeline.stages.pace.closed import skip
from pipeline.stages.pace.pushed import stretch
from pipeline.stages.pace.rates import Pace, Wishes, learn
from pipeline.stages.pace.record import from_record, to_record
from pipeline.stages.pace.turns import (
    LONGEST,
    SHORTEST,
    WORTH_EXPONENT,
    NextTurn,
    interval,
    plan,
    urgency,
)

__all__ = [
    "LONGEST",
    "SHORTEST",
    "WORTH_EXPONENT",
    "NextTurn",
    "Pace",
    "Wishes",
    "from_record",
    "interval",
    "learn",
    "plan",
    "requests_per_day",
    "skip",
    "solve_k",
    "stretch",
    "to_record",
    "urgency",
]

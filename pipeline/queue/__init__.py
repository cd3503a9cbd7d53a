"""Queue: what waits for editors, row by row; who works on what, and what waits for later."""

from pipeline.queue.claiming import (
    CLAIM_LASTS,
    claim,
    hold,
    keep_claims,
    name_claims,
    release,
    standing,
)
from pipeline.queue.own import (
    choose_own,
    own_conflicts,
)
from pipeline.queue.showing import (
    PAGE,
    VISIT_PAUSE,
    QueueShown,
    count_arrived,
    count_left,
    note_visit,
    show,
)

__all__ = [
    "CLAIM_LASTS",
    "PAGE",
    "VISIT_PAUSE",
    "QueueShown",
    "choose_own",
    "claim",
    "count_arrived",
    "count_left",
    "hold",
    "keep_claims",
    "name_claims",
    "note_visit",
    "own_conflicts",
    "release",
    "show",
    "standing",
]

"""Jobs: the door of time. The clock says when, the duties say what."""

from pipeline.jobs.clock import Clock
from pipeline.jobs.duties import (
    KEEP_ALARMS,
    KEEP_BODIES,
    KEEP_FETCHES,
    KEEP_RUNS,
    PUBLISH_ANYWAY,
    sweep,
)
from pipeline.jobs.tidy import share_arenas

__all__ = [
    "KEEP_ALARMS",
    "KEEP_BODIES",
    "KEEP_FETCHES",
    "KEEP_RUNS",
    "PUBLISH_ANYWAY",
    "Clock",
    "share_arenas",
    "sweep",
]

"""Jobs: the door of time. The clock says when, the duties say what."""

from pipeline.jobs.clock import Clock
from pipeline.jobs.duties import PUBLISH_ANYWAY
from pipeline.jobs.tidy import share_arenas

__all__ = ["PUBLISH_ANYWAY", "Clock", "share_arenas"]

"""Edition: when a conflict's daily edition closes, what is in it, how well its feeds were read, and
its manifest. Pure."""

from pipeline.stages.edition.arrange import REPEAT_DAYS, arrange, in_order
from pipeline.stages.edition.doubts import MOST_OF_ONE, Doubt, find_doubts
from pipeline.stages.edition.manifest import from_manifest, to_manifest
from pipeline.stages.edition.measure import measure
from pipeline.stages.edition.schedule import Closing, closes_at, due, next_closing

__all__ = [
    "MOST_OF_ONE",
    "REPEAT_DAYS",
    "Closing",
    "Doubt",
    "arrange",
    "closes_at",
    "due",
    "find_doubts",
    "from_manifest",
    "in_order",
    "measure",
    "next_closing",
    "to_manifest",
]

"""Group articles into stories: the same report, or the same event, told by several publishers."""

from pipeline.stages.group.choose import GROUP_WITHIN, Joining, find_story
from pipeline.stages.group.keys import Keys, look_up_keys
from pipeline.stages.group.origins import count_origins
from pipeline.stages.group.reading import Reading, read

__all__ = [
    "GROUP_WITHIN",
    "Joining",
    "Keys",
    "Reading",
    "count_origins",
    "find_story",
    "look_up_keys",
    "read",
]

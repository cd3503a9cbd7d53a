"""Regroup: editors merge stories, mark duplicates, take copies out; all of it can be taken back."""

from pipeline.regroup.changing import (
    DUPLICATE,
    MOST_AT_ONCE,
    Regrouped,
    mark_duplicate,
    merge,
    split,
    undo,
)
from pipeline.regroup.showing import (
    Likely,
    StoryOnDesk,
    find_likely,
    show_story,
    stories_of,
)

__all__ = [
    "DUPLICATE",
    "MOST_AT_ONCE",
    "Likely",
    "Regrouped",
    "StoryOnDesk",
    "find_likely",
    "mark_duplicate",
    "merge",
    "show_story",
    "split",
    "stories_of",
    "undo",
]

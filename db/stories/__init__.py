"""Stories: articles of one or more publishers that report the same event."""

from db.stories.keys import (
    holding,
    how_common,
    keep_keys,
    prune_keys,
)
from db.stories.merging import (
    merged,
    standing_for,
    where_now,
)
from db.stories.placing import (
    alone,
    begin,
    begin_all,
    follow,
    put_in,
)
from db.stories.telling import (
    copies,
    found_by,
    story_of,
    with_leads,
    without_keys,
    without_story,
)

__all__ = [
    "alone",
    "begin",
    "begin_all",
    "copies",
    "follow",
    "found_by",
    "holding",
    "how_common",
    "keep_keys",
    "merged",
    "prune_keys",
    "put_in",
    "standing_for",
    "story_of",
    "where_now",
    "with_leads",
    "without_keys",
    "without_story",
]

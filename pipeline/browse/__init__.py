"""Browse: what doors show of the database. Nothing here changes what is remembered."""

from pipeline.browse.listing import (
    PAGE,
    ConflictCount,
    Order,
    QueuePage,
    matches,
    queue,
)
from pipeline.browse.monitoring import (
    CLOCK_JOB,
    CLOCK_SILENCE,
    Check,
    Figures,
    figures,
    last_sign,
    latest_runs,
    readiness,
    table_sizes,
)
from pipeline.browse.reading import (
    ArticlePage,
    article,
    articles,
    story_copies,
)
from pipeline.browse.watching import (
    conflict_titles,
    next_fetch,
    watched_feeds,
    without_editions,
)

__all__ = [
    "CLOCK_JOB",
    "CLOCK_SILENCE",
    "PAGE",
    "ArticlePage",
    "Check",
    "ConflictCount",
    "Figures",
    "Order",
    "QueuePage",
    "article",
    "articles",
    "conflict_titles",
    "figures",
    "last_sign",
    "latest_runs",
    "matches",
    "next_fetch",
    "queue",
    "readiness",
    "story_copies",
    "table_sizes",
    "watched_feeds",
    "without_editions",
]

"""Articles and their entries: what is known, what is new, what was edited."""

from db.articles.pruning import prune_unmatched, unmatched
from db.articles.reading import count, dates, headlines, revisions, seen_since, texts
from db.articles.recognising import known
from db.articles.storing import add, add_all, revise, revise_all

__all__ = [
    "add",
    "add_all",
    "count",
    "dates",
    "headlines",
    "known",
    "prune_unmatched",
    "revise",
    "revise_all",
    "revisions",
    "seen_since",
    "texts",
    "unmatched",
]

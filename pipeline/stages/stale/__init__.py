"""Stale: which sentences of a background time has overtaken, as far as their wording shows it.

A mark is a hint with its reason in words, never a verdict: history told with dates stays unmarked,
and what is marked may still be right. English and French.
"""

from pipeline.stages.stale.marks import Mark, Passage, StaleKind, mark_stale
from pipeline.stages.stale.names import MissingName, missing_names
from pipeline.stages.stale.sentences import sentences

__all__ = [
    "Mark",
    "MissingName",
    "Passage",
    "StaleKind",
    "mark_stale",
    "missing_names",
    "sentences",
]

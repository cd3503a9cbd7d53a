"""Digest items: minted when a story is first approved, placed in conflicts, corrected, withdrawn,
never deleted."""

from db.digests.changes import (
    backgrounds_state,
    changed_since,
    in_windows,
    newest_change,
    newest_standing,
    pulses,
    slugs,
    steady_until,
    touched_since,
)
from db.digests.following import follow, oldest_entries
from db.digests.newest import newest_moments
from db.digests.placing import correct, place, withdraw
from db.digests.reading import published

__all__ = [
    "backgrounds_state",
    "changed_since",
    "correct",
    "follow",
    "in_windows",
    "newest_change",
    "newest_moments",
    "newest_standing",
    "oldest_entries",
    "place",
    "published",
    "pulses",
    "slugs",
    "steady_until",
    "touched_since",
    "withdraw",
]

"""Lay out: every public file, rendered from one snapshot of the database."""

from pipeline.lay_out.parts import PARTS
from pipeline.lay_out.snapshot import MADE_AT, Snapshot, watermark
from pipeline.lay_out.standing import Standing, read_standing, write_standing

__all__ = [
    "MADE_AT",
    "Snapshot",
    "Standing",
    "lay_out",
    "read_standing",
    "watermark",
    "write_standing",
]


def lay_out(snapshot: Snapshot) -> dict[str, bytes]:
    """Render every public file that may differ, by its path under the public folder.

    What is named comes before what names it: files that take their names in this order never lead
    to one that is not there yet.
    """
    files: dict[str, bytes] = {}
    for part in PARTS:
        files |= part(snapshot)
    return files

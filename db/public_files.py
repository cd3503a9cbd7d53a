"""Public files: what was last written for the public, so that unchanged files keep their date."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from db.tables import public_files


def noted(
    connection: Connection, paths: Collection[str] | None = None
) -> dict[str, tuple[str, datetime]]:
    """Give hash and time of change by path, of these files or of all."""
    wanted = select(public_files)
    if paths is not None:
        wanted = wanted.where(public_files.c.path.in_(paths))
    return {row.path: (row.sha256, row.changed_at) for row in connection.execute(wanted)}


def count(connection: Connection) -> int:
    """Count the files."""
    return connection.scalar(select(func.count()).select_from(public_files)) or 0


def note(connection: Connection, written: Mapping[str, tuple[str, datetime]]) -> None:
    """Note what was written: hash and time of change by path."""
    if not written:
        return
    connection.execute(public_files.delete().where(public_files.c.path.in_(list(written))))
    connection.execute(
        public_files.insert(),
        [
            {"path": path, "sha256": sha256, "changed_at": changed_at}
            for path, (sha256, changed_at) in sorted(written.items())
        ],
    )

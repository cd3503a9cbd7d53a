"""Mark the folder of the public files, so that processes see whether they share it."""

import socket
from pathlib import Path

from db import Connection, Database, instance
from pipeline.write_files import mark_of

_LAST_WRITTEN = "public_folder"


def note_folder(connection: Connection, folder: Path, mark: str) -> str:
    """Note that the public files are written to the folder with this mark.

    Gives a sentence when they were last written to another one, else an empty string.
    """
    told = _told(connection, folder, mark)
    if told or instance.recall(connection, _LAST_WRITTEN) is None:
        place = f"{socket.gethostname()}:{folder.resolve()}"
        instance.note(connection, _LAST_WRITTEN, f"{mark} {place}")
    return told


def elsewhere(database: Database, folder: Path) -> str:
    """Tell in a sentence that the public files were last written to another folder than this; empty
    when they were not, or nothing was ever written."""
    with database.reading() as connection:
        return _told(connection, folder, mark_of(folder))


def _told(connection: Connection, folder: Path, mark: str) -> str:
    known, _, place = (instance.recall(connection, _LAST_WRITTEN) or "").partition(" ")
    if known in {"", mark}:
        return ""
    return (
        f"the public files were last written to another folder, {place}, than {folder}: unless it "
        "was moved, let DATELINE_PUBLIC_DIR name one folder that all processes share"
    )

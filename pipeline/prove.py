"""Prove: rebuild editions from their manifests, and compare them with what was published."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from db import Database, editions
from pipeline.errors import EditionError
from pipeline.model import Edition, StoredEdition
from pipeline.stages.edition import from_manifest
from pipeline.stages.render import render_edition, template_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What rebuilding an edition came to: `differences` is empty where every byte is the same."""

    number: int
    conflict: str
    day: date
    revision: int
    differences: tuple[str, ...]


def hashes_of(edition: Edition, manifest: str) -> dict[str, str]:
    """Give the SHA-256 of an edition's manifest and of each of its documents, by name."""
    documents = {"manifest": manifest.encode()} | render_edition(edition)
    return {name: sha256(content).hexdigest() for name, content in documents.items()}


def verify(
    database: Database, *, number: int | None = None, conflict: str = "", day: date | None = None
) -> tuple[Verified, ...]:
    """Rebuild every revision of an edition from its manifest, and compare it byte for byte with
    what was published.

    The edition is named by its number, or by conflict and day. Needs nothing but the database.
    Raises EditionError where there is no such edition.
    """
    with database.reading() as connection:
        found = editions.stored(connection, number=number, conflict=conflict or None, day=day)
        if not found:
            named = f"edition {number}" if number else f"edition of {conflict} on {day}"
            raise EditionError(f"there is no {named}")
        revisions = editions.revisions(connection, found[0].number)
    return tuple(map(_verified, revisions))


def _verified(stored: StoredEdition) -> Verified:
    differences = []
    try:
        edition = from_manifest(stored.manifest)
    except EditionError as error:
        differences.append(str(error))
    else:
        rebuilt = hashes_of(edition, stored.manifest)
        differences += [
            f"{name}: rebuilt {rebuilt.get(name, 'nothing')}, published {known}"
            for name, known in sorted(stored.hashes.items())
            if rebuilt.get(name) != known
        ]
        ours = template_version()
        if differences and edition.template_version != ours:
            differences.append(
                f"templates: it was made with {edition.template_version} of Dateline "
                f"{edition.program_version}, these are {ours}"
            )
    return Verified(
        number=stored.number,
        conflict=stored.conflict,
        day=stored.day,
        revision=stored.revision,
        differences=tuple(differences),
    )

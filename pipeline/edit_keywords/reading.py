"""Reading: a conflict's keywords as they run and as sources.yaml says them, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from db import Connection, Database, conflicts, keyword_versions
from pipeline.edit_keywords.drafting import check
from pipeline.edit_keywords.wording import LISTS
from pipeline.errors import SourcesError
from pipeline.model import Conflict, Keywords, KeywordSave, KeywordsVersion, Sources, Term
from pipeline.sources import export_keywords, load_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A conflict's keywords as they run: as text, with who owns them and what stands beside them.

    `state` names what was read: saving asks for it, so that nobody's work is overwritten. `in_file`
    is what sources.yaml says, where that differs; `outdated` are the vocabularies the text names
    that changed since it was saved.
    """

    conflict: Conflict
    text: str
    owner: str
    state: str
    in_file: str = ""
    outdated: bool = False
    vocabularies: Mapping[str, Sequence[Term]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One save, newest first, with the terms it brought and took away by list."""

    save: KeywordSave
    added: Mapping[str, tuple[str, ...]]
    removed: Mapping[str, tuple[str, ...]]


def overview(database: Database) -> tuple[tuple[Conflict, str], ...]:
    """List the tracked conflicts with who owns their keywords."""
    with database.reading() as connection:
        owners = conflicts.owners(connection)
        return tuple((each, owners[each.slug]) for each in conflicts.running(connection))


def declared(path: Path) -> Sources | None:
    """Give what sources.yaml says, or None where it cannot be used just now."""
    try:
        stamp = path.stat()
        return _declared(path, stamp.st_mtime_ns, stamp.st_size)
    except (OSError, SourcesError):
        return None


@lru_cache(maxsize=2)
def _declared(path: Path, _changed: int, _size: int) -> Sources:
    # Reading and checking all of it takes most of a second: a preview cannot wait for that.
    return load_sources(path)


def edited(database: Database, path: Path, slug: str) -> Edited | None:
    """Give a conflict's keywords for the editor; None when there is no such conflict."""
    sources = declared(path)
    with database.reading() as connection:
        conflict = _conflict(connection, slug)
        state = keyword_versions.state(connection, slug)
        if conflict is None or state is None:
            return None
        owner = conflicts.owners(connection)[slug]
        version = keyword_versions.find(connection, slug, conflict.keywords.version)
    shared = sources.vocabularies if sources else {}
    there = in_file_of(sources, slug)
    text = version.text if version and owner == "desk" else ""
    if not text and there is not None and there.keywords == conflict.keywords:
        text = _file_text(sources, slug)
    text = text or export_keywords(conflict.keywords, shared)
    differs = there is not None and there.keywords.version != conflict.keywords.version
    draft = check(conflict, text, sources) if sources else None
    return Edited(
        conflict=conflict,
        text=text,
        owner=owner,
        state=state,
        in_file=_file_text(sources, slug) if differs else "",
        outdated=bool(
            draft
            and draft.conflict
            and draft.conflict.keywords.version != conflict.keywords.version
        ),
        vocabularies=shared,
    )


def _conflict(connection: Connection, slug: str) -> Conflict | None:
    running = {each.slug: each for each in conflicts.running(connection)}
    return running.get(slug)


def in_file_of(sources: Sources | None, slug: str) -> Conflict | None:
    """Give a conflict as sources.yaml says it, or None."""
    here = {each.slug: each for each in sources.conflicts} if sources else {}
    return here.get(slug)


def _file_text(sources: Sources | None, slug: str) -> str:
    raw = sources.raw_keywords.get(slug) if sources else None
    return export_keywords(raw) if raw is not None else ""


def version_text(database: Database, path: Path, slug: str, version: str) -> str | None:
    """Give an earlier version as text, to be loaded into the editor."""
    with database.reading() as connection:
        found = keyword_versions.find(connection, slug, version)
    if found is None:
        return None
    sources = declared(path)
    return found.text or export_keywords(found.keywords, sources.vocabularies if sources else {})


def changes(database: Database, slug: str) -> tuple[Change, ...]:
    """List what happened to a conflict's keywords, newest first, each with what it changed."""
    with database.reading() as connection:
        versions = keyword_versions.history(connection, slug)
        saves = keyword_versions.saves(connection, slug)
    known = {each.version: each.keywords for each in versions}
    brought = [_brought(each) for each in versions if each.origin != "desk"]
    happened = sorted([*saves, *brought], key=lambda each: each.at, reverse=True)
    before = [known.get(each.version, Keywords()) for each in happened[1:]]
    return tuple(
        Change(
            save=each,
            added=_only_in(known.get(each.version, Keywords()), earlier),
            removed=_only_in(earlier, known.get(each.version, Keywords())),
        )
        for each, earlier in zip(happened, [*before, Keywords()], strict=True)
    )


def _brought(version: KeywordsVersion) -> KeywordSave:
    return KeywordSave(
        at=version.first_used_at,
        author=version.author,
        version=version.version,
        note=version.note,
        given_back=False,
    )


def _only_in(these: Keywords, others: Keywords) -> dict[str, tuple[str, ...]]:
    """Name by list the terms that only one of two rules has; those alike in text by conditions."""
    found = {}
    for name in LISTS:
        there = {replace(term, vocabulary="") for term in getattr(others, name)}
        here = [term for term in getattr(these, name) if replace(term, vocabulary="") not in there]
        if here:
            found[name] = tuple(dict.fromkeys(_term(term) for term in here))
    return found


def _term(term: Term) -> str:
    return term.text if term.unconditional else f"{term.text} (with conditions)"

"""Edit keywords: a conflict's rule as text, checked, saved by the desk, given back to the file."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from db import Connection, Database, conflicts, editors, instance, keyword_versions
from pipeline.errors import Fault, KeywordsChanged, KeywordsError, SourcesError
from pipeline.model import Conflict, Keywords, KeywordSave, KeywordsVersion, Sources, Term
from pipeline.sources import Checked, check_keywords, export_keywords, load_sources

LONGEST_NOTE = 500
# A check of a long rule takes a sixth of a second, and the list of all rules asks for each.
_MOST_CHECKED = 100
_CHECKED: dict[tuple[str, str, str], Checked] = {}
LISTS = ("decisive", "places", "subjects", "exclude")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Keywords as somebody typed them, checked: the conflict under them, or None, and why."""

    text: str
    conflict: Conflict | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


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
    there = _in_file(sources, slug)
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


def _in_file(sources: Sources | None, slug: str) -> Conflict | None:
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


def lines_changed(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Compare two texts line by line: each as (`+`, `-` or a space, the line)."""
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    return tuple((line[0], line[2:]) for line in compared if line[0] in "+- ")


def normalised(text: str) -> str:
    """Give a text as a form sent it with the line ends it is stored with."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def check(conflict: Conflict, text: str, sources: Sources | None) -> Draft:
    """Check keywords as typed for a conflict: read, doubt, run the examples."""
    slug = conflict.slug
    if sources is None:
        fault = Fault(
            where=f"{slug}:1",
            what="sources.yaml cannot be used just now, and the vocabularies stand in it",
            fix="dateline check says what is wrong with it",
        )
        return Draft(text=text, conflict=None, faults=(fault,), warnings=())
    if not text.strip():
        fault = Fault(
            where=f"{slug}:1", what="there are no keywords", fix="begin with decisive: […]"
        )
        return Draft(text=text, conflict=None, faults=(fault,), warnings=())
    checked = _CHECKED.get((slug, text, sources.digest))
    if checked is None:
        checked = check_keywords(text, slug, sources.vocabularies, sources.feeds)
        if len(_CHECKED) >= _MOST_CHECKED:
            _CHECKED.clear()
        _CHECKED[slug, text, sources.digest] = checked
    read, faults, warnings = checked
    return Draft(
        text=text,
        conflict=None if read is None else replace(conflict, keywords=read[0]),
        faults=faults,
        warnings=warnings,
    )


def save(
    database: Database, draft: Draft, *, state: str, author: str, note: str, now: datetime
) -> None:
    """Make a draft the keywords that run, owned by the desk, and ask for a rematch.

    Raises KeywordsError without a note or with a draft that has faults, KeywordsChanged when
    somebody saved since `state` was read; then nothing is changed.
    """
    if draft.conflict is None:
        raise KeywordsError("the keywords have faults")
    if not note.strip():
        raise KeywordsError("say in the note why you change them")
    if len(note) > LONGEST_NOTE:
        raise KeywordsError(f"the note is longer than {LONGEST_NOTE} characters")
    slug = draft.conflict.slug
    with database.transaction() as connection:
        standing = keyword_versions.state(connection, slug, hold=True)
        if standing is None:
            raise KeywordsError("this conflict is not tracked any more")
        if standing != state:
            raise KeywordsChanged("somebody saved these keywords since you loaded them")
        keyword_versions.save(
            connection,
            slug,
            draft.conflict.keywords,
            draft.text,
            author=author,
            note=note.strip(),
            now=now,
        )
        instance.note(connection, instance.REMATCH_WANTED, now.isoformat())


def give_back(
    database: Database, path: Path, slug: str, *, state: str, author: str, now: datetime
) -> None:
    """Let sources.yaml own a conflict's keywords again, and ask for a rematch.

    Raises KeywordsError when the file does not name the conflict or cannot be used, and
    KeywordsChanged when somebody saved since `state` was read.
    """
    there = _in_file(declared(path), slug)
    if there is None:
        raise KeywordsError("sources.yaml cannot be used, or does not name this conflict")
    with database.transaction() as connection:
        if keyword_versions.state(connection, slug, hold=True) != state:
            raise KeywordsChanged("somebody saved these keywords since you loaded them")
        conflicts.adopt(connection, there, now)
        editors.audit(
            connection,
            actor=author,
            action=keyword_versions.GIVEN_BACK,
            subject=slug,
            now=now,
            detail={"version": there.keywords.version},
        )
        instance.note(connection, instance.REMATCH_WANTED, now.isoformat())


def with_term(text: str, name: str, term: str, vocabularies: Mapping[str, Sequence[Term]]) -> str:
    """Add a term to one list of a text, as the last one; the text as it is where that is not
    possible.
    """
    if name not in LISTS:
        return text
    read, _, _ = check_keywords(text, "draft", vocabularies)
    if read is None:
        return text
    _, written = read
    listed = written.get(name, [])
    if not isinstance(listed, list) or term in listed:
        return text
    wanted = [*listed, term]
    quoted = term.replace("'", "''")
    for spelled in (term, f"'{quoted}'"):
        grown = _grown(text, name, spelled)
        again, _, _ = check_keywords(grown, "draft", vocabularies)
        if again is not None and again[1] == {**written, name: wanted}:
            return grown
    return export_keywords({**_placed(written, name), name: wanted})


def _grown(text: str, name: str, spelled: str) -> str:
    """Write a term at the end of a list in brackets, so that comments stay; unlikely to be wrong,
    and for the caller to check.
    """
    found = re.search(rf"^{name}:.*\n(?:[ \t#].*\n|\n)*", text, re.MULTILINE)
    if found is None:
        return f"{text}{name}: [{spelled}]\n"
    before, bracket, after = found[0].rpartition("]")
    return text[: found.start()] + f"{before}, {spelled}{bracket}{after}" + text[found.end() :]


def _placed(written: Mapping[str, object], name: str) -> dict[str, object]:
    """Give a rule with a place for a list: lists first, in their order, then the examples."""
    names = [each for each in LISTS if each in written or each == name]
    ordered: dict[str, object] = {each: written.get(each, []) for each in names}
    return ordered | {key: value for key, value in written.items() if key not in ordered}

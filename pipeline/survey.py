"""Survey: what each keyword does to the articles that are stored already."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from db import Database, articles, matches
from pipeline.errors import Fault, Level
from pipeline.model import Conflict, Kind, MatchStatus, Sources, Survey, Term
from pipeline.stages.match.lint import SHARE, Remark, WrittenRule, lint_archive, write_down
from pipeline.watch import Rules

QUIET = timedelta(days=90)
_CHUNK = 2_000
_LISTS = ("decisive", "places", "subjects", "exclude")


def survey(
    database: Database,
    rules: Rules,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Count in how many stored articles each term of the rules counts; changes nothing.

    `progress` is told how many articles of how many are done.
    """
    with database.reading() as connection:
        total = articles.count(connection)
        oldest, first_lately = articles.seen_since(connection, now - QUIET)
    fired: Counter[tuple[Term, Kind | None]] = Counter()
    lately: set[tuple[Term, Kind | None]] = set()
    removed: dict[tuple[str, Term], list[int]] = defaultdict(list)
    done = after = 0
    while True:
        with database.reading() as connection:
            chunk = articles.texts(connection, after=after, limit=_CHUNK)
            standing = matches.standing_of(connection, [article_id for article_id, _, _ in chunk])
        for article_id, _, text in chunk:
            counting = rules.matcher.counting(text)
            fired.update(counting)
            if first_lately is not None and article_id >= first_lately:
                lately |= counting
            for conflict, status in standing.get(article_id, {}).items():
                if status is MatchStatus.APPROVED:
                    for term in rules.matcher.excluding(text, conflict):
                        removed[conflict, term].append(article_id)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
        if len(chunk) < _CHUNK:
            break
        after = chunk[-1][0]
    return Survey(
        articles=done,
        oldest=oldest,
        lately_from=now - QUIET,
        fired=dict(fired),
        lately=frozenset(lately),
        removed={key: tuple(found) for key, found in removed.items()},
    )


def doubts(
    surveyed: Survey, rules: Rules, sources: Sources, name: str, share: float = SHARE
) -> tuple[Fault, ...]:
    """Say what a survey makes doubtful, in file order; `name` names the file of the sources.

    Keywords that the desk owns have no line: their conflict stands instead.
    """
    declared = {each.slug: each.keywords.version for each in sources.conflicts}
    found: list[Fault] = []
    for conflict in rules.conflicts:
        ours = declared.get(conflict.slug) == conflict.keywords.version
        written = _written(conflict, sources.lines if ours else {})
        for remark in lint_archive([written], surveyed, share):
            where = f"{name}:{remark.line}" if remark.line else f"{conflict.slug} on the desk"
            found.append(_fault(remark, where))
    return tuple(sorted(dict.fromkeys(found), key=_in_file_order))


def _written(conflict: Conflict, lines: Mapping[tuple[str, str, str], int]) -> WrittenRule:
    lists = {
        name: write_down(
            [(term, _line(lines, conflict.slug, name, term)) for term in terms],
            name,
        )
        for name in _LISTS
        for terms in (getattr(conflict.keywords, name),)
    }
    return WrittenRule(conflict=conflict.slug, **lists)


def _line(lines: Mapping[tuple[str, str, str], int], slug: str, name: str, term: Term) -> int:
    if term.vocabulary:
        return lines.get((f"@{term.vocabulary}", "", term.text), 0)
    return lines.get((slug, name, term.text), 0)


def _fault(remark: Remark, where: str) -> Fault:
    return Fault(
        where=where,
        what=remark.what,
        fix=remark.fix,
        kind=str(remark.doubt),
        level=Level.NOTE if remark.note else Level.WARNING,
    )


def _in_file_order(fault: Fault) -> tuple[int, str]:
    _, _, line = fault.where.rpartition(":")
    return (int(line), "") if line.isdecimal() else (1 << 30, fault.where)

"""Previews: what other keywords would change, worked out for the editor's templates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import Fault
from pipeline.model import Backtest, ChangedMatch, ConflictBacktest, Field, MatchStatus
from pipeline.stages.highlight import excerpt, segments
from pipeline.web.rows import Marked, marked

_SENTENCE = 260
_LINE = re.compile(r":([0-9]+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing wrong or doubtful in the text, by its line."""

    line: int
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """An article that other keywords would gain or lose, as the preview shows it."""

    changed: ChangedMatch
    headline: Marked
    sentence: Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a draft would change; nothing where the rule stays the same."""

    articles: int
    found: ConflictBacktest | None
    gains: tuple[tuple[int, str], ...] = ()
    losses: tuple[tuple[int, str], ...] = ()
    gained: tuple[ChangedRow, ...] = ()
    lost: tuple[ChangedRow, ...] = ()


_LOST = {
    MatchStatus.APPROVED: "lose {} approved",
    MatchStatus.REJECTED: "drop {} rejected",
    MatchStatus.PENDING: "withdraw {} pending",
    MatchStatus.WITHDRAWN: "no longer find {} withdrawn",
    None: "no longer find {} not matched yet",
}
_GAINED = {
    None: "{} new",
    MatchStatus.WITHDRAWN: "{} withdrawn before",
    MatchStatus.REJECTED: "{} rejected before",
    MatchStatus.APPROVED: "{} approved before",
    MatchStatus.PENDING: "{} pending already",
}


def shown_preview(told: Backtest) -> Preview:
    """Work out how the comparison of one conflict's rules is shown."""
    if not told.conflicts:
        return Preview(articles=told.articles, found=None)
    [changed] = told.conflicts
    return Preview(
        articles=told.articles,
        found=changed,
        gains=_counted(changed.gained, _GAINED),
        losses=_counted(changed.lost, _LOST),
        gained=tuple(map(_row, changed.gained_articles)),
        lost=tuple(map(_row, changed.lost_articles)),
    )


def remark(fault: Fault) -> Remark:
    """Work out on which line a fault stands."""
    line = _LINE.search(fault.where)
    return Remark(line=int(line[1]) if line else 1, fault=fault)


def _counted(
    split: Mapping[MatchStatus | None, int], words: Mapping[MatchStatus | None, str]
) -> tuple[tuple[int, str], ...]:
    return tuple(
        (split[status], said.format(f"{split[status]:,}"))
        for status, said in words.items()
        if split.get(status)
    )


def _row(changed: ChangedMatch) -> ChangedRow:
    article = changed.article
    sentence, hits = excerpt(article.summary, changed.hits, Field.SUMMARY, width=_SENTENCE)
    return ChangedRow(
        changed=changed,
        headline=marked(article.title, changed.hits, Field.TITLE) or (("(no headline)", None),),
        sentence=segments(sentence, hits, Field.SUMMARY),
    )

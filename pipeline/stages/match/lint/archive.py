"""What the stored articles say about keywords: too loud, silent, or costly."""

from collections.abc import Iterator, Sequence

from pipeline.model import Kind, Survey, Term
from pipeline.stages.match.lint.values import Doubt, Remark, Written, WrittenRule

SHARE = 0.02  # of the archive; a term that fires more often says little
_FEWEST = 200  # articles, below which a share says nothing
_KINDS = (Kind.DECISIVE, Kind.PLACE, Kind.SUBJECT, None)


def lint_archive(
    rules: Sequence[WrittenRule], survey: Survey, share: float = SHARE
) -> tuple[Remark, ...]:
    """Remark on terms by what they did in the archive, in the order of their lines.

    A vocabulary's terms are looked at once. What fires on more than `share` of all articles is
    noted for subjects, which never count alone, and warned of otherwise. Silence is told only where
    the archive reaches back far enough.
    """
    remarks: list[Remark] = []
    seen: set[tuple[Term, Kind | None]] = set()
    for rule in rules:
        for kind, terms in zip(_KINDS, rule.lists, strict=True):
            for one in terms:
                if kind is None:
                    remarks += _costly(rule.conflict, one, survey)
                if one.term.vocabulary and (one.term, kind) in seen:
                    continue
                seen.add((one.term, kind))
                remarks += _frequent(one, kind, survey, share)
                remarks += _silent(one, kind, survey)
    return tuple(sorted(remarks, key=lambda remark: remark.line))


def _costly(conflict: str, one: Written, survey: Survey) -> Iterator[Remark]:
    removed = survey.removed.get((conflict, one.term), ())
    if removed:
        few = ", ".join(map(str, removed[:3]))
        counted = "1 article" if len(removed) == 1 else f"{len(removed)} articles"
        yield Remark(
            line=one.line,
            doubt=Doubt.COSTLY,
            what=f"{_named(one)} removes {counted} that an editor approved for {conflict}"
            f" (number {few}{' …' if len(removed) > 3 else ''})",
            fix="give it a condition, or put unless_near on the term that went wrong",
        )


def _frequent(one: Written, kind: Kind | None, survey: Survey, share: float) -> Iterator[Remark]:
    fired = survey.fired.get((one.term, kind), 0)
    if survey.articles >= _FEWEST and fired > share * survey.articles:
        yield Remark(
            line=one.line,
            doubt=Doubt.FREQUENT,
            what=f"{_named(one)} fires on {fired / survey.articles:.1%} of"
            f" {survey.articles:,} stored articles",
            fix="give it a condition if that is more than you mean",
            note=kind is Kind.SUBJECT,
        )


def _silent(one: Written, kind: Kind | None, survey: Survey) -> Iterator[Remark]:
    since, oldest = survey.lately_from, survey.oldest
    if since is None or oldest is None or oldest > since or (one.term, kind) in survey.lately:
        return
    yield Remark(
        line=one.line,
        doubt=Doubt.SILENT,
        what=f"{_named(one)} has not fired since {since:%Y-%m-%d}",
        fix="check its spelling; remove it if its time is over",
        note=True,
    )


def _named(one: Written) -> str:
    return f"{one} (of @{one.term.vocabulary})" if one.term.vocabulary else str(one)

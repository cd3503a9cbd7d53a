"""Learn: what editors' verdicts say about the keywords, and what would make them better."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import Database, samples
from pipeline.model import ArticleText, Conflict, Keywords, Term, Verdicted
from pipeline.stages.match import Matcher, check_term, compile_keywords
from pipeline.stages.precision import ConflictPrecision, Recall, living_precision
from pipeline.stages.suggest import telling
from pipeline.store import AUTOMATIC
from pipeline.text import fold_key
from pipeline.watch import Rules

SPAN = timedelta(days=365)
RECALL_SPAN = timedelta(days=30)
MOST_VERDICTS = 20_000
_MOST_ARCHIVE = 20_000
_TRIED = 40
_USUAL = 2_000
_LEAST_USUAL = 100
_SHOWN = 5
# An exclude that loses one approved article must drop so many rejected ones to be worth a look.
_WORTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A word for a conflict's keywords, with what it would do to the articles that are stored.

    `approved` and `rejected` are decided matches of the conflict it stands in: as an exclude it
    would lose the first and drop the second. `unmatched` are articles under no conflict it would
    bring as a new term.
    """

    term: str
    approved: int
    rejected: int
    unmatched: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What verdicts say about one conflict's keywords."""

    precision: ConflictPrecision
    recall: Recall
    new_terms: tuple[Suggestion, ...]
    excludes: tuple[Suggestion, ...]


def precision(database: Database, rules: Rules, now: datetime) -> tuple[ConflictPrecision, ...]:
    """Say how right every conflict's keywords are by the verdicts of the last year."""
    with database.reading() as connection:
        verdicts = samples.verdicts(connection, now - SPAN, but=AUTOMATIC, limit=MOST_VERDICTS)
    terms = {each.slug: [term.text for term in _terms(each.keywords)] for each in rules.conflicts}
    return living_precision(verdicts, terms)


def learn(
    database: Database, rules: Rules, now: datetime, *, only: str | None = None
) -> tuple[Lesson, ...]:
    """Weigh the verdicts of the last year, for all conflicts or `only` one.

    Suggestions are ranked by what they would have done to decided articles, through the engine that
    matches live.
    """
    tracked = [each for each in rules.conflicts if only in (None, each.slug)]
    with database.reading() as connection:
        verdicts = samples.verdicts(connection, now - SPAN, but=AUTOMATIC, limit=MOST_VERDICTS)
        judged = samples.judged(connection, now - RECALL_SPAN)
        unmatched = samples.unmatched_count(connection, now - RECALL_SPAN)
        approved = samples.approved(connection, now - RECALL_SPAN)
        archive = samples.unmatched_texts(connection, limit=_MOST_ARCHIVE)
    terms = {each.slug: [term.text for term in _terms(each.keywords)] for each in tracked}
    lessons = []
    for conflict, figures in zip(tracked, living_precision(verdicts, terms), strict=True):
        mine = [verdict for verdict in verdicts if verdict.conflict == conflict.slug]
        lessons.append(
            Lesson(
                precision=figures,
                recall=Recall(
                    approved=approved.get(conflict.slug, 0),
                    unmatched=unmatched,
                    drawn=sum(judged.values()),
                    wanted=judged.get(conflict.slug, 0),
                ),
                new_terms=_new_terms(conflict, mine, archive),
                excludes=_excludes(conflict, mine, archive),
            )
        )
    return tuple(lessons)


def _new_terms(
    conflict: Conflict, verdicts: Sequence[Verdicted], archive: Sequence[ArticleText]
) -> tuple[Suggestion, ...]:
    """Words of approved articles that stand in unmatched ones, too, and in few rejected ones."""
    approved = [each.text for each in verdicts if each.approved]
    found = _weigh(_names(conflict, approved, archive, archive), verdicts, archive)
    worth = [each for each in found if each.unmatched and each.approved > _WORTH * each.rejected]
    return tuple(sorted(worth, key=lambda each: (-each.approved, each.unmatched, each.term)))[
        :_SHOWN
    ]


def _excludes(
    conflict: Conflict, verdicts: Sequence[Verdicted], archive: Sequence[ArticleText]
) -> tuple[Suggestion, ...]:
    """Words of rejected articles that stand in few approved ones."""
    approved = [each.text for each in verdicts if each.approved]
    rejected = [each.text for each in verdicts if not each.approved]
    found = _weigh(_names(conflict, rejected, approved, archive), verdicts, ())
    worth = [each for each in found if each.rejected > _WORTH * each.approved]
    return tuple(sorted(worth, key=lambda each: (each.approved - each.rejected, each.term)))[
        :_SHOWN
    ]


def _names(
    conflict: Conflict,
    here: Sequence[ArticleText],
    there: Sequence[ArticleText],
    archive: Sequence[ArticleText],
) -> list[str]:
    known = {fold_key(term.text) for term in _terms(conflict.keywords)}
    usual = _texts(archive[:_USUAL])
    if len(usual) < _LEAST_USUAL:  # too few to tell what is common
        usual = []
    found = telling(_texts(here), _texts(there), known=known, usual=usual, count=_TRIED)
    return [each.term for each in found if check_term(Term(text=each.term)) is None]


def _texts(texts: Iterable[ArticleText]) -> list[str]:
    return [f"{text.title}\n{text.summary}" for text in texts]


def _weigh(
    names: Sequence[str], verdicts: Sequence[Verdicted], archive: Sequence[ArticleText]
) -> list[Suggestion]:
    """Count in which articles each of these terms would stand, by the matcher itself."""
    matcher = _one_each(names)
    approved: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    unmatched: Counter[str] = Counter()
    for verdict in verdicts:
        (approved if verdict.approved else rejected).update(_standing(matcher, verdict.text))
    for text in archive:
        unmatched.update(_standing(matcher, text))
    return [
        Suggestion(
            term=name,
            approved=approved[str(number)],
            rejected=rejected[str(number)],
            unmatched=unmatched[str(number)],
        )
        for number, name in enumerate(names)
    ]


def _one_each(names: Sequence[str]) -> Matcher:
    return compile_keywords(
        [
            Conflict(slug=str(number), title=name, keywords=Keywords(decisive=(Term(text=name),)))
            for number, name in enumerate(names)
        ]
    )


def _standing(matcher: Matcher, text: ArticleText) -> list[str]:
    return [match.conflict for match in matcher.match(text)]


def _terms(keywords: Keywords) -> tuple[Term, ...]:
    return (*keywords.decisive, *keywords.places, *keywords.subjects, *keywords.exclude)

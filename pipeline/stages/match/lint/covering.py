"""Which term is found wherever another one is."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pipeline.model import Term
from pipeline.stages.match.lint.values import Written
from pipeline.stages.match.terms import Exactness, Pattern

_Index = dict[str, list[Written]]


def covers(wider: Pattern, narrower: Pattern) -> bool:
    """Say whether `wider` stands in every text that `narrower` stands in, at the same place."""
    size = len(wider.words)
    return any(_fits(wider, narrower, start) for start in range(len(narrower.words) - size + 1))


def _fits(wider: Pattern, narrower: Pattern, start: int) -> bool:
    after = start + len(wider.words)
    open_ended = narrower.prefix and after == len(narrower.words)
    if open_ended and not wider.prefix:
        return False
    if not _same(wider.words, narrower.words[start:after], prefix=wider.prefix):
        return False
    if wider.exactness is Exactness.FOLDED:
        return True
    written = narrower.written[start:after]
    if wider.exactness is Exactness.ACCENTS and narrower.exactness is Exactness.CASE:
        written = tuple(word.casefold() for word in written)
    elif wider.exactness is not narrower.exactness:
        return False
    return _same(wider.written, written, prefix=wider.prefix)


def _same(wider: Sequence[str], words: Sequence[str], *, prefix: bool) -> bool:
    if not prefix:
        return tuple(wider) == tuple(words)
    return tuple(wider[:-1]) == tuple(words[:-1]) and words[-1].startswith(wider[-1])


def asks_no_more(wider: Term, narrower: Term) -> bool:
    """Say whether a term's conditions hold wherever another's do."""
    return (
        _among(narrower.languages, wider.languages)
        and _among(narrower.fields, wider.fields)
        and wider.near in (None, narrower.near)
        and wider.unless_near in (None, narrower.unless_near)
        and set(wider.all) <= set(narrower.all)
    )


def _among(narrower: Sequence[str], wider: Sequence[str]) -> bool:
    """Compare two lists of which an empty one means: any."""
    return not wider or (bool(narrower) and set(narrower) <= set(wider))


def index(terms: Iterable[Written]) -> _Index:
    """Sort terms by how their first word is found: whole, or by its beginning (`attack*`)."""
    sorted_in: _Index = defaultdict(list)
    for one in terms:
        first = one.pattern.words[0]
        alone = one.pattern.prefix and len(one.pattern.words) == 1
        sorted_in[first + "*" if alone else first].append(one)
    return sorted_in


def covering(narrower: Written, wider: _Index) -> Iterator[Written]:
    """Give the indexed terms that are found, and count, wherever a term does; itself too."""
    for word in narrower.pattern.words:
        keys = [word, *(word[:end] + "*" for end in range(1, len(word) + 1))]
        for key in keys:
            for one in wider.get(key, ()):
                if covers(one.pattern, narrower.pattern) and asks_no_more(one.term, narrower.term):
                    yield one

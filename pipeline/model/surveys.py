"""What keywords do to the stored articles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.matches import Kind
from pipeline.model.watch import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How often each term counts in the stored articles, whether or not its rule holds there.

    `fired` counts articles, by the term and the list it stands in (None: exclude); a vocabulary's
    terms once for all conflicts that draw on it. `lately` are those that fired since `lately_from`.
    `removed` names, by conflict and exclude term, articles that an editor approved for the conflict
    and that the term excludes.
    """

    articles: int = 0
    oldest: datetime | None = None
    lately_from: datetime | None = None
    fired: Mapping[tuple[Term, Kind | None], int] = field(default_factory=dict)
    lately: frozenset[tuple[Term, Kind | None]] = frozenset()
    removed: Mapping[tuple[str, Term], tuple[int, ...]] = field(default_factory=dict)

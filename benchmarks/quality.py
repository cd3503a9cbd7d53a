"""How right the shipped keywords are, on labelled articles: docs/matching-quality.md is made here.

Reads the labelled files where they are present (`--labelled FOLDER`). Quotes none of their text: a
failure is named by the article's id in its file, with the keywords that fired.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.model import ArticleText, Conflict, Match
from pipeline.sources import load_sources
from pipeline.stages.evaluate import Evaluation, Figures, Judged, evaluate
from pipeline.stages.match import compile_keywords

_SOURCES = Path(__file__).parents[1] / "sources.yaml"
_LABELLED = Path("../shared/data/labelled")
_SAHEL = {"mali", "burkina-faso", "niger"}
_UNION = "mali-sahel"
_SHOWN = 40

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled file: what it is, and which of its rows count."""

    name: str
    about: str
    counts: Callable[[Row], bool] = lambda row: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One labelled article and what the keywords make of it."""

    row: Row
    matches: Sequence[Match]

    @property
    def labels(self) -> set[str]:
        """The conflicts it belongs to."""
        return set(self.row["labels"])

    @property
    def grey(self) -> set[str]:
        """The conflicts of which nobody can say."""
        return set(self.row.get("grey") or ())

    @property
    def found(self) -> set[str]:
        """The conflicts the keywords find."""
        return {match.conflict for match in self.matches}


_EVENTS = (
    Sample(name="wcep_nested", about="current events, topic lines kept"),
    Sample(
        name="wcep_flat",
        about="current events, topic lines lost (first after its topic line)",
        counts=lambda row: bool(row.get("first_after_topic")),
    ),
)
_HEADLINES = (
    Sample(name="rss_en_annotated", about="English headlines, read by one annotator"),
    Sample(name="rss_fr_annotated", about="French headlines, read by one annotator"),
    Sample(name="rss_wcep_join", about="headlines cited by current events"),
)
_OTHERS = (
    Sample(name="rss_section_negatives", about="sport, culture, business and the like"),
    Sample(name="masakhanews_topics", about="African news by topic"),
    Sample(name="fr_background_unjudged", about="French news without a Sahel word, not judged"),
)
_WANTED = {
    "wcep_nested": "F1 0.95",
    "wcep_flat": "F1 0.95",
    "rss_en_annotated": "P 0.94 at R 0.97",
    "rss_fr_annotated": "P 0.92 at R 0.97",
}


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the page or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks quality", description=__doc__)
    parser.add_argument("--labelled", type=Path, default=_LABELLED, metavar="FOLDER")
    parser.add_argument("--write", type=Path, metavar="FILE", help="instead of printing")
    options = parser.parse_args(arguments)
    if not options.labelled.is_dir():
        print(f"There are no labelled articles in {options.labelled}: nothing to measure.")
        return 0
    page = "\n".join(_page(options.labelled)) + "\n"
    if options.write is None:
        print(page)
        return 0
    options.write.write_text(page, encoding="utf-8")
    print(f"{options.write} is written.")
    return 0


def _page(folder: Path) -> Iterator[str]:
    conflicts = load_sources(_SOURCES).conflicts
    matcher = compile_keywords(conflicts)

    def tried(sample: Sample) -> list[Tried]:
        with (folder / f"{sample.name}.jsonl").open(encoding="utf-8") as lines:
            rows = [row for row in map(json.loads, lines) if sample.counts(row)]
        return [Tried(row=row, matches=matcher.match(_text(row))) for row in rows]

    events = {sample: tried(sample) for sample in _EVENTS}
    headlines = {sample: tried(sample) for sample in _HEADLINES}
    yield _INTRODUCTION
    yield from _sahel({**events, **headlines})
    yield from _per_conflict(events, conflicts)
    yield from _negatives({sample: tried(sample) for sample in _OTHERS})
    tracked = {conflict.slug for conflict in conflicts}
    yield from _failures({**events, **headlines}, tracked)


def _text(row: Row) -> ArticleText:
    fields = (row.get(key) or "" for key in ("title", "summary", "lang"))
    title, summary, language = fields
    return ArticleText(title=title, summary=summary, language=language)


def _sahel(samples: Mapping[Sample, Sequence[Tried]]) -> Iterator[str]:
    yield "\n## The Sahel\n"
    yield "Mali, Burkina Faso and Niger taken as one, as the labels do.\n"
    yield "| file | articles | labelled | precision | recall | F1 | wanted |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for sample, articles in samples.items():
        judged = [each for each in articles if _UNION not in each.grey]
        figures = _figures([(bool(each.found & _SAHEL), _UNION in each.labels) for each in judged])
        labelled = sum(_UNION in each.labels for each in judged)
        if labelled:
            yield (
                f"| {sample.name}: {sample.about} | {len(judged):,} | {labelled} "
                f"| {_two(figures.precision)} | {_two(figures.recall)} | {_two(figures.f1)} "
                f"| {_WANTED.get(sample.name, '')} |"
            )


def _figures(decisions: Sequence[tuple[bool, bool]]) -> Figures:
    counted = Counter(decisions)
    return Figures(
        true_positives=counted[True, True],
        false_positives=counted[True, False],
        false_negatives=counted[False, True],
    )


def _per_conflict(
    samples: Mapping[Sample, Sequence[Tried]], conflicts: Sequence[Conflict]
) -> Iterator[str]:
    slugs = [conflict.slug for conflict in conflicts]
    evaluations = [_evaluation(articles, slugs) for articles in samples.values()]
    names = " | ".join(f"{sample.name}: P | R | F1 | labelled" for sample in samples)
    yield "\n## Every conflict\n"
    yield "Articles of current events; where nothing is labelled, there is no figure.\n"
    yield f"| conflict | {names} |"
    yield "|---|" + "--:|" * (4 * len(samples))
    for number, slug in enumerate(slugs):
        cells = [_cells(evaluation.conflicts[number].figures) for evaluation in evaluations]
        yield f"| {slug} | {' | '.join(cells)} |"
    means = [f" | | **{_two(evaluation.mean_f1)}** | " for evaluation in evaluations]
    yield f"| mean F1 (wanted: 0.90) | {'|'.join(means)} |"


def _evaluation(articles: Sequence[Tried], slugs: Sequence[str]) -> Evaluation:
    return evaluate(
        (Judged(matches=each.matches, labels=each.labels, grey=each.grey) for each in articles),
        slugs,
    )


def _cells(figures: Figures) -> str:
    labelled = figures.true_positives + figures.false_negatives
    numbers = (figures.precision, figures.recall, figures.f1) if labelled else (None,) * 3
    return " | ".join([*map(_two, numbers), str(labelled)])


def _negatives(samples: Mapping[Sample, Sequence[Tried]]) -> Iterator[str]:
    yield "\n## Articles of nothing we track\n"
    yield "Fired: a conflict is found that the article is neither labelled with nor grey for.\n"
    yield "| file | articles | fired | share | wanted |"
    yield "|---|--:|--:|--:|---|"
    for sample, articles in samples.items():
        fired = sum(bool(each.found - each.labels - each.grey) for each in articles)
        wanted = "" if "unjudged" in sample.name else "at most 3 %"
        yield (
            f"| {sample.name}: {sample.about} | {len(articles):,} | {fired} "
            f"| {fired / len(articles):.1%} | {wanted} |"
        )
    yield (
        "\nThe French background holds hundreds of articles on Ukraine, Iran, Gaza and others that "
        "we do track: of its articles only those on the Sahel were left out."
    )


def _failures(samples: Mapping[Sample, Sequence[Tried]], tracked: Collection[str]) -> Iterator[str]:
    yield "\n## Where the keywords and the labels disagree\n"
    yield "By id in the file; with what fired. Some are faults of the labels.\n"
    for sample, articles in samples.items():
        # Headline files are labelled for the Sahel only: of other conflicts they say nothing.
        judged = _SAHEL if sample in _HEADLINES[:2] else tracked
        # What concerns the Sahel first.
        ordered = sorted(articles, key=lambda each: not (each.labels | each.found) & _SAHEL)
        lines = [line for each in ordered for line in _disagreements(each, judged)]
        yield f"\n### {sample.name}: {len(lines)}\n"
        if not lines:
            yield "None."
            continue
        yield "| article | conflict | | keywords |\n|---|---|---|---|"
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"\nand {len(lines) - _SHOWN} more."


def _disagreements(tried: Tried, judged: Collection[str]) -> Iterator[str]:
    labels, grey, found = tried.labels, tried.grey, tried.found
    if judged is _SAHEL and (_UNION in labels) == bool(found & _SAHEL):
        return
    for match in tried.matches:
        if match.conflict in judged and match.conflict not in labels | grey:
            terms = dict.fromkeys(hit.term for hit in match.hits)
            yield f"| {tried.row['id']} | {match.conflict} | found | {', '.join(_quoted(terms))} |"
    for slug in sorted((labels & set(judged)) - found):
        yield f"| {tried.row['id']} | {slug} | missed | |"


def _quoted(terms: Iterable[str]) -> list[str]:
    return [f"`{term}`".replace("|", "\\|") for term in terms]


def _two(number: float | None) -> str:
    return "–" if number is None else f"{number:.2f}"


_INTRODUCTION = """\
# How right the keywords are

Made by `make evaluate` from `sources.yaml` and the labelled articles of the project's shared data
(labels by the editors of Wikipedia's current-events pages, by publishers' sections, and by one
annotator; 2 to 5 % of them are wrong). An article that is *grey* for a conflict is left out there.

**Read with care.** The keywords were written while half of these files could be seen, from
knowledge of the conflicts: places, armed groups, leaders, operations and missions in English and
French. Expect a little less on articles nobody has seen. The headlines were drawn with a word list,
so their recall flatters every rule made of such words."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

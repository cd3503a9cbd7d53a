"""Matching keywords: articles a second, beside the same keywords as one regular expression.

Both look for whole words in the folded title and summary. The expression only says whether anything
occurs; Dateline's matcher also says what, where, under which rule, and whether the rule holds.
"""

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.table import machine, show
from pipeline.model import ArticleText, Conflict, Keywords, Term
from pipeline.stages.match import compile_keywords
from pipeline.text import Folded

_SIZES = (100, 1_000, 10_000)
_CONFLICTS = 12
_LETTERS = "abcdefghiklmnoprstuvz"
_SECONDS = 2.0  # for one measurement
_ONE_IN = 20  # so many articles hold a keyword


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks match", description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    options = parser.parse_args(arguments)
    rows = []
    for size in _SIZES:
        keywords = _keywords(size)
        articles = _articles(options.articles, keywords)
        ours, theirs = _matcher(keywords), _expression(keywords)
        found = [bool(ours(each)) for each in articles[:500]]
        assert found == [bool(theirs(each)) for each in articles[:500]], "they disagree"
        fast, slow = _rate(ours, articles), _rate(theirs, articles)
        rows.append((f"{size:,}", f"{fast:,.0f}", f"{slow:,.0f}", f"{fast / slow:.1f} ×"))
    print(f"{options.articles:,} articles of about 45 words; {machine()}")
    heads = "keywords|Dateline, articles/CPU s|regular expression|ratio"
    show("Matching", heads.split("|"), rows)
    return 0


def _keywords(size: int) -> list[str]:
    dice = random.Random(size)
    words: dict[str, None] = {}
    while len(words) < size:
        length = 1 if dice.random() < 0.7 else 2
        words[" ".join("".join(dice.choices(_LETTERS, k=7)) for _ in range(length))] = None
    return list(words)


def _articles(count: int, keywords: Sequence[str]) -> list[ArticleText]:
    dice = random.Random(count)
    common = ["".join(dice.choices(_LETTERS, k=dice.randint(2, 9))) for _ in range(3_000)]
    texts = []
    for number in range(count):
        title, summary = dice.choices(common, k=9), dice.choices(common, k=36)
        if number % _ONE_IN == 0:
            title[4] = dice.choice(keywords)
        summary[10] += ","
        texts.append(
            ArticleText(
                title=" ".join(title).title(), summary=" ".join(summary) + ".", language="en"
            )
        )
    return texts


def _matcher(keywords: Sequence[str]) -> Callable[[ArticleText], object]:
    conflicts = [
        Conflict(
            slug=f"conflict-{number}",
            title=f"Conflict {number}",
            keywords=Keywords(
                decisive=tuple(Term(text=word) for word in keywords[number::_CONFLICTS])
            ),
        )
        for number in range(_CONFLICTS)
    ]
    return compile_keywords(conflicts).match


def _expression(keywords: Sequence[str]) -> Callable[[ArticleText], object]:
    union = re.compile(rf"(?<= )(?:{'|'.join(map(re.escape, keywords))})(?= )")

    def search(article: ArticleText) -> object:
        return union.search(Folded(article.title).stream) or union.search(
            Folded(article.summary).stream
        )

    return search


def _rate(function: Callable[[ArticleText], object], articles: Sequence[ArticleText]) -> float:
    """Articles a processor second."""
    done, began = 0, time.process_time()
    while time.process_time() - began < _SECONDS:
        for article in articles[done % len(articles) :][:50]:
            function(article)
        done += 50
    return done / (time.process_time() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

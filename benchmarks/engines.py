"""One keyword engine on one set of articles, in a process of its own.

Dateline's runs under this project's Python, the others under one they are installed in, where
nothing of Dateline can be imported. Prints what was measured as JSON.
"""

import importlib
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SECONDS = 2.0  # for one measurement
_CONFLICTS = 12

Search = Callable[[tuple[str, str]], object]


def dateline(keywords: Sequence[str]) -> Search:
    """Dateline's matcher: folding, every hit with its span, and the rule of every conflict."""
    model: Any = importlib.import_module("pipeline.model")
    match: Any = importlib.import_module("pipeline.stages.match")
    conflicts = [
        model.Conflict(
            slug=f"conflict-{number}",
            title=f"Conflict {number}",
            keywords=model.Keywords(
                decisive=tuple(model.Term(text=word) for word in keywords[number::_CONFLICTS])
            ),
        )
        for number in range(_CONFLICTS)
    ]
    matcher = match.compile_keywords(conflicts)
    text = model.ArticleText

    def search(article: tuple[str, str]) -> object:
        return matcher.match(text(title=article[0], summary=article[1], language="en"))

    return search


def expression(keywords: Sequence[str]) -> Search:
    """All keywords in one regular expression; it only says whether any is there."""
    union = re.compile(rf"\b(?:{'|'.join(map(re.escape, keywords))})\b", re.IGNORECASE)
    return lambda article: union.search(article[0]) or union.search(article[1])


def flashtext(keywords: Sequence[str]) -> Search:
    """FlashText with spans."""
    library: Any = importlib.import_module("flashtext")
    processor = library.KeywordProcessor()
    processor.add_keywords_from_list(list(keywords))
    found = processor.extract_keywords
    return lambda article: found(article[0], span_info=True) or found(article[1], span_info=True)


def spacy(keywords: Sequence[str]) -> Search:
    """spaCy's PhraseMatcher on lower-case tokens."""
    library: Any = importlib.import_module("spacy")
    matcher: Any = importlib.import_module("spacy.matcher")
    language = library.blank("en")
    phrases = matcher.PhraseMatcher(language.vocab, attr="LOWER")
    phrases.add("KEYWORDS", [language.make_doc(word) for word in keywords])
    make = language.make_doc
    return lambda article: phrases(make(article[0])) or phrases(make(article[1]))


_ENGINES = {each.__name__: each for each in (dateline, expression, flashtext, spacy)}


def main(name: str, path: str) -> None:
    """Compile, check what is found, and measure."""
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    articles = [(title, summary) for title, summary in given["articles"]]
    before, began = _memory(), time.process_time()
    search = _ENGINES[name](given["keywords"])
    compiling = time.process_time() - began
    took = _memory() - before
    found = [bool(search(each)) for each in articles[: given["checked"]]]
    print(
        json.dumps(
            {
                "compile": compiling,
                "memory": took,
                "found": found,
                "rate": _rate(search, articles),
            }
        )
    )


def _rate(search: Search, articles: Sequence[tuple[str, str]]) -> float:
    """Articles a processor second."""
    done, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        start = done % len(articles)
        batch = articles[start : start + 20]
        for article in batch:
            search(article)
        done += len(batch)
    return done / (time.process_time() - began)


def _memory() -> float:
    """The most memory of this process so far, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

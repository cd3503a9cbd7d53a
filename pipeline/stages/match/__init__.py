"""Match: every conflict's keywords in one pass over an article, every hit a span of its text.

A text is folded (`pipeline.text`), one automaton finds all words of all terms in it, and each term
then asks for its mark and conditions. Live matching, rematch, backtest, highlighting, `try` and
`evaluate` all go through `Matcher`, so what the tester says is what the pipeline does.
"""

from pipeline.stages.match.reading import FoldedArticle
from pipeline.stages.match.rules import Explanation, Matcher, Mentions, Sighting, compile_keywords
from pipeline.stages.match.terms import Pattern, check_term, parse_pattern
from pipeline.stages.match.versions import keywords_version

__all__ = [
    "Explanation",
    "FoldedArticle",
    "Matcher",
    "Mentions",
    "Pattern",
    "Sighting",
    "check_term",
    "compile_keywords",
    "keywords_version",
    "parse_pattern",
]

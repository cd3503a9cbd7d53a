"""The version of a rule: a short hash that is equal exactly when the rule is."""

import hashlib
import json
from collections.abc import Sequence

from pipeline.model import Keywords, Near, Term


def keywords_version(keywords: Keywords) -> str:
    """Hash a rule's content to 12 hexadecimal digits.

    The order of terms, and a term listed twice, change nothing a match depends on, so they do not
    change the version; neither does the vocabulary a term came from. How a term is written does:
    hits name it.
    """
    lists = (keywords.decisive, keywords.places, keywords.subjects, keywords.exclude)
    content = json.dumps([_MEANING, [_canonical(terms) for terms in lists]], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:12]


def _canonical(terms: Sequence[Term]) -> list[str]:
    return sorted({json.dumps(_content(term)) for term in terms})


def _content(term: Term) -> list[object]:
    return [
        term.text,
        _in_order(term.languages),
        _in_order(term.fields),
        _near(term.near),
        _near(term.unless_near),
        _in_order(term.all),
    ]


def _near(near: Near | None) -> list[object]:
    return [] if near is None else [_in_order(near.words), near.within]


def _in_order(words: Sequence[str]) -> list[str]:
    return sorted(set(words))


# Raise this when the same terms come to mean something else: stored matches are then out of date.
_MEANING = 1

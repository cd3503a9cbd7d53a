"""What a request says of itself: which copy the client has, and which codings it takes."""

import re
from collections.abc import Set
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TAGS = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# Servers in front of us mark a tag when they compress what we sent plain.
_MARKS = (b"-gzip", b"-br", b";gzip", b";br", b"--gzip", b"--br")
_CODINGS = ("br", "gzip", "identity")


def has_it(
    tags: Set[bytes], changed_at: int, none_match: bytes | None, since: bytes | None
) -> bool:
    """Tell whether the client's copy is current (RFC 9110 §13.2.2).

    `tags` are those of every coding of the present version, without quotes; `changed_at` is in Unix
    seconds. If-None-Match goes before If-Modified-Since and compares weakly; several header lines
    are given joined by commas.
    """
    if none_match is not None:
        if none_match.strip() == b"*":
            return True
        return any(tag in tags or _unmarked(tag) in tags for tag in _TAGS.findall(none_match))
    if since is None:
        return False
    moment = _moment(since)
    return moment is not None and changed_at <= moment


def _unmarked(tag: bytes) -> bytes:
    for mark in _MARKS:
        tag = tag.removesuffix(mark)
    return tag


@lru_cache(256)
def _moment(date: bytes) -> float | None:
    """Read an HTTP date; None for anything else, and then the condition does not count."""
    try:
        moment = parsedate_to_datetime(date.decode("latin-1"))
    except (ValueError, OverflowError):
        return None
    # A date without a zone is no HTTP date.
    return moment.timestamp() if moment.tzinfo is not None else None


@lru_cache(256)
def preferred(accepted: bytes) -> tuple[str, ...]:
    """Give the codings a client takes, the best first (RFC 9110 §12.5.3); empty: send it plain.

    Its weights decide, then the size. `*` stands for gzip only: who names nothing may well not
    know what is newer.
    """
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip().replace("x-gzip", "gzip")] = _weight(parameters)
    weights.setdefault("gzip", weights.get("*", 0.0))
    # Not named, plain is always taken, and liked least.
    plain = weights.get("identity", 0.0)
    ranked = sorted(_CODINGS[:2], key=lambda coding: -weights.get(coding, 0.0))
    return tuple(each for each in ranked if weights.get(each, 0.0) > 0 and weights[each] >= plain)


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            weight = re.fullmatch(r"\s*([01](?:\.[0-9]{0,3})?)\s*", value)
            return min(float(weight[1]), 1.0) if weight else 0.0
    return 1.0

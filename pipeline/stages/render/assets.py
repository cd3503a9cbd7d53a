"""Assets: the files that pages load, each under its own name and one that tells its content."""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pipeline.stages.render.filters import filter_styles
from pipeline.stages.render.world import world_picture

# Named by feeds and by other sites: their address stays, whatever they hold.
_NAMED_ELSEWHERE = frozenset({"card.png", "feed.css"})
_VERSIONED = re.compile(r"(.+)\.[0-9a-f]{16}(\.[a-z]+)")


def static_files() -> Mapping[str, bytes]:
    """Give the files that belong under `/static/`, by name; what pages load is there by both."""
    found = dict(_plain())
    found |= {file_name(name): _plain()[name] for name in _plain().keys() - _NAMED_ELSEWHERE}
    return dict(sorted(found.items()))


@cache
def file_name(name: str) -> str:
    """Give the name that tells a file's content: `dateline.css` as
    `dateline.0f1e2d3c4b5a6978.css`, the first sixteen digits of its SHA-256."""
    return versioned(name, _plain()[name])


def versioned(name: str, content: bytes) -> str:
    """Put the version of a content into a file's name."""
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{sha256(content).hexdigest()[:16]}.{kind}"


def plain_name(name: str) -> str:
    """Give a file's own name, whichever version its name told."""
    found = _VERSIONED.fullmatch(name)
    return name if found is None else found[1] + found[2]


@cache
def _plain() -> Mapping[str, bytes]:
    folder = files("pipeline.stages.render") / "static"
    found = {item.name: item.read_bytes() for item in folder.iterdir()}
    return found | {"filters.css": filter_styles(), "world.svg": world_picture()}

"""The templates' environment."""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.stages.render.entries import shown
from pipeline.stages.render.languages import UNDETERMINED, language_name
from pipeline.stages.render.moments import (
    brief_moment,
    clock,
    long_day,
    long_moment,
    rfc3339,
    short_day,
    short_moment,
    utc_day,
    weekday,
)
from pipeline.stages.render.plain import clean, printable

_PACKAGE = "pipeline.stages.render"
# A shape beside the word and the colour: status must be readable without seeing colours.
_STATUS_MARKS = {"worsening": "\u25b2", "unchanging": "\u25a0", "improving": "\u25bc"}
# The same shapes as paths around (0, 0), for the map.
_STATUS_SHAPES = {
    "worsening": "M0-14 14 11h-28z",
    "unchanging": "M-11-11h22v22h-22z",
    "improving": "M0 14-14-11h28z",
    "unrated": "M-12 0a12 12 0 1 0 24 0a12 12 0 1 0-24 0z",
}


def fill(template: str, values: Mapping[str, object]) -> bytes:
    """Fill a template by name: what is not markup is escaped, a missing value raises."""
    return _ENVIRONMENT.get_template(template).render(values).encode()


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalised,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        brief_moment=brief_moment,
        clock=clock,
        iso=rfc3339,
        known_language=_known_language,
        language_name=language_name,
        long_day=long_day,
        long_moment=long_moment,
        plain=clean,
        short_day=short_day,
        short_moment=short_moment,
        shown=shown,
        utc_day=utc_day,
        weekday=weekday,
    )
    environment.globals["status_marks"] = _STATUS_MARKS
    environment.globals["status_shapes"] = _STATUS_SHAPES
    return environment


def _finalised(value: object) -> object:
    # Markup is our own or sanitised; plain text may come from anywhere.
    return printable(value) if type(value) is str else value


def _known_language(tag: str) -> str | None:
    return None if tag == UNDETERMINED else tag


_ENVIRONMENT = _environment()

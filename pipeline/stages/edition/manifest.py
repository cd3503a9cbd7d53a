"""The manifest: all an edition is made from, as canonical JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pipeline.errors import EditionError
from pipeline.model import (
    Edition,
    EditionCorrection,
    EditionReport,
    EditionStory,
    Reading,
)

FORMAT = 1


def to_manifest(edition: Edition) -> str:
    """Write an edition's manifest; the same edition always gives the same bytes."""
    document = {"manifest": FORMAT} | asdict(edition)
    return json.dumps(document, default=_written, ensure_ascii=False, sort_keys=True, indent=1)


def _written(value: object) -> str:
    assert isinstance(value, date | datetime)
    return value.isoformat()


def from_manifest(text: str) -> Edition:
    """Read a manifest back; raises EditionError where it is none."""
    try:
        document = json.loads(text)
        if document.pop("manifest") != FORMAT:
            raise EditionError("the manifest has a format that this version does not know")
        return _edition(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EditionError(f"the manifest cannot be read: {error}") from None


def _edition(document: Mapping[str, Any]) -> Edition:
    moments = ("published_at", "updated_at", "since_at", "cut_off_at")
    previous = document["previous_day"]
    return Edition(
        **{
            **document,
            **_moments(document, *moments),
            "day": date.fromisoformat(document["day"]),
            "previous_day": date.fromisoformat(previous) if previous else None,
            "missed": tuple(map(date.fromisoformat, document["missed"])),
            "reading": _reading(document["reading"]),
            "stories": tuple(map(_story, document["stories"])),
            "corrections": tuple(
                EditionCorrection(**{**each, **_moments(each, "at")})
                for each in document["corrections"]
            ),
        }
    )


def _reading(document: Mapping[str, Any]) -> Reading:
    on = document["failing_on"]
    return Reading(**{**document, "failing_on": date.fromisoformat(on) if on else None})


def _story(document: Mapping[str, Any]) -> EditionStory:
    reports = tuple(
        EditionReport(**{**each, **_moments(each, "published_at"), "hits": tuple(each["hits"])})
        for each in document["reports"]
    )
    return EditionStory(**{**document, **_moments(document, "published_at"), "reports": reports})


def _moments(document: Mapping[str, Any], *names: str) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(document[name]) for name in names}

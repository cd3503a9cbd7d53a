"""Sources back to YAML: what runs now, in the form the file has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import yaml

from pipeline.model import (
    Approval,
    Conflict,
    CutOff,
    Defaults,
    Example,
    Feed,
    Keywords,
    Sources,
    Term,
)
from pipeline.sources.keywords import LISTS
from pipeline.sources.values import show_duration
from pipeline.sources.watchlist import APPROVE_AT


class _Flow(dict[str, object]):
    """A mapping written on one line."""


class _Line(list[object]):
    """A list written in brackets, wrapped where it grows long."""


class _Dumper(yaml.SafeDumper):
    """Writes lists indented under their key, no alias, and no text broken over lines."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def write_plain(self, text: str, split: bool = True) -> None:
        super().write_plain(text, False)

    def write_single_quoted(self, text: str, split: bool = True) -> None:
        super().write_single_quoted(text, False)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Flow,
    lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True),
)
_Dumper.add_representer(
    _Line,
    lambda dumper, value: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", value, flow_style=True
    ),
)


def export_sources(sources: Sources) -> str:
    """The sources as YAML that parse_sources reads back to an equal value (but for `digest`)."""
    document: dict[str, object] = {"version": 1, "defaults": _defaults(sources.defaults)}
    if sources.vocabularies:
        document["vocabularies"] = {
            name: _Line(_term(term) for term in terms)
            for name, terms in sources.vocabularies.items()
        }
    document["feeds"] = [_feed(feed, sources.defaults) for feed in sources.feeds]
    document["conflicts"] = [
        _conflict(conflict, sources.raw_keywords.get(conflict.slug))
        for conflict in sources.conflicts
    ]
    return _dump(document)


def export_keywords(
    keywords: Mapping[str, object] | Keywords,
    vocabularies: Mapping[str, Sequence[Term]] | None = None,
) -> str:
    """One conflict's keywords as the YAML block below `keywords:`, for an editor to change.

    A rule's terms that came from one of the `vocabularies` are written as its name, where all of it
    still stands in the list.
    """
    if isinstance(keywords, Keywords) and vocabularies:
        lists = {name: _folded_in(getattr(keywords, name), vocabularies) for name in LISTS}
        written = {name: terms for name, terms in lists.items() if terms}
        return _dump(_keywords({**written, **_examples(keywords.examples)}))
    return _dump(_keywords(keywords))


def _folded_in(terms: Sequence[Term], vocabularies: Mapping[str, Sequence[Term]]) -> list[object]:
    here = {replace(term, vocabulary="") for term in terms}
    whole = {
        name
        for name in {term.vocabulary for term in terms}
        if name in vocabularies
        and all(replace(term, vocabulary="") in here for term in vocabularies[name])
    }
    of_whole = {name: set(vocabularies[name]) for name in whole}
    written: dict[str, None] = {}
    shown: list[object] = []
    for term in terms:
        if term.vocabulary in whole and term in of_whole[term.vocabulary]:
            if term.vocabulary not in written:
                shown.append(f"@{term.vocabulary}")
            written[term.vocabulary] = None
        else:
            shown.append(_term(term))
    return shown


def _dump(document: object) -> str:
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def _defaults(defaults: Defaults) -> _Flow:
    shown = _Flow(
        every=show_duration(defaults.every),
        language=defaults.language,
        keep_unmatched=show_duration(defaults.keep_unmatched),
    )
    if not defaults.adaptive:
        shown["pace"] = "fixed"
    if defaults.full_text:
        shown["full_text"] = True
    return shown


def _feed(feed: Feed, defaults: Defaults) -> dict[str, object]:
    shown: dict[str, object] = {"id": feed.id, "url": feed.url}
    if feed.publisher != feed.id:
        shown["publisher"] = feed.publisher
    if feed.every != defaults.every:
        shown["every"] = show_duration(feed.every)
    if feed.adaptive != defaults.adaptive:
        shown["pace"] = "adaptive" if feed.adaptive else "fixed"
    if feed.language != defaults.language:
        shown["language"] = feed.language
    if feed.country:
        shown["country"] = feed.country
    if feed.tags:
        shown["tags"] = _Line(feed.tags)
    if not feed.enabled:
        shown["enabled"] = False
    if feed.max_bytes is not None:
        shown["max_bytes"] = feed.max_bytes
    if feed.full_text != defaults.full_text:
        shown["full_text"] = feed.full_text
    if feed.unverified_tls is not None:
        leave = feed.unverified_tls
        shown["unverified_tls"] = {"because": leave.because, "until": leave.until}
    return shown


def _conflict(conflict: Conflict, raw: Mapping[str, object] | None) -> dict[str, object]:
    shown: dict[str, object] = {"slug": conflict.slug, "title": conflict.title}
    if conflict.region:
        shown["region"] = conflict.region
    if conflict.countries:
        shown["countries"] = _Line(conflict.countries)
    stated = {
        "type": conflict.type,
        "impact": conflict.impact,
        "status": conflict.status,
        "status_reason": conflict.status_reason,
    }
    shown |= {key: value for key, value in stated.items() if value}
    if conflict.approve is Approval.AUTOMATIC:
        shown["approve"] = str(conflict.approve)
    if conflict.approve is Approval.AUTOMATIC or conflict.approve_at != APPROVE_AT:
        shown["approve_at"] = conflict.approve_at
    if conflict.edition is None:
        shown["edition"] = "off"
    elif conflict.edition != CutOff():
        shown["edition"] = _Flow(at=f"{conflict.edition.at:%H:%M}", zone=conflict.edition.zone)
    shown["keywords"] = _keywords(raw if raw is not None else conflict.keywords)
    return shown


def _keywords(keywords: Mapping[str, object] | Keywords) -> dict[str, object]:
    if isinstance(keywords, Keywords):
        lists = {name: [_term(term) for term in getattr(keywords, name)] for name in LISTS}
        shown: dict[str, object] = {name: _Line(terms) for name, terms in lists.items() if terms}
        return shown | _examples(keywords.examples)
    return {
        name: value if name == "examples" else _in_line(value) for name, value in keywords.items()
    }


def _examples(examples: Sequence[Example]) -> dict[str, object]:
    """The examples below their key, a line each: sentences do not read well side by side."""
    sides = {
        side: [_example(each) for each in examples if each.matches is matches]
        for side, matches in (("match", True), ("no_match", False))
    }
    shown = {side: found for side, found in sides.items() if found}
    return {"examples": shown} if shown else {}


def _example(example: Example) -> object:
    fields = {
        "title": example.title,
        "summary": example.summary,
        "body": example.body,
        "lang": example.language,
    }
    written = _Flow({key: value for key, value in fields.items() if value})
    return written if len(written) > 1 else example.title


def _in_line(value: object) -> object:
    if isinstance(value, Mapping):
        return _Flow({str(key): _in_line(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return _Line(_in_line(item) for item in value)
    return value


def _term(term: Term) -> object:
    """A term as the file writes it: plain text, or a mapping when it has conditions."""
    shown = _Flow(term=term.text)
    if term.languages:
        shown["lang"] = _Line(term.languages)
    if term.fields:
        shown["field"] = _Line(str(field) for field in term.fields)
    for key, near in (("near", term.near), ("unless_near", term.unless_near)):
        if near is not None:
            shown[key] = _Line(near.words)
            shown["within"] = near.within
    if term.all:
        shown["all"] = _Line(term.all)
    return shown if len(shown) > 1 else term.text

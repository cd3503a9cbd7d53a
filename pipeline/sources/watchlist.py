"""Feeds, conflicts and defaults: nodes in, the model's values out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta

from yaml.nodes import Node

from pipeline.model import Approval, Conflict, CutOff, Defaults, Feed, Unverified
from pipeline.sources.keywords import ReadRule, as_written, read_keywords
from pipeline.sources.nodes import (
    Findings,
    line_of,
    mapping,
    scalar_kind,
    sequence,
    text,
    texts,
    truth,
    whole_number,
)
from pipeline.sources.terms import Vocabularies
from pipeline.sources.values import (
    LONGEST_INTERVAL,
    LONGEST_KEEPING,
    address,
    choice,
    country,
    day,
    day_time,
    feed_id,
    interval,
    language,
    same_address,
    slug,
    zone,
)
from pipeline.text import fold_key

DEFAULT_KEYS = ("every", "pace", "language", "keep_unmatched", "full_text")
FEED_KEYS = (
    "id", "publisher", "url", "every", "pace", "language", "country", "tags", "enabled",
    "max_bytes", "full_text", "unverified_tls",
)  # fmt: skip
PACES = ("adaptive", "fixed")
LEAST_BYTES, MOST_BYTES = 10_000, 500_000_000
CONFLICT_KEYS = (
    "slug", "title", "region", "countries", "type", "impact", "status", "status_reason",
    "approve", "approve_at", "edition", "keywords",
)  # fmt: skip
UNVERIFIED_KEYS = ("because", "until")
EDITION_KEYS = ("at", "zone")
TYPES = (
    "civil war", "interstate", "transnational terrorism", "political instability",
    "criminal violence", "territorial dispute",
)  # fmt: skip
IMPACTS = ("critical", "significant", "limited")
STATUSES = ("worsening", "unchanging", "improving")
APPROVE_AT = 6
HIGHEST_SCORE = 1000


def read_defaults(node: Node, findings: Findings) -> Defaults:
    """What applies where a feed says nothing; after a fault the built-in value stands."""
    values = mapping(node, findings, "defaults", DEFAULT_KEYS) or {}
    plain = Defaults()
    every: timedelta | None = None
    kept: timedelta | None = None
    spoken: str | None = None
    pace: str | None = None
    if "pace" in values:
        pace = choice(values["pace"], findings, "pace", PACES)
    if "every" in values:
        every = interval(values["every"], findings, "every", LONGEST_INTERVAL)
    if "keep_unmatched" in values:
        kept = interval(values["keep_unmatched"], findings, "keep_unmatched", LONGEST_KEEPING)
    if "language" in values:
        spoken = language(values["language"], findings)
    whole = truth(values["full_text"], findings, "full_text") if "full_text" in values else None
    return Defaults(
        every=every or plain.every,
        language=spoken or plain.language,
        keep_unmatched=kept or plain.keep_unmatched,
        adaptive=plain.adaptive if pace is None else pace == "adaptive",
        full_text=whole is True,
    )


def read_feeds(node: Node, findings: Findings, defaults: Defaults) -> tuple[Feed, ...]:
    """All feeds; ids and addresses must differ."""
    ids: dict[str, int] = {}
    urls: dict[str, int] = {}
    feeds: list[Feed] = []
    for item in sequence(node, findings, "feeds"):
        values = mapping(item, findings, "a feed", FEED_KEYS, ("id", "url"))
        if values is None:
            continue
        feed = _feed(values, findings, defaults)
        if feed.id:
            _only_once(values["id"], f"feed id {feed.id}", feed.id, ids, findings)
        if feed.url:
            _only_once(values["url"], f"url {feed.url}", same_address(feed.url), urls, findings)
        feeds.append(feed)
    return tuple(feeds)


def _feed(values: dict[str, Node], findings: Findings, defaults: Defaults) -> Feed:
    name = feed_id(values["id"], findings) if "id" in values else None
    url = address(values["url"], findings) if "url" in values else None
    every = spoken = place = publisher = enabled = pace = largest = whole = leave = None
    if "publisher" in values:
        publisher = text(values["publisher"], findings, "publisher")
    if "every" in values:
        every = interval(values["every"], findings, "every", LONGEST_INTERVAL)
    if "language" in values:
        spoken = language(values["language"], findings)
    if "country" in values:
        place = country(values["country"], findings)
    if "enabled" in values:
        enabled = truth(values["enabled"], findings, "enabled")
    if "pace" in values:
        pace = choice(values["pace"], findings, "pace", PACES)
    if "max_bytes" in values:
        largest = whole_number(values["max_bytes"], findings, "max_bytes", LEAST_BYTES, MOST_BYTES)
    if "full_text" in values:
        whole = truth(values["full_text"], findings, "full_text")
    if "unverified_tls" in values:
        leave = _unverified(values["unverified_tls"], findings, url)
    return Feed(
        id=name or "",
        url=url or "",
        publisher=publisher or name or "",
        language=spoken or defaults.language,
        country=place or "",
        every=every or defaults.every,
        tags=texts(values["tags"], findings, "tags") if "tags" in values else (),
        enabled=enabled is not False,
        adaptive=defaults.adaptive if pace is None else pace == "adaptive",
        max_bytes=largest,
        full_text=defaults.full_text if whole is None else whole,
        unverified_tls=leave,
    )


def _unverified(node: Node, findings: Findings, url: str | None) -> Unverified | None:
    """Leave to read a server without a good certificate; never without a reason and an end."""
    values = mapping(node, findings, "unverified_tls", UNVERIFIED_KEYS, UNVERIFIED_KEYS)
    if values is None:
        return None
    if url and not url.lower().startswith("https:"):
        findings.fault(node, "unverified_tls is for an https address", "take it out")
    because = text(values["because"], findings, "because") if "because" in values else None
    until = day(values["until"], findings, "until") if "until" in values else None
    return Unverified(because=because, until=until) if because and until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConflicts:
    """All conflicts; by slug their keywords as written, as plain values and as nodes."""

    conflicts: tuple[Conflict, ...] = ()
    raw: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    rules: Mapping[str, ReadRule] = field(default_factory=dict)


def read_conflicts(node: Node, findings: Findings, vocabularies: Vocabularies) -> ReadConflicts:
    """All conflicts with what is known of their keywords; slugs must differ, and a region that is
    spelt in several ways is one, spelt as where it comes first."""
    slugs: dict[str, int] = {}
    regions: dict[str, tuple[str, int]] = {}
    conflicts: list[Conflict] = []
    raw: dict[str, dict[str, object]] = {}
    rules: dict[str, ReadRule] = {}
    for item in sequence(node, findings, "conflicts"):
        required = ("slug", "title", "keywords")
        values = mapping(item, findings, "a conflict", CONFLICT_KEYS, required)
        if values is None:
            continue
        rule = None
        if "keywords" in values:
            rule = read_keywords(values["keywords"], findings, vocabularies)
        conflict = _conflict(values, findings, rule)
        if conflict is None or rule is None:
            continue
        rules[conflict.slug] = rule
        _only_once(values["slug"], f"slug {conflict.slug}", conflict.slug, slugs, findings)
        if conflict.region:
            region = _one_region(values["region"], conflict.region, regions, findings)
            conflict = replace(conflict, region=region)
        conflicts.append(conflict)
        written = as_written(values["keywords"])
        if isinstance(written, dict):
            raw[conflict.slug] = written
    return ReadConflicts(conflicts=tuple(conflicts), raw=raw, rules=rules)


def _conflict(
    values: dict[str, Node], findings: Findings, rule: ReadRule | None
) -> Conflict | None:
    """One conflict, every key checked; None when what is required is missing or wrong."""
    words = {
        key: text(values[key], findings, key)
        for key in ("title", "region", "status_reason")
        if key in values
    }
    chosen = {
        key: choice(values[key], findings, key, allowed)
        for key, allowed in (
            ("type", TYPES),
            ("impact", IMPACTS),
            ("status", STATUSES),
            ("approve", tuple(Approval)),
        )
        if key in values
    }
    name = slug(values["slug"], findings) if "slug" in values else None
    countries: list[str | None] = []
    if "countries" in values:
        countries = [
            country(item, findings, "an item of countries")
            for item in sequence(values["countries"], findings, "countries")
        ]
    approve_at: int | None = None
    if "approve_at" in values:
        approve_at = whole_number(values["approve_at"], findings, "approve_at", 1, HIGHEST_SCORE)
        if chosen.get("approve") != Approval.AUTOMATIC:
            findings.warn(values["approve_at"], "approve_at counts only with approve: automatic")
    if "status_reason" in values and "status" not in values:
        findings.warn(values["status_reason"], "status_reason explains no status", "add status: …")
    edition = read_cut_off(values["edition"], findings) if "edition" in values else CutOff()
    title = words.get("title")
    if name is None or title is None or rule is None:
        return None
    return Conflict(
        slug=name,
        title=title,
        keywords=rule.keywords,
        region=words.get("region") or "",
        countries=tuple(dict.fromkeys(code for code in countries if code is not None)),
        type=chosen.get("type") or "",
        impact=chosen.get("impact") or "",
        status=chosen.get("status") or "",
        status_reason=words.get("status_reason") or "",
        approve=Approval(chosen.get("approve") or Approval.EDITOR),
        approve_at=approve_at or APPROVE_AT,
        edition=edition,
    )


def read_cut_off(node: Node, findings: Findings) -> CutOff | None:
    """When the daily edition closes; None for `off`. After a fault the usual hour stands."""
    if scalar_kind(node) in {"bool", "str"} and str(node.value).lower() in {"off", "no", "false"}:
        return None
    values = mapping(node, findings, "edition", EDITION_KEYS) or {}
    plain = CutOff()
    at: time | None = None
    place: str | None = None
    if "at" in values:
        at = day_time(values["at"], findings, "at")
    if "zone" in values:
        place = zone(values["zone"], findings)
    return CutOff(at=at or plain.at, zone=place or plain.zone)


def _one_region(node: Node, name: str, seen: dict[str, tuple[str, int]], findings: Findings) -> str:
    """The region's name as it is spelt where it comes first."""
    name = " ".join(name.split())
    first, line = seen.setdefault(fold_key(name) or name, (name, line_of(node)))
    if name != first:
        what = f'region "{name}" is taken for "{first}"'
        findings.warn(node, what, f"spell it as on line {line}", kind="region")
    return first


def _only_once(node: Node, what: str, key: str, seen: dict[str, int], findings: Findings) -> None:
    if key in seen:
        fix = f"the first is on line {seen[key]}"
        findings.fault(node, f"{what} stands twice", fix)
    seen.setdefault(key, line_of(node))

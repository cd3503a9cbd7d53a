"""Single values of sources.yaml: ids, addresses, intervals, languages, countries."""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from datetime import date, time, timedelta
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from yaml.nodes import Node, ScalarNode

from pipeline.sources.countries import COUNTRIES
from pipeline.sources.nodes import Findings, misread, one_of, scalar_kind, suggest, text

SHORTEST = timedelta(minutes=1)
LONGEST_INTERVAL = timedelta(days=30)
LONGEST_KEEPING = timedelta(days=3650)

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d{1,7})d)?(?:(\d{1,7})h)?(?:(\d{1,7})m)?(?:(\d{1,7})s)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_LANGUAGE_NAMES = {
    "english": "en", "french": "fr", "français": "fr", "arabic": "ar", "ukrainian": "uk",
    "russian": "ru", "spanish": "es", "portuguese": "pt", "german": "de", "persian": "fa",
    "farsi": "fa", "hebrew": "he", "burmese": "my", "chinese": "zh", "turkish": "tr",
}  # fmt: skip
_COUNTRY_SLIPS = {"UK": "GB", "EL": "GR", "USA": "US", "DRC": "CD", "CAR": "CF", "UAE": "AE"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY_TIME = re.compile(r"(\d{1,2})[:.h](\d{2})")
_ZONE_SLIPS = {"GMT": "UTC", "Z": "UTC", "CET": "Europe/Paris", "EST": "America/New_York"}
_FEED_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def feed_id(node: Node, findings: Findings) -> str | None:
    """A feed's id: lower-case letters, digits, dots, dashes and underscores, at most 64."""
    return _identifier(node, findings, "id", _FEED_ID, "lower-case letters, digits, dashes, dots")


def slug(node: Node, findings: Findings, what: str = "slug") -> str | None:
    """A name that stands in addresses: lower-case letters, digits and dashes, at most 64."""
    return _identifier(node, findings, what, _SLUG, "lower-case letters, digits and dashes")


def _identifier(
    node: Node, findings: Findings, what: str, pattern: re.Pattern[str], allowed: str
) -> str | None:
    if scalar_kind(node) == "int" and re.fullmatch(r"[0-9]+", str(node.value)):
        findings.fault(node, f"{what} {node.value} is a number", f'quote it: "{node.value}"')
        return None
    value = text(node, findings, what)
    if value is None or pattern.fullmatch(value):
        return value
    better = slugify(value)
    fix = f"write {better}" if better else "give it a short name"
    findings.fault(node, f"{what} {value} may hold only {allowed}, at most 64", fix)
    return None


def slugify(value: str) -> str:
    """A text as an id would write it: `Instabilité au Mali` becomes `instabilite-au-mali`."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-")


def interval(node: Node, findings: Findings, what: str, most: timedelta) -> timedelta | None:
    """A duration such as 90s, 30m, 2h, 1d or 1h30m, from one minute up to `most`."""
    if isinstance(node, ScalarNode) and scalar_kind(node) not in {"str", "null"}:
        findings.fault(node, _misread_duration(node, what), _duration_fix(str(node.value)))
        return None
    value = text(node, findings, what)
    if value is None:
        return None
    duration = parse_duration(value)
    if duration is None:
        findings.fault(node, f"{what}: {value} is no duration", _duration_fix(value))
        return None
    if not SHORTEST <= duration <= most:
        limits = f"{show_duration(SHORTEST)} to {show_duration(most)}"
        findings.fault(node, f"{what}: {value} is out of range", f"allowed is {limits}")
        return None
    return duration


def parse_duration(value: str) -> timedelta | None:
    """Read `1d`, `2h`, `30m`, `90s` or several of them in this order; None for anything else."""
    found = _DURATION.fullmatch(value)
    if not value or found is None:
        return None
    seconds = sum(
        int(part or 0) * _UNITS[unit] for part, unit in zip(found.groups(), "dhms", strict=True)
    )
    return timedelta(seconds=min(seconds, 10**9))


def show_duration(duration: timedelta) -> str:
    """Write a duration as parse_duration reads it: `1h30m`."""
    left = int(duration.total_seconds())
    shown = ""
    for unit, seconds in _UNITS.items():
        count, left = divmod(left, seconds)
        shown += f"{count}{unit}" if count else ""
    return shown or "0s"


def _misread_duration(node: ScalarNode, what: str) -> str:
    written = str(node.value)
    if written.isdecimal():
        return f"{what}: {written} has no unit"
    return misread(node, what)


def _duration_fix(written: str) -> str:
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", written)
    if clock:
        return f"write {int(clock[1])}h{int(clock[2])}m or {int(clock[1])}m"
    words = re.fullmatch(r"(?i)(\d+)\s*(s|m|h|d)?[a-z]*\.?", written.strip())
    if words:
        return f"write {words[1]}{(words[2] or 'm').lower()}"
    return "write 90s, 30m, 2h, 1d or 1h30m"


def address(node: Node, findings: Findings) -> str | None:
    """An http or https address with a host, without credentials or blanks."""
    value = text(node, findings, "url")
    if value is None:
        return None
    problem = _address_problem(value)
    if problem is None:
        return value
    shown = value[:120] if "@" not in value else "…" + value[value.rfind("@") :][:120]
    findings.fault(node, f"url {shown} {problem[0]}", problem[1])
    return None


def _address_problem(value: str) -> tuple[str, str] | None:
    if any(char.isspace() or unicodedata.category(char) == "Cc" for char in value):
        return "holds a blank or control character", "write %20 for a blank"
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return "is not a valid address", "check the host, the port and the brackets"
    if parts.scheme.lower() not in {"http", "https"}:
        if parts.scheme.lower() == "feed":
            return "starts with feed:", "write https:"
        if "." in value.split("/", 1)[0]:
            return "has no scheme", f"did you mean https://{value}?"
        return "is neither http nor https", "start with https://"
    if not parts.hostname or parts.hostname.strip(".") == "":
        return "has no host", "write https://host/path"
    if "@" in parts.netloc:
        return "carries a user name or password", "remove what stands before the @"
    return None


def same_address(url: str) -> str:
    """A key under which two spellings of one address are equal (scheme, host case, fragment)."""
    parts: SplitResult = urlsplit(url)
    host = parts.netloc.lower().removesuffix(":80").removesuffix(":443")
    return f"{host}{parts.path or '/'}?{parts.query}"


def language(node: Node, findings: Findings, what: str = "language") -> str | None:
    """A language code such as en, fr or pt-BR."""
    value = text(node, findings, what)
    if value is None or _LANGUAGE.fullmatch(value):
        return value
    code = _LANGUAGE_NAMES.get(value.casefold(), "")
    if not code and _LANGUAGE.fullmatch(value.lower().replace("_", "-")):
        code = value.lower().replace("_", "-")
    fix = f"write {code}" if code else "two or three letters, as in en, fr or pt-BR"
    findings.fault(node, f"{what} {value} is no language code", fix)
    return None


def country(node: Node, findings: Findings, what: str = "country") -> str | None:
    """A country as its two-letter ISO 3166 code."""
    value = text(node, findings, what)
    if value is None or value in COUNTRIES:
        return value
    better = _COUNTRY_SLIPS.get(value.upper(), value.upper())
    fix = f"write {better}" if better in COUNTRIES else "two capital letters, as in ML for Mali"
    findings.fault(node, f"{what} {value} is no ISO 3166 country code", fix)
    return None


def choice(node: Node, findings: Findings, what: str, allowed: Collection[str]) -> str | None:
    """One of a fixed set of words."""
    value = text(node, findings, what)
    if value is None or value in allowed:
        return value
    nearest = suggest(value, allowed)
    fix = f"{nearest} allowed: {one_of(allowed)}" if nearest else f"allowed: {one_of(allowed)}"
    findings.fault(node, f"{what} {value} is not known", fix)
    return None


def day(node: Node, findings: Findings, what: str) -> date | None:
    """A day of the calendar, such as 2027-01-31."""
    written = str(node.value) if isinstance(node, ScalarNode) else ""
    if _DAY.fullmatch(written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    findings.fault(node, f"{what} must be a day", "write it as year-month-day: 2027-01-31")
    return None


def day_time(node: Node, findings: Findings, what: str) -> time | None:
    """An hour of the day as "06:00", in quotes: without them YAML 1.1 reads 18:30 as a number."""
    value = text(node, findings, what)
    if value is None:
        return None
    found = _DAY_TIME.fullmatch(value)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        at = time(int(found[1]), int(found[2]))
        if value == f"{at:%H:%M}":
            return at
        findings.fault(node, f"{what}: {value} is no hour of the day", f'write "{at:%H:%M}"')
        return None
    fix = 'write "06:00", from "00:00" to "23:59"'
    findings.fault(node, f"{what}: {value} is no hour of the day", fix)
    return None


def zone(node: Node, findings: Findings) -> str | None:
    """A time zone by its IANA name, such as Africa/Bamako or UTC."""
    value = text(node, findings, "zone")
    known = available_timezones()
    if value is None or value in known - set(_ZONE_SLIPS):
        return value
    better = _ZONE_SLIPS.get(value.upper())
    places = [name for name in known if name.rpartition("/")[2].casefold() == value.casefold()]
    if better is None and len(places) == 1:
        better = places[0]
    fix = f"write {better}" if better else suggest(value, known) or "such as Africa/Bamako or UTC"
    findings.fault(node, f"zone {value} is no time zone", fix)
    return None

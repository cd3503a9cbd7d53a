"""Addresses: the one people follow, and the one an article is recognised by."""

import re
from urllib.parse import unquote_plus

_ADDRESS = re.compile(r"(https?)://([^/?#\\]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f<>\"]+")
# An address in which percent-encoding finds nothing to do.
_SAFE_KEY = re.compile(r"https://[a-z0-9.-]+/[A-Za-z0-9/._~=&,-]*(?:\?[A-Za-z0-9/._~?=&,-]+)?")
# An address in which there is nothing to clean either.
_CLEAN = re.compile(r"(https?)(://[a-z0-9.-]+/[A-Za-z0-9/._~=,-]*)")
_ESCAPED = re.compile(r"%[0-9a-fA-F]{2}")


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TRACKING = _names(
    "_ga _gl _hsenc _hsmi _openstat at_campaign at_medium cmp cmpid dclid fbclid gbraid gclid "
    "gclsrc igsh igshid ito li_fat_id mc_cid mc_eid mkt_tok msclkid ncid oly_anon_id oly_enc_id "
    "s_cid sr_share ttclid twclid vero_id wbraid wickedid xtor yclid"
)
_TRACKING_PREFIXES = ("utm_", "ns_", "wt_", "wt.", "hsa_", "pk_", "mtm_", "piwik_", "matomo_")
_AUDIENCE_METER = "at_"  # counts only beside at_medium or at_campaign: `at_time` may mean something
# These say where a reader came from only if their value says so.
_CAME_FROM = _names("ref source src from via partner emc mod smid cid medium feed_source")
_FEED_WORD = re.compile(r"(?:rss|atom|feed|feeds|rssfeed|feedburner)(?:[-_.].*)?", re.IGNORECASE)


def clean_url(url: str) -> str:
    """Take out of an address what says how the reader got there, and nothing else.

    Lower-cases scheme and host, drops the default port. Order, case, escapes and fragment stay.
    Idempotent; what is no http(s) address comes back stripped.
    """
    if _CLEAN.fullmatch(url):
        return url
    written = _UNSAFE.sub(_percent, url.strip())
    match = _ADDRESS.fullmatch(written)
    if match is None:
        return written
    scheme, authority, path, query, fragment = (
        match[1].lower(),
        match[2],
        match[3],
        match[4],
        match[5],
    )
    user, at, host = authority.rpartition("@")
    host = host.lower().removesuffix(_DEFAULT_PORT[scheme])
    return f"{scheme}://{user}{at}{host}{path}{_untracked(query)}{_meaningful(fragment)}"


def clean_and_key(url: str) -> tuple[str, str]:
    """Give `clean_url` and `url_key` of an address together."""
    match = _CLEAN.fullmatch(url)
    if match is not None:
        return url, "https" + match[2]
    cleaned = clean_url(url)
    return cleaned, _key_of(cleaned)


def url_key(url: str) -> str:
    """The form of an address that two sightings of one article share.

    The cleaned address as https, percent-encoded in one way, without a fragment unless it selects
    the page (`#!/…`, `#/…`), with "/" for an empty path. Parameters keep their order and all
    count: `?id=1` and `?id=2` never share a key.
    """
    match = _CLEAN.fullmatch(url)
    if match is not None:
        return "https" + match[2]
    return _key_of(clean_url(url))


def _key_of(cleaned: str) -> str:
    match = _ADDRESS.fullmatch(cleaned)
    if match is None:
        return cleaned
    fragment = match[5] or ""
    if not fragment.startswith(("#!", "#/")):
        fragment = ""
    authority = match[2].removesuffix(_DEFAULT_PORT["https"])
    key = f"https://{authority}{match[3] or '/'}{match[4] or ''}{fragment}"
    if _SAFE_KEY.fullmatch(key):
        return key
    # Here, because few addresses need it and it takes longer to import than fifty documents.
    from w3lib.url import safe_url_string

    try:
        key = safe_url_string(key)
    except ValueError:  # a host name that is none: the address itself is key enough
        return key
    return _ESCAPED.sub(lambda escape: escape[0].upper(), key)


def _percent(match: re.Match[str]) -> str:
    """Drop line breaks inside an address, escape spaces, quotes and angle brackets."""
    shown = "".join(c for c in match[0] if c not in "\t\r\n")
    return "".join(f"%{byte:02X}" for byte in shown.encode("utf-8", "replace"))


def _untracked(query: str | None) -> str:
    if not query or query == "?":
        return ""
    parts = query[1:].split("&")
    names = [_name(part) for part in parts]
    metered = "at_medium" in names or "at_campaign" in names
    kept = [
        part
        for part, name in zip(parts, names, strict=True)
        if not (_is_tracking(part, name) or (metered and name.startswith(_AUDIENCE_METER)))
    ]
    if len(kept) == len(parts):
        return query
    return "?" + "&".join(kept) if any(kept) else ""


def _meaningful(fragment: str | None) -> str:
    """The fragment, unless it is made of tracking parameters (`#xtor=RSS-1`)."""
    if not fragment or fragment == "#":
        return ""
    parts = fragment[1:].lstrip("?").split("&")
    return (
        "" if all("=" in part and _is_tracking(part, _name(part)) for part in parts) else fragment
    )


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).lower().removeprefix("amp;")


def _is_tracking(part: str, name: str) -> bool:
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    return name in _CAME_FROM and _FEED_WORD.fullmatch(part.partition("=")[2]) is not None

"""Addresses as they may stand in a feed: plain ASCII, absolute, http or https (RFC 3986, 3987)."""

import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pipeline.stages.render.plain import clean

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_IN_PATH = "/;:@&=+$,!~*'()%"
_IN_QUERY = _IN_PATH + "?"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[0-9A-Za-z;/?:@&=+$.\-_!~*'(),]*")
_UUID = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def web_url(address: str | None) -> str | None:
    """Write an address the way every feed reader follows it, or None if it is not http(s).

    Spaces, brackets and letters beyond ASCII are percent-encoded, a foreign host name becomes its
    ASCII form, a user name and password are dropped. What is already encoded stays as it is.
    """
    try:
        parts = urlsplit(clean(address or ""))
        host = _host(parts.hostname or "")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _encoded(parts.path, _IN_PATH) or "/"
    return urlunsplit(
        (
            parts.scheme,
            host,
            path,
            _encoded(parts.query, _IN_QUERY),
            _encoded(parts.fragment, _IN_QUERY),
        )
    )


def canonical_id(identifier: str) -> str | None:
    """Give another feed's id in canonical form, or None if it is not a usable IRI.

    Publishers use ids such as `12345` or `HTTP://Example.org`; an Atom `source` needs an absolute
    IRI, in canonical form, since readers compare ids character by character (RFC 4287 §4.2.6.1).
    """
    candidate = identifier.strip()
    if _TAG.fullmatch(candidate) or _UUID.fullmatch(candidate):
        return candidate
    address = web_url(candidate)
    if address is None or not _is_utf8(address):
        return None
    return _without_dots(_ESCAPE.sub(_plainest, address))


def _host(name: str) -> str:
    if ":" in name:
        return f"[{name}]"
    ascii_name = name.rstrip(".").encode("idna").decode("ascii").lower()
    return ascii_name if _HOST.fullmatch(ascii_name) else ""


def _encoded(part: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", part), safe=safe)


def _is_utf8(address: str) -> bool:
    try:
        unquote(address, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _plainest(escape: re.Match[str]) -> str:
    character = chr(int(escape.group()[1:], 16))
    return character if character in _UNRESERVED else escape.group().upper()


def _without_dots(address: str) -> str:
    parts = urlsplit(address)
    kept: list[str] = []
    segments = parts.path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return urlunsplit(parts._replace(path="/" + "/".join(kept)))

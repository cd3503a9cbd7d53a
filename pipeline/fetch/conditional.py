"""Conditional GET: what a request asks, and what an answer's headers say (RFC 9110, RFC 9111)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from pipeline.model import Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)
ACCEPT_ENCODING = "gzip, deflate, br, zstd"
LONGEST_FRESHNESS = timedelta(hours=24)
LONGEST_RETRY = timedelta(days=7)
# A longer validator would make the next request too big for many servers to take.
LONGEST_VALIDATOR = 4096
LONGEST_HEADER = 8192

_SENDABLE = re.compile("[\t -~\x80-\xff]*")
HeaderList = list[tuple[bytes, bytes]]

DELTA = (b"A-IM", b"feed")
"""Asks a server that can to send only what is new since the ETag (RFC 3229); few can."""


def user_agent(version: str, contact_url: str = "") -> str:
    """Say who asks: `Dateline/<version> (+<contact>)`, without brackets if there is no contact."""
    who = f"Dateline/{version}" + (f" (+{contact_url})" if contact_url else "")
    return "".join(character for character in who if " " <= character <= "~")


def request_headers(agent: str, url: str, validators: Validators) -> HeaderList:
    """Build the headers of one request.

    Both validators are sent, byte for byte as they came, but only to the URL that issued them
    (RFC 9110 section 8.8): an ETag says nothing about another resource. With an ETag goes the
    permission to answer with the new entries alone.
    """
    headers = [
        (b"User-Agent", agent.encode("ascii", "ignore")),
        (b"Accept", ACCEPT.encode()),
        (b"Accept-Encoding", ACCEPT_ENCODING.encode()),
    ]
    if issued_by(validators, url):
        for name, value in (
            (b"If-None-Match", validators.etag),
            (b"If-Modified-Since", validators.last_modified),
        ):
            if value and _sendable(value):
                headers.append((name, value.encode("latin-1")))
        if validators.etag and _sendable(validators.etag):
            headers.append(DELTA)
    return headers


def issued_by(validators: Validators, url: str) -> bool:
    """Whether these validators came from this URL."""
    return validators.url == url


def are_conditional(headers: HeaderList) -> bool:
    """Whether these request headers allow the answer 304."""
    return any(name in (b"If-None-Match", b"If-Modified-Since") for name, _ in headers)


def new_validators(headers: httpx.Headers, url: str) -> Validators:
    """Read the validators of a complete answer; what it does not give is not kept from before."""
    etag = _opaque(headers, b"etag")
    last_modified = _opaque(headers, b"last-modified")
    if etag is None and last_modified is None:
        return Validators()
    return Validators(etag=etag, last_modified=last_modified, url=url)


def refreshed(old: Validators, headers: httpx.Headers) -> Validators:
    """Take over what a 304 says; what it leaves out stays as it was (RFC 9111 section 4.3.4)."""
    return Validators(
        etag=_opaque(headers, b"etag") or old.etag,
        last_modified=_opaque(headers, b"last-modified") or old.last_modified,
        url=old.url,
    )


def fresh_for(headers: httpx.Headers, received: datetime) -> timedelta | None:
    """Read how long the server calls its answer fresh; None if it does not say, or says `no-cache`.

    max-age counts before Expires, Age is taken off, Expires is read against the server's own Date,
    so a server with a wrong clock is understood; one without a Date is read against `received`
    (RFC 9110 section 6.6.1). Capped at 24 hours, never negative, never raises.
    """
    directives = _directives(_text(headers, "cache-control"))
    if "no-store" in directives or directives.get("no-cache", "=") == "":
        return None
    seconds = _seconds(directives.get("max-age", ""))
    if seconds is None:
        seconds = _seconds_until(_text(headers, "expires"), _text(headers, "date"), received)
    if seconds is None:
        return None
    age = _seconds(_text(headers, "age")) or 0.0
    left = min(max(seconds - max(age, 0.0), 0.0), LONGEST_FRESHNESS.total_seconds())
    return timedelta(seconds=left)


def retry_after(headers: httpx.Headers, received: datetime) -> float | None:
    """Read how many seconds the server asks to be left alone, from seconds or a date.

    A date is read against the server's own Date, or `received` where it gives none. Capped at
    7 days, never negative, never raises.
    """
    text = _text(headers, "retry-after")
    seconds = _seconds(text)
    if seconds is None:
        seconds = _seconds_until(text, _text(headers, "date"), received)
    if seconds is None:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY.total_seconds())


def media_type(headers: httpx.Headers) -> tuple[str, str | None]:
    """Split Content-Type into the type, in small letters ("" if none), and its charset, if any."""
    kind, _, parameters = _text(headers, "content-type").partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", parameters, re.IGNORECASE)
    return kind.strip().lower(), charset[1].lower() if charset else None


def _opaque(headers: httpx.Headers, name: bytes) -> str | None:
    """Give a header's bytes as text that turns back into them; None if it is of no use."""
    values = [value for key, value in headers.raw if key.lower() == name]
    text = values[0].decode("latin-1") if values else ""
    return text if text and _sendable(text) else None


def _sendable(value: str) -> bool:
    return len(value) <= LONGEST_VALIDATOR and _SENDABLE.fullmatch(value) is not None


def _text(headers: httpx.Headers, name: str) -> str:
    """Give the first line of a header, or all of them joined for Cache-Control, within reason."""
    lines = headers.get_list(name)
    text = ", ".join(lines) if name == "cache-control" else "".join(lines[:1])
    return text[:LONGEST_HEADER].strip()


_DIRECTIVE = re.compile(r"([^\s,;=\"]+)(?:\s*=\s*(\"[^\"]*\"?|[^\s,;\"]*))?")


def _directives(text: str) -> dict[str, str]:
    """Split Cache-Control into directives; of duplicates the first counts."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(text):
        found.setdefault(match[1].lower(), (match[2] or "").strip("\" '"))
    return found


_NUMBER = re.compile(r"[\"'\s]*([+-]?)([0-9]+)(?:\.[0-9]*)?\s*(?:s|sec|seconds)?\s*(?:$|[\"',;])")


def _seconds(text: str) -> float | None:
    """Read a whole number of seconds, tolerant of quotes and units; huge ones become a trillion."""
    number = _NUMBER.match(text)
    if number is None:
        return None
    size = float(number[2]) if len(number[2]) <= 12 else 1e12
    return -size if number[1] == "-" else size


def _seconds_until(moment: str, date: str, received: datetime) -> float | None:
    """Read a date against the answer's own Date or else when it came; None if it is no date."""
    then = _http_date(moment) if moment else None
    if then is None:
        return None
    return (then - (_http_date(date) or received)).total_seconds()


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

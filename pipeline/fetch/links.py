"""Links that a server sends beside a document: the Link header (RFC 8288)."""

import re
from urllib.parse import urljoin, urlsplit

import httpx

LONGEST_HEADER = 8192
_LONGEST_ADDRESS = 2048
# An address in angle brackets and what is said of it, up to the comma before the next one.
_LINK = re.compile(r"<([^<>]*)>((?:[^<>,\"]|\"[^\"]*\")*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)


def linked(headers: httpx.Headers, rel: str, base: str) -> str | None:
    """Give the first http(s) address that stands in a relation to the answer, resolved against its
    own; None if there is none. Of a link with several `rel` the first counts. Never raises."""
    for line in headers.get_list("link"):
        for address, parameters in _LINK.findall(line[:LONGEST_HEADER]):
            said = _REL.search(parameters)
            if said is None or rel not in (said[1] or said[2] or "").lower().split():
                continue
            found = _absolute(address.strip(), base)
            if found is not None:
                return found
    return None


def _absolute(address: str, base: str) -> str | None:
    if not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        found = urljoin(base, address)
        parts = urlsplit(found)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return found if usable and len(found) <= _LONGEST_ADDRESS else None

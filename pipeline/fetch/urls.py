"""Addresses to fetch: what is accepted, where a redirect leads, and how a message shows them."""

import re

import httpx

from pipeline.errors import FetchError, Severity

LONGEST_URL = 8192
LONGEST_SHOWN = 120
_HOST_NAME = re.compile(rb"[A-Za-z0-9_.-]{1,253}")


def feed_url(text: str) -> httpx.URL:
    """Read a feed's own address: http or https with a host, no user name or password.

    The fragment is dropped: it is never sent. Raises `FetchError` (`bad_url`).
    """
    url = _checked(_parsed(text))
    if url.userinfo:
        raise _bad_url(
            f"The address of {shown(url)} has a user name or password in it; Dateline sends none, "
            "so take them out."
        )
    return url


def redirect_target(current: httpx.URL, location: str) -> httpx.URL:
    """Resolve a Location header against the URL that sent it; credentials in it are dropped.

    Raises `FetchError`: `redirect_missing` for an empty header, `bad_url` for one that leads
    nowhere a feed can be.
    """
    if not location.strip():
        raise FetchError(
            "redirect_missing",
            f"{shown(current)} redirects without saying where to.",
            severity=Severity.SOFT,
        )
    url = _parsed(location)
    if not url.scheme:
        url = current.join(url)
    return _checked(url.copy_with(userinfo=b""))


def shown(url: httpx.URL) -> str:
    """Show a URL to people: no credentials, no query (it may hold a key), not too long."""
    host = url.netloc.decode("ascii", "replace") or "(no host)"
    text = f"{url.scheme or '(no scheme)'}://{host}{url.path}"
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def server_of(url: httpx.URL) -> str:
    """Name whom politeness counts as one: the host, with its port where that is not the usual."""
    return url.netloc.decode("ascii").removesuffix(".")


def _parsed(text: str) -> httpx.URL:
    if len(text) > LONGEST_URL:
        raise _bad_url(f"An address of {len(text):,} characters is too long to be a feed's.")
    try:
        return httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise _bad_url(
            "This address cannot be read as a URL; it should look like https://example.org/feed."
        ) from error


def _checked(url: httpx.URL) -> httpx.URL:
    if url.scheme not in ("http", "https"):
        raise _bad_url(
            f"{shown(url)} is not a web address; only http:// and https:// can be fetched."
        )
    if not _is_host(url.raw_host):
        raise _bad_url(f"{shown(url)} has no usable host name.")
    if url.port is not None and not 0 < url.port < 65536:
        raise _bad_url(f"{shown(url)} has a port that does not exist.")
    # To put an address together anew takes as long as to read it.
    return url.copy_with(fragment=None) if "#" in str(url) else url


def _is_host(raw_host: bytes) -> bool:
    if b":" in raw_host:
        # httpx has read it as IPv6; a zone (`%eth0`) would name one of this machine's own networks.
        return b"%" not in raw_host
    if not _HOST_NAME.fullmatch(raw_host):
        return False
    labels = raw_host.removesuffix(b".").split(b".")
    return all(0 < len(label) < 64 for label in labels)


def _bad_url(message: str) -> FetchError:
    return FetchError("bad_url", message, severity=Severity.HARD)

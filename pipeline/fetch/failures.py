"""What went wrong with a fetch, in stable kinds: every exception and status becomes an error."""

import socket
import ssl
import traceback
from collections.abc import Iterator

import h11
import httpx

from pipeline.errors import OUT_OF_FILES, FetchError, Severity, is_out_of_files
from pipeline.fetch.conditional import retry_after
from pipeline.fetch.decode import truncated
from pipeline.now import utc_now

_ADVICE = {
    401: (Severity.SOFT, "wants a login: ask the publisher for a public feed"),
    403: (Severity.SOFT, "refuses us: ask the publisher to let Dateline read the feed"),
    404: (
        Severity.SOFT,
        "has nothing here: if it stays so, look for the feed's new address",
    ),
    410: (Severity.FINAL, "says the feed is gone for good: find its new address or disable it"),
    429: (Severity.PASSING, "asks for fewer requests: it is left alone for a while"),
    503: (Severity.PASSING, "is overloaded or under maintenance: it is asked again later"),
}

# Hanging up in the middle of a handshake says nothing about certificates.
_TLS_HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)

# OpenSSL's X509_V_ERR_* numbers.
_EXPIRED = {9, 10}
_WRONG_HOST = {62, 64}
_UNTRUSTED = {2, 18, 19, 20, 21, 27}


def of_status(where: str, status: int, headers: httpx.Headers) -> FetchError:
    """Turn an answer without a usable body into an error; `where` is the URL as people see it."""
    if _is_bot_check(status, headers):
        return blocked(where, status, headers)
    special = _WITHOUT_BODY.get(status)
    if special:
        kind, text = special
        return FetchError(kind, f"{where} {text}.", severity=Severity.SOFT, status=status)
    otherwise = Severity.PASSING if status >= 500 else Severity.SOFT
    severity, advice = _ADVICE.get(status, (otherwise, "has no feed for us at the moment"))
    return FetchError(
        f"http_{status}",
        f"{where} answered {status} and {advice}.",
        severity=severity,
        status=status,
        retry_after=_pause(status, headers),
    )


def _pause(status: int, headers: httpx.Headers) -> float | None:
    return retry_after(headers, utc_now()) if status in (429, 503) else None


def blocked(where: str, status: int, headers: httpx.Headers) -> FetchError:
    """Make the error for a bot check in place of the feed."""
    return FetchError(
        "blocked",
        f"{where} is behind a bot check that turns feed readers away: ask the publisher to "
        "exempt the feed.",
        severity=Severity.SOFT,
        status=status,
        retry_after=_pause(status, headers),
    )


def _is_bot_check(status: int, headers: httpx.Headers) -> bool:
    """Whether a firewall says that it wants a browser's proof instead of answering (Cloudflare;
    AWS, whose challenge is a 202 and whose captcha a 405)."""
    if status >= 400 and "challenge" in headers.get("cf-mitigated", "").lower():
        return True
    return headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha")


_WITHOUT_BODY = {
    204: ("empty", "answered 204, without a document"),
    205: ("empty", "answered 205, without a document"),
    206: ("partial", "answered with a part of the document that was not asked for"),
    226: ("partial", "answered with the difference to a document that was not named"),
    304: ("unexpected_304", "says nothing changed although it was not asked whether anything did"),
}


def of_exception(
    where: str, error: Exception, *, in_body: bool, earlier: BaseException | None = None
) -> FetchError:
    """Turn whatever broke while fetching into an error.

    `in_body` is True once headers had come; `earlier` is what the caller was already dealing with,
    which says nothing about this fetch.
    An exception that nobody foresaw becomes `protocol`, so that one odd server never stops a pass.
    """
    for cause in _causes(error, earlier):
        found = None if in_body else _of_name_lookup(where, cause) or _of_tls(where, cause)
        if found:
            return found
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return timed_out(where, connecting=isinstance(error, httpx.ConnectTimeout))
    if isinstance(error, UnicodeError | httpx.InvalidURL):
        return FetchError(
            "bad_url", f"{where} is not an address that can be looked up.", severity=Severity.HARD
        )
    if in_body and _broke_off(error):
        return truncated()
    if isinstance(error, OSError):
        return _out_of_files() if is_out_of_files(error) else _no_connection(where)
    if _broke_off(error):
        return FetchError(
            "connect",
            f"{where} closed the connection without an answer; it is tried again later.",
            severity=Severity.PASSING,
        )
    return FetchError(
        "protocol",
        f"{where} does not answer in proper HTTP ({type(error).__name__}).",
        severity=Severity.SOFT,
    )


def _out_of_files() -> FetchError:
    return FetchError("connect", OUT_OF_FILES, severity=Severity.PASSING)


def timed_out(where: str, *, connecting: bool = False, seconds: float | None = None) -> FetchError:
    """Make the error for a server that is too slow, while connecting or altogether."""
    within = "" if seconds is None else f" within {seconds:g} seconds"
    what = "could not be reached in time" if connecting else f"did not answer completely{within}"
    return FetchError(
        "timeout", f"{where} {what}; it is tried again later.", severity=Severity.PASSING
    )


def empty(where: str, status: int) -> FetchError:
    """Make the error for a 200 without a document in it."""
    return FetchError("empty", f"{where} answered {status}, but with nothing in it.", status=status)


def let_go(error: BaseException, earlier: BaseException | None = None) -> None:
    """Empty the frames an error and its causes hold on to, `earlier` and what led to it excepted.

    A failed fetch is kept for its report; the megabytes read and the decoder's window must not be.
    """
    for cause in _causes(error, earlier):
        traceback.clear_frames(cause.__traceback__)


def _causes(error: BaseException, earlier: BaseException | None) -> Iterator[BaseException]:
    """Walk from an exception to what it was raised from; libraries wrap the telling one.

    The context counts as well: some raise `from None`.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and current is not earlier and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _of_name_lookup(where: str, error: BaseException) -> FetchError | None:
    if not isinstance(error, socket.gaierror):
        return None
    if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
        return FetchError(
            "dns",
            f"{where} cannot be fetched: there is no host of that name. Check the address.",
            severity=Severity.HARD,
        )
    return FetchError(
        "dns",
        f"{where} could not be looked up by name just now; it is tried again later.",
        severity=Severity.PASSING,
    )


def _of_tls(where: str, error: BaseException) -> FetchError | None:
    if not isinstance(error, ssl.SSLError) or isinstance(error, _TLS_HUNG_UP):
        return None
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    if code in _EXPIRED:
        kind, text = "tls_expired", "shows a certificate that is not valid at this time"
    elif code in _WRONG_HOST:
        kind, text = "tls_wrong_host", "shows a certificate made out to another host"
    elif code in _UNTRUSTED:
        kind, text = "tls_untrusted", "shows a certificate that no known authority vouches for"
    else:
        kind, text = "tls", "offers no secure connection that can be used"
    return FetchError(
        kind, f"{where} {text}; nothing was read. Tell the publisher.", severity=Severity.HARD
    )


def _no_connection(where: str) -> FetchError:
    return FetchError(
        "connect",
        f"{where} cannot be connected to, or hung up; it is tried again later.",
        severity=Severity.PASSING,
    )


def _broke_off(error: Exception) -> bool:
    """Whether the other side went away, as opposed to saying something wrong."""
    if isinstance(error, OSError | EOFError):
        return True
    return isinstance(error, h11.RemoteProtocolError) and "closed" in str(error)

"""Follow: which hub announces a feed, by which name, for how long, and whether a push is the hub's
(W3C WebSub)."""

import hmac
import re
from datetime import timedelta
from urllib.parse import urlsplit

WANTED_LEASE = timedelta(days=10)
SHORTEST_LEASE = timedelta(hours=1)
LONGEST_LEASE = timedelta(days=30)
LONGEST_ADDRESS = 2048
# SHA-1 is left out: what is signed with it counts as unsigned.
# SHA-1 is all that hubs of PubSubHubbub 0.4 know, the most used one among them: collisions, which
# broke it for certificates, forge no HMAC, and a push is only a hint.
_SIGNATURE = re.compile(
    r"\s*(?:(sha1)=([0-9a-f]{40})|(sha256)=([0-9a-f]{64})|(sha384)=([0-9a-f]{96})"
    r"|(sha512)=([0-9a-f]{128}))\s*",
    re.IGNORECASE,
)


def hub_and_topic(
    feed_url: str,
    header: tuple[str | None, str | None],
    document: tuple[str | None, str | None],
) -> tuple[str, str]:
    """Give the hub to ask and the topic to ask it for; both empty where none is named.

    `header` and `document` are the addresses each names as hub and as itself; the header's count
    first (§4). A feed cannot speak for another host: what it calls itself is the topic only on the
    host it is polled at, else its own address is.
    """
    hub = header[0] or document[0] or ""
    if not _is_usable(hub):
        return "", ""
    called = header[1] or document[1] or ""
    same = bool(called) and _is_usable(called) and _netloc(called) == _netloc(feed_url)
    return hub, called if same else feed_url


def lease_of(seconds: str) -> timedelta:
    """Read the lease a hub grants, within an hour and thirty days; unreadable: what was wished."""
    if not re.fullmatch(r"[0-9]{1,12}", seconds.strip()):
        return WANTED_LEASE
    return min(max(timedelta(seconds=int(seconds)), SHORTEST_LEASE), LONGEST_LEASE)


class Signature:
    """Checks the signature of a push while its body comes in, which need not be kept for that.

    `header` is `X-Hub-Signature` (§8): sha1, sha256, sha384 or sha512, `=`, hexadecimal digits.
    """

    def __init__(self, secret: str, header: str) -> None:
        found = _SIGNATURE.fullmatch(header)
        name, given = filter(None, found.groups()) if found else ("", "")
        self._given: str = given.lower()
        self._made = hmac.new(secret.encode(), digestmod=name.lower()) if name else None

    def take(self, chunk: bytes) -> None:
        """Take the next piece of the body, as it came."""
        if self._made is not None:
            self._made.update(chunk)

    @property
    def holds(self) -> bool:
        """Whether what was taken so far is what was signed."""
        return self._made is not None and hmac.compare_digest(self._made.hexdigest(), self._given)


def _is_usable(url: str) -> bool:
    return 0 < len(url) <= LONGEST_ADDRESS and "@" not in urlsplit(url).netloc


def _netloc(url: str) -> str:
    return urlsplit(url).netloc.casefold()

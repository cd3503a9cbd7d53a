"""Pause: how long a host is left alone that said 429, and which hosts speak for one tenant only."""

from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

FIRST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(hours=24)
_SPREAD = 0.2
# One address serves many publishers here: what it says to one feed says nothing of the others.
# Left out are those that count our requests for all of them together (Reddit, Open RSS).
_SHARED = (
    "anchor.fm", "beehiiv.com", "blogspot.com", "buttondown.com", "buttondown.email",
    "feedblitz.com", "feedburner.com", "feedproxy.google.com", "ghost.io", "github.io",
    "gitlab.io", "hatenablog.com", "herokuapp.com", "libsyn.com", "livejournal.com", "medium.com",
    "neocities.org", "netlify.app", "over-blog.com", "pages.dev", "soundcloud.com",
    "squarespace.com", "substack.com", "tumblr.com", "typepad.com", "vercel.app", "wixsite.com",
    "wordpress.com", "youtube.com",
)  # fmt: skip


def host_of(url: str) -> str:
    """The host of an address in small letters, with its port where it names one."""
    return urlsplit(url).netloc.casefold()


def is_shared(host: str) -> bool:
    """Whether a host serves many publishers who know nothing of each other."""
    name = host.partition(":")[0]
    return any(name == shared or name.endswith(f".{shared}") for shared in _SHARED)


def pause_for(retry_after: float | None, refusals: int, *, host: str, now: datetime) -> timedelta:
    """Say how long a host is left alone after so many refusals in a row, this one included.

    `retry_after` counts up to a day: then one feed asks again. Without it an hour, doubled with
    every refusal up to a day, give or take a fifth.
    """
    if retry_after is not None:
        return min(timedelta(seconds=max(retry_after, 0.0)), LONGEST_PAUSE)
    pause = min(FIRST_PAUSE * 2.0 ** min(refusals - 1, 10), LONGEST_PAUSE)
    digest = sha256(f"{host} {now.isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return pause * (1 + _SPREAD * (2 * share - 1))

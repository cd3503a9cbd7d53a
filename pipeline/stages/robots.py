"""Robots: what a site's robots.txt asks of us (RFC 9309).

The file is the site's, so it is hostile like everything else: read it in a worker process.
"""

from dataclasses import dataclass

from protego import Protego

PRODUCT = "Dateline"  # the name before the slash in our User-Agent
LARGEST_FILE = 500 * 1024  # RFC 9309 section 2.5: at least so much is to be read
LONGEST_DELAY = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether a page may be read, and the seconds to keep between two requests (0: any)."""

    allowed: bool
    delay: float


def permission(work: tuple[bytes, str]) -> Permission:
    """Ask a robots.txt, as it came, about one absolute address.

    Of the rules for `Dateline`, or else for everybody, the longest that fits decides; without any,
    the page is allowed. Crawl-delay, which the RFC leaves out, is heeded up to two minutes. Never
    raises for what stands in the file.
    """
    file, url = work
    rules = Protego.parse(file[:LARGEST_FILE].decode("utf-8-sig", "replace"))
    return Permission(
        allowed=rules.can_fetch(url, PRODUCT),
        delay=min(rules.crawl_delay(PRODUCT) or 0.0, LONGEST_DELAY),
    )

"""Signs that a page is not the article: no page at all, a bot check, the teaser of a paid text."""

import re
from enum import StrEnum


class Lack(StrEnum):
    """What is lacking in a page's text."""

    NOT_HTML = "not_html"
    CHALLENGE = "challenge"
    NO_TEXT = "no_text"
    TEASER = "teaser"


_PAGE_TYPES = {"", "text/html", "application/xhtml+xml"}
_OTHER_FORMATS = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"{\\rtf",
)
_LOOKED_AT = 100_000
# A page that explains bot checks is long; the check itself says hardly anything.
_SHORT = 1_000
_CHALLENGE = re.compile(
    r"__cf_chl|cf-challenge|challenges\.cloudflare\.com|captcha-delivery\.com|px-captcha"
    r"|_Incapsula_Resource|sec-if-cpt-container|awswaf|g-recaptcha|h-captcha",
    re.IGNORECASE,
)
_TEASER_BELOW = 1_500
_NOT_FREE = re.compile(
    r'"isAccessibleForFree"\s*:\s*"?(?:https?://schema\.org/)?false'
    r"|article:content_tier[\"']\s+content=[\"'](?:locked|metered)",
    re.IGNORECASE,
)


def is_page(content_type: str, body: bytes) -> bool:
    """Whether an answer is a web page by its type and its first bytes."""
    start = body[:1_024].lstrip()
    return (
        content_type in _PAGE_TYPES
        and not start.startswith(_OTHER_FORMATS)
        and b"<" in body[:_LOOKED_AT]
    )


def is_challenge(markup: str, text: str) -> bool:
    """Whether this is a bot check in the place of the page."""
    return len(text) < _SHORT and _CHALLENGE.search(markup[:_LOOKED_AT]) is not None


def is_teaser(markup: str, text: str) -> bool:
    """Whether the page says that reading on costs, and shows but a beginning."""
    return len(text) < _TEASER_BELOW and _NOT_FREE.search(markup) is not None

"""Describe: how a feed is doing, in words, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.model import FeedHealth, FeedState, Following, Outage, PushHealth, Unverified

_STATES = {
    FeedState.NEW: "never fetched yet",
    FeedState.WORKING: "works",
    FeedState.FAILING: "fails",
    FeedState.BLOCKED: "the publisher refuses us",
    FeedState.GONE: "gone, says the publisher",
    FeedState.DISABLED: "switched off",
    FeedState.RETIRED: "no longer watched; its articles stay",
}
_WAIT = "wait: it is tried again by itself"
_TELL = "tell the publisher"
_ADVICE = {
    "timeout": f"{_WAIT}; if it stays, raise DATELINE_FETCH_DEADLINE",
    "connect": f"{_WAIT}; if every feed says so, look at your own network",
    "dns": "check the address; if every feed says so, look at your name server",
    "http_404": "find the feed's new address",
    "http_410": "find its new address, or take the feed out",
    "http_429": "ask less often: fewer feeds of that host, or a longer `every`",
    "host_paused": "wait: its host asked to be left alone",
    "refused_address": "check the address; a feed of your own network needs DATELINE_ALLOW_PRIVATE",
    "bad_url": "correct the address",
    "too_large": "raise DATELINE_MAX_FEED_BYTES if the feed is honest",
    "truncated": _WAIT,
    "empty": "wait at first, then look for the feed's new address",
    "html": "look for the feed's address in that page",
    "not_a_feed": "check the address",
    "bomb": "distrust the server: it sends little that unpacks to a lot",
    "parser_timeout": "report it to Dateline's makers, with the document",
    "parser_crashed": "report it to Dateline's makers, with the document",
    "internal": "report it to Dateline's makers; the log has the traceback",
}
_BY_BEGINNING = (
    (("http_401", "http_403", "blocked"),
     "ask the publisher to let the feed be read; set DATELINE_CONTACT_URL"),
    (("http_5",), _WAIT),
    (("http_4",), "find the feed's new address"),
    (("tls",), "tell the publisher: its certificate is not good"),
    (("redirect", "too_many_redirects"),
     "open the address in a browser and take the one it ends at"),
    (("stacked_encoding", "entity_bomb"), "distrust the server: it sends little that unpacks "
     "to a lot"),
)  # fmt: skip
_LONG_MINUTES = 48 * 60


def in_words(state: FeedState) -> str:
    """Say a state as people do."""
    return _STATES[state]


def counted(number: int, thing: str) -> str:
    """Say how many of a thing there are: `1 feed`, `2 feeds`; `thing` is its singular."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def advice(error_kind: str) -> str:
    """Say what to do about a kind of failure; words to type stand in backticks."""
    known = _ADVICE.get(error_kind)
    if known is not None:
        return known
    for beginnings, what in _BY_BEGINNING:
        if error_kind.startswith(beginnings):
            return what
    return _TELL


def notes(health: FeedHealth, now: datetime) -> tuple[str, ...]:
    """Say what else is special about a feed at present, a sentence each."""
    said = []
    if health.declared_url and health.declared_url != health.feed.url:
        said.append(f"It moved for good: {health.declared_url} leads to {health.feed.url}.")
    elif health.moved_to:
        said.append(f"Its address leads to {health.moved_to}, for good, says the publisher.")
    if health.distrusted_until is not None and health.distrusted_until > now:
        said.append(
            "Its 304 answers were wrong, so whole documents are asked for until "
            f"{_moment(health.distrusted_until)}."
        )
    if health.paused_until is not None and health.paused_until > now:
        why = f" ({health.pause_reason})" if health.pause_reason else ""
        said.append(f"Its host asked to be left alone until {_moment(health.paused_until)}{why}.")
    if health.feed.unverified_tls is not None:
        said.append(_unverified(health.feed.unverified_tls, now))
    if health.push is not None and _is_troubled(health.push, now):
        said.append(pushed(health.push, now))
    return tuple(said)


def pushed(push: PushHealth, now: datetime) -> str:
    """Say in a sentence what a hub was asked and does, and what its word is worth."""
    hub, trust = urlsplit(push.hub).netloc, push.trust
    until = trust.distrusted_until
    if push.state is not Following.ACTIVE or not push.runs(now):
        lapsed = push.state is Following.ACTIVE
        state = "let its lease run out" if lapsed else "was asked to announce its news"
        waits = "" if lapsed else " and has not confirmed"
        return f"{hub} {state}" + (f": {push.error}." if push.error else f"{waits}.")
    if until is not None and until > now:
        said = f"{hub} left news unannounced three times and proves nothing until {_moment(until)}"
    elif trust.proven_at is not None:
        said = f"{hub} announces its news, proven since {_moment(trust.proven_at)}"
    else:
        said = f"{hub} is to announce its news, which is not proven yet"
    last = f"last push {_moment(trust.pushed_at)}" if trust.pushed_at else "no push so far"
    troubled = f"; asking again fails: {push.error}" if push.failures > 1 and push.error else ""
    return f"{said}; {last}{troubled}."


def _is_troubled(push: PushHealth, now: datetime) -> bool:
    """Whether more than a first answer is missing."""
    until = push.trust.distrusted_until
    distrusted = until is not None and until > now
    return distrusted or push.failures > 1 or push.state is Following.DENIED


def _unverified(leave: Unverified, now: datetime) -> str:
    if leave.holds(now):
        return f"Its server's certificate is not verified until {leave.until}: {leave.because}."
    return f"The leave to read it without a good certificate ended on {leave.until}."


def interval(health: FeedHealth) -> timedelta | None:
    """Give the time between the last attempt and the next turn; None before the first attempt."""
    if health.last_attempt_at is None or health.next_fetch_at <= health.last_attempt_at:
        return None
    return health.next_fetch_at - health.last_attempt_at


def duration(wait: timedelta) -> str:
    """Say a length of time: `30 min`, `1 h 30 min`, `6 h`, `2 days`."""
    minutes = max(1, round(wait.total_seconds() / 60))
    if minutes >= _LONG_MINUTES:
        return f"{round(minutes / 1440)} days"
    hours, rest = divmod(minutes, 60)
    return " ".join(([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest else []))


def share_approved(health: FeedHealth) -> str:
    """Say how much of what was proposed is approved: `12 of 31 (39 %)`, `none proposed`."""
    if not health.matched:
        return "none proposed"
    return f"{health.approved} of {health.matched} ({health.approved / health.matched:.0%})"


def outage(each: Outage) -> str:
    """Say an outage in one sentence."""
    return (
        f"{len(each.feed_ids)} of {each.watched} feeds fail with {each.error_kind} since "
        f"{_moment(each.since)}: one thing is wrong, and hardly with all of them; "
        f"{advice(each.error_kind)}"
    )


def named(ids: Sequence[str], most: int = 5) -> str:
    """Name feeds, not too many: `a, b and 3 more`."""
    shown = ", ".join(ids[:most])
    return f"{shown} and {len(ids) - most} more" if len(ids) > most else shown


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

"""Letters to subscribers: the same words as plain text and as HTML, no pictures, no tracking."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import DigestEntry, Edition, Wants, Wish, Writing
from pipeline.stages.render.edition_values import shown_edition
from pipeline.stages.render.editions import render_edition_html, render_edition_text
from pipeline.stages.render.entries import ShownEntry, shown
from pipeline.stages.render.environment import fill
from pipeline.stages.render.moments import long_moment
from pipeline.stages.render.plain import clean, excerpt, isolated, set_apart
from pipeline.stages.render.site import Site

_LONGEST_SUBJECT, _LONGEST_TOPIC = 140, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The subscriber's own addresses: to change what they get, and to get nothing any more."""

    manage: str
    leave: str


def described(wants: Wants, titles: Sequence[str]) -> str:
    """Say what a subscriber gets, to follow `You get`; `titles` are those of their conflicts."""
    about = ", ".join(map(clean, titles)) if titles else "all conflicts"
    if wants.wish is Wish.ALERT:
        return f"a letter soon after news of {about} is published"
    return f"one letter a day, after {wants.hour:02}:00 ({clean(wants.zone)}), on {about}"


def render_confirmation(site: Site, what: str, url: str, days: int) -> Writing:
    """Write the letter that asks whether an address really wants letters."""
    return _written(
        "letter_confirm.html",
        site,
        f"{site.name}: please confirm your subscription",
        (
            f"Somebody, we hope you, asked {site.name} to send you {what}.\n\n"
            f"To confirm, open this page and press the button:\n{url}\n\n"
            f"The link works for {days} days. If it was not you, do nothing: you get no more "
            f"letters, and the address is forgotten.\n\n-- \n{site.address}/\n"
        ),
        what=what,
        url=url,
        days=days,
    )


def render_reminder(site: Site, what: str, links: Links) -> Writing:
    """Write the letter for an address that asked again although it gets letters already."""
    return _written(
        "letter_known.html",
        site,
        f"{site.name}: you are subscribed already",
        (
            f"Somebody, we hope you, asked {site.name} for letters to this address. It is "
            f"subscribed already: you get {what}.\n\n"
            f"To change that:\n{links.manage}\n\n{_ending(site, links)}"
        ),
        what=what,
        links=links,
    )


def render_alert(
    site: Site,
    entries: Sequence[DigestEntry],
    links: Links,
    withdrawn: Sequence[DigestEntry] = (),
) -> Writing:
    """Write the letter on entries just published, the newest first, and on those `withdrawn` since
    an earlier letter told of them; there is at least one."""
    found = [shown(entry, site.address) for entry in entries]
    topics = dict.fromkeys(topic.title for entry in found for topic in entry.topics)
    back = [shown(entry, site.address) for entry in withdrawn]
    if not found:
        subject = f"Withdrawn: {_headline(back[0])}"
    elif len(found) == 1:
        topic = excerpt(next(iter(topics), site.name), _LONGEST_TOPIC)
        subject = f"{topic}: {_headline(found[0])}"
    else:
        named = f"{len(found)} new entries: {', '.join(topics) or site.name}"
        subject = excerpt(named, _LONGEST_SUBJECT)
    told = "\n\n".join([*map(_taken_back, back), *map(_told, found)])
    return _written(
        "letter_alert.html",
        site,
        subject,
        f"{told}\n\n{_ending(site, links)}",
        entries=found,
        withdrawn=back,
        links=links,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionWriting:
    """One edition as it stands in a letter: what its room rendered, title, text and HTML, and the
    address of its page."""

    title: str
    url: str
    text: str
    html: str


def edition_writing(edition: Edition) -> EditionWriting:
    """Write one edition for a letter."""
    told = shown_edition(edition)
    return EditionWriting(
        title=told.name,
        url=told.page_url,
        text=render_edition_text(edition),
        html=render_edition_html(edition),
    )


def render_daily(
    site: Site,
    editions: Sequence[EditionWriting],
    links: Links,
    withdrawn: Sequence[DigestEntry] = (),
) -> Writing:
    """Write the daily letter out of editions, at least one, and what was `withdrawn` since an
    earlier letter told of it."""
    back = [shown(entry, site.address) for entry in withdrawn]
    first, more = editions[0], len(editions) - 1
    subject = excerpt(clean(first.title), _LONGEST_SUBJECT) + (f" and {more} more" if more else "")
    told = f"\n\n{'=' * 60}\n\n".join(each.text.strip() for each in editions)
    told = "\n\n".join([*map(_taken_back, back), told])
    return _written(
        "letter_daily.html",
        site,
        subject,
        f"{told}\n\n{_ending(site, links)}",
        editions=editions,
        withdrawn=back,
        links=links,
    )


def _taken_back(entry: ShownEntry) -> str:
    reason = entry.withdrawn_reason.rstrip(".")
    why = f"Reason: {reason}." if reason else "No reason was given."
    return (
        f"Withdrawn since we wrote to you of it: \u201c{_headline(entry)}\u201d. {why} "
        f"Please do not rely on it.\n{entry.page_url}"
    )


def _told(entry: ShownEntry) -> str:
    lead = entry.lead
    lines = [entry.title]
    if entry.summary:
        lines += ["", entry.summary]
    told = f"{set_apart(lead.publisher)}, {long_moment(lead.published_at)}"
    others = len(entry.others)
    if others:
        told += f", and {others} more publisher{'s' if others > 1 else ''}"
    lines += ["", told]
    if lead.url:
        lines.append(lead.url)
    lines.append(f"Our entry: {entry.page_url}")
    return "\n".join(lines)


def _headline(entry: ShownEntry) -> str:
    headline = excerpt(entry.headline, _LONGEST_SUBJECT - _LONGEST_TOPIC)
    return isolated(headline) if entry.right_to_left else headline


def _ending(site: Site, links: Links) -> str:
    return (
        f"-- \nYou get this letter because you subscribed at {site.address}/\n"
        f"Change what you get: {links.manage}\nUnsubscribe: {links.leave}\n"
    )


def _written(template: str, site: Site, subject: str, text: str, **values: object) -> Writing:
    html = fill(template, {"site": site, "subject": subject, **values}).decode()
    return Writing(subject=subject, text=text, html=html)

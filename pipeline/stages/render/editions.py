"""Daily editions: as a page, as text, and as entries of a feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.resources import files

from pipeline.model import Digest, DigestEntry, Edition, Publication
from pipeline.stages.render.atom import render_atom
from pipeline.stages.render.edition_values import ShownEdition, ShownStory, shown_edition
from pipeline.stages.render.entries import site_root
from pipeline.stages.render.environment import fill
from pipeline.stages.render.frame import daily_links, fill_page
from pipeline.stages.render.jsonfeed import render_json
from pipeline.stages.render.moments import long_moment
from pipeline.stages.render.plain import set_apart
from pipeline.stages.render.rss import render_rss
from pipeline.stages.render.site import Site

# Raised when a change of this program, not of a template, changes the bytes of an edition.
_FORMAT = 3
_LINE = 72
EDITION_TEMPLATES = ("base.html", "edition.html", "edition_content.html", "parts.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyFeed:
    """What a conflict's daily feed is: its permanent id, its conflict, and where it stands."""

    uid: str
    conflict: str
    title: str
    base_url: str
    made_at: datetime
    hubs: tuple[str, ...] = ()


def template_version() -> str:
    """Name the templates that editions are made with: equal templates, equal names."""
    hashed = sha256(f"format {_FORMAT}".encode())
    folder = files("pipeline.stages.render") / "templates"
    for name in EDITION_TEMPLATES:
        hashed.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return hashed.hexdigest()[:16]


def render_edition_page(site: Site, edition: Edition) -> bytes:
    """Render `/conflicts/{slug}/{day}`: one daily edition. It links to no later page."""
    told = shown_edition(edition)
    return fill_page(
        "edition.html",
        site,
        path=f"/conflicts/{edition.conflict}/{edition.day.isoformat()}",
        title=f"{told.name} \u00b7 {site.name}",
        description=" ".join(told.sentences),
        feeds=daily_links(edition.conflict, told.conflict),
        lasting=True,
        told=told,
    )


def render_edition_html(edition: Edition) -> str:
    """Render what is in an edition as plain HTML without classes, for feeds and letters."""
    return fill("edition_content.html", {"told": shown_edition(edition)}).decode()


def render_edition_text(edition: Edition) -> str:
    """Render an edition as plain text, for letters: every link in angle brackets, a last line
    feed."""
    told = shown_edition(edition)
    parts = [f"{told.name}\n{'=' * min(len(told.name), _LINE)}"]
    parts += [f"Corrected {long_moment(each.at)}: {each.note}" for each in told.corrections]
    parts += told.sentences
    if told.note:
        parts += [f"Editor\u2019s note: {told.note[0]}", *told.note[1:]]
    parts += [_story_text(number, each) for number, each in enumerate(told.stories, 1)]
    if told.further:
        parts.append("Further reports on earlier stories\n" + "-" * 34)
        start = len(told.stories) + 1
        parts += [_story_text(number, each) for number, each in enumerate(told.further, start)]
    parts.append(f"{told.foot}\n<{told.page_url}>")
    return "\n\n".join(parts) + "\n"


def _story_text(number: int, story: ShownStory) -> str:
    if story.withdrawn:
        reason = story.withdrawn_reason or "no reason was given"
        return f"{number}. Withdrawn: {story.headline}\n   Reason: {reason}"
    lines = [f"{number}. {story.headline}"]
    if story.why:
        lines.append(f"Why it matters: {story.why}")
    if story.summary:
        lines.append(story.summary)
    lines += [
        f"{set_apart(each.publisher)}, {long_moment(each.published_at)}"
        + (f" <{each.url}>" if each.url else "")
        for each in story.reports
    ]
    if story.hits:
        lines.append(f"Found by: {', '.join(map(set_apart, story.hits))}")
    return "\n   ".join(lines)


def daily_digest(feed: DailyFeed, editions: Sequence[Edition]) -> Digest:
    """Make a conflict's daily feed of its editions, newest first: one entry each."""
    base = site_root(feed.base_url)
    entries = tuple(map(_entry, editions))
    return Digest(
        uid=feed.uid,
        title=f"Daily: {feed.title}",
        subtitle=f"One entry a day: what editors chose on {feed.title}",
        path=f"/conflicts/{feed.conflict}/daily",
        page_url=f"{base}/conflicts/{feed.conflict}",
        base_url=feed.base_url,
        updated_at=max((each.updated_at for each in entries), default=feed.made_at),
        entries=entries,
        conflict=feed.conflict,
        hubs=feed.hubs,
    )


def _entry(edition: Edition) -> DigestEntry:
    told = shown_edition(edition)
    site = Site(base_url=edition.base_url)
    own = Publication(
        publisher=site.name,
        title=told.name,
        url=None,
        language="en",
        published_at=edition.published_at,
    )
    return DigestEntry(
        uid=edition.uid,
        title=told.name,
        summary=" ".join(_summary(told)),
        language="en",
        published_at=edition.published_at,
        updated_at=edition.updated_at,
        publications=(own,),
        conflicts=((edition.conflict, edition.conflict_title),),
        page_url=told.page_url,
        content_html=render_edition_html(edition),
        content_text=render_edition_text(edition),
    )


def _summary(told: ShownEdition) -> Sequence[str]:
    notes = [f"Corrected: {each.note}" for each in told.corrections[-1:]]
    return [*notes, *told.sentences, *(story.headline + "." for story in told.stories[:3])]


def render_edition(edition: Edition) -> dict[str, bytes]:
    """Render every document of one edition: `html` (its page), `text`, and its entry alone as
    `atom`, `rss` and `json`. The same edition always gives the same bytes."""
    feed = DailyFeed(
        uid=edition.uid,
        conflict=edition.conflict,
        title=edition.conflict_title,
        base_url=edition.base_url,
        made_at=edition.published_at,
    )
    alone = daily_digest(feed, [edition])
    return {
        "html": render_edition_page(Site(base_url=edition.base_url), edition),
        "text": render_edition_text(edition).encode(),
        "atom": render_atom(alone),
        "rss": render_rss(alone),
        "json": render_json(alone),
    }

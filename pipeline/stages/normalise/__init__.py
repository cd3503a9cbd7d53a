"""Normalise: entries of every sort become articles of one shape.

Plain text, one clean address, UTC dates with their origin, and two names: the entry's within its
feed and the article's across feeds. Ids and addresses that repeat inside one document are not
trusted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from pipeline.model import Article, DateOrigin, Entry, Feed, ParsedFeed, Skipped
from pipeline.model.building import builder
from pipeline.stages.normalise.identity import (
    Sighting,
    Trust,
    digest,
    entry_key,
    identity,
    repeated,
    sightings_of,
    trust_in,
)
from pipeline.stages.normalise.plain import plain_text, plain_texts, shortened
from pipeline.stages.normalise.urls import clean_and_key, clean_url, url_key
from pipeline.text import fold_key, repeats

__all__ = ["clean_url", "normalise", "normalise_document", "plain_text", "url_key"]

_LONGEST_TITLE = 1_000
_LONGEST_SUMMARY = 2_000
_LONGEST_NAME = 200
_MOST_CATEGORIES = 50
_FUTURE = timedelta(hours=24)  # a claim further ahead is a mistake or a trick to stay on top
_LANGUAGE_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,8}")
_NOWHERE: tuple[str | None, str] = (None, "")
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis", "xx", "xxx"})
_TWO_LETTERS = {
    "ara": "ar",
    "deu": "de",
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "ger": "de",
    "por": "pt",
    "rus": "ru",
    "spa": "es",
    "swa": "sw",
    "ukr": "uk",
    "zho": "zh",
}


def normalise_document(
    parsed: ParsedFeed, *, feed: Feed, now: datetime
) -> tuple[Article | Skipped, ...]:
    """Make every entry of a document an `Article`, in document order.

    A summary that only repeats the headline is none. An entry listed twice (same id, address and
    headline) becomes one article and a `Skipped`; an entry that says nothing at all is `Skipped`
    too. `now` stands in for a missing date. Never raises because of what an entry contains.
    """
    texts = _texts(parsed.entries)
    addresses = [clean_and_key(entry.link) if entry.link else _NOWHERE for entry in parsed.entries]
    sightings = sightings_of(
        [entry.guid for entry in parsed.entries], [key for _, key in addresses], texts
    )
    trust = trust_in(sightings, [url_key(url) for url in (parsed.home_url, feed.url) if url])
    keys = [entry_key(seen, trust) for seen in sightings]
    context = _Context(
        feed_id=feed.id,
        publisher=feed.publisher,
        publisher_key=fold_key(feed.publisher),
        language=_language(parsed.language) or _language(feed.language),
        trust=trust,
        now=now,
        latest=now + _FUTURE,
    )
    return tuple(
        Skipped(guid=entry.guid, reason=reason)
        if (reason := _reason_to_skip(entry, text, again))
        else _article(entry, text, url, seen, key, context)
        for entry, text, (url, _), seen, key, again in zip(
            parsed.entries, texts, addresses, sightings, keys, repeated(keys), strict=True
        )
    )


def normalise(
    entry: Entry, *, feed: Feed, parsed_language: str, now: datetime
) -> Article | Skipped:
    """Make one entry an `Article`, as if it stood alone in its document."""
    alone = ParsedFeed(format="entry", entries=(entry,), language=parsed_language)
    return normalise_document(alone, feed=feed, now=now)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What all entries of a document share."""

    feed_id: str
    publisher: str
    publisher_key: str
    language: str
    trust: Trust
    now: datetime
    latest: datetime


def _article(
    entry: Entry,
    texts: tuple[str, str],
    url: str | None,
    seen: Sighting,
    key: str,
    context: _Context,
) -> Article:
    title, summary = texts
    summary_key = seen.summary_key
    if repeats(summary_key, seen.title_key, context.publisher_key):
        summary = summary_key = ""
    published_at, origin = _dated(entry, context.now)
    # By position, in the order of the fields: by name it takes four times as long.
    return _build_article(
        key,
        identity(seen, context.trust, context.feed_id, key),
        entry.guid,
        url,
        entry.link,
        title,
        summary,
        context.publisher,
        (_language(entry.language) if entry.language else "") or context.language,
        published_at,
        context.now if published_at > context.latest else published_at,
        origin,
        seen.title_key,
        # Of what the feed says, not of what is kept: else every article stored when more was kept
        # would be taken for changed.
        digest(f"{seen.title_key}\n{seen.summary_key}"),
        _name(entry.author) if entry.author else "",
        _names(entry.categories) if entry.categories else (),
        summary_key,
    )


_build_article = builder(Article)


def _reason_to_skip(entry: Entry, text: tuple[str, str], again: bool) -> str:
    if entry.link is None and not any(text):
        return "no title, no text and no link"
    return "listed twice" if again else ""


def _texts(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Titles and summaries as plain text; a title of characters that nobody sees is none."""
    titles = plain_texts([entry.title_html for entry in entries])
    summaries = plain_texts([entry.summary_html for entry in entries])
    return [
        (
            shortened(title, _LONGEST_TITLE) if any(map(str.isprintable, title)) else "",
            shortened(summary or plain_text(entry.content_html), _LONGEST_SUMMARY),
        )
        for entry, title, summary in zip(entries, titles, summaries, strict=True)
    ]


def _dated(entry: Entry, now: datetime) -> tuple[datetime, DateOrigin]:
    if entry.published_at is not None:
        return entry.published_at, DateOrigin.PUBLISHED
    if entry.updated_at is not None:
        return entry.updated_at, DateOrigin.UPDATED
    return now, DateOrigin.FETCHED


def _language(tag: str) -> str:
    """The primary language of a BCP 47 tag, lower-case; "" where the tag is none."""
    match = _LANGUAGE_TAG.fullmatch(tag.strip())
    primary = match[1].lower() if match else ""
    return "" if primary in _NO_LANGUAGE else _TWO_LETTERS.get(primary, primary)


def _name(text: str) -> str:
    # Authors and categories come again and again.
    return _short_name(text) if len(text) <= _LONGEST_NAME else _cut_name(text)


def _cut_name(text: str) -> str:
    return shortened(plain_text(text), _LONGEST_NAME)


_short_name = lru_cache(maxsize=2_000)(_cut_name)


def _names(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_name, texts[:_MOST_CATEGORIES]))))

"""Recognise: tell what is new in documents from what is stored, or came with another of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db import Connection, articles
from pipeline.model import Article, Delivery, KnownArticle, Listing
from pipeline.stages.deduplicate import deduplicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The articles of some documents by what is to be done with them, each with its document.

    A listing of an article that is new with one of these documents has no id yet: it holds minus
    that article's place in `new`, counted from 1. `seen` says by the entry's row when it was last
    listed.
    """

    new: list[tuple[Delivery, Article]] = field(default_factory=list)
    listed: list[tuple[Delivery, Listing]] = field(default_factory=list)
    revised: list[tuple[Delivery, Listing]] = field(default_factory=list)
    seen: dict[int, datetime] = field(default_factory=dict)

    def entries(self, ids: Mapping[str, int]) -> list[tuple[Delivery, Article, int]]:
        """Give every new entry with its article's number, once the new articles are stored under
        these ids by identity."""
        brought = [(delivery, item, ids[item.identity]) for delivery, item in self.new]
        for delivery, listing in self.listed:
            article_id = listing.article_id
            if article_id < 0:
                _, first = self.new[-article_id - 1]
                article_id = ids[first.identity]
            brought.append((delivery, listing.article, article_id))
        return brought


def recognise(connection: Connection, deliveries: Sequence[Delivery]) -> Recognised:
    """Sort the articles of documents, one document after the other: a later one knows what an
    earlier one brings, as if that were stored."""
    found = Recognised()
    knowns = articles.known(connection, deliveries)
    shared = _in_several(deliveries)
    titles = {
        each.feed.publisher: known.titles for each, known in zip(deliveries, knowns, strict=True)
    }
    for delivery, known in zip(deliveries, knowns, strict=True):
        sorted_out = deduplicate(delivery.articles, known)
        for item in sorted_out.new:
            found.new.append((delivery, item))
            if item.identity in shared or item.title_key in shared:
                arriving = _as_known(item, -len(found.new), delivery.at)
                known.identities.setdefault(item.identity, arriving)
                _remember(titles, arriving)
        found.listed.extend((delivery, listing) for listing in sorted_out.listed)
        for listing in sorted_out.revised:
            found.revised.append((delivery, listing))
            if listing.article.title_key in shared:
                _remember(titles, _as_known(listing.article, listing.article_id, delivery.at))
        found.seen.update(
            (known.entries[item.entry_key].id, delivery.at) for item in sorted_out.seen
        )
    return found


def _in_several(deliveries: Sequence[Delivery]) -> frozenset[str]:
    """The identities and title keys that occur in more than one of these documents."""
    met: set[str] = set()
    again: set[str] = set()
    for delivery in deliveries:
        own = {item.identity for item in delivery.articles}
        own |= {item.title_key for item in delivery.articles}
        again |= met & own
        met |= own
    return frozenset(again)


def _as_known(item: Article, article_id: int, now: datetime) -> KnownArticle:
    return KnownArticle(
        id=article_id,
        publisher=item.publisher,
        title_key=item.title_key,
        summary=item.summary,
        content_hash=item.content_hash,
        published_at=item.published_at,
        first_seen_at=now,
    )


def _remember(
    titles: Mapping[str, dict[str, tuple[KnownArticle, ...]]], article: KnownArticle
) -> None:
    same = titles.get(article.publisher)
    if same is not None and article.title_key:
        same[article.title_key] = (*same.get(article.title_key, ()), article)

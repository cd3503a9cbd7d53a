"""Store: put one document's articles, matches and stories into the database, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from db import Connection, articles, digests, matches, pages, reviews
from pipeline.gather import group_into_stories
from pipeline.model import (
    Approval,
    Article,
    ArticleText,
    Conflict,
    DateOrigin,
    Feed,
    Match,
    MatchStatus,
    Verdict,
)
from pipeline.stages.deduplicate import deduplicate
from pipeline.watch import Rules

AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a document brought.

    `new_dates` are the dates of the new articles as published, None where undated; `new_matched`
    counts those that fall under a conflict.
    """

    articles_new: int
    articles_revised: int
    matches_new: int
    new_dates: tuple[datetime | None, ...] = ()
    new_matched: int = 0


def store_document(
    connection: Connection, feed: Feed, candidates: Sequence[Article], rules: Rules, now: datetime
) -> Stored:
    """Store what is new or edited in one document, propose its matches and find its stories.

    Runs inside the caller's transaction; nothing is visible to anybody before that commits.
    """
    found = deduplicate(candidates, articles.known(connection, feed, candidates, all_ways=False))
    added = articles.add(connection, found.new, feed, now)
    pages.expect(connection, feed, added.values(), now)
    articles.list_entries(connection, found.listed, feed, now)
    articles.touch_entries(connection, found.seen, feed, now)
    texts: dict[int, ArticleText] = {}
    dates: dict[int, datetime | None] = {}
    for item in found.new:
        if item.identity in added:
            # Of two that share an identity the first was stored, so it is the one that is matched.
            texts.setdefault(added[item.identity], item.text)
            dates.setdefault(added[item.identity], _publication(item))
    revision = dict.fromkeys(texts, 1)
    revised = 0
    # By id, as everywhere: two feeds that edit the same articles must not wait in a circle.
    for listing in sorted(found.revised, key=lambda listing: listing.article_id):
        number = articles.revise(connection, listing, feed, now)
        if number is not None:
            revised += 1
            texts[listing.article_id] = listing.article.text
            revision[listing.article_id] = number
    edited = {key: text for key, text in texts.items() if revision[key] > 1}
    texts |= pages.with_bodies(connection, edited)  # a new article's page is yet to be read
    matched = {article_id: rules.matcher.match(text) for article_id, text in texts.items()}
    # An article new to us and without any match needs no look into the matches table.
    touched = {key: value for key, value in matched.items() if value or revision[key] > 1}
    proposed = matches.propose(connection, touched, revision, now)
    under = [article_id for article_id, wanted in matched.items() if wanted]
    if under:
        group_into_stories(connection, under, now)
        approve_automatically(connection, under, rules.conflicts, now)
    return Stored(
        articles_new=len(added),
        articles_revised=revised,
        matches_new=proposed,
        new_dates=tuple(dates.values()),
        new_matched=sum(bool(matched[article_id]) for article_id in dates),
    )


def _publication(article: Article) -> datetime | None:
    return None if article.date_origin is DateOrigin.FETCHED else article.published_at


def match_stored(
    connection: Connection,
    chunk: Sequence[tuple[int, int, ArticleText]],
    rules: Rules,
    now: datetime,
) -> int:
    """Match stored articles again, given as (id, revision, text); gives how many matches are new.

    Runs inside the caller's transaction, which holds the articles. Verdicts stay.
    """
    found = {article_id: rules.matcher.match(text) for article_id, _, text in chunk}
    revision = {article_id: number for article_id, number, _ in chunk}
    return store_matches(connection, found, revision, rules, now)


def store_matches(
    connection: Connection,
    found: Mapping[int, Sequence[Match]],
    revision: Mapping[int, int],
    rules: Rules,
    now: datetime,
) -> int:
    """Let stored articles have the matches that were found in these revisions; how many are new.

    Runs inside the caller's transaction, which holds the articles. Verdicts stay.
    """
    proposed = matches.propose(connection, found, revision, now)
    under = [article_id for article_id, wanted in found.items() if wanted]
    group_into_stories(connection, under, now)
    approve_automatically(connection, under, rules.conflicts, now)
    return proposed


def approve_automatically(
    connection: Connection,
    article_ids: Collection[int],
    conflicts: Sequence[Conflict],
    now: datetime,
) -> None:
    """Approve pending matches of conflicts that ask for it, logged under the name `automatic`."""
    marks = {
        conflict.slug: conflict.approve_at
        for conflict in conflicts
        if conflict.approve is Approval.AUTOMATIC
    }
    ready = matches.pending_of(connection, article_ids, marks)
    for match_id, (before, revision) in reviews.standing(connection, ready).items():
        reviews.record(
            connection,
            match_id=match_id,
            verdict=Verdict.APPROVE,
            before=before,
            after=MatchStatus.APPROVED,
            editor=AUTOMATIC,
            reason="the score reaches the mark for automatic approval",
            revision=revision,
            now=now,
        )
        digests.place(connection, match_id, now)

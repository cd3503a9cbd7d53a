"""Store: put the articles, matches and stories of documents into the database, in one
transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from db import Connection, articles, digests, entries, matches, notices, pages, reviews, search
from pipeline.gather import group_into_stories
from pipeline.model import (
    Approval,
    Article,
    ArticleText,
    Conflict,
    DateOrigin,
    Delivery,
    Feed,
    Match,
    MatchStatus,
    Verdict,
)
from pipeline.recognise import recognise
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


NOTHING = Stored(articles_new=0, articles_revised=0, matches_new=0)


def store_document(
    connection: Connection, feed: Feed, candidates: Sequence[Article], rules: Rules, now: datetime
) -> Stored:
    """Store what is new or edited in one document, propose its matches and find its stories.

    Runs inside the caller's transaction; nothing is visible to anybody before that commits.
    """
    delivery = Delivery(feed=feed, articles=tuple(candidates), at=now)
    [stored] = store_documents(connection, [delivery], rules, now)
    return stored


def store_documents(
    connection: Connection, deliveries: Sequence[Delivery], rules: Rules, now: datetime
) -> tuple[Stored, ...]:
    """Store documents of different feeds with the outcome of one after the other, but each table at
    once; gives what each of them brought.

    Runs inside the caller's transaction; nothing is visible to anybody before that commits.
    """
    found = recognise(connection, deliveries)
    ids, added = articles.add_all(connection, found.new)
    entries.add(connection, found.entries(ids))
    entries.touch(connection, found.seen)
    numbers = articles.revise_all(connection, found.revised)

    texts: dict[int, ArticleText] = {}
    streams: dict[int, str | None] = {}
    revision: dict[int, int] = {}
    brought_by: dict[int, str] = {}
    new: defaultdict[str, dict[int, Article]] = defaultdict(dict)
    for delivery, item in found.new:
        # Of two that share an identity the first was stored, so it is the one that is matched.
        if item.identity in added and (article_id := ids[item.identity]) not in texts:
            texts[article_id], revision[article_id] = item.text, 1
            streams[article_id] = item.stream
            brought_by[article_id] = delivery.feed.id
            new[delivery.feed.id][article_id] = item
    revised: Counter[str] = Counter()
    for (delivery, listing), number in zip(found.revised, numbers, strict=True):
        if number is not None:
            texts[listing.article_id], revision[listing.article_id] = listing.article.text, number
            brought_by[listing.article_id] = delivery.feed.id
            revised[delivery.feed.id] += 1
    search.index_at_once(connection, _documents(new.values()))
    for delivery in deliveries:
        pages.expect(connection, delivery.feed, new[delivery.feed.id], delivery.at)
    under, proposed = _match(connection, texts, streams, revision, rules, now)
    matches_new = Counter(brought_by[article_id] for article_id in proposed)
    return tuple(
        Stored(
            articles_new=len(new[name]),
            articles_revised=revised[name],
            matches_new=matches_new[name],
            new_dates=tuple(map(_publication, new[name].values())),
            new_matched=len(under & new[name].keys()),
        )
        for name in (each.feed.id for each in deliveries)
    )


def _documents(new: Iterable[Mapping[int, Article]]) -> dict[int, str]:
    """What the word index holds of new articles, by id and in its order."""
    found = {
        article_id: f"{item.title_key} {item.summary_key}"
        for brought in new
        for article_id, item in brought.items()
        if item.summary_key is not None
    }
    return dict(sorted(found.items()))


def _match(
    connection: Connection,
    texts: Mapping[int, ArticleText],
    streams: Mapping[int, str | None],
    revision: Mapping[int, int],
    rules: Rules,
    now: datetime,
) -> tuple[Set[int], Sequence[int]]:
    """Match new texts and see to what follows; gives the articles under some conflict, and those of
    new matches, one for each."""
    edited = {key: text for key, text in texts.items() if revision[key] > 1}
    # The page of a new article is yet to be read.
    read = {**texts, **pages.with_bodies(connection, edited)}
    matcher = rules.matcher
    matched = {
        article_id: ()
        if (stream := streams.get(article_id)) is not None and not matcher.may_match(stream)
        else matcher.match(text)
        for article_id, text in read.items()
    }
    # An article new to us and without any match needs no look into the matches table.
    touched = {key: value for key, value in matched.items() if value or revision[key] > 1}
    proposed = matches.propose(connection, touched, revision, now)
    if proposed:
        notices.tell(connection, notices.ARRIVALS)
    under = [article_id for article_id, wanted in matched.items() if wanted]
    if under:
        group_into_stories(connection, under, now)
        approve_automatically(connection, under, rules.conflicts, now)
    return set(under), proposed


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
    return len(proposed)


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
    if ready:
        notices.tell(connection, notices.PUBLIC)

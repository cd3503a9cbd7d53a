"""Recognise what is already stored: by entry in this feed, by address anywhere, by headline."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from pipeline.model import Article, Deduplicated, Known, KnownArticle, Listing

# The same publisher repeating a headline within these days is the same article at a new address.
SAME_TITLE_WITHIN = timedelta(days=3)
# Shorter headlines ("Morning briefing", "Le journal de 20h") name a column, not an article.
_LEAST_TITLE_WORDS = 5
_LEAST_SUMMARY_OVERLAP = 0.5


def deduplicate(candidates: Sequence[Article], known: Known) -> Deduplicated:
    """Decide for each candidate of one document: new, another listing, an edit, or nothing new.

    An edit is taken only from the feed entry that changed itself: two feeds that word one article
    differently do not make revisions of each other. What was removed as old and unmatched does not
    come back, unless its text changed since: then it may match.
    """
    new: list[Article] = []
    listed: list[Listing] = []
    revised: list[Listing] = []
    seen: list[Article] = []
    present = {
        entry.article_id for item in candidates if (entry := known.entries.get(item.entry_key))
    }
    for candidate in candidates:
        entry = known.entries.get(candidate.entry_key)
        if entry is not None and candidate.content_hash == entry.content_hash:
            seen.append(candidate)
            continue
        if entry is not None:
            revised.append(Listing(article_id=entry.article_id, article=candidate))
            continue
        twin = known.identities.get(candidate.identity) or _same_headline(candidate, known, present)
        if twin is not None:
            listed.append(Listing(article_id=twin.id, article=candidate))
        elif (candidate.identity, candidate.content_hash) not in known.forgotten:
            new.append(candidate)
    return Deduplicated(
        new=tuple(new), listed=tuple(listed), revised=tuple(revised), seen=tuple(seen)
    )


def _same_headline(
    candidate: Article, known: Known, present: Collection[int]
) -> KnownArticle | None:
    """Find an article of the same publisher under the same headline, published about the same time.

    An article that this very document lists beside the candidate is another one: the publisher
    shows both.
    """
    if len(candidate.title_key.split()) < _LEAST_TITLE_WORDS:
        return None
    for article in known.titles.get(candidate.title_key, ()):
        apart = abs(article.published_at - candidate.published_at)
        if (
            article.id not in present
            and apart <= SAME_TITLE_WITHIN
            and _summaries_agree(article.summary, candidate.summary)
        ):
            return article
    return None


def _summaries_agree(one: str, other: str) -> bool:
    words, others = set(one.casefold().split()), set(other.casefold().split())
    if not words or not others:
        return True
    return len(words & others) / min(len(words), len(others)) >= _LEAST_SUMMARY_OVERLAP

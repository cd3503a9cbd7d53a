"""Which entries of a document are the same, and what each is called for good."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from pipeline.text import fold_keys

_LONGEST = 200


class Sighting(NamedTuple):
    """What recognises one entry: id as given, address key ("" if none), folded headline and text.

    `headline` is the folded title, or the beginning of the folded summary where there is no title.
    `title_key` and `summary_key` are both folded, empty where nothing is left of them; `said` is
    both together, or what was written where nothing is left.
    """

    guid: str
    url_key: str
    headline: str
    title_key: str
    summary_key: str
    said: str


def sightings_of(
    guids: Sequence[str], url_keys: Sequence[str], texts: Sequence[tuple[str, str]]
) -> list[Sighting]:
    """Gather what recognises each entry, from ids, address keys, and titles with summaries."""
    titles = fold_keys([title for title, _ in texts])
    summaries = fold_keys([summary for _, summary in texts])
    return [
        Sighting(
            guid,
            url_key,
            title_key or title or (summary_key or summary)[:200],
            title_key,
            summary_key,
            f"{title_key or title}\n{summary_key or summary}",
        )
        for guid, url_key, (title, summary), title_key, summary_key in zip(
            guids, url_keys, texts, titles, summaries, strict=True
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What can be believed within one document.

    An id that stands on different articles names none of them; nor does an address that several
    headlines share, or that is the publisher's home page.
    """

    doubtful_guids: frozenset[str]
    doubtful_urls: frozenset[str]


def trust_in(sightings: Sequence[Sighting], home_keys: Iterable[str]) -> Trust:
    """Find the ids and addresses of a document that do not tell its entries apart."""
    by_guid: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    headlines: defaultdict[str, set[str]] = defaultdict(set)
    for seen in sightings:
        by_guid[seen.guid].add((seen.url_key, seen.headline))
        headlines[seen.url_key].add(seen.headline)
    shared = (key for key, names in headlines.items() if len(names) > 1)
    return Trust(
        doubtful_guids=frozenset(guid for guid, seen in by_guid.items() if len(seen) > 1),
        doubtful_urls=frozenset({*shared, *filter(None, home_keys)}),
    )


def entry_key(seen: Sighting, trust: Trust) -> str:
    """What an entry is called within its feed; at most 200 characters.

    The id if it can be trusted; else id, address and headline; without an id the address (with the
    headline, if others share it); without either a hash of the text.
    """
    if seen.guid:
        if seen.guid not in trust.doubtful_guids:
            return _short("guid:", seen.guid)
        return _hashed("guid+link+title:", seen.guid, seen.url_key, seen.headline)
    if not seen.url_key:
        return "text:" + digest(seen.said)
    if seen.url_key not in trust.doubtful_urls:
        return _short("link:", seen.url_key)
    return _hashed("link+title:", seen.url_key, seen.headline)


def identity(seen: Sighting, trust: Trust, feed_id: str, key: str) -> str:
    """What an article is called across all feeds; at most 200 characters.

    Its address if it can be trusted, address and headline if not, else its key within this feed.
    """
    if not seen.url_key:
        return _short("feed:", f"{feed_id}:{key}")
    if seen.url_key not in trust.doubtful_urls:
        return _short("url:", seen.url_key)
    return _hashed("url+title:", seen.url_key, seen.headline)


def repeated(keys: Sequence[str]) -> list[bool]:
    """For every key, whether it has stood earlier in the list."""
    first: dict[str, int] = {}
    return [first.setdefault(key, place) != place for place, key in enumerate(keys)]


def digest(text: str) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _short(prefix: str, name: str) -> str:
    return prefix + name if len(prefix) + len(name) <= _LONGEST else _hashed(prefix, name)


def _hashed(prefix: str, *names: str) -> str:
    return prefix + "sha256:" + digest("\n".join(names))

"""Values for tests: sensible everywhere, different only where a test says so."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from db import Database, conflicts, feeds, instance
from pipeline.model import (
    Approval,
    Article,
    Conflict,
    DateOrigin,
    Feed,
    Keywords,
    Sources,
    Term,
)
from pipeline.stages.match import compile_keywords, keywords_version
from pipeline.store import Stored, store_document
from pipeline.text import fold_key
from pipeline.watch import Rules

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_feed(id: str = "sahel-wire", **changes: object) -> Feed:
    """A feed that is polled every half hour."""
    values: dict[str, object] = {
        "url": f"https://{id}.example/feed",
        "publisher": id.replace("-", " ").title(),
    }
    return Feed(id=id, **{**values, **changes})  # type: ignore[arg-type]


def an_article(
    title: str = "Convoy attacked near Kidal in northern Mali",
    *,
    path: str = "",
    summary: str = "",
    publisher: str = "Sahel Wire",
    published_at: datetime = NOON - timedelta(hours=1),
    guid: str = "",
) -> Article:
    """An article as normalise makes it; `path` and `guid` default to a hash of the title."""
    name = path or sha256(title.encode()).hexdigest()[:10]
    key = fold_key(title)
    url = f"https://sahel-wire.example/{name}"
    return Article(
        entry_key=f"guid:{guid or name}",
        identity=f"url:{url}",
        guid=guid or name,
        url=url,
        link=url,
        title=title,
        summary=summary,
        publisher=publisher,
        language="en",
        published_at=published_at,
        ordered_at=published_at,
        date_origin=DateOrigin.PUBLISHED,
        title_key=key,
        content_hash=sha256(f"{key}\n{fold_key(summary)}".encode()).hexdigest(),
    )


def a_conflict(
    slug: str = "mali",
    title: str = "Instability in Mali",
    places: Sequence[str] = ("Mali", "Kidal", "Bamako"),
    subjects: Sequence[str] = ("attack*", "junta", "army"),
    decisive: Sequence[str] = ("JNIM",),
    approve: Approval = Approval.EDITOR,
    approve_at: int = 6,
    region: str = "",
) -> Conflict:
    """A tracked conflict with a few keywords."""

    def terms(words: Sequence[str]) -> tuple[Term, ...]:
        return tuple(Term(text=word) for word in words)

    keywords = Keywords(decisive=terms(decisive), places=terms(places), subjects=terms(subjects))
    versioned = Keywords(
        decisive=keywords.decisive,
        places=keywords.places,
        subjects=keywords.subjects,
        version=keywords_version(keywords),
    )
    return Conflict(
        slug=slug,
        title=title,
        region=region,
        keywords=versioned,
        approve=approve,
        approve_at=approve_at,
    )


def rules(*conflicts: Conflict) -> Rules:
    """The keywords of these conflicts, compiled; of Mali when none is given."""
    tracked = conflicts or (a_conflict(),)
    return Rules(conflicts=tracked, matcher=compile_keywords(tracked))


def some_sources(*feeds: Feed, conflicts: Sequence[Conflict] = ()) -> Sources:
    """Sources with these feeds and conflicts, or one of each."""
    return Sources(feeds=feeds or (a_feed(),), conflicts=tuple(conflicts) or (a_conflict(),))


def watch(
    database: Database,
    *,
    polled: Sequence[Feed] = (),
    tracked: Sequence[Conflict] = (),
    now: datetime = NOON,
) -> Database:
    """Declare feeds and conflicts, or the usual two of each, to a database; gives it back."""
    usual = (a_conflict(), a_conflict("niger", "Unrest in Niger", places=("Niger", "Niamey")))
    with database.transaction() as connection:
        instance.keep(connection, instance.TAG_AUTHORITY, "tracker.example")
        feeds.declare(connection, polled or (a_feed(), a_feed("delta-post")), now)
        conflicts.declare(connection, tracked or usual, now)
    return database


def take_in(
    database: Database,
    *articles: Article,
    feed: Feed | None = None,
    tracked: Sequence[Conflict] = (),
    now: datetime = NOON,
) -> Stored:
    """Store one document of these articles, as ingest does; under Mali's keywords unless given."""
    with database.transaction() as connection:
        return store_document(connection, feed or a_feed(), articles, rules(*tracked), now)

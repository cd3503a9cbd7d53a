"""Routes: the addresses of the API."""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import HTTPException, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, BeforeValidator

from pipeline import bring_out, hand_out, oversee
from pipeline.errors import AlreadyDecided, ReviewError
from pipeline.hand_out import Part, Story
from pipeline.model import Decision, Editor, FeedHealth, FeedState, MatchStatus, PublishedItem
from pipeline.review import review
from pipeline.web.api import shapes
from pipeline.web.api.callers import caller
from pipeline.web.security import Access, Page, Tools, moment, tools
from pipeline.web.verdicts import tell_service

MOST_LISTED = 200
_LISTED = 50
Shape = TypeVar("Shape", bound=BaseModel)
Word = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Words = Annotated[
    str, Query(max_length=200, pattern=r"^[^\x00]*$", description="Words that all occur.")
]


def _written_out(value: object) -> object:
    """Refuse seconds since an epoch: a time is written out, with its zone."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("write the time out, such as 2026-11-22T12:00:00Z")
    return value


Since = Annotated[AwareDatetime | None, BeforeValidator(_written_out), Query()]
Mine = Annotated[
    bool,
    Query(description="Only under the token's owner's own conflicts, if they chose any."),
]
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="Items a page.")]
Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{16}$", description="Where a page begins: follow `next`, make none up."
    ),
]
NameCursor = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9a-f]{2}){1,400}$",
        description="Where a page begins: follow `next`, make none up.",
    ),
]
Number = Annotated[int, Path(ge=1, le=shapes.LARGEST)]


def conflicts(
    request: Request, limit: Limit = _LISTED, cursor: NameCursor = None
) -> shapes.Listed[shapes.Conflict]:
    """List the tracked conflicts by slug, with how many matches stand where."""
    part = hand_out.list_conflicts(tools(request).database, beyond=_name(cursor), limit=limit)
    items = (
        shapes.Conflict(slug=each.slug, title=each.title, **dict(each.by_status))
        for each in part.items
    )
    return _listed(request, part, items)


def articles(
    request: Request,
    conflict: Word = None,
    mine: Mine = False,
    status: MatchStatus | None = None,
    q: Words = "",
    publisher: Word = None,
    language: Word = None,
    since: Since = None,
    limit: Limit = _LISTED,
    cursor: Cursor = None,
) -> shapes.Listed[shapes.Article]:
    """List stored articles, last stored first; `since` is when they were first seen."""
    part = hand_out.list_articles(
        tools(request).database,
        conflict=conflict,
        own_of=_owner(request, mine),
        status=status,
        words=q.strip(),
        publisher=publisher,
        language=language,
        since=since,
        before=_key(cursor),
        limit=limit,
    )
    return _listed(request, part, map(shapes.Article.model_validate, part.items))


def article(request: Request, article_id: Number) -> shapes.Article:
    """Give one article."""
    found = hand_out.one_article(tools(request).database, article_id)
    return shapes.Article.model_validate(_there(found, "article"))


def stories(
    request: Request,
    conflict: Word = None,
    mine: Mine = False,
    limit: Limit = _LISTED,
    cursor: Cursor = None,
) -> shapes.Listed[shapes.Story]:
    """List stories, last begun first."""
    part = hand_out.list_stories(
        tools(request).database,
        conflict=conflict,
        own_of=_owner(request, mine),
        before=_key(cursor),
        limit=limit,
    )
    return _listed(request, part, (shapes.Story(**_story(each)) for each in part.items))


def story(request: Request, story_id: Number) -> shapes.StoryInFull:
    """Give one story with all its articles."""
    found: Story = _there(hand_out.one_story(tools(request).database, story_id), "story")
    told = [shapes.Told.model_validate(each) for each in found.told]
    return shapes.StoryInFull(**_story(found), articles=told)


def _story(found: Story) -> dict[str, Any]:
    return {
        "id": found.head.id,
        "title": found.head.title,
        "first_seen_at": found.head.first_seen_at,
        "last_seen_at": found.head.last_seen_at,
        "copies": found.copies.copies,
        "origins": found.copies.origins,
    }


def matches(
    request: Request,
    conflict: Word = None,
    mine: Mine = False,
    status: MatchStatus | None = None,
    q: Words = "",
    publisher: Word = None,
    language: Word = None,
    score: Annotated[
        int | None, Query(ge=0, le=1_000_000, description="At least this score.")
    ] = None,
    limit: Limit = _LISTED,
    cursor: Cursor = None,
) -> shapes.Listed[shapes.Match]:
    """List matches, last proposed first; `status=pending` is what waits on the desk."""
    part = hand_out.list_matches(
        tools(request).database,
        conflict=conflict,
        own_of=_owner(request, mine),
        status=status,
        words=q.strip(),
        publisher=publisher,
        language=language,
        least_score=score,
        before=_key(cursor),
        limit=limit,
    )
    return _listed(request, part, map(shapes.Match.model_validate, part.items))


def match(request: Request, match_id: Number) -> shapes.Match:
    """Give one match."""
    found = hand_out.one_match(tools(request).database, match_id)
    return shapes.Match.model_validate(_there(found, "match"))


def reviews(
    request: Request,
    editor: Word = None,
    conflict: Word = None,
    match: Annotated[int | None, Query(ge=1, le=shapes.LARGEST)] = None,
    limit: Limit = _LISTED,
    cursor: Cursor = None,
) -> shapes.Listed[shapes.Review]:
    """List verdicts, newest first."""
    part = hand_out.list_reviews(
        tools(request).database,
        editor=editor,
        conflict=conflict,
        match=match,
        before=_key(cursor),
        limit=limit,
    )
    return _listed(request, part, map(shapes.Review.model_validate, part.items))


def decide(request: Request, verdicts: shapes.Verdicts) -> shapes.Taken:
    """Take a verdict on some matches in the token's owner's name: on all of them or on none."""
    desk = tools(request)
    decisions = {
        each.id: Decision(
            match_id=each.id,
            verdict=verdicts.verdict,
            editor=caller(request).editor.name,
            reason=verdicts.reason.strip(),
            seen_as=each.seen_as,
        )
        for each in verdicts.matches
    }
    try:
        done = review(desk.database, list(decisions.values()), moment(request))
    except AlreadyDecided as error:
        raise HTTPException(409, f"Nothing was changed: {error}.") from None
    except ReviewError as error:
        raise HTTPException(404, f"Nothing was changed: {error}.") from None
    changed = sum(each.review_id is not None for each in done)
    if changed:
        tell_service(desk, changed)
    return shapes.Taken(
        decided=[
            shapes.Decided(
                match=each.match_id, before=each.before, after=each.after, review=each.review_id
            )
            for each in done
        ]
    )


def feeds(
    request: Request,
    state: FeedState | None = None,
    limit: Limit = _LISTED,
    cursor: NameCursor = None,
) -> shapes.Listed[shapes.Feed]:
    """List the feeds by id, and how they do."""
    found = oversee.every_feed(tools(request).database, moment(request))
    by_id = {each.feed.id: each for each in found if state is None or each.state is state}
    ids, after = hand_out.cut_names(by_id, _name(cursor), limit)
    part = Part(items=tuple(by_id[each] for each in ids), after=after)
    return _listed(request, part, map(_feed, part.items))


def feed(request: Request, feed_id: Annotated[str, Path(max_length=200)]) -> shapes.Feed:
    """Give one feed and how it does."""
    desk = tools(request)
    clean = feed_id.replace("\0", "")
    return _feed(_there(oversee.one_feed(desk.database, clean, moment(request)), "feed").health)


def _feed(each: FeedHealth) -> shapes.Feed:
    return shapes.Feed(
        id=each.feed.id,
        url=each.feed.url,
        publisher=each.feed.publisher,
        state=each.state,
        next_fetch_at=each.next_fetch_at,
        next_fetch_reason=each.next_fetch_reason,
        last_success_at=each.last_success_at,
        last_new_at=each.last_new_at,
        failing_since=each.failing_since,
        error_kind=each.error_kind,
        error_message=each.error_message,
        articles=each.articles,
        approved=each.approved,
        alarms=[str(alarm.kind) for alarm in each.alarms],
    )


def digest(
    request: Request, conflict: Word = None, limit: Limit = _LISTED, cursor: Cursor = None
) -> shapes.Listed[shapes.DigestItem]:
    """List what was published, last first; withdrawn items stay, and say so."""
    desk = tools(request)
    part = hand_out.list_digest(desk.database, conflict=conflict, before=_key(cursor), limit=limit)
    return _listed(request, part, (_item(desk, each) for each in part.items))


def editions(
    request: Request, conflict: Word = None, limit: Limit = _LISTED, cursor: Cursor = None
) -> shapes.Listed[shapes.Edition]:
    """List the daily editions, last made first, each in its current revision."""
    before = _key(cursor)
    found = bring_out.published(
        tools(request).database,
        conflict=conflict,
        before=None if before is None else min(before, shapes.LARGEST_NUMBER),
        limit=limit + 1,
    )
    after = found[limit - 1].number if len(found) > limit else None
    part = Part(items=found[:limit], after=after)
    return _listed(request, part, map(shapes.Edition.model_validate, part.items))


def edition(
    request: Request, number: Annotated[int, Path(ge=1, le=shapes.LARGEST_NUMBER)]
) -> shapes.Edition:
    """Give one daily edition by its number."""
    found = bring_out.published(tools(request).database, number=number)
    return shapes.Edition.model_validate(_there(found[0] if found else None, "edition"))


def _item(desk: Tools, each: PublishedItem) -> shapes.DigestItem:
    return shapes.DigestItem(
        uid=each.uid,
        title=each.title,
        summary=each.summary,
        page_url=f"{desk.settings.base_url}/news/{each.slug}/",
        published_at=each.published_at,
        updated_at=each.updated_at,
        placements=[shapes.Placed.model_validate(place) for place in each.placements],
        publications=[shapes.Published.model_validate(copy.publication) for copy in each.copies],
    )


def _owner(request: Request, mine: bool) -> Editor | None:
    return caller(request).editor if mine else None


def _key(cursor: str | None) -> int | None:
    return None if cursor is None else min(int(cursor, 16), shapes.LARGEST)


def _name(cursor: str | None) -> str:
    return bytes.fromhex(cursor or "").decode(errors="replace")


def _listed(request: Request, part: Part[Any], items: Iterable[Shape]) -> shapes.Listed[Shape]:
    following = None
    if part.after is not None:
        query = [(name, value) for name, value in request.query_params.multi_items()]
        query = [pair for pair in query if pair[0] != "cursor"]
        after = part.after
        key = after.encode().hex() if isinstance(after, str) else f"{after:016x}"
        query.append(("cursor", key))
        following = f"{tools(request).root}{request.scope['path']}?{urlencode(query)}"
    return shapes.Listed(items=list(items), next=following)


def _there(found: Any, what: str) -> Any:
    if found is None:
        raise HTTPException(404, f"There is no such {what}; it may have been cleared away.")
    return found


def _read(path: str, answer: Any) -> Page:
    return Page(method="GET", path=f"/api/v1/{path}", access=Access.READER, answer=answer)


ROUTES = (
    _read("conflicts", conflicts),
    _read("articles", articles),
    _read("articles/{article_id}", article),
    _read("stories", stories),
    _read("stories/{story_id}", story),
    _read("matches", matches),
    _read("matches/{match_id}", match),
    _read("reviews", reviews),
    Page(method="POST", path="/api/v1/reviews", access=Access.REVIEWER, answer=decide),
    _read("feeds", feeds),
    _read("feeds/{feed_id}", feed),
    _read("digest", digest),
    _read("digest/editions", editions),
    _read("digest/editions/{number}", edition),
)

"""Which stories an edition holds, and in which order."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pipeline.model import CandidateStory, EditionStory, Pick

# A story listed so many days ago or less is not new again; it may be listed as further reports.
REPEAT_DAYS = 7


def arrange(
    candidates: Iterable[CandidateStory], picks: Iterable[Pick], day: date
) -> tuple[EditionStory, ...]:
    """Choose and order an edition's stories.

    Left out are those that an editor left out, and those withdrawn meanwhile. Pinned ones come
    first, then new ones, then further reports; among these the order that was given, and the rest
    as they were approved, so that what comes later never moves what was ordered.
    """
    by_item = {pick.item_id: pick for pick in picks}
    chosen = [
        (each, by_item.get(each.item_id, Pick(item_id=each.item_id)))
        for each in in_order(candidates, picks, day)
    ]
    return tuple(
        EditionStory(
            item_id=each.item_id,
            uid=each.uid,
            slug=each.slug,
            title=each.title,
            summary=each.summary,
            language=each.language,
            published_at=each.published_at,
            reports=each.reports,
            pinned=pick.pinned,
            further=_is_further(each, day),
            why=pick.why,
        )
        for each, pick in chosen
        if not pick.left_out and each.withdrawn_reason is None
    )


def in_order(
    candidates: Iterable[CandidateStory], picks: Iterable[Pick], day: date
) -> Sequence[CandidateStory]:
    """Order candidates as the edition will, those that are left out included."""
    by_item = {pick.item_id: pick for pick in picks}

    def key(each: CandidateStory) -> tuple[object, ...]:
        pick = by_item.get(each.item_id, Pick(item_id=each.item_id))
        return (
            not pick.pinned,
            _is_further(each, day),
            pick.place is None,
            pick.place or 0,
            each.first_approved_at,
            each.item_id,
        )

    return sorted(candidates, key=key)


def _is_further(each: CandidateStory, day: date) -> bool:
    return any(day - listed <= timedelta(days=REPEAT_DAYS) for listed in each.listed_on)

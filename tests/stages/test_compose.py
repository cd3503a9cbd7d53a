"""Compose: entries of all conflicts or of one, standing or withdrawn, under permanent ids."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipeline.model import Copy, Digest, Placement, Publication, PublishedItem, Region
from pipeline.stages.compose import compose, regions_of
from tests.making import NOON, a_conflict

TITLES = {"mali": "Instability in Mali", "niger": "Unrest in Niger"}
LATER = NOON + timedelta(hours=1)


def a_copy(publisher: str, hits: Sequence[str] = (), language: str = "en") -> Copy:
    publication = Publication(
        publisher=publisher,
        title=f"{publisher} reports",
        url=None,
        language=language,
        published_at=NOON,
    )
    return Copy(article_id=1, publication=publication, conflicts=frozenset(), hits=tuple(hits))


def in_(conflict: str, withdrawn: str | None = None) -> Placement:
    if withdrawn is None:
        return Placement(conflict=conflict, placed_at=NOON)
    return Placement(
        conflict=conflict, placed_at=NOON, withdrawn_at=LATER, withdrawn_reason=withdrawn
    )


def an_item(*placements: Placement, slug: str = "a1", updated_hours: int = 0) -> PublishedItem:
    return PublishedItem(
        uid=f"tag:tracker.example,2026-11-22:news/{slug}",
        slug=slug,
        title="Convoy attacked",
        summary="Near Kidal.",
        published_at=NOON,
        updated_at=NOON + timedelta(hours=updated_hours),
        placements=placements or (in_("mali"),),
        copies=(a_copy("Sahel Wire", ["Mali", "Kidal"], "fr"), a_copy("Delta Post", ["Mali"])),
    )


def made(*items: PublishedItem, conflict: str | None = None, **more: Any) -> Digest:
    return compose(
        items,
        titles=TITLES,
        base_url="https://tracker.example",
        authority="tracker.example",
        made_at=NOON,
        conflict=conflict,
        **more,
    )


def test_an_entry_carries_what_was_published() -> None:
    [entry] = made(an_item(updated_hours=2)).entries
    assert entry.uid == "tag:tracker.example,2026-11-22:news/a1"
    assert (entry.title, entry.summary, entry.language) == ("Convoy attacked", "Near Kidal.", "fr")
    assert (entry.published_at, entry.updated_at) == (NOON, NOON + timedelta(hours=2))
    assert [each.publisher for each in entry.publications] == ["Sahel Wire", "Delta Post"]
    assert entry.conflicts == (("mali", "Instability in Mali"),)
    assert entry.page_url == "https://tracker.example/news/a1"
    assert entry.hits == ("Kidal", "Mali")
    assert entry.withdrawn_reason is None


def test_the_digest_of_all_conflicts_and_of_one_have_ids_and_places_of_their_own() -> None:
    everything, mali = made(an_item()), made(an_item(), conflict="mali")
    assert everything.uid == "tag:tracker.example,2026-11-22:latest-news"
    assert mali.uid == "tag:tracker.example,2026-11-22:conflicts/mali/latest-news"
    assert (everything.path, mali.path) == ("/latest-news", "/conflicts/mali/latest-news")
    assert everything.page_url == "https://tracker.example/"
    assert mali.page_url == "https://tracker.example/conflicts/mali"
    assert (everything.title, mali.title) == (
        "Latest News: all conflicts",
        "Latest News: Instability in Mali",
    )
    assert (everything.conflict, mali.conflict) == (None, "mali")


def test_the_same_items_make_the_same_digest() -> None:
    assert made(an_item()) == made(an_item())


def test_a_digest_is_as_new_as_its_newest_change() -> None:
    items = [an_item(slug="a", updated_hours=1), an_item(slug="b", updated_hours=5)]
    assert made(*items).updated_at == NOON + timedelta(hours=5)
    assert made().updated_at == NOON
    assert made().entries == ()


def test_entries_keep_the_order_they_come_in() -> None:
    items = [an_item(slug=slug) for slug in "cab"]
    assert [entry.page_url[-1] for entry in made(*items).entries] == ["c", "a", "b"]


def test_a_conflicts_digest_holds_only_its_own() -> None:
    assert made(an_item(in_("mali")), conflict="niger").entries == ()
    [entry] = made(an_item(in_("mali"), in_("niger")), conflict="niger").entries
    assert entry.conflicts == (("mali", TITLES["mali"]), ("niger", TITLES["niger"]))


def test_conflicts_that_are_no_longer_tracked_are_left_out() -> None:
    assert made(an_item(in_("atlantis"))).entries == ()
    [entry] = made(an_item(in_("atlantis"), in_("mali"))).entries
    assert entry.conflicts == (("mali", TITLES["mali"]),)


def test_an_item_without_any_article_is_left_out() -> None:
    assert made(replace(an_item(), copies=())).entries == ()


def test_what_is_withdrawn_in_one_conflict_stands_in_the_other() -> None:
    item = an_item(in_("mali", withdrawn="wrong place"), in_("niger"))
    [everywhere] = made(item).entries
    [mali] = made(item, conflict="mali").entries
    [niger] = made(item, conflict="niger").entries

    assert (everywhere.withdrawn_reason, niger.withdrawn_reason) == (None, None)
    assert mali.withdrawn_reason == "wrong place"
    assert everywhere.conflicts == niger.conflicts == (("niger", TITLES["niger"]),)


def test_an_entry_withdrawn_everywhere_says_why_and_where_it_stood() -> None:
    item = an_item(in_("mali", withdrawn=""), in_("niger", withdrawn="a mistake"))
    [entry] = made(item).entries
    assert entry.withdrawn_reason == "a mistake"
    assert [slug for slug, _ in entry.conflicts] == ["mali", "niger"]


def test_a_reason_is_not_needed() -> None:
    [entry] = made(an_item(in_("mali", withdrawn=""))).entries
    assert entry.withdrawn_reason == ""


SAHEL = Region(slug="sahel", title="The Sahel", conflicts=frozenset({"mali", "elsewhere"}))


def test_a_regions_digest_holds_the_news_of_its_conflicts() -> None:
    digest = made(an_item(in_("mali")), an_item(in_("niger"), slug="b2"), region=SAHEL)
    assert [entry.page_url for entry in digest.entries] == ["https://tracker.example/news/a1"]
    assert (digest.path, digest.region) == ("/regions/sahel/latest-news", "sahel")
    assert digest.uid == "tag:tracker.example,2026-11-22:regions/sahel/latest-news"
    assert digest.title == "Latest News: The Sahel"


def test_regions_are_the_tracked_conflicts_own_in_order() -> None:
    regions = regions_of(
        [
            a_conflict("a", region="Sub-Saharan Africa"),
            a_conflict("b", region=" "),
            a_conflict("c", region="Europe"),
            a_conflict("d", region="sub saharan AFRICA"),
            a_conflict("e", region="\u0627\u0644\u0634\u0631\u0642"),
        ]
    )
    assert [(region.title, region.conflicts) for region in regions[:2]] == [
        ("Sub-Saharan Africa", {"a", "d"}),
        ("Europe", {"c"}),
    ]
    assert [region.slug for region in regions[:2]] == ["sub-saharan-africa", "europe"]
    assert re.fullmatch("region-[0-9a-f]{12}", regions[2].slug)


def test_a_retraction_told_long_enough_leaves_a_tombstone() -> None:
    items = [an_item(in_("mali", "false")), an_item(in_("mali"), slug="b2")]
    digest = made(*items, retracted_before=LATER + timedelta(seconds=1))
    assert [entry.uid[-2:] for entry in digest.entries] == ["b2"]
    [tombstone] = digest.tombstones
    assert (tombstone.uid, tombstone.withdrawn_at, tombstone.reason) == (
        items[0].uid,
        LATER,
        "false",
    )
    assert made(*items, retracted_before=LATER).tombstones == ()


def test_a_digest_is_as_new_as_what_has_left_it() -> None:
    assert made(an_item(), changed_at=LATER).updated_at == LATER
    assert made(an_item(updated_hours=5), changed_at=LATER).updated_at == NOON + 5 * (LATER - NOON)


def test_an_archive_names_itself_and_the_one_before() -> None:
    digest = made(archive=7, previous_archive=6)
    assert (digest.own_path, digest.previous_path) == (
        "/latest-news/archive/7",
        "/latest-news/archive/6",
    )
    assert (made().own_path, made().previous_path) == ("/latest-news", None)

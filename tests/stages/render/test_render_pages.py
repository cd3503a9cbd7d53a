"""The public pages: complete, safe, accessible, and the same bytes every time."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from lxml import html

from pipeline.model import Caption, Digest, DigestEntry, Publication, Region, SectionKind
from pipeline.stages.render import (
    ConflictCard,
    RenderedSection,
    Site,
    Trend,
    file_name,
    plain_name,
    render_conflict_page,
    render_entry_page,
    render_error_page,
    render_front,
    render_opml,
    render_subscribe_page,
    static_files,
    versioned,
)
from pipeline.stages.render.site import Here
from pipeline.stages.render.world import world

MakeEntry = Callable[..., DigestEntry]
MakePublication = Callable[..., Publication]
MakeDigest = Callable[..., Digest]
MakeCard = Callable[..., ConflictCard]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script> & \"quoted\" \x0b]]>"


def page(written: bytes, base: str = "https://dateline.example") -> Any:
    """Read a page with its links followed: those within the site as site paths."""
    tree = html.document_fromstring(written.decode("utf-8"))
    [lives] = tree.xpath("//link[@rel='canonical']/@href") or [f"{base}/"]
    for element in tree.xpath("//*[@href]"):
        href = element.get("href")
        if element.get("rel") != "canonical" and not href.startswith("#"):
            url = urljoin(lives, href)
            element.set("href", url.removeprefix(base) if url.startswith(f"{base}/") else url)
    return tree


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture(scope="session")
def background() -> tuple[RenderedSection, ...]:
    return (
        RenderedSection(
            kind=SectionKind.BACKGROUND,
            heading="Background",
            anchor="background",
            html="<p>Since <em>1960</em></p>",
        ),
        RenderedSection(
            kind=SectionKind.CONCERNS, heading="", anchor="concerns", html="<p>Spill-over</p>"
        ),
        RenderedSection(
            kind=SectionKind.LATEST_NEWS, heading="Latest News", anchor="old-news", html=""
        ),
    )


@pytest.fixture(scope="session")
def every_page(
    site: Site,
    a_card: MakeCard,
    a_digest: MakeDigest,
    an_entry: MakeEntry,
    rich: Digest,
    background: tuple[RenderedSection, ...],
) -> dict[str, bytes]:
    cards = [
        a_card(
            newest=an_entry(), countries=("ML", "NE"), trend=Trend.of({NOON.date(): 3}, NOON.date())
        ),
        a_card(slug="sudan", region="", status="", countries=("SD",)),
    ]
    captions = (
        Caption(text="A patrol in Kidal.", credit="A photographer"),
        Caption(text="A mosque.", credit=""),
    )
    return {
        "front": render_front(site, cards, rich),
        "front, empty": render_front(site, [], a_digest()),
        "conflict": render_conflict_page(
            site, cards[0], rich, sections=background, captions=captions
        ),
        "conflict, empty": render_conflict_page(site, cards[1], a_digest()),
        "entry": render_entry_page(site, an_entry(hits=("JNIM", "Bamako"))),
        "entry, hostile": render_entry_page(site, an_entry(title=HOSTILE, summary=HOSTILE)),
        "entry, withdrawn": render_entry_page(site, an_entry(withdrawn_reason="False.")),
        "subscribe": render_subscribe_page(site, cards),
        "error": render_error_page(404, "Not found", "Check the address.", site),
    }


PAGES = [
    "front",
    "front, empty",
    "conflict",
    "conflict, empty",
    "entry",
    "entry, hostile",
    "entry, withdrawn",
    "subscribe",
    "error",
]


@pytest.mark.parametrize("name", PAGES)
class TestEveryPage:
    def test_has_landmarks_a_skip_link_and_one_main_heading(
        self, every_page: dict[str, bytes], name: str
    ) -> None:
        tree = page(every_page[name])
        assert tree.get("lang") == "en"
        assert len(tree.xpath("//main")) == len(tree.xpath("//h1")) == 1
        assert tree.xpath("//header//nav[@aria-label]")
        assert tree.xpath("//footer")
        first = tree.xpath("//body//a")[0]
        assert first.get("href") == "#" + tree.xpath("//main")[0].get("id")
        assert tree.xpath("//title")[0].text.strip()
        assert tree.xpath("//meta[@name='viewport']")

    def test_headings_do_not_skip_a_level(self, every_page: dict[str, bytes], name: str) -> None:
        levels = [int(h.tag[1]) for h in page(every_page[name]).xpath("//h1|//h2|//h3|//h4|//h5")]
        assert min(levels) == 1
        assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))

    def test_ids_are_unique_and_what_is_referred_to_exists(
        self, every_page: dict[str, bytes], name: str
    ) -> None:
        tree = page(every_page[name])
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert set(tree.xpath("//@aria-labelledby")) <= set(ids)
        assert {href[1:] for href in tree.xpath("//@href") if href.startswith("#")} <= set(ids)

    def test_needs_no_script_no_inline_style_and_no_third_party(
        self, every_page: dict[str, bytes], name: str
    ) -> None:
        tree = page(every_page[name])
        assert not tree.xpath("//style|//iframe|//form|//@style|//base")
        # Data for machines is no script: nothing runs it.
        assert not tree.xpath("//script[not(@type='application/ld+json')]")
        assert not [a for a in tree.xpath("//@*") if a.attrname.startswith("on")]
        loaded = tree.xpath("//link[@rel='stylesheet' or @rel='icon']/@href")
        wanted = [f"/static/{file_name(each)}" for each in ("dateline.svg", "dateline.css")]
        assert loaded[:2] == wanted
        assert {href.removeprefix("/static/") for href in loaded} <= static_files().keys()
        assert set(tree.xpath("//img/@src")) <= {f"./static/{file_name('world.svg')}"}

    def test_announces_its_feeds_in_three_formats(
        self, every_page: dict[str, bytes], name: str
    ) -> None:
        links = page(every_page[name]).xpath("//head/link[@rel='alternate']")
        assert {link.get("type") for link in links} == {
            "application/atom+xml",
            "application/rss+xml",
            "application/feed+json",
        }
        assert "/latest-news.atom" in [link.get("href") for link in links]
        assert all(link.get("title") for link in links)

    def test_every_link_leads_to_a_web_address_a_path_or_a_place(
        self, every_page: dict[str, bytes], name: str
    ) -> None:
        for href in page(every_page[name]).xpath("//a/@href"):
            assert re.match(r"https?://[^/]+/|/(?!/)|#", href)


def test_pages_are_the_same_bytes_every_time(
    site: Site, a_card: MakeCard, rich: Digest, background: tuple[RenderedSection, ...]
) -> None:
    first = render_conflict_page(site, a_card(), rich, sections=background)
    assert render_conflict_page(site, a_card(), rich, sections=background) == first
    assert render_front(site, [a_card()], rich) == render_front(site, [a_card()], rich)


def test_a_page_says_where_it_lives(every_page: dict[str, bytes]) -> None:
    canonical = {
        name: page(text).xpath("//link[@rel='canonical']/@href")
        for name, text in every_page.items()
    }
    assert canonical["front"] == ["https://dateline.example/"]
    assert canonical["conflict"] == ["https://dateline.example/conflicts/mali/"]
    assert canonical["entry"] == ["https://dateline.example/news/00001/"]
    assert canonical["subscribe"] == ["https://dateline.example/subscribe/"]
    assert canonical["error"] == []
    assert page(every_page["error"]).xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_links_within_the_site_are_relative_so_that_it_can_lie_anywhere(
    every_page: dict[str, bytes],
) -> None:
    for name in PAGES:
        tree = html.document_fromstring(every_page[name].decode())
        for href in tree.xpath("//a/@href | //link[not(@rel='canonical')]/@href"):
            if name == "error":
                # An error is answered at any address: only a path from the root holds there.
                assert href.startswith(("/", "#"))
            else:
                assert not href.startswith(("/", "https://dateline.example"))


def test_a_site_under_a_path_links_within_it(
    an_entry: MakeEntry, a_card: MakeCard, a_digest: MakeDigest
) -> None:
    site = Site(base_url="https://host.example/tracker/")
    entry = an_entry(page_url="https://host.example/tracker/news/00001")
    tree = page(render_front(site, [a_card()], a_digest(entry)), "https://host.example")
    inside = [href for href in tree.xpath("//@href") if href.startswith("/")]
    assert inside
    assert all(href.startswith("/tracker/") for href in inside)
    assert "/tracker/news/00001/" in inside
    canonical = page(render_entry_page(site, entry)).xpath("//link[@rel='canonical']/@href")
    assert canonical == ["https://host.example/tracker/news/00001/"]
    assert b'xmlUrl="https://host.example/tracker/latest-news.atom"' in render_opml(
        site, [], entry.updated_at
    )


def test_an_entry_page_kept_elsewhere_is_linked_in_full(
    site: Site, an_entry: MakeEntry, a_digest: MakeDigest
) -> None:
    digest = a_digest(an_entry(page_url="https://dateline.example.org/news/1"))
    assert "https://dateline.example.org/news/1" in page(render_front(site, [], digest)).xpath(
        "//@href"
    )


class TestFront:
    def test_conflicts_stand_in_a_list_under_their_regions(
        self, site: Site, a_card: MakeCard, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        trend = Trend.of({NOON.date(): 2, date(2026, 10, 1): 1}, NOON.date())
        cards = [
            a_card(newest=an_entry(title="Newest headline"), trend=trend),
            a_card(
                slug="yemen",
                title="War in Yemen",
                region="Middle East",
                status="improving",
                updated_on=date(2026, 10, 2),
            ),
            a_card(slug="sudan", title="Civil War in Sudan", status="unchanging", status_reason=""),
            a_card(slug="x", title="Elsewhere", region="", status="unclear"),
        ]
        tree = page(render_front(site, cards, a_digest()))
        regions = tree.xpath("//section[starts-with(@class, 'region ')]")
        assert [words(region.find(".//h3")) for region in regions] == [
            "Sub-Saharan Africa",
            "Middle East",
            "Other regions",
        ]
        mali, sudan = regions[0].xpath(".//li")
        assert mali.xpath(".//h4/a/@href") == ["/conflicts/mali/"]
        assert words(mali) == (
            "Instability in Mali \u25b2 Worsening A blockade is strangling the capital. "
            "3 in 90 days, 2 this week Newest: Newest headline BBC News updated 22 Nov 2026"
        )
        assert mali.xpath(".//svg/@aria-label") == [trend.sentence]
        assert words(sudan).endswith("No news yet.")
        assert words(regions[1]).endswith("No news yet. updated 2 Oct 2026")
        assert "\u25cf Unclear" in words(regions[2])

    def test_every_conflict_with_a_country_is_a_named_link_on_the_map(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest
    ) -> None:
        quiet = Trend.of({}, NOON.date())
        month = Trend.of({date(2026, 11, 3): 1}, NOON.date())
        cards = [
            a_card(countries=("ML",), trend=month),
            a_card(slug="sahel", title="Sahel", countries=("ML", "BF"), status="", trend=quiet),
            a_card(slug="moon", title="The Moon"),
        ]
        tree = page(render_front(site, cards, a_digest()))
        pins = tree.xpath("//a[starts-with(@class, 'pin ')]")
        assert [(pin.get("href"), pin.get("aria-label")) for pin in pins] == [
            ("/conflicts/mali/", "Instability in Mali, worsening, news in the last 30 days"),
            ("/conflicts/sahel/", "Sahel, status not rated, no news for 30 days"),
        ]
        # The marks differ in shape, not only in colour.
        assert [pin.xpath(".//use/@href") for pin in pins] == [
            ["#mark-worsening"],
            ["#mark-unrated"],
        ]
        assert "In the list only, for want of a country: The Moon." in words(tree)
        assert "imply no position on the status of any territory" in words(tree)
        assert len(tree.xpath("//path[starts-with(@class, 'tracked')]")) == 2

    def test_filters_offer_what_tells_conflicts_apart(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest
    ) -> None:
        today = NOON.date()
        cards = [
            a_card(trend=Trend.of({today: 1}, today)),
            a_card(slug="yemen", region="Middle East", trend=Trend.of({}, today)),
            a_card(slug="niger", status="", trend=Trend.of({date(2026, 11, 3): 1}, today)),
        ]
        tree = page(render_front(site, cards, a_digest()))
        asked = {
            words(group.find("legend")): [words(label) for label in group.xpath("label")]
            for group in tree.xpath("//fieldset")
        }
        assert asked == {
            "Region": ["All", "Sub-Saharan Africa 2", "Middle East 1"],
            "Status": ["All", "Worsening 2", "Unrated 1"],
            "News": ["All", "This week 1", "In 30 days 2", "Quiet 1"],
        }
        rules = static_files()["filters.css"].decode()
        for button in tree.xpath("//fieldset//input"):
            assert button.get("id").startswith("all-") or f"#{button.get('id')}:checked" in rules
        assert not page(render_front(site, cards[:1], a_digest())).xpath("//fieldset")

    def test_no_filter_is_offered_that_has_no_rule(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest
    ) -> None:
        cards = [a_card(slug=f"c{n}", region=f"Region {n}") for n in range(30)]
        tree = page(render_front(site, cards, a_digest()))
        assert len(tree.xpath("//input[@name='region']")) == 1 + 24
        assert len(tree.xpath("//section[starts-with(@class, 'region ')]")) == 30

    def test_a_huge_front_page_stays_small(
        self, site: Site, a_card: MakeCard, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        """300 conflicts, each with news on every day."""
        today = NOON.date()
        codes = sorted(world().countries)
        counts = {today - timedelta(days=back): 1 + back % 5 for back in range(90)}
        cards = [
            a_card(
                slug=f"conflict-{n}",
                title=f"Conflict in the country number {n}",
                region=f"Region {n % 7}",
                countries=(codes[n % len(codes)],),
                newest=an_entry(n, title=f"A headline of ordinary length about conflict {n}"),
                trend=Trend.of(counts, today),
            )
            for n in range(300)
        ]
        entries = [an_entry(n) for n in range(1_000)]
        written = render_front(site, cards, a_digest(*entries))
        assert len(written) < 800_000
        assert len(gzip.compress(written, 6)) < 60_000

    def test_the_latest_news_of_all_stand_first_without_withdrawn_ones(
        self, site: Site, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        entries = [an_entry(n, title=f"Headline {n}") for n in range(1, 13)]
        gone = an_entry(13, title="Gone", withdrawn_reason="")
        tree = page(render_front(site, [], a_digest(gone, *entries)))
        headlines = [words(h) for h in tree.xpath("//section[@class='front-latest']//h3")]
        assert headlines == [f"Headline {n}" for n in range(1, 8)]
        assert "Updated 22 November 2026" in words(tree)

    @pytest.mark.parametrize("count", [1, 2, 3, 6])
    def test_any_number_of_entries_fits(
        self, site: Site, an_entry: MakeEntry, a_digest: MakeDigest, count: int
    ) -> None:
        entries = [an_entry(n) for n in range(1, count + 1)]
        assert len(page(render_front(site, [], a_digest(*entries))).xpath("//article")) == count

    def test_a_new_site_says_calmly_that_there_is_nothing_yet(
        self, every_page: dict[str, bytes]
    ) -> None:
        text = words(page(every_page["front, empty"]))
        assert "No news has been published yet." in text
        assert "No conflicts are tracked yet." in text


class TestConflictPage:
    def test_background_comes_first_then_latest_news(self, every_page: dict[str, bytes]) -> None:
        tree = page(every_page["conflict"])
        assert [words(h) for h in tree.xpath("//main//div[@class='body']//h2")] == [
            "Background",
            "Photographs",
            "Latest News",
        ]
        assert tree.xpath("//section[@id='background']/p/em/text()") == ["1960"]
        assert tree.xpath("//section[@id='concerns']/@aria-label") == ["Concerns"]
        assert not tree.xpath("//*[@id='old-news']")

    def test_it_tells_status_reason_and_the_date_of_the_background(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest
    ) -> None:
        card = a_card(updated_on=date(2026, 11, 20), type="civil war", impact="significant")
        text = words(page(render_conflict_page(site, card, a_digest())))
        assert "\u25b2 Worsening A blockade is strangling the capital." in text
        assert "Background updated 20 November 2026" in text
        assert "Kind of conflict Civil war Impact on U.S. interests Significant" in text

    @pytest.mark.parametrize("fact", [{"type": "civil war"}, {"impact": "limited"}])
    def test_one_fact_stands_alone(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest, fact: dict[str, str]
    ) -> None:
        assert len(page(render_conflict_page(site, a_card(**fact), a_digest())).xpath("//dt")) == 1

    def test_captions_stand_with_their_credits(self, every_page: dict[str, bytes]) -> None:
        figures = page(every_page["conflict"]).xpath("//section[@id='photographs']//figure")
        assert [words(figure) for figure in figures] == [
            "A patrol in Kidal. Photograph: A photographer",
            "A mosque.",
        ]

    def test_entries_tell_headline_publisher_language_time_and_who_else(
        self,
        site: Site,
        a_card: MakeCard,
        an_entry: MakeEntry,
        a_publication: MakePublication,
        a_digest: MakeDigest,
    ) -> None:
        entry = an_entry(
            publications=(
                a_publication(publisher="RFI", language="fr"),
                a_publication(publisher="Reuters", url="https://wire.example/1"),
                a_publication(publisher="Radio", url=None),
            )
        )
        [article] = page(render_conflict_page(site, a_card(), a_digest(entry))).xpath("//article")
        assert article.xpath(".//h4/a/@href") == ["/news/00001/"]
        assert words(article) == (
            "Convoy reaches Bamako Forty tankers arrived before dawn. RFI French 10:59 UTC "
            "Also reported by Reuters and Radio"
        )
        assert article.xpath(".//time/@datetime") == ["2026-11-22T10:59:59.999Z"]
        assert article.xpath(".//a[@rel='external']/@href") == [
            "https://news.example/convoy",
            "https://wire.example/1",
        ]

    def test_entries_are_grouped_by_day_newest_first(
        self, site: Site, a_card: MakeCard, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(1), an_entry(2), an_entry(30))
        days = page(render_conflict_page(site, a_card(), digest)).xpath("//section[@class='day']")
        assert [words(day.find("h3")) for day in days] == [
            "Sunday 22 November 2026",
            "Saturday 21 November 2026",
        ]
        assert [len(day.xpath(".//article")) for day in days] == [2, 1]
        assert "reported 22 November 2026" in words(days[1])

    def test_a_withdrawn_entry_says_so_and_links_nowhere_but_here(
        self, site: Site, a_card: MakeCard, an_entry: MakeEntry, a_digest: MakeDigest
    ) -> None:
        digest = a_digest(an_entry(withdrawn_reason="It was false."))
        [article] = page(render_conflict_page(site, a_card(), digest)).xpath("//article")
        assert words(article).startswith(
            "Withdrawn Convoy reaches Bamako This entry was withdrawn on"
        )
        assert article.xpath(".//a/@href") == ["/news/00001/"]

    def test_without_news_it_says_so_calmly(self, every_page: dict[str, bytes]) -> None:
        text = words(page(every_page["conflict, empty"]))
        assert "There is no news on this conflict yet." in text
        assert "The background of this conflict is still being written." in text

    def test_its_own_feeds_come_first(self, every_page: dict[str, bytes]) -> None:
        links = page(every_page["conflict"]).xpath("//head/link[@rel='alternate']/@href")
        assert links[:6] == [
            f"/conflicts/mali/{name}.{extension}"
            for name in ("latest-news", "daily")
            for extension in ("atom", "rss", "json")
        ]

    def test_its_newest_daily_editions_are_listed(
        self, site: Site, a_card: MakeCard, a_digest: MakeDigest
    ) -> None:
        days = [date(2026, 11, 22), date(2026, 11, 21)]
        tree = page(render_conflict_page(site, a_card(), a_digest(), editions=days))
        listed = tree.xpath("//nav[@class='editions']//a")
        assert [(each.get("href"), words(each)) for each in listed] == [
            ("/conflicts/mali/2026-11-22/", "22 Nov 2026"),
            ("/conflicts/mali/2026-11-21/", "21 Nov 2026"),
        ]


class TestEntryPage:
    def test_it_names_every_report_and_its_permanent_link(
        self, site: Site, an_entry: MakeEntry, a_publication: MakePublication
    ) -> None:
        entry = an_entry(
            updated_at=an_entry().published_at + timedelta(hours=3),
            publications=(
                a_publication(title="Tankers arrive"),
                a_publication(
                    publisher="الجزيرة", title="غارة", language="ar", url="https://a.example/"
                ),
                a_publication(publisher="Radio", title="Heard on air", url=None, language=""),
                a_publication(publisher="Silent", title="", url=None),
            ),
        )
        tree = page(render_entry_page(site, entry))
        reports = tree.xpath("//ul[@class='reports']/li")
        assert [words(report) for report in reports] == [
            "BBC News Tankers arrive English 22 November 2026, 10:00 UTC",
            "الجزيرة غارة Arabic 22 November 2026, 10:00 UTC",
            "Radio Heard on air 22 November 2026, 10:00 UTC",
            "Silent English 22 November 2026, 10:00 UTC",
        ]
        assert reports[1].xpath(".//a")[0].attrib["dir"] == "rtl"
        assert "Permanent link: https://dateline.example/news/00001" in words(tree)
        assert "Updated 22 November 2026, 13:59 UTC" in words(tree)

    def test_it_shows_its_conflicts_and_the_words_that_found_it(
        self, every_page: dict[str, bytes]
    ) -> None:
        tree = page(every_page["entry"])
        assert tree.xpath("//p[@class='kicker']/a/@href") == ["/conflicts/mali/"]
        assert [words(term) for term in tree.xpath("//ul[@class='terms']/li")] == ["JNIM", "Bamako"]

    def test_an_entry_without_conflicts_leads_back_to_the_latest(
        self, site: Site, an_entry: MakeEntry
    ) -> None:
        tree = page(render_entry_page(site, an_entry(conflicts=(), summary="")))
        assert tree.xpath("//p[@class='kicker']/a/@href") == ["/"]
        assert tree.xpath("//meta[@name='description']/@content") == ["Reported by BBC News"]

    def test_a_withdrawal_is_told_before_the_headline(self, every_page: dict[str, bytes]) -> None:
        tree = page(every_page["entry, withdrawn"])
        text = words(tree.xpath("//main")[0])
        assert text.index("This entry has been withdrawn. Reason: False.") < text.index(
            "Convoy reaches"
        )
        assert "Forty tankers" not in text
        assert not tree.xpath("//main//a[@rel='external']")

    def test_a_withdrawal_without_reason_says_so(self, site: Site, an_entry: MakeEntry) -> None:
        assert "No reason was given." in words(
            page(render_entry_page(site, an_entry(withdrawn_reason="")))
        )

    def test_right_to_left_headlines_are_marked(self, site: Site, an_entry: MakeEntry) -> None:
        heading = page(render_entry_page(site, an_entry(title="غارة", language="ar"))).xpath(
            "//h1"
        )[0]
        assert (heading.get("lang"), heading.get("dir")) == ("ar", "rtl")


def test_the_subscribe_page_offers_every_feed_in_three_formats(
    every_page: dict[str, bytes],
) -> None:
    tree = page(every_page["subscribe"])
    assert "/feeds.opml" in tree.xpath("//main//a/@href")
    for slug in ("mali", "sudan"):
        for extension in ("atom", "rss", "json"):
            assert f"/conflicts/{slug}/latest-news.{extension}" in tree.xpath("//main//a/@href")
            assert f"/conflicts/{slug}/daily.{extension}" in tree.xpath("//main//a/@href")


def test_a_regions_feed_is_found_on_the_front_and_on_its_conflicts_pages(
    site: Site, a_card: MakeCard, a_digest: MakeDigest
) -> None:
    sahel = Region(slug="the-sahel", title="The Sahel", conflicts=frozenset({"mali"}))
    cards = [a_card(region="The Sahel"), a_card(slug="x", region="")]
    named = [f"/regions/the-sahel/latest-news.{form}" for form in ("atom", "rss", "json")]
    front = page(render_front(site, cards, a_digest(), [sahel]))
    assert [
        link.get("href")
        for heading in front.xpath("//h3[text()='The Sahel']")
        for link in heading.getparent().iter("a")
    ] == named
    assert front.xpath("//link[@rel='alternate']/@href")[-1] == named[0]
    conflict = page(render_conflict_page(site, cards[0], a_digest(), region=sahel))
    assert conflict.xpath("//link[@rel='alternate']/@href")[-3:] == named
    assert conflict.xpath("//aside//a[starts-with(@href, '/regions/')]/@href") == named
    alone = page(render_conflict_page(site, cards[1], a_digest()))
    assert not alone.xpath("//*[contains(@href, '/regions/')]")


def test_the_subscribe_page_offers_the_feeds_of_regions(site: Site, a_card: MakeCard) -> None:
    sahel = Region(slug="the-sahel", title="The Sahel", conflicts=frozenset({"mali"}))
    found = page(render_subscribe_page(site, [a_card()], [sahel]))
    offered = {link.get("href") for link in found.iter("a", "link")}
    for form in ("atom", "rss", "json"):
        assert any(str(href).endswith(f"regions/the-sahel/latest-news.{form}") for href in offered)


def test_the_subscribe_page_of_a_new_site_offers_the_feed_of_all(site: Site) -> None:
    assert "Feeds by conflict" not in words(page(render_subscribe_page(site, [])))


@pytest.mark.parametrize("name", PAGES[:-1])
def test_machines_are_told_what_a_page_is(every_page: dict[str, bytes], name: str) -> None:
    tree = page(every_page[name])
    written = tree.xpath("//script[@type='application/ld+json']/text()")
    if name == "subscribe":
        assert written == []
        return
    told = json.loads(written[0])
    assert told["@context"] == "https://schema.org"
    assert told["url"] in tree.xpath("//link[@rel='canonical']/@href")


def test_machines_are_told_of_a_conflict_its_place_date_and_news(
    site: Site, a_card: MakeCard, a_digest: MakeDigest, an_entry: MakeEntry
) -> None:
    card = a_card(countries=("ML",), updated_on=date(2026, 11, 20))
    digest = a_digest(an_entry(title=HOSTILE), an_entry(2, withdrawn_reason="False."))
    tree = page(render_conflict_page(site, card, digest))
    told = json.loads(tree.xpath("//script/text()")[0])
    assert told["dateModified"] == "2026-11-20"
    assert told["spatialCoverage"] == [{"@type": "Country", "identifier": "ML"}]
    assert [item["name"] for item in told["mainEntity"]["itemListElement"]] == [
        "<script>alert('x')</script> & \"quoted\" ]]>"
    ]


def test_machines_are_told_of_an_entry_when_it_changed_and_whom_it_cites(
    every_page: dict[str, bytes],
) -> None:
    told = json.loads(page(every_page["entry"]).xpath("//script/text()")[0])
    assert told["datePublished"] == told["dateModified"] == "2026-11-22T10:59:59.999Z"
    [report] = told["citation"]
    assert report["url"] == "https://news.example/convoy"
    assert report["publisher"]["name"] == "BBC News"
    gone = json.loads(page(every_page["entry, withdrawn"]).xpath("//script/text()")[0])
    assert gone["citation"] == []


def test_an_error_page_says_what_to_do_and_needs_no_settings() -> None:
    tree = page(render_error_page(503, "We are restarting", "Try again in a minute."))
    assert "Error 503 We are restarting Try again in a minute." in words(tree.xpath("//main")[0])
    assert f"/static/{file_name('dateline.css')}" in tree.xpath("//link/@href")


def test_hostile_text_stays_text(
    every_page: dict[str, bytes], site: Site, a_digest: MakeDigest
) -> None:
    tree = page(every_page["entry, hostile"])
    assert words(tree.xpath("//h1")[0]) == "<script>alert('x')</script> & \"quoted\" ]]>"
    card = ConflictCard(
        slug="x", title=HOSTILE, region=HOSTILE, type=HOSTILE, status=HOSTILE, status_reason=HOSTILE
    )
    caption = Caption(text=HOSTILE, credit=HOSTILE)
    for written in (
        render_front(site, [card], a_digest()),
        render_conflict_page(site, card, a_digest(), captions=[caption]),
        render_subscribe_page(site, [card]),
        render_error_page(404, HOSTILE, HOSTILE, site),
    ):
        assert b"<script>" not in written
        assert b"\x0b" not in written


def test_a_lone_surrogate_does_not_stop_a_page(
    site: Site, a_card: MakeCard, a_digest: MakeDigest
) -> None:
    assert b"War" in render_conflict_page(site, a_card(title="War \ud800"), a_digest())


def test_a_files_name_tells_its_content_and_a_feeds_style_sheet_keeps_its_own() -> None:
    files = static_files()
    assert re.fullmatch(r"dateline\.[0-9a-f]{16}\.css", file_name("dateline.css"))
    assert files[file_name("dateline.css")] == files["dateline.css"]
    assert versioned("dateline.css", b"other") != file_name("dateline.css")
    assert plain_name(versioned("dateline.css", b"other")) == "dateline.css"
    assert plain_name("dateline.css") == "dateline.css"
    assert [name for name in files if name.startswith("feed.")] == ["feed.css"]


def test_an_edition_keeps_its_bytes_when_a_style_sheet_changes(site: Site) -> None:
    here = Here.at(site, "/conflicts/mali/2026-11-22", lasting=True)
    assert here.file("dateline.css") == "../../../static/dateline.css"
    assert Here.at(site, "/subscribe").file("world.svg") == f"../static/{file_name('world.svg')}"


def test_static_files_load_nothing_from_elsewhere() -> None:
    files = static_files()
    assert {"dateline.css", "dateline.svg", "feed.css", "filters.css", "world.svg"} <= files.keys()
    for name in [name for name in files if name.endswith(".css")]:
        sheet = files[name].decode()
        assert "@import" not in sheet
        assert not re.search(r"url\((?!\"http://(www\.w3|purl)\.org/)", sheet)
        assert sheet.count("{") == sheet.count("}")
    assert "prefers-color-scheme: dark" in files["dateline.css"].decode()
    assert "prefers-reduced-motion" in files["dateline.css"].decode()
    assert "@media print" in files["dateline.css"].decode()


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *(
            (text, ground)
            for text in ("ink", "soft", "link")
            for ground in ("paper", "raised", "tint")
        ),
        ("accent", "paper"),
        ("worse", "worse-tint"),
        ("same", "same-tint"),
        ("better", "better-tint"),
    ],
)
def test_text_stands_out_from_its_ground(scheme: int, text: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    blocks = re.findall(r":root \{(.*?)\}", static_files()["dateline.css"].decode(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[scheme]))
    one, other = sorted((luminance(colours[text]), luminance(colours[ground])))
    assert (other + 0.05) / (one + 0.05) >= 4.5

"""Daily editions as a page, as text and as entries: the same words, and why there are none."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest
from jinja2 import Environment, PackageLoader
from jinja2.meta import find_referenced_templates
from lxml import html as lxml_html

from pipeline.model import (
    Edition,
    EditionCorrection,
    EditionReport,
    EditionStory,
    Reading,
)
from pipeline.stages.render import (
    DailyFeed,
    Site,
    daily_digest,
    render_atom,
    render_edition,
    render_edition_html,
    render_edition_page,
    render_edition_text,
    render_json,
    render_rss,
    template_version,
    told_reading,
)
from pipeline.stages.render.editions import EDITION_TEMPLATES

SIX = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SUNDAY = date(2026, 11, 22)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BASE = "https://tracker.example"
WELL = Reading(feeds=5, failing=0, coverage=100, articles=212, matched=0, waiting=0)
BLIND = replace(WELL, failing=3, coverage=38, failing_on=date(2026, 11, 17), articles=9)


def report(publisher: str = "Sahel Wire", **changes: object) -> EditionReport:
    values: dict[str, object] = {
        "article_id": 1,
        "revision": 1,
        "match_id": 1,
        "review_id": 1,
        "verdict": "approve",
        "title": "Raid near Kidal",
        "url": f"https://{publisher.partition(' ')[0].lower()}.example/raid",
        "language": "en",
        "published_at": SIX - HOUR,
        "hits": ("Kidal",),
    }
    return EditionReport(publisher=publisher, **values | changes)  # type: ignore[arg-type]


def story(title: str = "Raid near Kidal", **changes: object) -> EditionStory:
    values: dict[str, object] = {
        "item_id": 1,
        "uid": "tag:1",
        "slug": "abc",
        "summary": "Nine trucks burned.",
        "language": "en",
        "published_at": SIX - HOUR,
        "reports": (report(), report("Delta Post")),
    }
    return EditionStory(title=title, **values | changes)  # type: ignore[arg-type]


def edition(*stories: EditionStory, **changes: object) -> Edition:
    values: dict[str, object] = {
        "number": 41,
        "uid": "tag:tracker.example,2026-11-22:conflicts/mali/2026-11-22",
        "conflict": "mali",
        "conflict_title": "Instability in Mali",
        "day": SUNDAY,
        "revision": 1,
        "published_at": SIX,
        "updated_at": SIX,
        "since_at": SIX - DAY,
        "cut_off_at": SIX,
        "cut_off": "06:00",
        "zone": "Africa/Bamako",
        "base_url": BASE,
        "reading": WELL,
        "stories": stories,
    }
    return Edition(**values | changes)  # type: ignore[arg-type]


def daily(*editions: Edition, hubs: tuple[str, ...] = ()):
    feed = DailyFeed(
        uid="tag:tracker.example,2026-10-01:conflicts/mali/daily",
        conflict="mali",
        title="Instability in Mali",
        base_url=BASE,
        made_at=SIX - 9 * DAY,
        hubs=hubs,
    )
    return daily_digest(feed, editions)


def page(made: Edition) -> str:
    found = lxml_html.fromstring(render_edition_page(Site(base_url=BASE), made).decode())
    return " ".join(found.xpath("//main")[0].text_content().split())


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (WELL, "Quiet: 212 articles read, none matched."),
        (replace(WELL, articles=1), "Quiet: 1 article read, none matched."),
        (replace(WELL, articles=0), "Quiet: no new article was found."),
        (
            replace(WELL, matched=4),
            "Quiet: 212 articles read, 4 matched, none of them approved.",
        ),
        (
            replace(WELL, matched=4, waiting=1),
            "Quiet: 212 articles read, 4 matched, none of them approved; "
            "1 still waits for an editor.",
        ),
        (
            replace(WELL, matched=4, waiting=2),
            "Quiet: 212 articles read, 4 matched, none of them approved; "
            "2 still wait for an editor.",
        ),
        (
            replace(WELL, failing=1, coverage=92, failing_on=SUNDAY),
            "Quiet: 212 articles read, none matched. 1 of 5 feeds failing: coverage 92\u00a0%.",
        ),
        (
            BLIND,
            "Blind: 3 of 5 feeds failing since Tuesday: coverage 38\u00a0%. "
            "9 articles read, none matched.",
        ),
        (
            replace(BLIND, failing_on=date(2026, 11, 3), overdue=3),
            "Blind: 3 of 5 feeds not read since 3 November 2026: coverage 38\u00a0%. "
            "9 articles read, none matched.",
        ),
        (
            replace(BLIND, failing=0, failing_on=None),
            "Blind: the feeds could not be read for a part of the time: coverage 38\u00a0%. "
            "9 articles read, none matched.",
        ),
        (
            replace(BLIND, feeds=1, failing=1, articles=0, failing_on=None),
            "Blind: 1 of 1 feed failing: coverage 38\u00a0%. No new article was found.",
        ),
        (
            replace(WELL, feeds=0, coverage=0),
            "Blind: no feed is read that could bring news of this conflict.",
        ),
    ],
)
def test_an_empty_edition_says_whether_it_was_quiet_or_blind(reading: Reading, said: str) -> None:
    assert told_reading(reading, SUNDAY, empty=True) == said
    made = edition(reading=reading)
    assert said in render_edition_text(made)
    assert " ".join(said.split()) in page(made)
    html = render_edition_html(made)
    assert said in html
    assert f'Earlier news: <a href="{BASE}/conflicts/mali">' in html


def test_an_edition_is_nobodys_report_and_one_with_stories_leads_nowhere_else() -> None:
    parsed = json.loads(render_json(daily(edition(), edition(story()))))
    assert all("reports" not in each["_dateline"] for each in parsed["items"])
    assert "Earlier news" not in render_edition_html(edition(story()))
    assert "Earlier news" not in page(edition(story(further=True)))


def test_an_edition_with_stories_that_was_blind_says_so_too() -> None:
    text = render_edition_text(edition(story(), reading=BLIND))
    assert "1 story.\n" in text
    assert "More may have happened: 3 of 5 feeds failing since Tuesday: coverage 38\u00a0%." in text
    assert "More may" not in render_edition_text(edition(story()))


def test_a_story_shows_publishers_links_hits_and_why_it_matters() -> None:
    made = edition(
        story(why="The road north is cut."),
        story("Further word", further=True, summary="Further word - Sahel Wire"),
        note="Read the first one.\n\nThank you.",
    )
    text = render_edition_text(made)
    assert "1 story and 1 further report on earlier ones." in text
    assert (
        "1. Raid near Kidal\n   Why it matters: The road north is cut.\n   Nine trucks burned.\n"
        "   Sahel Wire, 22 November 2026, 05:00 UTC <https://sahel.example/raid>\n"
        "   Delta Post, 22 November 2026, 05:00 UTC <https://delta.example/raid>\n"
        "   Found by: Kidal\n"
    ) in text
    assert "Further reports on earlier stories\n" in text
    assert "2. Further word\n   Sahel Wire" in text
    assert "Editor\u2019s note: Read the first one.\n\nThank you.\n" in text
    shown = page(made)
    for words in ("The road north is cut.", "Also reported by Delta Post", "Thank you.", "Kidal"):
        assert words in shown
    plain = render_edition_html(made)
    assert '<a href="https://sahel.example/raid">Sahel Wire</a>' in plain
    assert "<strong>Editor\u2019s note:</strong> <bdi>Read the first one.</bdi>" in plain


def test_a_publisher_written_from_right_to_left_does_not_draw_the_date_along() -> None:
    made = edition(story(reports=(report("الجزيرة", url="https://aj.example/"),)))
    name = made.stories[0].reports[0].publisher
    assert f"\u2068{name}\u2069, 22 November 2026" in render_edition_text(made)
    assert re.search(rf"<bdi><a [^>]*>{name}</a></bdi>, 22 November", render_edition_html(made))


def test_only_further_reports_are_counted_as_that() -> None:
    made = edition(story(further=True), story(further=True, reports=(report(url=None, hits=()),)))
    text = render_edition_text(made)
    assert "2 further reports on earlier ones." in text
    assert "Sahel Wire, 22 November 2026, 05:00 UTC\n" in text


def test_a_withdrawn_story_links_to_none_of_its_reports() -> None:
    made = edition(story(withdrawn_reason="wrong place"), story("Second", withdrawn_reason=""))
    for shown in (render_edition_html(made), page(made), render_edition_text(made)):
        assert "Withdrawn" in shown
        assert "wrong place" in shown
        assert "sahel.example" not in shown
        assert "no reason was given" in shown.lower()


def test_a_correction_is_seen_first_and_moves_updated_only() -> None:
    said = EditionCorrection(at=SIX + HOUR, note="The number was wrong.")
    made = edition(story(), revision=2, updated_at=SIX + HOUR, corrections=(said,))
    assert "Corrected 22 November 2026, 07:00 UTC: The number was wrong." in page(made)
    assert render_edition_text(made).split("\n\n")[1].startswith("Corrected 22 November 2026")
    [entry] = feedparser.parse(render_atom(daily(made))).entries
    assert (entry.id, entry.published, entry.updated) == (
        made.uid,
        "2026-11-22T06:00:00Z",
        "2026-11-22T07:00:00Z",
    )
    assert entry.summary.startswith("Corrected: The number was wrong. 1 story.")


def test_an_edition_that_is_late_or_covers_several_days_says_so() -> None:
    made = edition(published_at=SIX + 3 * HOUR, missed=(SUNDAY - DAY,), previous_day=SUNDAY - DAY)
    text = render_edition_text(made)
    assert "This edition covers 2 days: none was made on 21 November 2026." in text
    assert "Published late, on 22 November 2026, 09:00 UTC." in text
    long = edition(missed=tuple(SUNDAY - count * DAY for count in range(30, 0, -1)))
    assert (
        "This edition covers 31 days, since 23 October 2026: none was made on the days before."
        in render_edition_text(long)
    )
    source = render_edition_page(Site(base_url=BASE), made).decode()
    assert 'href="../../../conflicts/mali/2026-11-21/" rel="prev"' in source


def test_the_three_formats_tell_the_same_editions() -> None:
    earlier = edition(
        uid="tag:tracker.example,2026-11-21:conflicts/mali/2026-11-21",
        day=SUNDAY - DAY,
        published_at=SIX - DAY,
        updated_at=SIX - DAY,
    )
    digest = daily(edition(story()), earlier, hubs=("https://hub.example/",))
    atom, rss = feedparser.parse(render_atom(digest)), feedparser.parse(render_rss(digest))
    parsed = json.loads(render_json(digest))
    ids = [each["id"] for each in parsed["items"]]
    assert ids == [each.id for each in atom.entries] == [each.id for each in rss.entries]
    assert len(set(ids)) == 2
    assert parsed["items"][0]["url"] == f"{BASE}/conflicts/mali/2026-11-22/"
    assert parsed["feed_url"] == f"{BASE}/conflicts/mali/daily.json"
    assert "Nine trucks burned." in parsed["items"][0]["content_text"]
    assert "Quiet: 212 articles read" in atom.entries[1].content[0].value
    assert atom.feed.updated == "2026-11-22T06:00:00Z"
    assert atom.entries[0].author == "Dateline"
    assert daily().updated_at == SIX - 9 * DAY


def test_every_document_is_the_same_bytes_each_time() -> None:
    made = edition(story("رسالة من كيدال", language="ar"))
    assert render_edition(made) == render_edition(made)
    assert set(render_edition(made)) == {"html", "text", "atom", "rss", "json"}
    assert len(template_version()) == 16


def test_the_template_version_names_what_an_edition_is_made_of_and_nothing_else() -> None:
    environment = Environment(loader=PackageLoader("pipeline.stages.render"))
    assert environment.loader is not None
    used, found = set(), {"edition.html", "edition_content.html"}
    while found - used:
        name = (found - used).pop()
        used.add(name)
        source = environment.loader.get_source(environment, name)[0]
        found |= {str(each) for each in find_referenced_templates(environment.parse(source))}
    assert used == set(EDITION_TEMPLATES)


def test_the_last_line_says_when_it_closed_by_the_wall_clock_and_in_utc() -> None:
    text = render_edition_text(edition(zone="Asia/Tokyo", cut_off="15:00"))
    assert (
        "Edition 41, closed on 22 November 2026 at 15:00 (Asia/Tokyo), "
        "that is 22 November 2026, 06:00 UTC.\n"
    ) in text
    plain = render_edition_text(edition(zone="UTC"))
    assert "Edition 41, closed on 22 November 2026 at 06:00 UTC.\n" in plain


def test_hostile_words_stay_words() -> None:
    evil = "<script>alert(1)</script>\u202e"
    made = edition(
        story(evil, summary=evil, why=evil, reports=(report(evil, url="javascript:alert(1)"),)),
        note=evil,
        conflict_title=evil,
        corrections=(EditionCorrection(at=SIX, note=evil),),
    )
    for shown in (render_edition_html(made), render_edition(made)["html"].decode()):
        assert "<script" not in shown
        assert "javascript:" not in shown
        assert "\u202e" not in shown


def test_what_is_missing_has_a_name() -> None:
    made = edition(story("", summary="", reports=(report("", url=None),)), conflict_title="")
    text = render_edition_text(made)
    assert text.startswith("mali: 22 November 2026\n")
    assert "1. Untitled\n   an unnamed publisher," in text

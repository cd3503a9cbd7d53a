"""The desk's pages about feeds: health in words, one in full, and a new one after one look."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from db import alarms, feeds, fetches
from pipeline import oversee
from pipeline.model import AlarmKind, Feed, FeedState, FetchReport, Outcome
from tests.replay import Page, Publisher
from tests.web.conftest import FEED, NOW, Browser, Place

RSS = b"""<rss version='2.0'><channel><title>Delta [b]Courier[/b]</title><language>fr</language>
<item><guid>a</guid><link>https://delta.example/a</link><title>Convoy attacked near Kidal</title>
<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>
<item><guid>b</guid><title>Grain &lt;script&gt;prices&lt;/script&gt;</title>
<pubDate>Sun, 22 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>"""
LINK = "<link rel=alternate type=application/rss+xml title='{0}' href='/{0}'>"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as opened:
        opened.pages["/feed"] = Page(body=RSS)
        yield opened


def fail(place: Place, kind: str = "http_404") -> None:
    report = FetchReport(
        feed_id=FEED.id,
        started_at=NOW - timedelta(hours=2),
        seconds=0.25,
        outcome=Outcome.FAILED,
        status=404,
        next_fetch_at=NOW + timedelta(hours=1),
        next_fetch_reason="backing off",
        state=FeedState.FAILING,
        failures=1.0,
        error_kind=kind,
        error_message="There is <nothing> here.",
    )
    with place.database.transaction() as connection:
        fetches.record(connection, report)


def post(browser: Browser, path: str, **fields: str):
    return browser.post(f"/desk{path}", data={"csrf": browser.token_on("/desk/feeds")} | fields)


def fields(html: str) -> dict[str, str]:
    """What a form to watch a feed would send."""
    form = html.partition('action="/desk/watch/add"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def test_a_failing_feed_says_why_since_when_and_what_to_do(place: Place, editor: Browser) -> None:
    fail(place)
    for path in ("/desk/feeds", "/desk/feeds/sahel-wire"):
        page = editor.get(path).text
        assert "There is &lt;nothing&gt; here." in page
        assert "since 22 Nov 2026, 10:00 UTC" in page
        assert "find the feed&#39;s new address" in page
        assert 'aria-label="0 new articles in 1 day; 1 failed attempt on 1 day."' in page


def test_words_to_type_are_set_as_code_and_nothing_else_is(place: Place, editor: Browser) -> None:
    fail(place, "http_429")
    for path in ("/desk/feeds", "/desk/feeds/sahel-wire"):
        page = editor.get(path).text
        assert "or a longer <code>every</code>" in page
        assert "`" not in page
        assert "There is &lt;nothing&gt; here." in page


def test_alarms_stand_on_top_and_in_the_menu_of_every_page(place: Place, editor: Browser) -> None:
    assert "nothing wrong with it" in editor.get("/desk/feeds").text
    with place.database.transaction() as connection:
        alarms.raise_(connection, FEED.id, AlarmKind.QUIET, "no new article for <long>", NOW)
    page = editor.get("/desk/feeds").text
    assert page.index("no new article for &lt;long&gt;") < page.index("<table")
    assert "<strong>1</strong> of 1 needs a look" in page
    assert "no new article for &lt;long&gt;" in editor.get("/desk/feeds/sahel-wire").text
    for path in ("/desk", "/desk/log", "/desk/feeds/sahel-wire"):
        assert '1<span class="unseen"> alarm</span>' in editor.get(path).text


def test_the_address_filters_and_keeps_its_words(place: Place, editor: Browser) -> None:
    assert "No feed fits" in editor.get("/desk/feeds?state=failing").text
    assert "No feed fits" in editor.get("/desk/feeds?alarm=any").text
    page = editor.get('/desk/feeds?q="><b>sahel&state=new').text
    assert "&#34;&gt;&lt;b&gt;sahel" in page
    assert "sahel-wire" in editor.get("/desk/feeds?q=SAHEL").text
    for wrong in ("state=lost", "state=retired", "alarm=fire", "page=0"):
        assert editor.get(f"/desk/feeds?{wrong}").status_code == 400


def test_a_thousand_feeds_are_shown_page_by_page(place: Place, editor: Browser) -> None:
    many = [
        Feed(id=f"f{n:04}", url=f"https://h{n}.example/", publisher=f"P {n:04}") for n in range(120)
    ]
    with place.database.transaction() as connection:
        feeds.declare(connection, many, NOW)
    page = editor.get("/desk/feeds?state=new").text
    assert page.count('<th scope="row">') == 50
    assert 'href="/desk/feeds?state=new&amp;page=2"' in page
    assert "Page 3 of 3" in editor.get("/desk/feeds?page=3").text


def test_a_feed_that_does_not_exist_is_not_found(editor: Browser) -> None:
    assert editor.get("/desk/feeds/nobody").status_code == 404


def test_fetch_now_lets_its_turn_come(place: Place, editor: Browser) -> None:
    fail(place)
    answer = post(editor, "/feeds/sahel-wire/fetch")
    assert answer.headers["Location"] == "/desk/feeds/sahel-wire?said=asked"
    page = editor.get(answer.headers["Location"]).text
    assert "within seconds" in page
    assert "Awa asked for it" in page
    assert post(editor, "/feeds/nobody/fetch").status_code == 409


def test_a_feed_of_the_file_is_not_switched_here(place: Place, editor: Browser) -> None:
    assert "Stop polling it" not in editor.get("/desk/feeds/sahel-wire").text
    answer = post(editor, "/feeds/sahel-wire/switch", to="off")
    assert answer.status_code == 409
    assert "sources.yaml" in answer.text
    assert post(editor, "/feeds/sahel-wire/switch", to="sideways").status_code == 400


def test_a_feed_of_the_desk_is_switched_off_and_on(place: Place, editor: Browser) -> None:
    with place.database.transaction() as connection:
        feeds.set_owner(connection, FEED.id, "desk")
    post(editor, "/feeds/sahel-wire/switch", to="off")
    page = editor.get("/desk/feeds/sahel-wire?said=off").text
    assert "not polled any more" in page
    assert "Poll it again" in page
    assert "Fetch now" not in page
    post(editor, "/feeds/sahel-wire/switch", to="on")
    assert "Stop polling it" in editor.get("/desk/feeds/sahel-wire").text


@pytest.mark.parametrize(
    "path", ["/watch", "/watch/add", "/feeds/sahel-wire/fetch", "/feeds/sahel-wire/switch"]
)
def test_forms_need_their_token(editor: Browser, path: str) -> None:
    filled = {"url": "https://a.example/", "id": "a", "publisher": "A", "language": "en",
              "every": "1h", "to": "off"}  # fmt: skip
    assert editor.post(f"/desk{path}", data=filled).status_code == 403


def test_a_feed_is_watched_after_exactly_one_request(
    place: Place, editor: Browser, publisher: Publisher
) -> None:
    page = post(editor, "/watch", url=f"{publisher.url}/feed").text
    assert "Delta [b]Courier[/b]" in page
    assert "Convoy attacked near Kidal" in page
    assert "<script>prices" not in page
    assert len(publisher.requests) == 1
    with place.database.reading() as connection:
        assert feeds.watched(connection, owner="desk") == ()

    proposed = fields(page)
    assert (proposed["language"], proposed["every"]) == ("fr", "30m")
    answer = post(editor, "/watch/add", **proposed | {"publisher": "Delta Courier", "every": "2h"})
    assert answer.headers["Location"] == f"/desk/feeds/{proposed['id']}?said=added"
    assert len(publisher.requests) == 1
    with place.database.reading() as connection:
        (added,) = feeds.watched(connection, owner="desk")
    assert (added.publisher, added.every) == ("Delta Courier", timedelta(hours=2))
    found = oversee.one_feed(place.database, added.id, NOW)
    assert found is not None
    assert found.health.owner == "desk"

    again = post(editor, "/watch", url=f"{publisher.url}/feed").text
    assert f'watched already, as <a href="/desk/feeds/{added.id}">' in again
    assert len(publisher.requests) == 1
    assert "is watched already" in post(editor, "/watch/add", **proposed).text


def test_a_page_with_several_feeds_lets_the_editor_choose(
    editor: Browser, publisher: Publisher
) -> None:
    body = f"<!doctype html><html><head>{LINK.format('feed')}{LINK.format('sport')}</head></html>"
    publisher.pages["/"] = Page(body=body.encode())
    page = post(editor, "/watch", url=publisher.url).text
    assert "Which one?" in page
    assert f'name="url" value="{publisher.url}/feed"' in page
    assert len(publisher.requests) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Give the address"),
        ("https://" + "a" * 2100, "Give the address"),
        ("http://169.254.169.254/feed", "169.254.169.254"),
        ("ftp://a.example/feed", "Nothing was added"),
        ("{here}/missing", "404"),
    ],
)
def test_what_cannot_be_watched_says_why(
    editor: Browser, publisher: Publisher, url: str, said: str
) -> None:
    answer = post(editor, "/watch", url=url.replace("{here}", publisher.url))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Look at it" in answer.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"every": "soon"}, "30m, 2h or 1d"),
        ({"every": "1s"}, "Nothing was added"),
        ({"id": "Not an id"}, "Nothing was added"),
        ({"id": "sahel-wire"}, "belongs to another feed"),
    ],
)
def test_a_wrong_value_is_refused_and_can_be_corrected(
    place: Place, editor: Browser, changed: dict[str, str], said: str
) -> None:
    filled = {"url": "https://new.example/feed", "id": "new", "publisher": "New", "language": "en",
              "every": "1h"}  # fmt: skip
    answer = post(editor, "/watch/add", **filled | changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert fields(answer.text)["url"] == "https://new.example/feed"
    with place.database.reading() as connection:
        assert feeds.watched(connection, owner="desk") == ()


def test_what_editors_do_to_feeds_is_on_record(place: Place, admin: Browser) -> None:
    post(admin, "/feeds/sahel-wire/fetch")
    assert "feed asked for" in admin.get("/desk/log").text

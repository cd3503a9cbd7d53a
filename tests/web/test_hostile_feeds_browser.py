"""In a real browser: whatever a feed says in whatever field, nothing of it runs, loads or submits."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

import pytest

from db import articles, feeds, matches
from pipeline import login
from pipeline.document import read_document
from pipeline.gather import group_into_stories
from pipeline.model import (
    Article,
    Decision,
    Feed,
    Fetched,
    Field,
    Hit,
    Kind,
    Match,
    Role,
    Verdict,
)
from pipeline.publish import found_installation, publish
from pipeline.review import review
from tests.making import an_article
from tests.vectors import STRANGER, VECTORS
from tests.web.conftest import FEED, NOW, PASSWORD, Place, make_place
from tests.web.test_browser import CHROMIUM, browser, serve, sync_api

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
HOSTILE = Feed(id="hostile", url="https://hostile.example/feed", publisher=VECTORS[0])


def document() -> bytes:
    """A feed whose every field carries every vector: escaped, in CDATA, and in an attribute."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{escape(vector, {chr(1): ''})}{number}</guid>"
        f"<title>Kidal {number} {escape(vector)}</title><link>{escape(vector)}</link>"
        f"<description><![CDATA[Kidal {vector.replace(']]>', '')}]]></description>"
        f"<dc:creator>{escape(vector)}</dc:creator><category>{escape(vector)}</category>"
        f"<enclosure url={quoteattr(vector)} type={quoteattr(vector)} length='1'/>"
        f"<source url={quoteattr(vector)}>{escape(vector)}</source></item>"
        for number, vector in enumerate(VECTORS)
    )
    whole = (
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"<title>{escape(VECTORS[0])}</title><link>{escape(VECTORS[1])}</link>{items}"
        "</channel></rss>"
    )
    return "".join(each for each in whole if each >= " " or each in "\t\n").encode()


def unwashed() -> list[Article]:
    """Articles as they would be if reading a feed took nothing out at all."""
    return [
        replace(
            an_article(f"Kidal {number} {vector}", path=str(number), publisher=vector),
            summary=f"Kidal {vector}",
            author=vector,
            categories=(vector,),
            url=vector,
            link=vector,
            guid=vector,
        )
        for number, vector in enumerate(VECTORS)
    ]


def poisoned(folder: Path, base_url: str) -> Place:
    """An installation that took all of it in, and approved half of it."""
    place = make_place(folder, base_url=base_url)
    found_installation(place.database, base_url, NOW)
    login.add_editor(
        place.database, name="Awa", password=PASSWORD, role=Role.ADMIN, actor="test", now=NOW
    )
    fetched = Fetched(url=HOSTILE.url, status=200, body=document())
    read = read_document((fetched, HOSTILE, NOW)).articles
    assert len(read) == len(VECTORS)
    with place.database.transaction() as connection:
        feeds.declare(connection, [FEED, HOSTILE], NOW)
        for feed, taken in ((HOSTILE, read), (FEED, unwashed())):
            ids = articles.add(connection, taken, feed, NOW)
            found = {ids[each.identity]: [_match(each)] for each in taken if each.identity in ids}
            matches.propose(connection, found, dict.fromkeys(found, 1), NOW)
            group_into_stories(connection, list(found), NOW)
        waiting = [each.id for each in matches.queue(connection, order="oldest")]
    reason = VECTORS[2]
    decided = [
        Decision(match_id=each, verdict=verdict, editor="Awa", reason=reason)
        for each, verdict in zip(waiting, [Verdict.APPROVE, Verdict.REJECT] * 999, strict=False)
    ]
    review(place.database, decided, NOW)
    publish(place.database, place.settings.public_dir, base_url, NOW)
    return place


def _match(article: Article) -> Match:
    hits = tuple(
        Hit(term=text, kind=Kind.PLACE, field=field, start=0, end=len(text), text=text)
        for field, text in ((Field.TITLE, article.title), (Field.SUMMARY, article.summary))
        if text
    )
    return Match(conflict="mali", score=len(hits), hits=hits, rule_version="r1")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("hostile")
    with serve(lambda url: poisoned(folder, url)) as place:
        yield place


class Watch:
    """Sees whatever a page runs, loads or sends."""

    def __init__(self, page, ours: str) -> None:
        self.ours = ours
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(f"console: {message.text[:300]}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        page.on("popup", lambda opened: self.said.append(f"popup: {opened.url}"))
        page.on("request", self._asked)

    def _asked(self, request) -> None:
        url = urlsplit(request.url)
        here = f"{url.scheme}://{url.netloc}" == self.ours
        page = request.is_navigation_request() and not request.frame.parent_frame
        own = "/static/" in url.path or url.path in {"/desk/arrivals", "/favicon.ico"}
        if not here or not (page or own) or request.method != "GET":
            self.said.append(f"{request.method} {request.url[:200]}")


def test_the_vectors_bite_where_nothing_holds_them(browser) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<p>x"))
    page.goto("http://victim.example/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    harmful = 0
    for vector in VECTORS[::3]:
        asked.clear()
        try:
            page.set_content(f"<!doctype html><title>x</title><p>{vector}", wait_until="load")
            # Of a page that is written anew the window stays.
            ran = page.evaluate("() => { const ran = window.ran; delete window.ran; return ran }")
        except sync_api.Error:
            ran = True  # it led away meanwhile
        harmful += bool(ran or any(STRANGER in url for url in asked))
        if page.url != "http://victim.example/":
            page.goto("http://victim.example/")
    assert len(VECTORS) >= 150
    # The others are for an attribute, for a click, or for another reader than this one.
    assert harmful >= 20
    page.close()


def test_no_field_of_a_feed_runs_or_loads_or_submits_anything(browser, desk: Place) -> None:
    base = desk.settings.base_url
    page = browser.new_page()
    page.goto(f"{base}/login")
    page.get_by_label("Name").fill("Awa")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/desk")
    watch = Watch(page, base)
    paths = [
        "/desk?rows=500&status=all",
        "/desk?rows=500&status=approved",
        f"/desk?q={STRANGER}&status=all",
        "/desk/log",
        "/desk/feeds",
        "/desk/feeds/hostile",
        "/desk/digest/mali",
        "/desk/precision",
        "/desk/stories/1/likely?q=Kidal",
        "/conflicts/mali/",
        "/",
    ]
    # The queue shows every vector in headline, sentence and publisher; a page of its own, some.
    some = range(len(VECTORS) + 1, 2 * len(VECTORS) + 1, 3)
    paths += [f"/desk/articles/{number}" for number in some]
    shown = ""
    for path in paths:
        answer = page.goto(base + path)
        assert answer is not None
        assert answer.status == 200, path
        shown += page.inner_text("main")
        assert page.evaluate("window.ran") is None, path
        assert len(page.frames) == 1, path
        assert watch.said == [], path
        outward = page.eval_on_selector_all("a[href]", "links => links.map(link => link.protocol)")
        assert set(outward) <= {"http:", "https:", "mailto:", "about:"}, path
    assert "onerror=" in shown
    assert STRANGER in shown
    page.close()

"""Letters say in two forms the same, in plain words, and let nothing of a headline act in them."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.model import DigestEntry, Publication, Wants, Wish
from pipeline.stages.render import (
    EditionWriting,
    Links,
    MailForm,
    Site,
    described,
    file_name,
    render_alert,
    render_asking_page,
    render_confirmation,
    render_confirming_page,
    render_daily,
    render_leaving_page,
    render_managing_page,
    render_reminder,
    render_subscribe_page,
    render_told_page,
)

MakeEntry = Callable[..., DigestEntry]
MakePublication = Callable[..., Publication]
SITE = Site(base_url="https://dateline.example/tracker")
LINKS = Links(
    manage="https://dateline.example/tracker/letters/t",
    leave="https://dateline.example/tracker/letters/t/leave",
)
HOSTILE = '<script>alert(1)</script>"><img src=https://evil.example/x>\r\nBcc: x@y.example'
ARABIC = "هجوم على قافلة قرب كيدال"


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append(tag)


def test_what_a_subscriber_gets_is_said_in_words() -> None:
    daily = Wants(hour=7, zone="Africa/Bamako")
    assert described(daily, []) == "one letter a day, after 07:00 (Africa/Bamako), on all conflicts"
    assert described(Wants(wish=Wish.ALERT), ["Mali", "Sudan"]) == (
        "a letter soon after news of Mali, Sudan is published"
    )


def test_a_confirmation_gives_its_link_in_both_forms_and_says_how_long_it_works() -> None:
    url = "https://dateline.example/tracker/letters/t/confirm"
    letter = render_confirmation(SITE, "a letter a day", url, 3)
    assert letter.text.splitlines().count(url) == 1
    assert letter.html.count(f'href="{url}"') == 2
    for part in (letter.text, letter.html):
        assert "3 days" in part
        assert "a letter a day" in part


def test_a_reminder_says_what_is_subscribed_and_how_to_change_it() -> None:
    letter = render_reminder(SITE, "a letter a day", LINKS)
    for part in (letter.text, letter.html):
        assert "subscribed already" in part
        assert LINKS.manage in part
        assert LINKS.leave in part


def test_an_alert_on_one_entry_is_named_after_it(an_entry: MakeEntry) -> None:
    letter = render_alert(SITE, [an_entry()], LINKS)
    assert letter.subject == "Instability in Mali: Convoy reaches Bamako"
    for part in (letter.text, letter.html):
        assert "Convoy reaches Bamako" in part
        assert "Forty tankers arrived before dawn." in part
        assert "BBC News" in part
        assert "https://news.example/convoy" in part
        assert LINKS.leave in part


def test_an_alert_on_several_names_their_conflicts_and_counts_publishers(
    an_entry: MakeEntry, a_publication: MakePublication
) -> None:
    copies = tuple(
        a_publication(publisher=name, url=f"https://{name}.example/")
        for name in ("one", "two", "three")
    )
    sudan = (("sudan", "War in Sudan"),)
    entries = [
        an_entry(1, publications=copies),
        an_entry(2, conflicts=sudan, summary="", publications=copies[:2]),
    ]
    letter = render_alert(SITE, entries, LINKS)
    assert letter.subject == "2 new entries: Instability in Mali, War in Sudan"
    assert "one, 22 November 2026, 10:00 UTC, and 2 more publishers" in letter.text
    assert "and 1 more publisher\n" in letter.text
    assert "and 2 more publishers" in letter.html


def test_an_entry_without_an_address_of_its_own_leads_to_ours(
    an_entry: MakeEntry, a_publication: MakePublication
) -> None:
    entry = an_entry(publications=(a_publication(url=None),), conflicts=())
    letter = render_alert(SITE, [entry], LINKS)
    assert letter.subject == "Dateline: Convoy reaches Bamako"
    assert f'<a href="{entry.page_url}">Convoy reaches Bamako</a>' in letter.html
    assert render_alert(SITE, [entry, entry], LINKS).subject == "2 new entries: Dateline"


def test_a_headline_that_runs_from_right_to_left_keeps_to_itself(an_entry: MakeEntry) -> None:
    letter = render_alert(SITE, [an_entry(title=ARABIC, language="ar")], LINKS)
    assert letter.subject == f"Instability in Mali: \u2068{ARABIC}\u2069"
    assert re.search(rf'<h1 lang="ar" dir="rtl"><a [^>]*>{ARABIC}</a></h1>', letter.html)


def test_a_publisher_written_from_right_to_left_does_not_draw_the_date_along(
    an_entry: MakeEntry, a_publication: MakePublication
) -> None:
    letter = render_alert(SITE, [an_entry(publications=(a_publication(publisher=ARABIC),))], LINKS)
    assert f"\n\u2068{ARABIC}\u2069, 22 November 2026" in letter.text
    assert f"<bdi>{ARABIC}</bdi>, 22 November 2026" in letter.html


def test_no_headline_does_anything_in_a_letter(an_entry: MakeEntry) -> None:
    letter = render_alert(SITE, [an_entry(title=HOSTILE, summary=HOSTILE)], LINKS)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert not {"script", "img", "iframe", "link"} & set(Tags(letter.html).found)
    assert len(letter.subject) <= 145
    assert not re.search(r"@import|url\(", letter.html)


def test_a_daily_letter_holds_its_editions_in_order() -> None:
    editions = [
        EditionWriting(
            title=f"{name}: 22 November 2026",
            url=f"https://dateline.example/tracker/{name}",
            text=f"{name} text\n",
            html=f"<p>{name} html</p>",
        )
        for name in ("Mali", "Sudan")
    ]
    letter = render_daily(SITE, editions, LINKS)
    assert letter.subject == "Mali: 22 November 2026 and 1 more"
    assert (
        letter.text.index("Mali text")
        < letter.text.index("Sudan text")
        < letter.text.index(LINKS.leave)
    )
    assert (
        '<a href="https://dateline.example/tracker/Mali">Mali: 22 November 2026</a>' in letter.html
    )
    assert letter.html.index("<p>Mali html</p>") < letter.html.index("<p>Sudan html</p>")
    assert render_daily(SITE, editions[:1], LINKS).subject == "Mali: 22 November 2026"


def test_what_was_withdrawn_since_stands_first_with_its_reason(an_entry: MakeEntry) -> None:
    back = [
        an_entry(2, title=ARABIC, language="ar", withdrawn_reason="The army denies it."),
        an_entry(3, title=HOSTILE, withdrawn_reason=""),
    ]
    edition = EditionWriting(title="Mali", url="https://d.example/", text="Quiet.", html="Quiet.")
    daily = render_daily(SITE, [edition], LINKS, back)
    alert = render_alert(SITE, [an_entry(title="Quiet.")], LINKS, back)
    for letter in (daily, alert):
        assert (
            f"\u201c\u2068{ARABIC}\u2069\u201d. Reason: The army denies it. Please" in letter.text
        )
        assert letter.text.index("No reason was given.") < letter.text.index("Quiet.")
        assert letter.html.index("No reason was given.") < letter.html.rindex("Quiet.")
        assert re.search(rf'<bdi lang="ar" dir="rtl"><a [^>]*>{ARABIC}</a></bdi>', letter.html)
        assert "script" not in Tags(letter.html).found
    assert "Withdrawn" not in alert.subject
    assert render_alert(SITE, [], LINKS, back).subject == f"Withdrawn: \u2068{ARABIC}\u2069"


FORM = MailForm(
    conflicts={"mali": "Instability in Mali", "sudan": HOSTILE},
    wants=Wants(wish=Wish.ALERT, conflicts=("mali",), hour=18, zone="Asia/Tokyo"),
    address=HOSTILE,
    error=HOSTILE,
)


def test_the_form_offers_daily_letters_only_where_there_are_editions() -> None:
    some = render_asking_page(SITE, replace(FORM, undaily=["mali"])).decode()
    assert re.search(r"Instability in Mali <span[^>]*>\(no daily letter\)</span>", some)
    assert some.count("(no daily letter)") == 1
    none = render_asking_page(SITE, replace(FORM, undaily=["mali", "sudan"])).decode()
    assert 'value="edition"' not in none
    assert "daily letter" not in none
    for name, value in (("wish", "alert"), ("hour", "18"), ("zone", "Asia/Tokyo")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in none


def test_the_form_shows_what_was_chosen_and_what_is_wrong() -> None:
    page = render_asking_page(SITE, FORM).decode()
    assert 'action="/tracker/subscribe/mail"' in page
    assert re.search(r'value="alert" checked', page)
    assert re.search(r'value="mali" checked', page)
    assert not re.search(r'value="sudan" checked', page)
    assert '<option value="18" selected>18:00</option>' in page
    assert 'value="Asia/Tokyo"' in page
    assert 'role="alert"' in page
    assert "script" not in Tags(page).found


def test_a_form_without_conflicts_asks_for_none() -> None:
    page = render_asking_page(SITE, MailForm(conflicts={})).decode()
    assert 'name="conflict"' not in page
    assert 'role="alert"' not in page


def test_the_subscribe_page_has_the_form_only_where_letters_are_sent() -> None:
    assert b"mail-form" not in render_subscribe_page(SITE, [])
    page = render_subscribe_page(SITE, [], letters=True).decode()
    assert 'action="../subscribe/mail"' in page
    assert file_name("mail.css") in page


@pytest.mark.parametrize("said", ["", "Saved."])
def test_the_subscribers_page_asks_no_address_and_says_what_was_done(said: str) -> None:
    page = render_managing_page(
        SITE,
        MailForm(conflicts={}, address="ada@example.org", asks_address=False),
        "/a",
        "/a/leave",
        said,
    ).decode()
    assert 'name="address"' not in page
    assert "ada@example.org" in page
    assert ('role="status"' in page) is bool(said)
    assert 'href="/a/leave"' in page


def test_buttons_post_and_offer_the_way_back() -> None:
    confirming = render_confirming_page(SITE, "/t/confirm", "a letter a day").decode()
    assert '<form class="mail-form" method="post" action="/t/confirm">' in confirming
    leaving = render_leaving_page(SITE, "/t/leave", HOSTILE, "/t").decode()
    assert 'action="/t/leave"' in leaving
    assert 'href="/t"' in leaving
    assert "script" not in Tags(leaving).found


def test_pages_of_letters_are_kept_out_of_search_engines() -> None:
    page = render_told_page(SITE, "Done", "One.", "Two.", link="/t").decode()
    assert '<meta name="robots" content="noindex">' in page
    assert 'href="/t"' in page
    assert "Change what you get" not in render_told_page(SITE, "Done", "One.").decode()

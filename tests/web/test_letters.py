"""Readers ask for letters and leave them on plain pages, and learn nothing about anybody else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import letters, subscribers
from pipeline import enrol
from pipeline.letter_tokens import letter_token
from pipeline.model import LetterKind, Subscriber, Wants, Wish
from pipeline.publish import publish
from tests.web.conftest import Browser, Place, make_place

FORM = {
    "address": "ada@example.org", "wish": "alert", "conflict": ["mali"], "hour": "7",
    "zone": "Africa/Bamako",
}  # fmt: skip
MAIL = {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "news@tracker.example"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = make_place(tmp_path, **MAIL)
    yield made
    made.database.close()


def everybody(place: Place) -> tuple[Subscriber, ...]:
    return enrol.everybody(place.database)


def waiting(place: Place) -> int:
    with place.database.reading() as connection:
        return letters.counts(connection)["waiting"]


def subscribed(place: Place) -> tuple[Subscriber, str]:
    """A confirmed subscriber, and the address of their own page."""
    enrol.ask(place.database, "ada@example.org", Wants(wish=Wish.ALERT), place.now)
    [found] = everybody(place)
    enrol.confirm(
        place.database, place.key, letter_token(place.key, "confirm", found.nonce), place.now
    )
    return found, f"/letters/{letter_token(place.key, 'manage', found.nonce)}"


def test_the_form_on_the_public_page_is_the_one_that_is_taken(
    place: Place, stranger: Browser
) -> None:
    publish(
        place.database, place.settings.public_dir, place.settings.base_url, place.now, letters=True
    )
    page = stranger.get("/subscribe/")
    action = re.search(r'<form class="mail-form" method="post" action="([^"]+)"', page.text)
    assert action is not None
    names = set(re.findall(r'name="(\w+)"', page.text))
    assert names >= set(FORM)
    answer = stranger.post(str(page.url.join(action[1])), data=FORM)
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.text
    [found] = everybody(place)
    assert found.wants == Wants(wish=Wish.ALERT, conflicts=("mali",), hour=7, zone="Africa/Bamako")
    assert found.confirmed_at is None
    assert waiting(place) == 1


def test_without_a_mail_server_there_is_no_form_and_nothing_is_taken(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    publish(place.database, place.settings.public_dir, place.settings.base_url, place.now)
    browser = Browser(place)
    assert "mail-form" not in browser.get("/subscribe/").text
    assert browser.post("/subscribe/mail", data=FORM).status_code == 404
    assert everybody(place) == ()
    place.database.close()


def test_the_answer_is_the_same_whoever_is_subscribed(place: Place, stranger: Browser) -> None:
    answers = []
    unknown = stranger.post("/subscribe/mail", data=FORM)
    [found] = everybody(place)
    answers.append(stranger.post("/subscribe/mail", data=FORM))
    with place.database.transaction() as connection:
        subscribers.confirm(connection, found.id, 0, place.now)
    again = FORM | {"address": "ADA@example.org"}
    answers += [stranger.post("/subscribe/mail", data=again) for _ in range(5)]
    for answer in answers:
        assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content)
        assert dict(answer.headers) == dict(unknown.headers)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "nobody"}, {"address": "a@b.example\r\nBcc: c@d.example"}, {"address": ""},
        {"address": '"><script>alert(1)</script>@x.example'}, {"wish": "all"}, {"hour": "25"},
        {"zone": "Nowhere"}, {"conflict": ["atlantis"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_form_that_cannot_be_taken_comes_back_with_what_is_wrong(
    place: Place, stranger: Browser, changes: dict[str, object]
) -> None:
    answer = stranger.post("/subscribe/mail", data=FORM | changes)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text
    assert everybody(place) == ()


def test_one_visitor_cannot_have_letters_written_without_end(
    place: Place, stranger: Browser
) -> None:
    statuses = [
        stranger.post("/subscribe/mail", data=FORM | {"address": f"u{n}@example.org"}).status_code
        for n in range(25)
    ]
    assert statuses == [200] * 20 + [429] * 5


def test_opening_the_link_confirms_nothing_and_the_button_does(
    place: Place, stranger: Browser
) -> None:
    stranger.post("/subscribe/mail", data=FORM)
    [found] = everybody(place)
    link = f"/letters/{letter_token(place.key, 'confirm', found.nonce)}/confirm"
    page = stranger.get(link)
    assert "a letter soon after news of Instability in Mali is published" in page.text
    assert f'action="{link}"' in page.text
    assert everybody(place)[0].confirmed_at is None
    done = stranger.post(link)
    assert "You are subscribed" in done.text
    assert everybody(place)[0].confirmed_at == place.now
    own = re.search(r'href="(/letters/[^"]+)"', done.text)
    assert own is not None
    assert "ada@example.org" in stranger.get(own[1]).text


def test_a_subscriber_changes_what_they_get(place: Place, stranger: Browser) -> None:
    _, own = subscribed(place)
    page = stranger.get(own)
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.text
    changed = {"wish": "edition", "conflict": ["sudan", "mali"], "hour": "18", "zone": "Asia/Tokyo"}
    answer = stranger.post(own, data=changed)
    assert "Saved. You get one letter a day, after 18:00 (Asia/Tokyo)" in answer.text
    assert everybody(place)[0].wants == Wants(
        wish=Wish.EDITION, conflicts=("mali", "sudan"), hour=18, zone="Asia/Tokyo"
    )
    wrong = stranger.post(own, data=changed | {"zone": "Nowhere"})
    assert wrong.status_code == 400
    assert everybody(place)[0].wants.zone == "Asia/Tokyo"


def test_a_mail_program_unsubscribes_with_one_click_and_no_page(
    place: Place, stranger: Browser
) -> None:
    _, own = subscribed(place)
    assert stranger.get(f"{own}/leave").status_code == 200
    assert len(everybody(place)) == 1
    del stranger.headers["Origin"]
    answer = stranger.post(f"{own}/leave", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert everybody(place) == ()
    assert stranger.get(own).status_code == 404
    assert stranger.post(f"{own}/leave").status_code == 404


def test_a_button_unsubscribes_and_says_so(place: Place, stranger: Browser) -> None:
    _, own = subscribed(place)
    page = stranger.get(f"{own}/leave")
    assert f'action="{own}/leave"' in page.text
    assert "You are unsubscribed" in stranger.post(f"{own}/leave").text


@pytest.mark.parametrize("path", ["", "/confirm", "/leave"])
def test_a_link_nobody_sent_leads_to_a_calm_page(
    place: Place, stranger: Browser, path: str
) -> None:
    subscribed(place)
    for token in ("x", "0" * 75, "%00", "..%2f", "é" * 40, "a" * 4000):
        for method in ("GET", "POST"):
            answer = stranger.request(method, f"/letters/{token}{path}", data=FORM)
            assert answer.status_code == 404, token
    assert everybody(place)[0].wants == Wants(wish=Wish.ALERT)


def test_who_tries_links_is_told_to_wait_and_no_subscriber_is_kept_out(
    place: Place, stranger: Browser
) -> None:
    _, own = subscribed(place)
    tried = [stranger.get(f"/letters/{n:075}") for n in range(21)]
    assert [each.status_code for each in tried] == [404] * 20 + [429]
    assert tried[-1].headers["retry-after"] == "600"
    assert stranger.post(f"/letters/{'0' * 75}/leave").status_code == 429
    assert stranger.get(own).status_code == 200


def test_no_link_depends_on_the_host_a_stranger_names(place: Place, stranger: Browser) -> None:
    _, own = subscribed(place)
    for path in (own, f"{own}/leave"):
        page = stranger.get(
            path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in page.text
    stranger.post("/subscribe/mail", data=FORM, headers={"X-Forwarded-Host": "evil.example"})
    with place.database.reading() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM letters").scalars().all()
    assert LetterKind.KNOWN in kinds


def test_the_figures_count_subscribers(place: Place, admin: Browser) -> None:
    subscribed(place)
    page = admin.get("/metrics").text
    assert 'dateline_subscribers{state="confirmed"} 1.0' in page
    assert 'dateline_outgoing{state="waiting",what="letter"} 1.0' in page
    assert 'dateline_pushes{state="active"} 0.0' in page

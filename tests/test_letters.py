"""Who asks for letters confirms first, gets each thing once, and is forgotten on leaving."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from db import Database, letters, matches, subscribers
from db.tables import letters as letter_rows
from db.upgrade import downgrade, upgrade
from pipeline import enrol
from pipeline.bring_out import bring_out
from pipeline.draw_up import draw_up_alerts, draw_up_editions
from pipeline.enrol import LETTERS_A_DAY, LETTERS_AN_HOUR, TooManyRequests
from pipeline.errors import MailError, SubscriptionError
from pipeline.letter_tokens import letter_token
from pipeline.model import Decision, LetterState, MatchStatus, Subscriber, Verdict, Wants, Wish
from pipeline.publish import found_installation
from pipeline.review import review
from pipeline.send import Mailer
from pipeline.stages.posting import ALERTS_APART, CONFIRM_WITHIN, MOST_BOUNCES, SETTLED
from pipeline.write_letters import (
    LettersReport,
    Post,
    send_letters,
)
from tests.mailbox import Mailbox, mailbox
from tests.making import NOON, a_conflict, an_article, take_in, watch

BASE = "https://tracker.example/news"
KEY = b"a key for tests only"
MALI = a_conflict()
NIGER = a_conflict("niger", "Unrest in Niger", places=("Niger", "Niamey"))
ALERTS = Wants(wish=Wish.ALERT)
MINUTE = timedelta(minutes=1)
ATTACK = "Convoy attacked near Kidal"


class House:
    """An installation with a mail server."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.box = Mailbox()
        found_installation(database, BASE, NOON)
        watch(database, tracked=(MALI, NIGER))

    def publish(self, headline: str, now: datetime, *, take_back: bool = False) -> int:
        """Have a headline approved (and taken back at once)."""
        item = an_article(headline, published_at=now - timedelta(hours=1))
        take_in(self.database, item, tracked=(MALI, NIGER), now=now)
        with self.database.reading() as connection:
            waiting = matches.queue(connection, status=MatchStatus.PENDING)
        [match] = [each for each in waiting if each.title == headline]
        self.decide(match.id, Verdict.APPROVE, now)
        if take_back:
            self.decide(match.id, Verdict.REOPEN, now)
        return match.id

    def decide(self, match_id: int, verdict: Verdict, now: datetime) -> None:
        review(self.database, [Decision(match_id=match_id, verdict=verdict, editor="ada")], now)

    def post(self, now: datetime, box: Mailbox | None = None) -> LettersReport | None:
        """Draw up what is due and send it."""
        draw_up_alerts(self.database, now)
        draw_up_editions(self.database, now)

        async def go() -> LettersReport | None:
            async with mailbox(box or self.box) as served:
                async with Mailer(served.address(), seconds=3, patience=3) as mailer:
                    return await send_letters(self.database, mailer, self.written_by, lambda: now)

        return asyncio.run(go())

    written_by = Post(sender="Dateline <news@tracker.example>", reply_to="", base_url=BASE, key=KEY)

    def token(self, letter: int = -1) -> str:
        """The token in a letter's first link of our own."""
        text, _ = self.box.words(letter)
        found = re.search(rf"{BASE}/letters/([\w-]+)", text)
        assert found is not None
        return found[1]

    def subscribe(
        self, address: str = "ada@example.org", wants: Wants = ALERTS, now: datetime = NOON
    ) -> Subscriber:
        """Have an address ask and confirm."""
        enrol.ask(self.database, address, wants, now)
        self.post(now)
        found = enrol.confirm(self.database, KEY, self.token(), now)
        self.box.taken.clear()
        return found

    def to(self) -> list[str]:
        return [address for address, _ in self.box.taken]

    def states(self) -> list[str]:
        with self.database.reading() as connection:
            rows = connection.execute(letter_rows.select().order_by(letter_rows.c.id))
            return [row.state for row in rows]

    def everybody(self) -> tuple[Subscriber, ...]:
        return enrol.everybody(self.database)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture
def small(sqlite: Database) -> House:
    return House(sqlite)


# Asking and confirming


def test_an_address_gets_one_letter_to_confirm_and_none_before(house: House) -> None:
    enrol.ask(house.database, " Ada@Example.org ", ALERTS, NOON)
    house.publish(ATTACK, NOON)
    house.post(NOON + 2 * SETTLED)
    [(address, letter)] = house.box.taken
    assert address == "Ada@example.org"
    assert letter["Subject"] == "Dateline: please confirm your subscription"
    assert "List-Unsubscribe" not in letter
    text, html = house.box.words()
    assert f"{BASE}/letters/{house.token()}/confirm" in text
    assert f'href="{BASE}/letters/{house.token()}/confirm"' in html
    enrol.confirm(house.database, KEY, house.token(), NOON + 3 * SETTLED)
    assert house.post(NOON + 4 * SETTLED) is None
    [subscriber] = house.everybody()
    assert subscriber.confirmed_at == NOON + 3 * SETTLED


def test_who_asks_again_is_told_by_letter_and_nobody_else_is(small: House) -> None:
    small.subscribe()
    assert enrol.ask(small.database, "ADA@example.org", Wants(), NOON + MINUTE) is None
    small.post(NOON + MINUTE)
    [(address, letter)] = small.box.taken
    assert (address, letter["Subject"]) == (
        "ada@example.org",
        "Dateline: you are subscribed already",
    )
    [subscriber] = small.everybody()
    assert subscriber.wants == ALERTS


def test_an_address_gets_few_letters_a_day_however_often_somebody_types_it(small: House) -> None:
    for number in range(10):
        enrol.ask(small.database, "ada@example.org", ALERTS, NOON + number * MINUTE)
    small.post(NOON + 10 * MINUTE)
    assert len(small.box.taken) == LETTERS_A_DAY
    enrol.ask(small.database, "ada@example.org", ALERTS, NOON + timedelta(days=1, hours=1))
    small.post(NOON + timedelta(days=1, hours=1))
    assert len(small.box.taken) == LETTERS_A_DAY + 1


def test_a_flood_of_requests_is_stopped_for_an_hour(small: House) -> None:
    for number in range(LETTERS_AN_HOUR):
        enrol.ask(small.database, f"user{number}@example.org", ALERTS, NOON)
    with pytest.raises(TooManyRequests):
        enrol.ask(small.database, "ada@example.org", ALERTS, NOON + MINUTE)
    enrol.ask(small.database, "ada@example.org", ALERTS, NOON + timedelta(hours=2))


def test_a_link_that_was_not_used_in_time_confirms_nothing(small: House) -> None:
    enrol.ask(small.database, "ada@example.org", ALERTS, NOON)
    small.post(NOON)
    with pytest.raises(SubscriptionError, match="does not work"):
        enrol.confirm(small.database, KEY, small.token(), NOON + CONFIRM_WITHIN + MINUTE)
    with small.database.transaction() as connection:
        assert subscribers.sweep(connection, NOON) == 0
        assert subscribers.sweep(connection, NOON + MINUTE) == 1
    assert small.states() == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda token, nonce: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, nonce: token + "A",
        lambda token, nonce: token[:32],
        lambda token, nonce: "",
        lambda token, nonce: "é" * 75,
        lambda token, nonce: "x" * 5000,
        lambda token, nonce: letter_token(b"another key, that is not ours", "manage", nonce),
        lambda token, nonce: letter_token(KEY, "confirm", nonce),
        lambda token, nonce: letter_token(KEY, "manage", "0" * 32),
    ],
)
def test_no_token_but_the_subscribers_own_opens_anything(
    small: House, forge: Callable[[str, str], str]
) -> None:
    subscriber = small.subscribe()
    token = forge(letter_token(KEY, "manage", subscriber.nonce), subscriber.nonce)
    with pytest.raises(SubscriptionError):
        enrol.look(small.database, KEY, token)
    with pytest.raises(SubscriptionError):
        enrol.leave(small.database, KEY, token)
    assert len(small.everybody()) == 1


def test_the_link_of_a_letter_does_not_confirm_another_purpose(small: House) -> None:
    enrol.ask(small.database, "ada@example.org", ALERTS, NOON)
    [subscriber] = small.everybody()
    with pytest.raises(SubscriptionError):
        enrol.confirm(small.database, KEY, letter_token(KEY, "manage", subscriber.nonce), NOON)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"wish": "weekly"}, "Choose what"),
        ({"chosen": ["mali", "atlantis"]}, "no longer tracked"),
        ({"hour": "24"}, "hour"), ({"hour": "-1"}, "hour"), ({"hour": "٧"}, "hour"), ({"hour": ""}, "hour"),
        ({"zone": "Mars/Olympus"}, "time zone"), ({"zone": "../../etc/passwd"}, "time zone"), ({"zone": ""}, "time zone"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_had_are_refused(small: House, changes, complaint: str) -> None:
    form = {"wish": "alert", "chosen": ["mali"], "hour": "7", "zone": "Africa/Bamako"}
    wants = enrol.read_wants(small.database, **form)  # type: ignore[arg-type]
    assert wants == Wants(wish=Wish.ALERT, conflicts=("mali",), hour=7, zone="Africa/Bamako")
    with pytest.raises(SubscriptionError, match=complaint):
        enrol.read_wants(small.database, **form | changes)


def test_a_daily_letter_is_not_promised_for_conflicts_without_editions(small: House) -> None:
    form = {"wish": "edition", "chosen": ["mali", "niger"], "hour": "7", "zone": "UTC"}
    watch(small.database, tracked=(MALI, replace(NIGER, edition=None)))
    with pytest.raises(SubscriptionError, match="no daily letter on Unrest in Niger"):
        enrol.read_wants(small.database, **form)  # type: ignore[arg-type]
    assert enrol.read_wants(small.database, **form | {"wish": "alert"}).conflicts == (
        "mali",
        "niger",
    )
    assert enrol.read_wants(small.database, **form | {"chosen": []}).wish is Wish.EDITION
    watch(small.database, tracked=(replace(MALI, edition=None), replace(NIGER, edition=None)))
    with pytest.raises(SubscriptionError, match="no daily letter"):
        enrol.read_wants(small.database, **form | {"chosen": []})


# Alerts


def test_an_alert_tells_what_was_published_and_how_to_leave(house: House) -> None:
    subscriber = house.subscribe()
    house.publish(ATTACK, NOON + MINUTE)
    assert house.post(NOON + MINUTE) is None
    assert house.post(NOON + MINUTE + SETTLED) == LettersReport(sent=1)
    [(address, letter)] = house.box.taken
    assert address == "ada@example.org"
    assert letter["Subject"] == f"Instability in Mali: {ATTACK}"
    own = f"{BASE}/letters/{letter_token(KEY, 'manage', subscriber.nonce)}"
    assert letter["List-Unsubscribe"] == f"<{own}/leave>"
    assert letter["List-Id"] == "<latest-news.tracker.example>"
    text, html = house.box.words()
    for part in (text, html):
        assert ATTACK in part
        assert "Sahel Wire" in part
        assert own in part
    assert "<img" not in html
    assert set(re.findall(r'(?:src|href)="(https?://[^/"]+)', html)) <= {
        "https://tracker.example", "https://sahel-wire.example",
    }  # fmt: skip


def test_nothing_is_told_twice_however_often_the_clock_ticks(house: House) -> None:
    house.subscribe()
    house.publish(ATTACK, NOON + MINUTE)
    for number in range(5):
        house.post(NOON + MINUTE + SETTLED + number * ALERTS_APART)
    assert len(house.box.taken) == 1


def test_what_comes_soon_after_waits_and_comes_in_one_letter(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    small.post(NOON + 3 * MINUTE)
    small.publish("Army base attacked in Bamako", NOON + 4 * MINUTE)
    small.publish("Junta announced in Niamey, Niger", NOON + 5 * MINUTE)
    small.post(NOON + 8 * MINUTE)
    assert len(small.box.taken) == 1
    small.post(NOON + 3 * MINUTE + ALERTS_APART)
    assert len(small.box.taken) == 2
    assert small.box.taken[1][1]["Subject"] == "2 new entries: Unrest in Niger, Instability in Mali"
    text, _ = small.box.words()
    assert "Army base attacked in Bamako" in text
    assert "Junta announced in Niamey, Niger" in text


def test_only_the_conflicts_that_were_chosen_are_told_of(small: House) -> None:
    small.subscribe(wants=Wants(wish=Wish.ALERT, conflicts=("niger",)))
    small.publish(ATTACK, NOON + MINUTE)
    assert small.post(NOON + 5 * MINUTE) is None
    small.publish("Junta announced in Niamey, Niger", NOON + 6 * MINUTE)
    small.post(NOON + 10 * MINUTE)
    assert len(small.box.taken) == 1


def test_what_an_editor_takes_back_at_once_is_never_told(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE, take_back=True)
    assert small.post(NOON + 5 * MINUTE) is None


@pytest.mark.parametrize("wish", Wish)
def test_what_was_told_and_withdrawn_is_taken_back_once_in_the_next_letter(
    small: House, wish: Wish
) -> None:
    small.subscribe()
    first = small.publish(ATTACK, NOON + MINUTE)
    small.post(NOON + 5 * MINUTE)
    small.decide(first, Verdict.REOPEN, NOON + 6 * MINUTE)
    assert small.post(NOON + 6 * MINUTE + ALERTS_APART) is None
    [subscriber] = small.everybody()
    token = letter_token(KEY, "manage", subscriber.nonce)
    enrol.change(small.database, KEY, token, Wants(wish=wish, hour=7), NOON + 30 * MINUTE)
    for day in (0, 1):
        later = SEVEN + day * DAY
        small.publish(f"Army base attacked in Bamako {day}", later - 3 * MINUTE)
        bring_out(small.database, BASE, later - MINUTE)
        assert small.post(later) == LettersReport(sent=1)
    taken_back = "since we wrote to you of it"
    (text, html), (later_text, _) = small.box.words(1), small.box.words(2)
    assert f"Withdrawn {taken_back}: \u201c{ATTACK}\u201d. No reason was given." in text
    assert taken_back in html
    assert taken_back not in later_text


@pytest.mark.parametrize("answer", ["250 taken", "hangs up", "451 4.3.0 later"])
def test_what_is_withdrawn_while_its_letter_goes_out_is_taken_back_in_the_next_one(
    house: House, answer: str
) -> None:
    house.subscribe()
    first = house.publish(ATTACK, NOON + MINUTE)
    house.publish("Army base attacked in Bamako", NOON + MINUTE)
    now = NOON + 5 * MINUTE
    # The request began before the letter was written, and was stored while it was sent.
    house.box.meanwhile = lambda: house.decide(first, Verdict.REOPEN, now - MINUTE)
    house.box.hang_up = answer == "hangs up"
    house.box.data_answers = [answer] if answer.startswith("4") else []
    house.post(now)
    house.box.meanwhile = None
    house.post(now + timedelta(hours=1))
    house.publish("Junta announced in Niamey, Niger", now + timedelta(hours=2))
    house.post(now + timedelta(hours=3))
    text, _ = house.box.words()
    assert "Junta announced" in text
    # A letter that was refused told nobody of it; one whose answer was lost may have.
    assert (f"Withdrawn since we wrote to you of it: \u201c{ATTACK}\u201d" in text) is (
        not answer.startswith("4")
    )


def test_what_a_daily_letter_told_of_and_was_withdrawn_is_taken_back_in_the_next_one(
    small: House,
) -> None:
    small.subscribe(wants=DAILY)
    first = small.publish(ATTACK, NOON + MINUTE)
    bring_out(small.database, BASE, SIX + MINUTE)
    assert small.post(SEVEN) == LettersReport(sent=1)
    small.decide(first, Verdict.REOPEN, SEVEN + MINUTE)
    for day in (1, 2):
        bring_out(small.database, BASE, SIX + day * DAY + MINUTE)
        assert small.post(SEVEN + day * DAY) == LettersReport(sent=1)
    said = [f"Withdrawn since we wrote to you of it: \u201c{ATTACK}\u201d" in small.box.words(day)[0] for day in range(3)]  # fmt: skip
    assert said == [False, True, False]


def test_what_stood_again_when_it_was_to_be_taken_back_is_taken_back_later(small: House) -> None:
    small.subscribe()
    first = small.publish(ATTACK, NOON + MINUTE)
    small.post(NOON + 5 * MINUTE)
    small.decide(first, Verdict.REOPEN, NOON + 6 * MINUTE)
    small.publish("Army base attacked in Bamako", NOON + 30 * MINUTE)
    draw_up_alerts(small.database, NOON + 35 * MINUTE)
    small.decide(first, Verdict.APPROVE, NOON + 36 * MINUTE)
    small.post(NOON + 37 * MINUTE)
    assert "Withdrawn" not in small.box.words()[0]
    small.decide(first, Verdict.REOPEN, NOON + 38 * MINUTE)
    small.publish("Junta announced in Niamey, Niger", NOON + 60 * MINUTE)
    small.post(NOON + 65 * MINUTE)
    assert f"Withdrawn since we wrote to you of it: \u201c{ATTACK}\u201d" in small.box.words()[0]


def test_an_upgrade_knows_what_letters_told_of_before(house: House) -> None:
    house.subscribe()
    told = house.publish(ATTACK, NOON + MINUTE)
    left_out = house.publish("Army base attacked in Bamako", NOON + MINUTE)
    draw_up_alerts(house.database, NOON + 5 * MINUTE)
    house.decide(left_out, Verdict.REOPEN, NOON + 6 * MINUTE)
    house.post(NOON + 7 * MINUTE)
    downgrade(house.database, "0021")
    upgrade(house.database)
    house.decide(told, Verdict.REOPEN, NOON + 8 * MINUTE)
    house.publish("Junta announced in Niamey, Niger", NOON + 30 * MINUTE)
    house.post(NOON + 40 * MINUTE)
    text, _ = house.box.words()
    assert f"Withdrawn since we wrote to you of it: \u201c{ATTACK}\u201d" in text
    assert "Army base" not in text


def test_what_is_withdrawn_while_a_letter_waits_is_left_out_of_it(small: House) -> None:
    small.subscribe()
    first = small.publish(ATTACK, NOON + MINUTE)
    draw_up_alerts(small.database, NOON + 5 * MINUTE)
    small.decide(first, Verdict.REOPEN, NOON + 6 * MINUTE)
    assert small.post(NOON + 7 * MINUTE) == LettersReport(ended=1)
    assert small.box.taken == []
    assert small.states()[-1] == LetterState.DROPPED


def test_who_changes_to_alerts_is_not_told_of_yesterday(small: House) -> None:
    subscriber = small.subscribe(wants=Wants())
    small.publish(ATTACK, NOON + MINUTE)
    token = letter_token(KEY, "manage", subscriber.nonce)
    later = NOON + timedelta(hours=1)
    changed = enrol.change(small.database, KEY, token, ALERTS, later)
    assert changed.wants == ALERTS
    assert small.post(later + MINUTE) is None


# Daily letters

# Editions are cut off at six in the morning, UTC; Bamako's clock shows the same.
DAILY = Wants(conflicts=("mali",), hour=7, zone="Africa/Bamako")
DAY = timedelta(days=1)
SIX, SEVEN = NOON + timedelta(hours=18), NOON + timedelta(hours=19)


def test_the_days_edition_comes_once_at_the_subscribers_hour(house: House) -> None:
    house.subscribe(wants=DAILY)
    house.publish(ATTACK, NOON + MINUTE)
    bring_out(house.database, BASE, SIX + MINUTE)
    assert house.post(SEVEN - MINUTE) is None
    assert house.post(SEVEN) == LettersReport(sent=1)
    assert house.post(SEVEN + timedelta(hours=5)) is None
    [(_, letter)] = house.box.taken
    assert letter["Subject"] == "Instability in Mali: 23 November 2026"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = house.box.words()
    for part in (text, html):
        assert ATTACK in part
        assert "Sahel Wire" in part
        assert "/conflicts/mali/2026-11-23" in part


def test_a_day_without_news_has_its_letter_too(small: House) -> None:
    small.subscribe(wants=DAILY)
    bring_out(small.database, BASE, SIX + MINUTE)
    assert small.post(SEVEN) == LettersReport(sent=1)
    bring_out(small.database, BASE, SIX + DAY + MINUTE)
    assert small.post(SEVEN + DAY) == LettersReport(sent=1)
    subjects = [letter["Subject"] for _, letter in small.box.taken]
    assert subjects == [
        "Instability in Mali: 23 November 2026",
        "Instability in Mali: 24 November 2026",
    ]


def test_a_late_edition_comes_late_and_once(small: House) -> None:
    small.subscribe(wants=DAILY)
    assert small.post(SEVEN) is None
    bring_out(small.database, BASE, SEVEN + timedelta(hours=4))
    assert small.post(SEVEN + timedelta(hours=4)) == LettersReport(sent=1)
    assert small.post(SEVEN + timedelta(hours=6)) is None


def test_all_conflicts_come_in_one_letter(small: House) -> None:
    small.subscribe(wants=Wants(hour=7))
    small.publish(ATTACK, NOON + MINUTE)
    bring_out(small.database, BASE, SIX + MINUTE)
    assert small.post(SEVEN) == LettersReport(sent=1)
    [(_, letter)] = small.box.taken
    assert letter["Subject"].endswith("and 1 more")
    text, _ = small.box.words()
    assert "Instability in Mali" in text
    assert "Unrest in Niger" in text


def test_editions_of_days_before_somebody_confirmed_are_not_sent(small: House) -> None:
    bring_out(small.database, BASE, SIX + MINUTE)
    small.subscribe(wants=DAILY, now=SIX + 2 * MINUTE)
    assert small.post(SEVEN) is None


# What mail servers do


def test_a_letter_that_is_not_taken_goes_out_again_as_the_same_letter(house: House) -> None:
    house.subscribe()
    house.publish(ATTACK, NOON + MINUTE)
    house.box.answers = ["451 4.7.1 greylisted"]
    now = NOON + MINUTE + SETTLED
    report = house.post(now)
    assert report is not None
    assert (report.sent, report.put_off) == (0, 1)
    assert house.post(now + timedelta(seconds=30)) is None
    house.box.hang_up = 1
    house.post(now + MINUTE)
    assert house.box.taken == []
    assert house.post(now + 10 * MINUTE) == LettersReport(sent=1)
    assert len(house.box.taken) == 1


def test_the_message_id_is_the_same_whenever_a_letter_is_sent(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    now = NOON + 5 * MINUTE
    small.post(now)
    with small.database.transaction() as connection:
        alert = letter_rows.c.kind == "alert"
        connection.execute(letter_rows.update().where(alert).values(state="waiting", due_at=now))
    small.post(now + MINUTE)
    first, again = small.box.raw[-2:]
    assert first == again
    assert b"Message-ID: <" in first


def test_a_process_that_dies_while_it_hands_over_sends_nothing_twice(house: House) -> None:
    house.subscribe()
    house.publish(ATTACK, NOON + MINUTE)
    now = NOON + MINUTE + SETTLED
    draw_up_alerts(house.database, now)
    with house.database.transaction() as connection:
        [letter] = letters.claim(connection, now, timedelta(minutes=20), 10)
        assert letters.hand_over(connection, letter, (), now, now + timedelta(minutes=20)) == set()
    assert house.post(now + timedelta(minutes=19)) is None
    assert house.post(now + timedelta(minutes=20)) is None
    assert house.states()[-1] == LetterState.UNKNOWN
    assert house.box.taken == []


def test_a_process_that_dies_before_it_hands_over_loses_nothing(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    now = NOON + MINUTE + SETTLED
    draw_up_alerts(small.database, now)
    with small.database.transaction() as connection:
        letters.claim(connection, now, timedelta(minutes=20), 10)
    assert small.post(now + timedelta(minutes=20)) == LettersReport(sent=1)


def test_a_letter_that_another_process_sent_meanwhile_is_not_sent(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    now = NOON + MINUTE + SETTLED
    draw_up_alerts(small.database, now)

    async def go() -> LettersReport | None:
        async with mailbox(small.box) as box, Mailer(box.address(), seconds=3) as mailer:
            handed = mailer.send

            async def late(*letter) -> None:
                with small.database.transaction() as connection:
                    connection.execute(letter_rows.update().values(state="sent", due_at=None))
                await handed(*letter)

            mailer.send = late  # type: ignore[method-assign]
            return await send_letters(small.database, mailer, small.written_by, lambda: now)

    assert asyncio.run(go()) == LettersReport()
    assert small.box.taken == []
    assert small.states()[-1] == LetterState.SENT


def test_a_mailbox_that_is_gone_gets_no_more_letters_until_it_confirms_again(small: House) -> None:
    small.subscribe()
    now = NOON
    for number in range(MOST_BOUNCES + 2):
        now += timedelta(hours=1)
        small.publish(f"Convoy number {number} attacked near Kidal", now)
        small.box.answers = ["550 5.1.1 no such user"]
        small.post(now + 2 * MINUTE)
    [subscriber] = small.everybody()
    assert subscriber.bounces == MOST_BOUNCES
    assert "550: 5.1.1 no such user" in subscriber.failing
    assert small.states().count(LetterState.REFUSED) == MOST_BOUNCES
    small.box.answers.clear()
    enrol.ask(small.database, "ada@example.org", ALERTS, now)
    small.post(now)
    enrol.confirm(small.database, KEY, small.token(), now)
    [subscriber] = small.everybody()
    assert (subscriber.bounces, subscriber.failing) == (0, "")


def test_one_letter_taken_forgives_a_bounce(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    small.box.answers = ["550 5.2.1 disabled"]
    small.post(NOON + 5 * MINUTE)
    assert small.everybody()[0].bounces == 1
    small.publish("Army base attacked in Bamako", NOON + timedelta(hours=1))
    small.post(NOON + timedelta(hours=2))
    assert small.everybody()[0].bounces == 0


def test_a_letter_nobody_takes_for_three_days_is_given_up(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    now = NOON + 5 * MINUTE
    small.box.answers = ["450 4.2.0 later"] * 100
    for _ in range(90):
        small.post(now)
        now += timedelta(hours=1)
    assert small.states()[-1] == LetterState.GIVEN_UP
    assert len(small.box.answers) == 90


def test_one_refused_letter_costs_the_others_nothing(small: House) -> None:
    for name in ("ada", "bob", "eve"):
        small.subscribe(f"{name}@example.org")
    small.publish(ATTACK, NOON + MINUTE)
    small.box.answers = ["250 ok", "550 5.1.1 no such user", "250 ok"]
    small.post(NOON + 5 * MINUTE)
    assert small.to() == ["ada@example.org", "eve@example.org"]


# Leaving


def test_who_leaves_is_forgotten_with_every_letter(house: House) -> None:
    subscriber = house.subscribe()
    house.publish(ATTACK, NOON + MINUTE)
    draw_up_alerts(house.database, NOON + 5 * MINUTE)
    token = letter_token(KEY, "manage", subscriber.nonce)
    enrol.leave(house.database, KEY, token)
    assert house.everybody() == ()
    assert house.states() == []
    assert house.post(NOON + 6 * MINUTE) is None
    with pytest.raises(SubscriptionError, match="does not work"):
        enrol.leave(house.database, KEY, token)


def test_an_operator_erases_an_address_and_the_log_does_not_keep_it(small: House) -> None:
    small.subscribe()
    assert enrol.remove(small.database, "Ada@example.org", "root", NOON)
    assert not enrol.remove(small.database, "ada@example.org", "root", NOON)
    assert small.everybody() == ()
    with small.database.reading() as connection:
        logged = connection.exec_driver_sql("SELECT subject, detail FROM audit_log").all()
    assert [subject for subject, _ in logged] == ["subscriber 1"]


def test_counts_say_who_waits_and_whose_mail_bounces(small: House) -> None:
    small.subscribe()
    enrol.ask(small.database, "bob@example.org", ALERTS, NOON)
    with small.database.transaction() as connection:
        assert subscribers.counts(connection) == {"unconfirmed": 1, "confirmed": 1, "failing": 0}
        assert letters.counts(connection) == {"waiting": 1, "failing": 0}
        subscribers.note_bounce(connection, 1, "no such user")
        assert subscribers.counts(connection)["failing"] == 1


def test_a_server_that_is_away_puts_every_letter_off(small: House) -> None:
    small.subscribe()
    small.publish(ATTACK, NOON + MINUTE)
    draw_up_alerts(small.database, NOON + 5 * MINUTE)

    async def go() -> LettersReport | None:
        async with mailbox(small.box) as box:
            address = box.address()
        async with Mailer(address, seconds=1) as mailer:
            with pytest.raises(MailError):
                await mailer.try_out()
            return await send_letters(
                small.database, mailer, small.written_by, lambda: NOON + 5 * MINUTE
            )

    report = asyncio.run(go())
    assert report is not None
    assert report.put_off == 1
    with small.database.reading() as connection:
        assert "cannot be used" in letters.last_error(connection)

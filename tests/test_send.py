"""Letters are handed to a real mail server, and whatever it does instead is said plainly."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import MailError
from pipeline.model import MailServer, Tls
from pipeline.send import Mailer
from tests.mailbox import Mailbox, mailbox

LETTER = b"From: a@t.example\r\nTo: ada@example.org\r\nSubject: x\r\n\r\n.\r\nHello\r\n"


async def not_noted() -> None:
    pass


def send(box: Mailbox, *, times: int = 1, tls: Tls = Tls.OFFERED, user: str = "", password: str = "",
         trusted: ssl.SSLContext | None = None, handing_over=not_noted, recipient="ada@example.org",
         **serving):  # fmt: skip
    """Serve the box, hand over the letter so many times; gives the outcomes."""

    async def go() -> list[MailError | None]:
        outcomes: list[MailError | None] = []
        async with mailbox(box, **serving):
            server = box.address(tls, user, password)
            async with Mailer(server, seconds=3, patience=3, tls=trusted) as mailer:
                for _ in range(times):
                    try:
                        await mailer.send("news@t.example", recipient, LETTER, handing_over)
                        outcomes.append(None)
                    except MailError as error:
                        outcomes.append(error)
        return outcomes

    return asyncio.run(go())


def test_letters_arrive_byte_for_byte_over_one_connection() -> None:
    box = Mailbox()
    assert send(box, times=3) == [None] * 3
    assert box.raw == [LETTER] * 3
    assert [address for address, _ in box.taken] == ["ada@example.org"] * 3


def test_a_mailbox_that_does_not_exist_bounces_and_costs_the_next_letter_nothing() -> None:
    box = Mailbox(answers=["550 5.1.1 no such user"])
    refused, taken = send(box, times=2)
    assert refused is not None
    assert refused.bounced
    assert "answered 550: 5.1.1 no such user" in str(refused)
    assert taken is None


@pytest.mark.parametrize(
    "answer", ["450 4.2.1 greylisted", "452 4.2.2 full", "550 5.7.1 relaying denied"]
)
def test_what_may_pass_is_no_bounce(answer: str) -> None:
    refused, taken = send(Mailbox(answers=[answer]), times=2)
    assert refused is not None
    assert not refused.bounced
    assert taken is None


def test_a_server_that_closes_for_today_is_asked_again_on_a_new_connection() -> None:
    refused, taken = send(Mailbox(answers=["421 4.3.2 shutting down"]), times=2)
    assert refused is not None
    assert not refused.bounced
    assert taken is None


def test_a_letter_refused_for_what_it_says_bounces() -> None:
    refused, taken = send(Mailbox(data_answers=["554 5.6.0 not today"]), times=2)
    assert refused is not None
    assert refused.bounced
    assert taken is None


def test_a_connection_lost_in_the_middle_can_be_tried_again() -> None:
    box = Mailbox(hang_up=1)
    refused, taken = send(box, times=2)
    assert refused is not None
    assert not refused.bounced
    assert taken is None
    assert len(box.taken) == 1


def test_nothing_is_handed_over_before_it_was_noted() -> None:
    box = Mailbox()
    seen: list[int] = []

    async def handing_over() -> None:
        seen.append(len(box.raw))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        send(box, handing_over=handing_over)
    assert seen == [0]
    assert box.raw == []


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    async def go() -> None:
        async with mailbox() as box:
            port = box.port
        server = MailServer(host="127.0.0.1", port=port, user="me", password="hunter2")
        async with Mailer(server, seconds=1) as mailer:
            await mailer.try_out()

    with pytest.raises(MailError, match=r"mail server 127.0.0.1:\d+ cannot be used") as caught:
        asyncio.run(go())
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(MailServer(host="x", port=1, user="me", password="hunter2"))


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    async def go() -> None:
        async def silent(reader, writer):
            try:
                await reader.read()
            finally:
                writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with Mailer(MailServer(host="127.0.0.1", port=port), seconds=0.3) as mailer:
                try:
                    await mailer.try_out()
                finally:
                    await asyncio.sleep(0.05)

    with pytest.raises(MailError, match="cannot be used"):
        asyncio.run(go())


def test_user_and_password_are_given_where_they_are_wanted() -> None:
    box = Mailbox()
    assert send(box, user="ada@t", password="open sesame", logins=True) == [None]
    assert box.logins == [(b"ada@t", b"open sesame")]
    [refused] = send(Mailbox(), user="ada", password="wrong", logins=True)
    assert refused is not None
    assert not refused.bounced


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    box = Mailbox()

    async def go() -> None:
        async with mailbox(box, logins=True):
            # It leads here, and nobody can know that it does.
            server = MailServer(host="0.0.0.0", port=box.port, user="me", password="x" * 8)
            async with Mailer(server, seconds=2) as mailer:
                await mailer.try_out()

    with pytest.raises(MailError, match="it offers no encryption, so the password is not sent"):
        asyncio.run(go())
    assert box.logins == []


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate for 127.0.0.1, and a client that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder: Path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "30", "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    client = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    return server, client


@pytest.mark.parametrize("tls", Tls)
def test_letters_are_encrypted_where_the_server_can(contexts, tls: Tls) -> None:
    server, client = contexts
    box = Mailbox()
    outcomes = send(box, tls=tls, trusted=client, whole=tls is Tls.WHOLE, tls_server=server)
    assert outcomes == [None]
    assert box.encrypted == [True]


@pytest.mark.parametrize("tls", Tls)
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(contexts, tls: Tls) -> None:
    server, _ = contexts
    box = Mailbox()
    [refused] = send(box, tls=tls, whole=tls is Tls.WHOLE, tls_server=server)
    assert refused is not None
    assert "cannot be used" in str(refused)
    assert box.raw == []


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    box = Mailbox()
    [refused] = send(box, tls=Tls.STARTTLS)
    assert refused is not None
    assert box.raw == []

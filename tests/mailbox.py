"""A real mail server on loopback that takes letters, refuses them, or dies in the middle."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from pipeline.model import MailServer, Tls


@dataclass
class Mailbox:
    """What came, and what to answer next: to RCPT, to DATA; `hang_up` cuts the line in DATA.

    `meanwhile` is done while a letter's own text is on its way.
    """

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    data_answers: list[str] = field(default_factory=list)
    hang_up: int = 0
    meanwhile: Callable[[], object] | None = None
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0
    server: asyncio.Server | None = None

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.meanwhile:
            await asyncio.to_thread(self.meanwhile)
        if self.hang_up:
            self.hang_up -= 1
            server.transport.abort()
            return "250 never heard"
        if self.data_answers:
            answer = self.data_answers.pop(0)
            if not answer.startswith("2"):
                return answer
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        self.raw.append(envelope.original_content)
        message: Any = message_from_bytes(envelope.original_content, policy=default)
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        return "250 taken"

    def log_in(self, server, session, envelope, mechanism, given) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"open sesame")

    def address(self, tls: Tls = Tls.OFFERED, user: str = "", password: str = "") -> MailServer:
        return MailServer(host="127.0.0.1", port=self.port, tls=tls, user=user, password=password)

    def words(self, number: int = -1) -> tuple[str, str]:
        """The text and the HTML of a letter."""
        text, html = self.taken[number][1].iter_parts()
        return text.get_content().replace("\r\n", "\n"), html.get_content()


@asynccontextmanager
async def mailbox(
    box: Mailbox | None = None,
    *,
    tls_server: ssl.SSLContext | None = None,
    whole: bool = False,
    logins: bool = False,
) -> AsyncIterator[Mailbox]:
    """Serve a mailbox on a free port; with `tls_server` by STARTTLS, or from the first byte (`whole`)."""
    box = box or Mailbox()
    loop = asyncio.get_running_loop()
    open_now: list[SMTP] = []

    def connected() -> SMTP:
        more: dict[str, Any] = {}
        if logins:
            more = {"authenticator": box.log_in, "auth_require_tls": False}
        protocol = SMTP(
            box, hostname="mail.test", ident="Test", loop=loop,
            tls_context=None if whole else tls_server, **more,
        )  # fmt: skip
        open_now.append(protocol)
        return protocol

    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=tls_server if whole else None)
    box.server, box.port = server, server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for protocol in open_now:
            if protocol.transport is not None:
                protocol.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)
        handling = [each._handler_coroutine for each in open_now if each._handler_coroutine]
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)
        for protocol in open_now:
            if getattr(protocol, "_writer", None) is not None:
                protocol._writer.close()
        await asyncio.sleep(0)

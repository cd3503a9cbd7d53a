"""Send: hand letters to a mail server by SMTP (RFC 5321), and say plainly when it takes none."""

import re
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import aiosmtplib

from pipeline.errors import MailError
from pipeline.model import MailServer, Tls

_SECONDS = 30.0
# The server's answer to the letter itself may wait for its filters (RFC 5321 section 4.5.3.2.6).
_SECONDS_FOR_LETTER = 600.0
# What says nothing of the recipient: log in first, wrong password, encrypt first.
_OWN_FAULTS = frozenset({530, 535, 538})
_POLICY = re.compile(r"5\.7\.\d")  # RFC 3463: refused by policy, as no relay or as spam


class Mailer:
    """A connection to a mail server, made for the first letter and kept for the next ones.

    `seconds` is for each step, `patience` for the answer to a letter; `tls` replaces the system's
    trusted certificates.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        seconds: float = _SECONDS,
        patience: float = _SECONDS_FOR_LETTER,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._seconds = seconds
        self._patience = patience
        self._tls = tls
        self._open: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Take leave of the server, if it still listens."""
        connection, self._open = self._open, None
        if connection is None:
            return
        try:
            await connection.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            connection.close()

    async def try_out(self) -> None:
        """Connect and log in, and send nothing. Raises MailError."""
        await self._connection()

    async def send(
        self,
        sender: str,
        recipient: str,
        letter: bytes,
        handing_over: Callable[[], Awaitable[None]],
    ) -> None:
        """Have one letter taken by the server.

        `handing_over` is awaited once the server knows sender and recipient, before the letter
        itself goes out: from then on it may arrive even if nobody hears the answer. Raises
        MailError: `bounced` when the server refuses recipient or letter for good (5yz) and it may
        be the recipient's fault, else it can be tried again.
        """
        connection = await self._connection()
        try:
            await connection.mail(sender)
            await connection.rcpt(recipient)
            await handing_over()
            await connection.data(letter, timeout=self._patience)
        except aiosmtplib.SMTPResponseException as error:
            raise await self._refused(connection, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailError(f"{self._where}: {_plain(str(error)) or 'hung up'}") from error
        except BaseException:
            self._hang_up()
            raise

    @property
    def _where(self) -> str:
        return f"the mail server {self._server.host}:{self._server.port}"

    async def _connection(self) -> aiosmtplib.SMTP:
        if self._open is not None and self._open.is_connected:
            return self._open
        server = self._server
        self._open = connection = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls is Tls.WHOLE,
            start_tls=False,
            tls_context=self._tls,
            timeout=self._seconds,
        )
        try:
            await connection.connect()
            await self._secure(connection)
            if server.user:
                await connection.login(server.user, server.password)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailError(f"{self._where} cannot be used: {_plain(str(error))}") from error
        except BaseException:
            self._hang_up()
            raise
        return connection

    async def _secure(self, connection: aiosmtplib.SMTP) -> None:
        server = self._server
        if server.tls is Tls.WHOLE:
            return
        await connection.ehlo()
        if server.tls is Tls.STARTTLS or connection.supports_extension("starttls"):
            await connection.starttls(server_hostname=server.host, tls_context=self._tls)
        elif server.user and not _is_here(server.host):
            raise aiosmtplib.SMTPException(
                "it offers no encryption, so the password is not sent: use smtps:// or ask for "
                "STARTTLS there"
            )

    async def _refused(
        self, connection: aiosmtplib.SMTP, error: aiosmtplib.SMTPResponseException
    ) -> MailError:
        """Make the error for a refusal, and the connection ready for the next letter."""
        code = error.code
        try:
            await connection.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._hang_up()
        ours = (
            isinstance(error, aiosmtplib.SMTPSenderRefused)
            or code in _OWN_FAULTS
            or _POLICY.match(error.message) is not None
        )
        return MailError(
            f"{self._where} answered {code}: {_plain(error.message)}",
            bounced=500 <= code < 600 and not ours,
            refused=True,
        )

    def _hang_up(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plain(said: str) -> str:
    """Give what a server said as one line that can be logged."""
    words = " ".join(said.split())
    return "".join(character for character in words if character.isprintable())[:300]

"""Letter: what was written, put into the form mail servers take (RFC 5322, MIME)."""

from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from pipeline.model import Writing

_END = "\r\n"


class _Policy(EmailPolicy):
    """Headers as the library writes them, with two exceptions.

    It would encode long addresses of pages as if they were words, and no program finds them then;
    and it loses spaces where it breaks a line between two words that need encoding.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write one header."""
        if name.startswith("List-"):
            return f"{name}: {value}\r\n".encode("ascii")
        if name == "Subject":
            written = Header(
                value, "utf-8" if not value.isascii() else "us-ascii", header_name=name
            )
            return f"{name}: {written.encode(linesep=_END)}{_END}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=_END, cte_type="7bit")


def assemble(
    writing: Writing,
    *,
    sender: str,
    recipient: str,
    number: str,
    made_at: datetime,
    reply_to: str = "",
    list_name: str = "",
    leave_url: str = "",
) -> bytes:
    """Put a letter together; the same arguments always give the same bytes, ASCII, lines ended by
    CRLF.

    `sender` and `reply_to` are `Name <address>` or an address, `recipient` an address. `number`
    makes the Message-ID: a letter that is sent again keeps it, so that mailboxes can tell. With
    `list_name`, such as `news.tracker.example`, it says which list it is from and, by `leave_url`,
    how to leave it with one click (RFC 2369, 2919, 8058).
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=recipient)
    if reply_to:
        answer_name, answer_address = parseaddr(reply_to)
        message["Reply-To"] = Address(display_name=answer_name, addr_spec=answer_address)
    message["Subject"] = " ".join(writing.subject.split())
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = f"<{number}@{address.rpartition('@')[2]}>"
    # Out-of-office programs leave such letters unanswered (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if list_name:
        message["List-Id"] = f"<{list_name}>"
        message["List-Unsubscribe"] = f"<{leave_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(writing.text, cte="quoted-printable")
    message.add_alternative(writing.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "en"
    # Left to itself the library draws a boundary by lot.
    message.set_boundary(f"=_{sha256(number.encode()).hexdigest()[:40]}")
    return message.as_bytes()

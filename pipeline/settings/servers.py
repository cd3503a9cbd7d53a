"""Addresses of servers that settings name: which keep secrets, and how mail servers are written."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

from pipeline.model import MailServer, Tls

Network = IPv4Network | IPv6Network


def may_hold_secrets(url: str, networks: Sequence[Network]) -> bool:
    """Tell whether what is sent to an address stays secret: https, this machine, or a network
    that was opened."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        address = ip_address(parts.hostname)
    except ValueError:
        return parts.hostname == "localhost"
    return address.is_loopback or any(address in network for network in networks)


def mail_server(url: str) -> MailServer:
    """Read the address of a mail server: `smtp://`, `smtp+starttls://` or `smtps://`.

    User and password are percent-encoded where they hold `@`, `:` or `/`. Raises ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in _MAIL_SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an address such as smtps://user:password@mail.example:465")
    tls, usual = _MAIL_SCHEMES[parts.scheme]
    if bool(parts.username) != bool(parts.password):
        raise ValueError("must name both a user and a password, or neither")
    return MailServer(
        host=parts.hostname,
        port=parts.port or usual,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


_MAIL_SCHEMES = {
    "smtp": (Tls.OFFERED, 587),
    "smtp+starttls": (Tls.STARTTLS, 587),
    "smtps": (Tls.WHOLE, 465),
}


def mask_password(url: str) -> str:
    """Hide the password of a database address, however it is written."""
    masked = re.sub(r"(://[^:@/?]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", masked, flags=re.IGNORECASE)

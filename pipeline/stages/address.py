"""Address: e-mail addresses that letters can be sent to, and nothing else."""

import re

LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
_LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def read_address(text: str) -> str | None:
    """Give the address somebody typed as it is sent to, or None when it is none.

    A foreign domain name becomes its ASCII form in small letters. Not taken are quoted names,
    comments, addresses of machines by number and names in other scripts: few servers take these,
    and each has been a way into the header of a letter.
    """
    name, at, domain = text.strip(" ").rpartition("@")
    if not at or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    try:
        plain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = plain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None
    found = f"{name}@{plain}"
    return found if len(found) <= LONGEST_ADDRESS else None


def address_key(address: str) -> str:
    """Give what makes two addresses the same mailbox: no server tells names apart by case."""
    return address.casefold()

"""Hashes: which passwords will do, and what is kept of them."""

import secrets
import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from pipeline.errors import AccountError
from pipeline.passwords import is_leaked, is_made_of_known_words

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1_000
_hasher = PasswordHash.recommended()
# One Argon2 hash takes 64 MiB: a flood of logins must not take the memory of everything else.
_hashing = BoundedSemaphore(2)


def checked_password(password: str, name: str) -> str:
    """Give a password for an account of this name; raises AccountError for one that will not do."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; "
            "a few random words make a good one."
        )
    if "\0" in password or not _is_text(password):
        raise AccountError("A password must not contain a NUL or half a character.")
    if password.strip().casefold() == name.strip().casefold():
        raise AccountError("A password must not be the name.")
    if is_leaked(password):
        raise AccountError(
            "This password is in lists of leaked ones, which are tried first. Take another one."
        )
    if is_made_of_known_words(password, name):
        raise AccountError(
            "A password must not be made of the name, or of words that everybody here knows."
        )
    return password


def _is_text(value: str) -> bool:
    return not any(unicodedata.category(character) == "Cs" for character in value)


def _composed(password: str) -> bytes:
    """Give a password's bytes: the same whether the keyboard composes its accents or not."""
    return unicodedata.normalize("NFC", password).encode(errors="replace")


def hashed_password(password: str) -> str:
    """Hash a password, for the database."""
    with _hashing:
        return _hasher.hash(_composed(password))


def verify(password: str, hashed: str) -> tuple[bool, str | None]:
    """Tell whether a password has this hash, and give a better hash where there is one by now."""
    with _hashing:
        fits, better = _hasher.verify_and_update(_composed(password), hashed)
    return fits and "\0" not in password, better


@lru_cache(maxsize=1)
def unguessable_hash() -> str:
    """A hash nobody's password fits, so that an unknown name costs as much time as a known one."""
    return hashed_password(secrets.token_urlsafe(32))

"""Passwords that anybody would try: leaked ones, and those made of words that everybody here knows.

`leaked_passwords.bin` holds the first 5 bytes of the SHA-256 of 20,000 passwords of at least ten
characters, in small letters and sorted: the most used ones, and their usual endings as far as those
were found in leaks. Hashes, because nobody needs to read them; chance hits are one in 50 million.
"""

import re
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from pipeline.text import fold_key

# What an installation says of itself to everybody (ASVS 6.1.2); docs/security.md lists them.
KNOWN_WORDS = (
    "dateline", "desk", "newsdesk", "newsroom", "latest", "news", "conflict", "conflicts",
    "tracker", "digest", "editor", "admin", "administrator", "viewer", "password", "passwort",
    "secret", "login", "welcome", "letmein", "changeme",
)  # fmt: skip
_WIDTH = 5
# What is left of a password without its known words must be worth guessing.
_LEAST_LEFT = 4


def is_leaked(password: str) -> bool:
    """Tell whether a password, in whatever case, is among the leaked ones that are shipped."""
    return sha256(password.casefold().encode(errors="replace")).digest()[:_WIDTH] in _leaked()


def is_made_of_known_words(password: str, name: str) -> bool:
    """Tell whether nothing is left of a password without known words, the name and digits."""
    left = fold_key(password)
    if not left:
        return False
    own = [word for word in fold_key(name).split() if len(word) > 2]
    for word in sorted({*KNOWN_WORDS, *own}, key=len, reverse=True):
        left = left.replace(word, " ")
    return len(re.sub(r"[\W\d_]", "", left)) < _LEAST_LEFT and left != fold_key(password)


@lru_cache(maxsize=1)
def _leaked() -> frozenset[bytes]:
    held = (files("pipeline") / "leaked_passwords.bin").read_bytes()
    return frozenset(held[at : at + _WIDTH] for at in range(0, len(held), _WIDTH))

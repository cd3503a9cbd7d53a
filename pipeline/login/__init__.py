"""Login: accounts, passwords, sessions and invitations of the desk.

Tokens (session cookies, invitation links) are 32 random bytes; the database keeps only their keyed
hash, so that a stolen copy of it lets nobody in. `key` is the installation's secret key.
"""

from pipeline.login.accounts import (
    LONGEST_NAME,
    add_editor,
    add_hashed,
    change_password,
    checked_name,
    disable_editor,
    find_editor,
    list_editors,
    needs_first_editor,
    require_editor,
)
from pipeline.login.hashes import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    unguessable_hash,
)
from pipeline.login.invitations import (
    INVITATION_LIFETIME,
    accept_invitation,
    invite,
    invited_role,
)
from pipeline.login.sessions import (
    ATTEMPTS_IN_ALL,
    ATTEMPTS_PER_ACCOUNT,
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_WINDOW,
    SESSION_IDLE,
    SESSION_LIFETIME,
    TooManyAttempts,
    begin_for,
    begin_session,
    change_own_password,
    count_attempt,
    csrf_token,
    end_session,
    end_session_of,
    is_csrf_token,
    number_of,
    session_of,
    sessions_of,
)

__all__ = [
    "ATTEMPTS_IN_ALL",
    "ATTEMPTS_PER_ACCOUNT",
    "ATTEMPTS_PER_ADDRESS",
    "ATTEMPTS_WINDOW",
    "INVITATION_LIFETIME",
    "LONGEST_NAME",
    "LONGEST_PASSWORD",
    "SESSION_IDLE",
    "SESSION_LIFETIME",
    "SHORTEST_PASSWORD",
    "TooManyAttempts",
    "accept_invitation",
    "add_editor",
    "add_hashed",
    "begin_for",
    "begin_session",
    "change_own_password",
    "change_password",
    "checked_name",
    "count_attempt",
    "csrf_token",
    "disable_editor",
    "end_session",
    "end_session_of",
    "find_editor",
    "invite",
    "invited_role",
    "is_csrf_token",
    "list_editors",
    "needs_first_editor",
    "number_of",
    "require_editor",
    "session_of",
    "sessions_of",
    "unguessable_hash",
]

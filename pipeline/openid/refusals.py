"""Refusals: why a sign-in through a provider leads nowhere, for the log and for whoever tried."""

from pipeline.errors import AccountError

STALE = "This sign-in was started elsewhere, used already or is too old. Start again."
_AWAY = "The sign-in service does not answer as it should just now. Try again, or use a password."
_NOT_PROVEN = "The sign-in service's answer could not be trusted. Start again from the login."


class ProviderAway(AccountError):
    """The provider cannot be asked; `reason` is for the log, the message for whoever tried."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(_AWAY)


class NotProven(AccountError):
    """An answer proves nothing; `reason` is for the log and holds no token."""

    def __init__(self, reason: str, message: str = _NOT_PROVEN) -> None:
        self.reason = reason
        super().__init__(message)

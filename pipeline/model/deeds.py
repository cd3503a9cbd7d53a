"""What people did: verdicts and everything else, as one log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DeedKey:
    """Where something stands in the log: by time, then verdicts (1) over others (0), then id."""

    at: datetime
    order: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing somebody did.

    A verdict names its article and conflict, where its match stood `before` and `after`, and its
    `reason`; anything else has its particulars in `detail`. `review_id` or `change_id` is what can
    be taken back, 0 where nothing can: something else came after it.
    """

    key: DeedKey
    actor: str
    action: str
    subject: str
    conflict: str = ""
    article_id: int = 0
    before: str = ""
    after: str = ""
    reason: str = ""
    review_id: int = 0
    change_id: int = 0
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedWanted:
    """Which part of the log: everything empty takes all of it.

    `since` and `until` bound the time (the first included, the second not); `words` must all
    stand in what is said. With `accounts`, also what was done to accounts.
    """

    actor: str = ""
    action: str = ""
    conflict: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    accounts: bool = False

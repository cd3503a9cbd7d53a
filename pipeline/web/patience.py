"""Asks clients to wait that take a whole feed again and again, where others ask what is new."""

import math
from collections import OrderedDict

_MOST_CLIENTS = 50_000


class Patience:
    """Remembers who took which feed whole, for `interval` seconds; 0 never asks anybody to wait.

    Bounded in memory: when very many come, the oldest are forgotten and welcome again. Only one
    thread may use it.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        # Their hashes only: nobody's address is kept.
        self._took: OrderedDict[int, float] = OrderedDict()

    def wait(self, feed: str, client: tuple[bytes | str, ...], now: float) -> int:
        """Give the seconds a client has to wait for a feed, or 0 and note that it takes it now.

        A refused request does not prolong the wait.
        """
        if not self.interval:
            return 0
        while self._took and next(iter(self._took.values())) + self.interval <= now:
            self._took.popitem(last=False)
        who = hash((feed, *client))
        took_at = self._took.get(who)
        if took_at is not None:
            return math.ceil(took_at + self.interval - now)
        self._took[who] = now
        if len(self._took) > _MOST_CLIENTS:
            self._took.popitem(last=False)
        return 0

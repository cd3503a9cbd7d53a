"""Hold: which feeds a process has in hand, and which hosts it leaves alone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db import Connection, Database, host_pauses, leases, retried, turns
from pipeline.errors import FeedError, StoreError
from pipeline.lease import holder_name, is_dead
from pipeline.model import DueFeed
from pipeline.outages import Held, Outages
from pipeline.pacing import how_urgent
from pipeline.stages.pause import host_of, is_shared, pause_for
from pipeline.stages.reschedule import WEIGHTS

_LEASE = timedelta(minutes=10)
_LOOK_EVERY = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Hold:
    """Leases on feeds, in the name of one process.

    `clock` tells the time; `holder` names this process in leases.
    """

    database: Database
    clock: Callable[[], datetime]
    holder: str = field(default_factory=holder_name)
    outages: Outages = field(default_factory=Outages)
    paused: dict[str, datetime] = field(default_factory=dict)
    # Feeds that could not be given back when the database was away.
    owed: set[str] = field(default_factory=set)
    lease: timedelta = _LEASE
    looked_at: datetime | None = None

    @retried
    def claim(
        self,
        *,
        only: Sequence[str] | None = None,
        even_if_not_due: bool = False,
        limit: int | None = None,
        patience: timedelta = timedelta(0),
    ) -> tuple[DueFeed, ...]:
        """Take due (or all, or named) feeds that no other process holds.

        `patience` lengthens the lease for a pass that will wait for slow hosts. What a dead process
        of this machine still holds is given back first, and so is what this one could not.
        """
        now = self.clock()
        owed = frozenset(self.owed)
        with self.database.transaction() as connection:
            if owed:
                leases.release(connection, self.holder, owed)
            paused = self._look_around(connection, now)
            if only is None and not even_if_not_due:
                limit = self.outages.room_for(now, limit)
            claimed = leases.claim(
                connection,
                now,
                holder=self.holder,
                lease=self.lease + patience,
                limit=limit,
                only=only,
                even_if_not_due=even_if_not_due,
                urgency=lambda due: how_urgent(due, now),
                paused=paused,
            )
        self.owed -= owed
        return claimed

    def due(
        self, connection: Connection, *, limit: int, but: Collection[str]
    ) -> tuple[DueFeed, ...]:
        """List feeds that are due and held by nobody, the most urgent first, and take none.

        For who hands them over to other processes. Runs inside the caller's transaction.
        """
        now = self.clock()
        paused = self._look_around(connection, now)
        room = self.outages.room_for(now, limit)
        return leases.due(
            connection,
            now,
            limit=limit if room is None else room,
            but=but,
            urgency=lambda due: how_urgent(due, now),
            paused=paused,
        )

    def _look_around(self, connection: Connection, now: datetime) -> Mapping[str, datetime]:
        """Give back what dead processes hold, mend turns from a clock that was ahead, and learn of
        outages; gives the paused hosts."""
        known = self.looked_at
        # Both look at every feed there is.
        if known is None or not timedelta(0) <= now - known < _LOOK_EVERY:
            self.looked_at = now
            for other in leases.holders(connection):
                if is_dead(other):
                    leases.release(connection, other)
            turns.set_back(connection, now)
        self.outages.look_up(connection)
        paused = host_pauses.paused(connection, now)
        self.paused.update(paused)
        return paused

    @retried
    def keep_alive(self) -> int:
        """Hold what is in hand for another lease, counted from now; how many feeds."""
        with self.database.transaction() as connection:
            return leases.prolong(connection, self.holder, self.clock() + self.lease)

    @retried
    def end_outage(self, now: datetime) -> None:
        """Let all that waited for our own network take its turn."""
        with self.database.transaction() as connection:
            self.outages.is_over(connection, now)

    @retried
    def sit_out(self, held: Sequence[Held], now: datetime) -> None:
        """Give feeds back that wait for our own network, blamed for nothing."""
        with self.database.transaction() as connection:
            self.outages.sit_out(connection, self.holder, held, now)

    @retried
    def put_off(self, due: DueFeed, until: datetime) -> None:
        """Give a feed back until its host may be asked again."""
        with self.database.transaction() as connection:
            turns.defer(connection, self.holder, [due.feed.id], until, turns.PAUSED)

    @retried
    def pause(self, due: DueFeed, now: datetime, error: FeedError) -> None:
        """Leave a host alone that says 429, with all its feeds; a shared one only with this."""
        host = host_of(due.feed.url)
        with self.database.transaction() as connection:
            before = turns.refusals(connection, host, error.kind)
            refusals = 1 + round(before / WEIGHTS[error.severity])
            pause = pause_for(error.retry_after, refusals, host=host, now=now)
            if error.retry_after is None:
                error.retry_after = pause.total_seconds()
            if not is_shared(host):
                host_pauses.pause(connection, host, now + pause, str(error))
                self.paused[host] = now + pause

    def release(self, left: Sequence[str]) -> None:
        """Give feeds back, due as before; where the database is away, with the next claim."""
        try:
            self._give_back(left)
        except StoreError:
            self.owed.update(left)
            raise

    @retried
    def _give_back(self, left: Sequence[str]) -> None:
        with self.database.transaction() as connection:
            leases.release(connection, self.holder, left)

"""Complaints: a fault that lasts is told once, then seldom, and once when it is over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

AGAIN_AFTER = timedelta(minutes=10)
_log = structlog.get_logger()


@dataclass(slots=True)
class _Complaint:
    message: str
    since: datetime
    told_at: datetime
    last_at: datetime
    times: int = 1


@dataclass(slots=True)
class Complaints:
    """What each job last complained of. A full disk would fill the log as well: every few seconds
    the same line, for days.

    Where nobody notices that a fault is over, it is news again after `forgotten_after`.
    """

    standing: dict[str, _Complaint] = field(default_factory=dict)
    forgotten_after: timedelta | None = None

    def tell(self, job: str, message: str, now: datetime) -> None:
        """Log that a job failed: at once when that is news, else every ten minutes with a count."""
        known = self.standing.get(job)
        if known is not None and self._is_forgotten(known, now):
            known = None
        if known is None or known.message != message:
            since = now if known is None else known.since
            times = 1 if known is None else known.times + 1
            self.standing[job] = _Complaint(
                message, since=since, told_at=now, last_at=now, times=times
            )
            _log.error(f"{job}: {message}")
            return
        known.times += 1
        known.last_at = now
        if now - known.told_at >= AGAIN_AFTER:
            known.told_at = now
            _log.error(f"{job}: {message} ({known.times} times since {known.since:%H:%M} UTC)")

    def is_over(self, job: str) -> None:
        """Log that what failed before works again."""
        known = self.standing.pop(job, None)
        if known is not None:
            _log.info(f"{job}: over, after {known.times} failures")

    def _is_forgotten(self, known: _Complaint, now: datetime) -> bool:
        return self.forgotten_after is not None and now - known.last_at >= self.forgotten_after

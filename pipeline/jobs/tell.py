"""Tell: the duties towards those who are told of what was published."""

from dataclasses import dataclass

from db import Database
from pipeline.fetch import Poster
from pipeline.jobs.duties import utc_now
from pipeline.ping import ping_hubs
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """What one process tells others; each duty gives a sentence, or None when nothing was due."""

    database: Database
    settings: Settings
    poster: Poster

    async def hubs(self) -> str | None:
        """Tell WebSub hubs which feeds changed."""
        settings = self.settings
        report = await ping_hubs(
            self.database, self.poster, settings.hub_url, settings.base_url, utc_now
        )
        if report is None:
            return None
        failed = f", {report.failed} failed: {report.error}" if report.failed else ""
        return f"{report.told} pings sent{failed}"

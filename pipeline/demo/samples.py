"""What publishers are made of: sample articles, placed in time by the hours before a show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.model import Verdict


class Format(StrEnum):
    """How a publisher writes its feed."""

    RSS_2 = "rss"
    RSS_1 = "rdf"
    ATOM = "atom"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The publisher rewrites an article: from `hours` before the show on it reads like this."""

    hours: float
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One made-up article, and what the demo's editor makes of it.

    It appears `hours` before the show (after it, when negative). `verdict` is None for one that is
    left in the queue or that no conflict's keywords find. `taken_back` is the reason why its
    approval is withdrawn once it was edited. `dated` is off where the feed gives no date, `markup`
    is on where the title is HTML.
    """

    name: str
    hours: float
    title: str
    summary: str
    verdict: Verdict | None = None
    reason: str = ""
    taken_back: str = ""
    edit: Edit | None = None
    dated: bool = True
    markup: bool = False

    def appears_at(self, show_at: datetime) -> datetime:
        """When it is published, to the second."""
        return (show_at - timedelta(hours=self.hours)).replace(microsecond=0)

    def edited_at(self, show_at: datetime) -> datetime | None:
        """When it is rewritten, or None."""
        if self.edit is None:
            return None
        return (show_at - timedelta(hours=self.edit.hours)).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A made-up outlet with one feed. `failing` is on where it answers every request with 503."""

    id: str
    title: str
    format: Format
    language: str = "en"
    samples: tuple[Sample, ...] = ()
    failing: bool = False

    @property
    def home(self) -> str:
        """Its front page, under a name that nobody can ever register (RFC 2606)."""
        return f"https://{self.id}.example"

    @property
    def path(self) -> str:
        """Where its feed lies on the demo's server."""
        return f"/{self.id}.{'json' if self.format is Format.JSON else 'xml'}"

    def address(self, sample: Sample) -> str:
        """The article's canonical address."""
        return f"{self.home}/{sample.name}"

"""One report of a news agency, carried by several publishers in nearly the same words."""

from dataclasses import dataclass

from pipeline.demo.samples import Sample
from pipeline.model import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReport:
    """What every copy of the report shares."""

    name: str
    summary: str

    def told(self, *, hours: float, title: str) -> Sample:
        """Give one publisher's copy of it."""
        return Sample(
            name=self.name,
            hours=hours,
            title=title,
            summary=self.summary,
            verdict=Verdict.APPROVE,
        )


POSTPONED_ELECTIONS = WireReport(
    name="local-elections-postponed",
    summary="A decree read on state television names no new date. It blames the security situation "
    "in the centre of the country. Parties had asked for a calendar.",
)

"""The form that asks for letters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import Wants

# One zone for each part of the world that keeps its own time, for people to choose from; every
# other IANA name is taken as well.
ZONES = (
    "UTC", "Africa/Abidjan", "Africa/Bamako", "Africa/Cairo", "Africa/Casablanca",
    "Africa/Johannesburg", "Africa/Khartoum", "Africa/Lagos", "Africa/Nairobi", "America/Anchorage",
    "America/Bogota", "America/Caracas", "America/Chicago", "America/Denver", "America/Halifax",
    "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Port-au-Prince",
    "America/Sao_Paulo", "America/St_Johns", "Asia/Baghdad", "Asia/Beirut", "Asia/Dhaka",
    "Asia/Dubai", "Asia/Ho_Chi_Minh", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kabul",
    "Asia/Karachi", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul",
    "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tehran", "Asia/Tokyo", "Asia/Yangon",
    "Atlantic/Azores", "Australia/Adelaide", "Australia/Sydney", "Europe/Athens",
    "Europe/Berlin", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London",
    "Europe/Moscow", "Pacific/Auckland", "Pacific/Honolulu",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MailForm:
    """The form: the conflicts to choose from (title by slug) and what stands in it.

    `undaily` are those of them that have no daily edition. `asks_address` is off where the
    subscriber is known.
    """

    conflicts: Mapping[str, str]
    undaily: Collection[str] = ()
    wants: Wants = field(default_factory=Wants)
    address: str = ""
    error: str = ""
    asks_address: bool = True
    zones: Sequence[str] = ZONES

    @property
    def offers_daily(self) -> bool:
        """Whether any conflict has a daily edition."""
        return not self.conflicts or len(self.undaily) < len(self.conflicts)

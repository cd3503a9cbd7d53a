"""Diagnose: what is wrong here, and what to do about it."""

from datetime import datetime

from pipeline.diagnose.finding import Finding, Level
from pipeline.diagnose.installation import look_at_installation
from pipeline.diagnose.outgoing import look_at_mail, look_at_pushes
from pipeline.diagnose.service import look_at_service
from pipeline.settings import Settings

__all__ = ["Finding", "Level", "diagnose"]


def diagnose(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Look at everything the service depends on; never raises for what it finds wrong."""
    return (
        *look_at_installation(settings),
        *look_at_mail(settings),
        *look_at_pushes(settings),
        *look_at_service(settings, now),
    )

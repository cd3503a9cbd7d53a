"""Shown: every setting with its origin, secrets masked, and slips of the pen named."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from pipeline.errors import Fault
from pipeline.settings.declared import PREFIX, SECRETS, Settings
from pipeline.settings.servers import mask_password


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting as `dateline settings` prints it."""

    name: str
    value: str
    origin: str
    meaning: str


def show_settings(settings: Settings) -> Sequence[ShownSetting]:
    """List every setting with its value, where the value comes from, and its meaning; secrets
    masked."""
    in_environment = EnvSettingsSource(Settings).env_vars
    in_file = DotEnvSettingsSource(Settings).env_vars
    shown = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        if variable.lower() in in_environment:
            origin = "environment"
        else:
            origin = ".env" if variable.lower() in in_file else "default"
        shown.append(
            ShownSetting(
                name=variable,
                value=_as_text(name, getattr(settings, name)),
                origin=origin,
                meaning=field.description or "",
            )
        )
    return shown


def unknown_settings() -> tuple[Fault, ...]:
    """Name every variable that looks like a setting and is none: probably a slip of the pen."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    given = {
        name.upper()
        for source in (EnvSettingsSource, DotEnvSettingsSource)
        for name in source(Settings, env_ignore_empty=False).env_vars
    }
    faults = []
    for name in sorted(given - set(known)):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name, known, 1, 0.8)
            fix = f"did you mean {near[0]}?" if near else "`dateline settings` lists them"
            faults.append(Fault(where=name, what="is no setting", fix=fix))
    return tuple(faults)


def _as_text(name: str, value: object) -> str:
    if name in SECRETS:
        return "(set)" if value else "(kept in var/)" if name == "secret_key" else ""
    if name in {"database_url", "smtp_url"}:
        return mask_password(str(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)

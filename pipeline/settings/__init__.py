"""Settings: read from the environment or a `.env` file, checked once, shown with their origin."""

from pipeline.settings.declared import PREFIX, Settings, load_settings
from pipeline.settings.key import SHORTEST_KEY, secret_key
from pipeline.settings.servers import Network, mask_password, may_hold_secrets
from pipeline.settings.shown import ShownSetting, show_settings, unknown_settings

__all__ = [
    "PREFIX",
    "SHORTEST_KEY",
    "Network",
    "Settings",
    "ShownSetting",
    "load_settings",
    "mask_password",
    "may_hold_secrets",
    "secret_key",
    "show_settings",
    "unknown_settings",
]

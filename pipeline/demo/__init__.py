"""The demo: the whole product without any network, on made-up publishers served from this machine.

`publishers/` holds what they write, `documents` and `server` put it into feeds, `show` plays six
days of it through the real fetching, matching and reviewing, `folder` keeps it all in one place
and `staging` says where it is served. Nothing here is a stub: only the news is made up.
"""

from pipeline.demo.folder import DemoFolder, claim_folder
from pipeline.demo.server import PublisherServer
from pipeline.demo.show import EDITOR, Shown, Timepiece, began_at, play, sum_up
from pipeline.demo.staging import ACCOUNT, demo_settings, open_account, port_to_use

__all__ = [
    "ACCOUNT",
    "EDITOR",
    "DemoFolder",
    "PublisherServer",
    "Shown",
    "Timepiece",
    "began_at",
    "claim_folder",
    "demo_settings",
    "open_account",
    "play",
    "port_to_use",
    "sum_up",
]

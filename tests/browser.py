"""Make sure there is a browser to test the pages with: `python -m tests.browser`.

On Debian and as root, Chromium is installed; elsewhere a browser that is there is used. Without any
the browser tests are skipped, and this says so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find() -> str | None:
    """Give the path of a Chromium or Chrome, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        if path is not None:
            return path
    return _MAC if Path(_MAC).exists() else None


def main() -> None:
    """Install Chromium where that can be done without asking."""
    if find() is not None:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print("No Chromium was found: the browser tests will be skipped.", file=sys.stderr)
        return
    print("Installing Chromium for the browser tests …", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL)
        if done.returncode:
            print("Chromium could not be installed: browser tests are skipped.", file=sys.stderr)
            return


if __name__ == "__main__":
    main()

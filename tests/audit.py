"""Known weaknesses of what is locked: `python -m tests.audit`, part of `make check`.

Exits 1 when there is one. Where the service that knows them does not answer, it says so and exits
0: a check that cannot be made must not stop work that has nothing to do with it.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
PATIENCE = 120


def main() -> int:
    """Ask for every locked distribution and print what was found."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes",
        "--disable-pip", "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        report = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        print("audit: the service that knows weaknesses does not answer; nothing was checked")
        return 0
    checked = [each for each in report if "skip_reason" not in each]
    weak = [each for each in checked if each["vulns"]]
    for each in weak:
        for found in each["vulns"]:
            mended = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"audit: {each['name']} {each['version']}: {found['id']}, mended in {mended}")
    print(
        f"audit: {len(checked)} of {len(report)} distributions checked, {len(weak)} with a weakness"
    )
    return 1 if weak else 0


if __name__ == "__main__":
    raise SystemExit(main())

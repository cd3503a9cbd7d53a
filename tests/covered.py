"""Refuses a test run that left too much of the product unvisited.

Reads what slipcover wrote: of all lines and branches 90 in a hundred, and every one of the pure
stages. What is missing there is named.
"""

import json
import sys
from pathlib import Path

WANTED = 90


def main() -> int:
    """Print how much was visited; 1 where that is too little."""
    found = json.loads(Path(".coverage.json").read_text())
    whole = found["summary"]["percent_covered"]
    missing = [
        f"{name}: lines {each['missing_lines']}, branches {each['missing_branches']}"
        for name, each in sorted(found["files"].items())
        if Path(name).is_relative_to("pipeline/stages")
        and (each["missing_lines"] or each["missing_branches"])
    ]
    print(f"{whole:.1f} % of lines and branches visited (wanted: {WANTED})")
    if missing:
        print("Stages are to be visited whole. Missing:", *missing, sep="\n  ")
    return int(whole < WANTED or bool(missing))


if __name__ == "__main__":
    sys.exit(main())

"""Environments of their own for the programs we are measured against."""

import subprocess
import sys
from pathlib import Path


def made_with(folder: Path, *packages: str) -> Path | None:
    """Install packages into a new environment; give its Python, or None where that does not
    work."""
    interpreter = folder / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for command in (
        (sys.executable, "-m", "venv", str(folder)),
        (str(interpreter), *install, *packages),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"\n{packages[0]} cannot be installed here, so it is left out: {last}")
            return None
    return interpreter

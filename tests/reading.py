"""What tests read of the documentation: files, fenced blocks, tables, and the commands in them."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def files() -> list[Path]:
    """Every file of the project: tracked, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".git", ".venv", "var"}
        found = [path for path in ROOT.rglob("*") if not hidden & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in set(found) if path.is_file())


def pages() -> list[Path]:
    """Every Markdown page of the documentation."""
    return [
        path
        for path in files()
        if path.suffix == ".md" and (path.parent == ROOT or (ROOT / "docs") in path.parents)
    ]


def text(name: str) -> str:
    """A file's text, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language on a page, without their indentation."""
    found = []
    for indent, named, body in _BLOCK.findall(page):
        if named == language:
            lines = [line.removeprefix(indent) for line in body.splitlines()]
            found.append("\n".join(lines) + "\n")
    return found


def commands(page: str) -> Iterator[list[str]]:
    """Every command in a page's shell blocks, as words."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words

"""The README: what it shows is what happens."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pipeline.cli import command_line
from pipeline.model import ArticleText
from pipeline.watch import rules_in_force
from tests.reading import ROOT, blocks, commands, pages, text
from tests.replay import Page, Publisher

README = text("README.md")
COMMAND = typer.main.get_command(command_line())

SOURCES = """
version: 1
feeds:
  - {{id: wire, url: "{url}/wire", publisher: Sahel Wire}}
conflicts:
  - slug: mali
    title: Instability in Mali
    keywords: {{places: [Mali, Kidal], subjects: [attack*, ambush*]}}
"""
FEED = """<rss version="2.0"><channel><title>Wire</title>
<item><guid>1</guid><link>https://wire.example/1</link>
  <title>Convoy ambushed near Kidal, drivers missing</title></item>
<item><guid>2</guid><link>https://wire.example/2</link>
  <title>Army in Mali says it repelled an attack on a northern camp</title></item>
<item><guid>3</guid><link>https://wire.example/3</link>
  <title>Kidal market reopens a week after the attack</title></item>
</channel></rss>"""
LABELLED = '{"id": 1, "title": "Attack on a camp near Kidal", "labels": ["mali"]}\n'


def leaves(command: Any = COMMAND, name: str = "dateline") -> Iterator[str]:
    """Every command with its whole name, such as `dateline review list`."""
    if not hasattr(command, "commands"):
        yield name
        return
    for word, inner in command.commands.items():
        yield from leaves(inner, f"{name} {word}")


def read_as_typed(words: list[str]) -> None:
    """Let the command line read words as if they had been typed; it complains by raising."""
    command: Any = COMMAND
    while hasattr(command, "commands"):
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    command.make_context(command.name, words)


def shown_commands() -> list[list[str]]:
    """The words after each `dateline` in the shell blocks of every page, inside a container too."""
    inside = ["docker", "exec", "dateline"]
    found = []
    for page in pages():
        for words in commands(page.read_text(encoding="utf-8")):
            typed = words[len(inside) :] if words[: len(inside)] == inside else words
            if typed[0] == "dateline":
                found.append(typed[1:])
    return found


@pytest.mark.parametrize("words", shown_commands(), ids=" ".join)
def test_each_command_shown_is_understood(words: list[str]):
    read_as_typed(words)


def test_each_make_target_shown_exists():
    makefile = text("Makefile")
    targets = {
        target
        for page in pages()
        for target in re.findall(r"(?:`|^ *)make ([a-z]+)", page.read_text(encoding="utf-8"), re.M)
    }
    assert targets >= {"run", "test", "demo", "help"}
    for target in targets:
        assert re.search(rf"^{target}:.*## ", makefile, re.M), f"make {target}"


def test_each_command_the_makefile_runs_exists():
    for name in re.findall(r"\$\(BIN\)/dateline ([a-z]+)", text("Makefile")):
        assert f"dateline {name}" in set(leaves())


def test_the_table_of_commands_names_every_command_and_no_other():
    named = set()
    for cell in re.findall(r"^\| (`dateline .*?) \|", README.replace("\\|", "/"), re.M):
        for command in re.findall(r"`(dateline [^`]+)`", cell):
            *first, last = command.split(" ")
            named |= {" ".join([*first, alternative]) for alternative in last.split("/")}
    assert named == set(leaves())


def alone(command):
    """A command, or the commands of a group."""
    return getattr(command, "commands", {"": command}).values()


def test_options_the_table_names_exist():
    for row in re.findall(r"^\| `dateline .*$", README.replace("\\|", "/"), re.M):
        names = re.findall(r"`dateline ([a-z]+)", row)
        options = {
            option
            for name in names
            for command in alone(COMMAND.commands[name])
            for parameter in command.params
            for option in parameter.opts
        }
        assert set(re.findall(r"`(--[a-z]+)`", row)) <= options


def test_what_run_prints_is_what_the_readme_shows():
    (shown,) = [block for block in blocks(README, "text") if block.startswith("Public page")]
    service = text("pipeline/cli/service.py")
    for line in shown.splitlines():
        words = re.split(r"http|\s{3,}", line.strip())[0].strip()
        assert words in service


def test_the_headlines_shown_fall_under_their_conflicts(tmp_path: Path):
    rules = rules_in_force(ROOT / "sources.yaml", f"sqlite:///{tmp_path}/none.db")
    found = [
        {match.conflict for match in rules.matcher.match(as_article(words[2:]))}
        for words in commands(README)
        if words[:2] == ["dateline", "try"]
    ]
    assert found == [{"mali"}, {"niger"}]


def as_article(words: list[str]) -> ArticleText:
    headline, *options = words
    language = options[options.index("--lang") + 1] if "--lang" in options else ""
    return ArticleText(title=headline, language=language)


# `python -m pipeline` for each command read from standard input, a process each, in the way a shell
# would: only that Python and its libraries are loaded once.
SHELL = """
import json, os, runpy, sys
import pipeline.cli
for words in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        sys.argv = words
        runpy.run_module("pipeline", run_name="__main__")
        os._exit(70)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        sys.exit(f"{' '.join(words)}: exit code {status}")
"""


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A folder with its own sources, and a publisher to read."""
    (tmp_path / "labelled.jsonl").write_text(LABELLED)
    with Publisher() as publisher:
        publisher.pages["/wire"] = Page(body=FEED.encode())
        (tmp_path / "sources.yaml").write_text(SOURCES.format(url=publisher.url))
        yield tmp_path


def follow(steps: list[list[str]], folder: Path) -> str:
    """Run commands of the README one after the other; gives what they print."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("DATELINE_")},
        "PYTHONPATH": str(ROOT),
        "DATELINE_ALLOW_PRIVATE": "127.0.0.0/8",
        "DATELINE_HOST_INTERVAL": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", SHELL], input=json.dumps(steps),
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def steps() -> list[list[str]]:
    """The commands of the first steps."""
    return list(commands(README.partition("## First steps")[2].partition("\n## ")[0]))


def test_the_first_steps_work_as_shown(clone: Path):
    printed = follow(steps(), clone)
    assert "sources.yaml is valid: 1 feed, 1 conflict." in printed
    assert "3 entries" in printed
    assert "mali: score" in printed
    assert "mean F1 1.000" in printed
    assert "match 3 is now rejected" in printed
    assert "match 3 is now pending" in printed
    for name in ("latest-news.atom", "conflicts/mali/latest-news.rss"):
        published = (clone / "var" / "public" / name).read_text()
        assert name in README
        assert "Convoy ambushed near Kidal" in published
        assert "market reopens" not in published
    assert (clone / "var" / "public" / "conflicts/mali/index.html").is_file()

"""The container: small, pinned, not root, and its health check tells the truth."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from itertools import chain
from pathlib import Path

import pytest
import yaml

from tests.reading import ROOT, text
from tests.replay import Page, Publisher

DOCKERFILE = text("Dockerfile")
INSTRUCTIONS = re.sub(r"\\\n(?:#.*\n)*\s*", "", DOCKERFILE)
FINAL = INSTRUCTIONS[INSTRUCTIONS.rindex("\nFROM ") :]


def hadolint() -> str | None:
    beside = Path(sys.executable).with_name("hadolint")
    return str(beside) if beside.exists() else shutil.which("hadolint")


@pytest.mark.skipif(hadolint() is None, reason="hadolint is not installed")
def test_the_linter_has_nothing_to_say():
    done = subprocess.run(
        [str(hadolint()), "--no-color", str(ROOT / "Dockerfile")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_stage_starts_from_the_same_slim_python():
    stages = re.findall(r"^FROM (\S+)", INSTRUCTIONS, re.M)
    assert len(stages) > 1
    assert set(stages) == {"python:3.12-slim"}


def test_no_front_end_is_fetched_to_build_it():
    assert not re.search(r"^#\s*syntax\s*=", DOCKERFILE, re.M | re.I)


def test_everything_installed_is_locked_by_hash():
    installs = re.findall(r"(?<=install )--no-cache-dir .*?(?= &&|\n)", INSTRUCTIONS)
    assert [("--require-hashes" in line, "--no-deps" in line) for line in installs] == [
        (True, False),
        (False, True),
    ]
    assert "pip" not in FINAL


def test_nothing_that_stays_needs_what_is_taken_out_again():
    taken_out = re.search(r"uninstall --yes ([a-z -]+?) +&&", INSTRUCTIONS)
    assert taken_out is not None
    project = tomllib.loads(text("pyproject.toml"))["project"]
    kept = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    named = [re.split(r"[^\w.-]", line)[0] for line in kept]
    needed = {re.split(r"[^\w.-]", line)[0] for name in named for line in requires(name) or ()}
    assert "sqlalchemy" in {name.lower() for name in named}
    assert needed.isdisjoint(taken_out[1].split())


def test_it_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", FINAL, re.M)
    assert users == ["10001:10001"]
    assert FINAL.rindex("\nUSER ") > FINAL.rindex("\nRUN ")


def test_it_keeps_what_it_must_in_one_volume_and_ends_by_sigterm():
    assert "\nVOLUME /app/var\n" in FINAL
    assert "\nSTOPSIGNAL SIGTERM\n" in FINAL
    assert "\nEXPOSE 8000\n" in FINAL
    assert json.loads(FINAL.strip().splitlines()[-1].removeprefix("CMD ")) == ["dateline", "run"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_well_from_ill(status: int, code: int):
    line = re.search(r"^HEALTHCHECK .*?CMD (\[.*\])$", FINAL, re.M)
    assert line is not None
    _, *arguments = json.loads(line[1])
    with Publisher() as service:
        service.pages["/healthz"] = Page(body=b"ok", status=status)
        port = service.url.rpartition(":")[2]
        environment = {"DATELINE_PORT": port, "http_proxy": "http://127.0.0.1:1"}
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, timeout=60
        )
    assert done.returncode == code


def test_what_it_copies_is_there_and_not_ignored():
    kept = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    copied = [
        name
        for names in re.findall(r"^COPY (?!--from)(.*) \S+$", INSTRUCTIONS, re.M)
        for name in names.split()
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in kept, name


def test_the_compose_file_waits_for_postgres_and_keeps_its_secrets_elsewhere():
    services = yaml.safe_load(text("compose.yaml"))["services"]
    assert services["postgres"]["image"] == "postgres:17"
    assert "pg_isready" in services["postgres"]["healthcheck"]["test"][1]
    dateline = services["dateline"]
    assert dateline["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert dateline["read_only"] is True
    url = dateline["environment"]["DATELINE_DATABASE_URL"]
    assert re.fullmatch(
        r"postgresql://dateline:\$\{POSTGRES_PASSWORD:\?[^}]+\}@postgres:5432/dateline", url
    )

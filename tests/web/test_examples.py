"""The examples for operators fit the program: every figure they name is one it gives."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from db import runs
from tests.web.conftest import NOW, Place
from tests.web.test_health import local

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
ALERTS = EXAMPLES / "prometheus-alerts.yaml"
# Given by Prometheus itself, by the process, or only where workers take part.
OTHERS = {"up", "process_resident_memory_bytes"}
WORKERS = {"dateline_workers", "dateline_queue_jobs", "dateline_queue_age_seconds"}


def rules() -> list[dict[str, object]]:
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, object]] = group["rules"]
    return found


def queries() -> list[str]:
    dashboard = json.loads((EXAMPLES / "grafana-dashboard.json").read_text(encoding="utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*shown, *(str(rule["expr"]) for rule in rules())]


def served(place: Place) -> set[str]:
    with place.database.transaction() as connection:
        runs.begin(connection, "ingest", NOW)
    client = local(place)
    client.get("/healthz")
    lines = client.get("/metrics").text.splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


def test_alerts_and_dashboard_name_figures_that_are_given(place: Place) -> None:
    given = served(place) | OTHERS | WORKERS
    for query in queries():
        named = set(re.findall(r"\b(?:dateline_\w+|up(?=\{)|process_\w+)", query))
        assert named, query
        assert named <= given, query


def test_figures_of_workers_are_those_the_program_gives() -> None:
    source = (ROOT / "pipeline" / "web" / "health.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in source for name in WORKERS)


def test_every_alert_says_what_to_do() -> None:
    assert len(rules()) >= 10
    for rule in rules():
        assert rule["annotations"].keys() == {"summary", "action"}  # type: ignore[attr-defined]
        assert rule["labels"]["severity"] in {"page", "ticket", "note"}  # type: ignore[index]


def test_prometheus_takes_the_alerts() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    subprocess.run([promtool, "check", "rules", str(ALERTS)], check=True)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = (EXAMPLES / "dateline.service").read_text(encoding="utf-8")
    there = unit.replace("/srv/dateline/.venv/bin/dateline", shutil.which("true") or "/bin/true")
    (tmp_path / "dateline.service").write_text(there)
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / "dateline.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "dateline.service" in line]
    assert [line for line in ours if "User=" not in line and "not found" not in line] == []

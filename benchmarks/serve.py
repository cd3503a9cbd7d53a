"""The public side beside nginx and Starlette: `python -m benchmarks.serve`.

All hand out the same folder, one process each (nginx: one worker), in turn in one run: a feed of
35 KB with its packed twins. Asked for are 304s, the feed packed with gzip, and the front page
plain. The processor time of the server's processes counts, the client's does not: wrk, or without
it a loop of our own.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.figures import Figure, beside, give, name_version
from benchmarks.programs import version
from benchmarks.publisher import document
from benchmarks.table import machine, show
from pipeline.write_files import turn, write_changed

_FEED = "/latest-news.atom"
_WANTED = {"304": 0.4}  # of what nginx does


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked again and again."""

    name: str
    path: str
    status: int
    headers: dict[str, str]


def main(options: Sequence[str]) -> int:
    """Measure every server with every load, and print answers a processor second."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks serve")
    parser.add_argument("--seconds", type=float, default=5, help="for each server and load")
    parser.add_argument("--rounds", type=int, default=1, help="in turn; the median counts")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="", help="servers, comma separated")
    given = parser.parse_args(options)
    servers = [name for name in _SERVERS if not given.only or name in given.only.split(",")]
    if shutil.which("nginx", path=_PATH) is None and "nginx" in servers:
        print("nginx is not installed here, so it is left out.")
        give(Figure(what="serving", dateline="", peer="nginx is missing: apt-get install nginx"))
        servers.remove("nginx")
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "public"
        _publish(folder)
        for _ in range(given.rounds):
            for server in servers:
                with _SERVERS[server](Path(scratch), folder) as (pid, port):
                    site = f"http://127.0.0.1:{port}"
                    for load in _loads(site):
                        rate = _measure(pid, site, load, given.seconds, given.connections)
                        found.setdefault((server, load.name), []).append(rate)
    rates = {key: statistics.median(each) for key, each in found.items()}
    names = list(dict.fromkeys(load for _, load in rates))
    _tell(servers, names, rates)
    return 0


def _tell(
    servers: Sequence[str], names: Sequence[str], rates: dict[tuple[str, str], float]
) -> None:
    rows = []
    for server in servers:
        cells = [server]
        for name in names:
            of_nginx = rates[server, name] / rates["nginx", name] if "nginx" in servers else 0
            cells += [f"{rates[server, name]:,.0f}", f"{of_nginx:.2f}" if of_nginx else ""]
        rows.append(cells)
    heads = ["requests a CPU second", *(cell for name in names for cell in (name, "of nginx"))]
    _hand_over(servers, names, rates)
    show(f"{machine()}; {'wrk' if _wrk() else 'our own client'}", heads, rows)


def _hand_over(
    servers: Sequence[str], names: Sequence[str], rates: dict[tuple[str, str], float]
) -> None:
    for peer in servers if "Dateline" in servers else ():
        if peer == "Dateline":
            continue
        name_version(peer, version(peer) if peer == "nginx" else installed(peer))
        for name in names:
            ours, theirs = rates["Dateline", name], rates[peer, name]
            give(
                beside(
                    f"serving, {name}",
                    peer,
                    values=(f"{ours:,.0f}/CPU s", f"{theirs:,.0f}/CPU s"),
                    times=ours / theirs,
                    least=_WANTED.get(name) if peer == "nginx" else 1,
                    digits=2,
                )
            )


def _publish(folder: Path) -> None:
    feed = document(4, 0)
    page = b"<!doctype html><title>News</title>" + feed[:20_000].replace(b"<", b"&lt;")
    files = {_FEED[1:]: feed, "index.html": page}
    with turn(folder):
        write_changed(folder, files, {}, datetime.now(UTC))


def _loads(site: str) -> list[Load]:
    """The loads, with the tag this server gave."""
    asked = Request(site + _FEED, headers={"Accept-Encoding": "gzip"})
    with urlopen(asked, timeout=10) as answer:
        tag = answer.headers["ETag"]
    packed = {"Accept-Encoding": "gzip, deflate"}
    return [
        Load(name="304", path=_FEED, status=304, headers={**packed, "If-None-Match": tag}),
        Load(name="200 gzip", path=_FEED, status=200, headers=packed),
        Load(name="200 plain", path="/", status=200, headers={}),
    ]


# The load


def _measure(pid: int, site: str, load: Load, seconds: float, connections: int) -> float:
    """Ask for so many seconds; gives answers a processor second of the server."""
    ask = _ask_with_wrk if _wrk() else _ask_ourselves
    ask(site, load, 0.5, connections)
    before = _cpu(pid)
    answers = ask(site, load, seconds, connections)
    return answers / (_cpu(pid) - before)


def _wrk() -> str | None:
    return shutil.which("wrk")


def _headers(load: Load) -> dict[str, str]:
    return {
        "User-Agent": "FeedReader/2.4 (+https://reader.example)",
        "Accept": "*/*",
        **load.headers,
    }


def _ask_with_wrk(site: str, load: Load, seconds: float, connections: int) -> int:
    headers = [part for item in _headers(load).items() for part in ("-H", ": ".join(item))]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", *headers]
    done = subprocess.run([*command, site + load.path], capture_output=True, text=True, check=True)
    for trouble in ("Socket errors", "Non-2xx"):
        assert trouble not in done.stdout, done.stdout
    found = re.search(r"(\d+) requests in", done.stdout)
    assert found is not None, done.stdout
    return int(found[1])


def _ask_ourselves(site: str, load: Load, seconds: float, connections: int) -> int:
    command = [sys.executable, "-m", "benchmarks.asking", site, load.path, str(seconds)]
    command += [str(connections), str(load.status), json.dumps(_headers(load))]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _cpu(pid: int) -> float:
    """Processor seconds of a process and those it started, which live as long as it does."""
    spent = 0
    for each in [pid, *_children(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


# The servers


_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
Running = AbstractContextManager[tuple[int, int]]


@contextmanager
def _running(command: Sequence[str], port: int, **more: str) -> Iterator[tuple[int, int]]:
    """Start a server, wait until it listens, stop it at the end; gives its process and port."""
    process = subprocess.Popen(
        command, env=os.environ | more, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        for _ in range(200):
            if process.poll() is not None:
                assert process.stderr is not None
                raise RuntimeError(process.stderr.read().decode())
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def _free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


def _dateline(scratch: Path, folder: Path) -> Running:
    port = _free_port()
    settings = {
        "DATELINE_DATABASE_URL": f"sqlite:///{scratch}/dateline.db",
        "DATELINE_PUBLIC_DIR": str(folder),
        "DATELINE_SOURCES": str(scratch / "sources.yaml"),
        "DATELINE_PORT": str(port),
    }
    (scratch / "sources.yaml").write_text("feeds: []\nconflicts: []\n")
    return _running([sys.executable, "-m", "pipeline", "web"], port, **settings)


def _starlette(scratch: Path, folder: Path) -> Running:
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.starlette_files", str(folder), str(port)]
    return _running(command, port)


def _nginx(scratch: Path, folder: Path) -> Running:
    port = _free_port()
    config = scratch / "nginx.conf"
    # A root's worker would be somebody who may not look into the scratch folder.
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(user + _NGINX.format(scratch=scratch, folder=folder, port=port))
    nginx = shutil.which("nginx", path=_PATH)
    assert nginx is not None
    return _running([nginx, "-c", str(config), "-g", "daemon off;"], port)


_NGINX = """\
worker_processes 1;
pid {scratch}/nginx.pid;
error_log {scratch}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {scratch}/nginx-body;
    proxy_temp_path {scratch}/nginx-proxy;
    fastcgi_temp_path {scratch}/nginx-fastcgi;
    uwsgi_temp_path {scratch}/nginx-uwsgi;
    scgi_temp_path {scratch}/nginx-scgi;
    keepalive_requests 1000000000;
    sendfile on;
    gzip_static on;
    gzip_vary on;
    types {{ application/atom+xml atom; text/html html; }}
    charset utf-8;
    charset_types application/atom+xml;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        add_header Cache-Control "public, max-age=300";
        add_header X-Content-Type-Options nosniff;
        location / {{ try_files $uri $uri/index.html =404; }}
    }}
}}
"""
_SERVERS: dict[str, Callable[[Path, Path], Running]] = {
    "Dateline": _dateline,
    "Starlette": _starlette,
    "nginx": _nginx,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

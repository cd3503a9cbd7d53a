"""The documented nginx serves what was published as the service itself does."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from pipeline.write_files import turn, write_changed

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
PAGE = b"<!doctype html>" + b"news " * 1_000
FILES = {
    "index.html": PAGE,
    "conflicts/mali/index.html": PAGE,
    "latest-news.atom": PAGE,
    "conflicts/mali/latest-news.json": PAGE,
    "static/dateline.css": PAGE,
}
KEPT = "stale-while-revalidate=600, stale-if-error=86400"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[httpx.Client]:
    public = tmp_path / "public"
    with turn(public):
        write_changed(public, FILES, {}, datetime(2026, 11, 20, 8, 30, tzinfo=UTC))
    (tmp_path / "secret.css").write_text("the secret")
    (public / "static" / "planted.css").symlink_to(tmp_path / "secret.css")
    text = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.partition("### Public files from elsewhere")[2]
    found = re.search(r"```nginx\n(.*?)```", section, re.DOTALL)
    assert found is not None
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        port = trying.getsockname()[1]
    server = found[1].replace("/srv/dateline/var/public", str(public))
    server = server.replace("listen 80", f"listen 127.0.0.1:{port}")
    paths = "".join(
        f"{each}_temp_path {tmp_path}/{each};\n"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"{user}\npid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\n"
        f"http {{ access_log off;\n{paths}{server} }}\n"
    )
    command = [str(NGINX), "-e", f"{tmp_path}/log", "-c", str(config)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        for _ in range(100):
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.wait(10)


def test_the_documented_nginx_serves_the_public_folder(reader: httpx.Client) -> None:
    for path, content_type, caching, origin in (
        ("/", "text/html; charset=utf-8", f"public, max-age=60, {KEPT}", None),
        ("/conflicts/mali", "text/html; charset=utf-8", f"public, max-age=60, {KEPT}", None),
        ("/conflicts/mali/", "text/html; charset=utf-8", f"public, max-age=60, {KEPT}", None),
        ("/latest-news.atom", "application/atom+xml; charset=utf-8", f"public, max-age=300, {KEPT}", "*"),
        ("/conflicts/mali/latest-news.json", "application/feed+json; charset=utf-8", f"public, max-age=300, {KEPT}", "*"),
        ("/static/dateline.css", "text/css; charset=utf-8", "public, max-age=3600", None),
    ):  # fmt: skip
        for coding in ("identity", "gzip"):
            answer = reader.get(path, headers={"Accept-Encoding": coding})
            assert (answer.status_code, answer.content) == (200, PAGE), path
            sent = answer.headers
            assert sent.get("Content-Encoding", "identity") == coding
            assert (sent["Content-Type"], sent["Cache-Control"]) == (content_type, caching), path
            assert sent.get("Access-Control-Allow-Origin") == origin
            assert sent["Last-Modified"] == "Fri, 20 Nov 2026 08:30:00 GMT"
            assert sent["Vary"] == "Accept-Encoding"
            assert "Accept-Ranges" not in sent
            assert sent["X-Content-Type-Options"] == "nosniff"
            condition = {"If-None-Match": sent["ETag"], "Accept-Encoding": coding}
            confirmed = reader.get(path, headers=condition)
            assert (confirmed.status_code, confirmed.content) == (304, b"")
            assert confirmed.headers["Cache-Control"] == caching


@pytest.mark.parametrize(
    "path", ["/.publishing", "/static/planted.css", "/latest-news.atom.gz", "/..%2fsecret.css"]
)
def test_the_documented_nginx_serves_nothing_else(reader: httpx.Client, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code in {400, 403, 404}
    assert b"the secret" not in answer.content

"""The public files are served as any careful web server would serve them, without the database."""

import asyncio
import gzip
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.types import Message

from pipeline.stages.render import file_name, plain_name, render_error_page, static_files
from pipeline.web.versions import RECHECK, Shelf, read_version
from tests.web.conftest import ORIGIN, Browser, Place, make_place

CHANGED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
VERSION = "dateline.0123456789abcdef.css"
BODY = b"<feed>" + b"news " * 300 + b"</feed>"

ARCHIVES = (
    "latest-news/archive/1.atom",
    "conflicts/mali/latest-news/archive/12.rss",
    "regions/the-sahel/latest-news/archive/3.json",
)


def write(place: Place, path: str, content: bytes = BODY, at: datetime = CHANGED) -> None:
    file = place.settings.public_dir / path
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(".fresh")
    fresh.write_bytes(content)
    os.utime(fresh, (at.timestamp(), at.timestamp()))
    fresh.replace(file)


@pytest.fixture
def reader(place: Place) -> Browser:
    """A reader of a published site whose database is gone."""
    for path in (
        "index.html",
        "conflicts/mali/index.html",
        "news/18f2c/index.html",
        "subscribe/index.html",
        "latest-news.atom",
        "latest-news.rss",
        "latest-news.json",
        "conflicts/mali/latest-news.atom",
        "conflicts/mali/latest-news.rss",
        "conflicts/mali/latest-news.json",
        "regions/the-sahel/latest-news.atom",
        *ARCHIVES,
        "feeds.opml",
        "static/dateline.css",
        "static/dateline.svg",
    ):
        write(place, path)
    browser = Browser(place)
    browser.headers["Accept-Encoding"] = "identity"
    place.database.close()
    for file in Path(place.settings.state_dir).glob("dateline.db*"):
        file.unlink()
    return browser


ATOM = "application/atom+xml; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"
JSON = "application/feed+json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", HTML),
        ("/conflicts/mali", HTML),
        ("/news/18f2c", HTML),
        ("/subscribe", HTML),
        ("/latest-news.atom", ATOM),
        ("/latest-news.rss", RSS),
        ("/latest-news.json", JSON),
        ("/conflicts/mali/latest-news.atom", ATOM),
        ("/conflicts/mali/latest-news.rss", RSS),
        ("/conflicts/mali/latest-news.json", JSON),
        ("/regions/the-sahel/latest-news.atom", ATOM),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/static/dateline.css", "text/css; charset=utf-8"),
        ("/static/dateline.svg", "image/svg+xml"),
    ],
)
def test_every_file_is_served_with_its_exact_type(
    reader: Browser, path: str, content_type: str
) -> None:
    answer = reader.get(path)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Last-Modified"] == "Fri, 20 Nov 2026 08:30:00 GMT"
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
    assert "Accept-Ranges" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head = reader.head(path)
    assert head.content == b""
    assert head.headers == answer.headers
    feed = "latest-news" in path or path.endswith(".opml")
    assert answer.headers.get("Access-Control-Allow-Origin") == ("*" if feed else None)
    if feed:
        assert answer.headers["Cache-Control"] == (
            "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
        )
    elif content_type == HTML:
        assert "max-age=60," in answer.headers["Cache-Control"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ARCHIVES)
def test_an_archive_may_be_kept_for_a_year(reader: Browser, path: str) -> None:
    answer = reader.get(f"/{path}")
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert reader.get(f"/{path.replace('/archive/', '/archive/0')}").status_code == 404


def test_a_file_whose_name_tells_its_content_may_be_kept_for_a_year(
    place: Place, reader: Browser
) -> None:
    write(place, f"static/{VERSION}")
    kept = {path: reader.get(path) for path in (f"/static/{VERSION}", "/static/dateline.css")}
    assert [answer.content for answer in kept.values()] == [BODY, BODY]
    assert [answer.headers["Cache-Control"] for answer in kept.values()] == [
        "public, max-age=31536000, immutable",
        "public, max-age=3600",
    ]


def test_before_anything_is_published_and_under_an_old_name_pages_find_their_files(
    place: Place,
) -> None:
    stranger = Browser(place)
    for name in (file_name("dateline.css"), VERSION, "dateline.css"):
        answer = stranger.get(f"/static/{name}")
        assert answer.content == static_files()["dateline.css"], name
        assert answer.headers["Cache-Control"] == "no-cache", name
    assert stranger.get("/static/nothing.0123456789abcdef.css").status_code == 404


def test_what_the_desk_loads_is_kept_for_long_under_its_true_name_only(place: Place) -> None:
    stranger = Browser(place)
    loaded = re.findall(r'(?:href|src)="(/desk/static/[^"]+)"', stranger.get("/login").text)
    assert sorted(map(plain_name, loaded)) == ["/desk/static/desk.css", "/desk/static/desk.js"]
    for path in loaded:
        true, plain, old = (
            stranger.get(each)
            for each in (path, plain_name(path), re.sub("[0-9a-f]{16}", "0" * 16, path))
        )
        assert true.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert plain.headers["Cache-Control"] == old.headers["Cache-Control"] == "no-cache"
        assert true.content == plain.content == old.content
        assert true.headers["Content-Type"] == old.headers["Content-Type"]
    assert stranger.get("/desk/static/nothing.0123456789abcdef.css").status_code == 404
    assert stranger.get("/desk/static/base.html").status_code == 404


TAG = "TAG"  # stands for the current tag, without quotes


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"If-None-Match": f'"{TAG}"'}, 304),
        ({"If-None-Match": f'W/"{TAG}"'}, 304),
        ({"If-None-Match": f'"{TAG}-gzip"'}, 304),
        ({"If-None-Match": f'W/"{TAG}-gzip"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": f'"one", "two,three" , "{TAG}"'}, 304),
        ({"If-None-Match": f'"one",W/"{TAG}","two"'}, 304),
        ({"If-None-Match": '"another"'}, 200),
        ({"If-None-Match": TAG}, 200),
        ({"If-None-Match": f'"x{TAG}"'}, 200),
        ({"If-None-Match": '""'}, 200),
        ({"If-None-Match": '"*"'}, 200),
        ({"If-Modified-Since": "Fri, 20 Nov 2026 08:30:00 GMT"}, 304),
        ({"If-Modified-Since": "Sat, 21 Nov 2026 08:30:00 GMT"}, 304),
        ({"If-Modified-Since": "Fri, 20 Nov 2026 08:29:59 GMT"}, 200),
        ({"If-Modified-Since": "Friday, 20-Nov-26 08:30:00 GMT"}, 304),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Fri, 20 Nov 2026 08:30:00"}, 200),
        ({"If-Modified-Since": "Fri, 99 Nov 2026 08:30:00 GMT"}, 200),
        (
            {"If-None-Match": '"another"', "If-Modified-Since": "Sat, 21 Nov 2026 08:30:00 GMT"},
            200,
        ),
        (
            {"If-None-Match": f'"{TAG}"', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            304,
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reader_who_has_it_gets_304(
    reader: Browser, method: str, asked: dict[str, str], status: int
) -> None:
    whole = reader.get("/latest-news.atom")
    tag = whole.headers["ETag"].strip('"')
    headers = {name: value.replace(TAG, tag) for name, value in asked.items()}
    answer = reader.request(method, "/latest-news.atom", headers=headers)
    assert answer.status_code == status
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
        assert answer.headers[name] == whole.headers[name]
    if status == 304:
        assert answer.content == b""
        assert "Content-Type" not in answer.headers
        assert "Content-Encoding" not in answer.headers


def test_tags_in_several_header_lines_count_together(reader: Browser) -> None:
    tag = reader.get("/latest-news.atom").headers["ETag"]
    lines = [("If-None-Match", '"another"'), ("If-None-Match", tag), ("Accept-Encoding", "br")]
    assert reader.get("/latest-news.atom", headers=lines).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0.2 , gzip;q=0.8;x=1, *;q=0.1", "gzip"),
        ("*", "gzip"),
        ("X-GZIP", "gzip"),
        ("gzip;level=9", "gzip"),
        ("identity;q=0.5, gzip;q=0.4", None),
        ("gzip;q=0", None),
        ("gzip;q=0, *", None),
        ("br;q=0, gzip;q=0.001", "gzip"),
        ("*;q=0", None),
        ("identity", None),
        ("", None),
        ("deflate", None),
        ("gzip;q=nonsense", None),
        ("gzip;q=nan, br;q=-1", None),
        ("gzip;q=1e9", None),
    ],
)
def test_each_client_gets_the_coding_it_likes_best(
    reader: Browser, accepted: str, coding: str | None
) -> None:
    plain = reader.get("/latest-news.atom")
    answer = reader.get("/latest-news.atom", headers={"Accept-Encoding": accepted})
    assert answer.content == BODY
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    if coding is None:
        assert answer.headers["ETag"] == plain.headers["ETag"]
    else:
        assert re.fullmatch(rf'"[0-9a-f]{{32}}-{coding}"', answer.headers["ETag"])
        assert int(answer.headers["Content-Length"]) < len(BODY)
        again = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]}
        confirmed = reader.get("/latest-news.atom", headers=again)
        assert (confirmed.status_code, confirmed.headers["ETag"]) == (304, answer.headers["ETag"])


def test_what_packing_does_not_make_smaller_is_sent_as_it_is(place: Place) -> None:
    write(place, "latest-news.atom", b"<feed/>")
    write(place, "latest-news.rss", os.urandom(4_000))
    write(place, "static/icon.png", b"x" * 4_000)
    reader = Browser(place)
    for path in ("/latest-news.atom", "/latest-news.rss", "/static/icon.png"):
        answer = reader.get(path, headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in answer.headers


def test_the_packed_twins_beside_a_file_are_sent(place: Place) -> None:
    write(place, "latest-news.atom")
    twin = gzip.compress(BODY, compresslevel=1, mtime=5)
    write(place, "latest-news.atom.gz", twin)
    reader = Browser(place)
    answer = reader.get("/latest-news.atom", headers={"Accept-Encoding": "gzip"})
    assert (answer.content, int(answer.headers["Content-Length"])) == (BODY, len(twin))


@pytest.mark.parametrize(
    "left_over",
    [
        gzip.compress(BODY.replace(b"news", b"olds")),
        gzip.compress(BODY)[:-9],
        gzip.compress(BODY) + b"more",
        gzip.compress(BODY + b"more"),
        gzip.compress(b"0" * 50_000_000),
        b"no gzip at all",
        b"",
    ],
    ids=["older", "cut off", "longer", "of more", "bomb", "nonsense", "empty"],
)
def test_a_twin_that_is_not_of_its_file_is_never_sent(place: Place, left_over: bytes) -> None:
    write(place, "latest-news.atom")
    write(place, "latest-news.atom.gz", left_over)
    write(place, "latest-news.atom.br", left_over)
    reader = Browser(place)
    for coding in ("gzip", "br"):
        answer = reader.get("/latest-news.atom", headers={"Accept-Encoding": coding})
        assert answer.content == BODY


def test_a_new_publication_is_seen_within_a_moment(place: Place, reader: Browser) -> None:
    first = reader.get("/latest-news.atom")
    write(place, "latest-news.atom", BODY + b"more", datetime(2026, 11, 21, tzinfo=UTC))
    time.sleep(RECHECK)
    second = reader.get("/latest-news.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.content) == (200, BODY + b"more")
    assert second.headers["Last-Modified"] == "Sat, 21 Nov 2026 00:00:00 GMT"


def test_a_file_that_is_gone_is_not_served_from_memory(place: Place, reader: Browser) -> None:
    assert reader.get("/news/18f2c").status_code == 200
    (place.settings.public_dir / "news/18f2c/index.html").unlink()
    time.sleep(RECHECK)
    assert reader.get("/news/18f2c").status_code == 404


def test_only_so_much_is_kept_in_memory(tmp_path: Path) -> None:
    shelf = Shelf(most_bytes=10_000)
    for number in range(20):
        (tmp_path / f"{number}.html").write_bytes(os.urandom(1_000))
        kept = read_version(tmp_path, f"{number}.html", {"Content-Type": "text/html"})
        assert kept is not None
        shelf.put(str(number), kept)
    assert shelf.weight == 10_000
    assert [number for number in range(20) if shelf.take(str(number))] == list(range(10, 20))


def test_what_is_larger_than_the_memory_is_served_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.web.versions.MOST_BYTES", 1_000)
    write(place, "latest-news.atom")
    reader = Browser(place)
    assert reader.get("/latest-news.atom").content == BODY
    assert reader.get("/latest-news.atom").content == BODY


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2fsecret.css",
        "/static/%2e%2e/secret.css",
        "/static/../secret.css",
        "/static/..%5csecret.css",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/.hidden.css",
        "/static/a%00.css",
        "/static/planted.css",
        "/conflicts/planted",
        "/news/%31%38f2c",
        "/conflicts%2fmali",
        "/news/pipe",
        "/latest-news.atom.gz",
        "/static/dateline.css.br",
        "/" + "a" * 60_000,
        "/conflicts/" + "a" * 65,
        "/static/folder.css",
        "/static/nothing",
        "/static/page.html",
        "/conflicts/..%2f..",
        "/conflicts/../secret",
        "/conflicts/.",
        "/conflicts/%2e%2e/",
        "/conflicts/MALI",
        "/conflicts/ma%0ali",
        "/conflicts/../latest-news.atom%00",
        "/conflicts/..%2f/latest-news.atom",
        "/news/..",
        "/news/x%2f..%2f..%2fsecret",
        "/latest-news.html",
        "/latest-news.atom/",
        "/conflicts/mali/latest-news.exe",
        "/.publishing",
        "/dateline.db",
        "/..%2fdateline.db",
        "//etc/passwd",
        "/secret.key",
    ],
)
def test_nothing_outside_the_public_files_is_served(
    place: Place, reader: Browser, path: str
) -> None:
    secret = place.settings.public_dir.parent / "secret.css"
    secret.write_text("the secret")
    (place.settings.public_dir / "static" / "planted.css").symlink_to(secret)
    (place.settings.public_dir / "static" / "folder.css").mkdir()
    outside = place.settings.public_dir.parent / "outside"
    outside.mkdir()
    (outside / "index.html").write_text("the secret")
    (place.settings.public_dir / "conflicts" / "planted").symlink_to(outside)
    (place.settings.public_dir / "news" / "pipe").mkdir()
    os.mkfifo(place.settings.public_dir / "news" / "pipe" / "index.html")
    status, body = ask_exactly(reader, path)
    assert status == 404
    assert b"the secret" not in body
    assert b"root:" not in body


def ask_exactly(reader: Browser, path: str) -> tuple[int, bytes]:
    """Ask for a path as it stands: a client would tidy it up before sending it."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "client": ("192.0.2.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    asyncio.run(reader.app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_a_page_answers_with_a_slash_at_its_end_and_without(reader: Browser) -> None:
    for path in ("/conflicts/mali", "/news/18f2c", "/subscribe"):
        assert reader.get(f"{path}/").content == reader.get(path).content == BODY
    assert reader.get("/conflicts/%5cevil.example/").status_code == 404


def test_under_a_path_a_page_is_sent_on_to_the_address_its_links_start_from(
    tmp_path: Path,
) -> None:
    place = make_place(tmp_path, base_url=f"{ORIGIN}/tracker")
    write(place, "conflicts/mali/index.html")
    reader = Browser(place)
    answer = reader.get("/conflicts/mali")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/tracker/conflicts/mali/")
    assert reader.get("/conflicts/mali/").content == BODY
    place.database.close()


def test_before_the_first_publication_the_front_says_so(stranger: Browser) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 503
    assert "Nothing is published yet" in answer.text
    assert answer.headers["Retry-After"] == "30"
    style = re.search(r'href="(/static/[\w.]+\.css)"', answer.text)
    assert style is not None
    assert stranger.get(style[1]).status_code == 200
    assert stranger.get("/static/nothing.css").status_code == 404


def test_a_page_that_is_not_there_is_a_calm_page(place: Place, stranger: Browser) -> None:
    answer = stranger.get("/conflicts/atlantis")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert render_error_page(404, "x", "y").startswith(b"<!doctype html>")

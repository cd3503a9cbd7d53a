"""What a publisher's server can do wrong, by name, and what a fetch or pass is to make of it.

`MISBEHAVIOURS` maps a name to a `Misbehaviour`, `FETCHED` names those whose outcome the fetch
alone decides; `answer_by_name` serves them all at once, each
under the path of its name. The names say what the server does.
"""

import asyncio
import gzip
import zlib
from dataclasses import dataclass

import brotli
from backports import zstd

from tests.misbehaving import Answer, Answers

MIB = 1024 * 1024
ENTRIES = 12

raw, say, head = Answers.raw, Answers.say, Answers.head


def document(name: str, entries: int = ENTRIES) -> bytes:
    """A good RSS document; the name makes its guids and links."""
    items = "".join(
        f"<item><guid>{name}-{number}</guid><link>https://{name}.example/{number}</link>"
        f"<title>{name} reports the event number {number}</title></item>"
        for number in range(entries)
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode()


@dataclass(frozen=True, kw_only=True)
class Misbehaviour:
    """`kind` is the failure it makes; where it makes none, `body` is the document that comes."""

    kind: str | None
    answer: Answer
    body: bytes = b""


MISBEHAVIOURS: dict[str, Misbehaviour] = {}


def makes(kind: str | None, **answers: Answer) -> None:
    """Take note of answers by name, all of which end in the same kind of failure."""
    for name, answer in answers.items():
        body = b"" if kind else document(name)
        MISBEHAVIOURS[name] = Misbehaviour(kind=kind, answer=answer, body=body)


async def answer_by_name(request, writer) -> None:
    """Serve each misbehaviour under its name, and under any other name a good document."""
    name = request.path.split("/")[1]
    known = MISBEHAVIOURS.get(name)
    await (known.answer if known else say(document(name)))(request, writer)


# Slow


async def stalls_in_the_body(request, writer):
    writer.write(head(200, "Content-Length: 5000") + b"<rss>")
    await writer.drain()
    await asyncio.sleep(60)


async def drips_chunks(request, writer):
    writer.write(head(200, "Transfer-Encoding: chunked"))
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


makes(
    "timeout",
    stalls_in_the_body=stalls_in_the_body,
    drips_chunks=drips_chunks,
    drips=Answers.drip(0.05),
    dribbles_headers=Answers.dribbling_headers(0.05),
    says_nothing=Answers.silence(),
)

# Gone in the middle

makes(
    "connect",
    hangs_up=raw(b""),
    hangs_up_in_the_head=raw(b"HTTP/1.1 200 OK\r\nContent-"),
    resets=Answers.reset(),
    resets_in_the_head=Answers.reset(b"HTTP/1.1 200 OK\r\nServ"),
)
makes(
    "truncated",
    hangs_up_in_the_body=raw(head(200, "Content-Length: 5000") + b"<rss>"),
    hangs_up_before_the_body=raw(head(200, "Content-Length: 5000")),
    hangs_up_in_a_chunk=raw(head(200, "Transfer-Encoding: chunked") + b"50\r\n<rss>"),
    hangs_up_between_chunks=raw(head(200, "Transfer-Encoding: chunked") + b"5\r\n<rss>\r\n"),
    resets_in_the_body=Answers.reset(head(200, "Content-Length: 5000") + b"<rss>"),
    cuts_gzip=say(gzip.compress(document("cut"))[:-20], "Content-Encoding: gzip"),
    cuts_brotli=say(brotli.compress(document("cut"))[:-20], "Content-Encoding: br"),
    cuts_zstd=say(zstd.compress(document("cut"))[:-20], "Content-Encoding: zstd"),
    cuts_deflate=say(zlib.compress(document("cut"))[:-20], "Content-Encoding: deflate"),
)

# No proper HTTP


async def floods_with_headers(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10 * 1024):
        writer.write(b"X-Flood-%d: " % number + b"x" * 1000 + b"\r\n")
        await writer.drain()
    writer.write(b"\r\n" + document("flood"))


async def hints_for_ever(request, writer):
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 100)
        await writer.drain()


makes(
    "protocol",
    floods_with_headers=floods_with_headers,
    hints_for_ever=hints_for_ever,
    has_one_header_of_a_megabyte=raw(b"HTTP/1.1 200 OK\r\nA: " + b"x" * MIB + b"\r\n\r\n<rss/>"),
    answers_as_http_09=raw(document("old")),
    speaks_ssh=raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    speaks_smtp=raw(b"220 mail.example ESMTP\r\n"),
    sends_noise=raw(bytes(range(256)) * 40),
    has_a_header_without_colon=raw(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"),
    has_a_header_with_nul=raw(b"HTTP/1.1 200 OK\r\nX-A: \x00\r\n\r\n"),
    has_no_status=raw(b"HTTP/1.1 \r\n\r\n"),
    has_a_status_in_words=raw(b"HTTP/1.1 OK 200\r\n\r\n"),
    has_the_status_099=raw(b"HTTP/1.1 099 What\r\n\r\n"),
    switches_protocols=raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
    has_a_negative_length=raw(head(200, "Content-Length: -5") + document("negative")),
    has_a_length_in_words=raw(head(200, "Content-Length: many") + document("many")),
    has_two_lengths=raw(head(200, "Content-Length: 5", "Content-Length: 6") + b"<rss/>"),
    has_no_chunk_sizes=raw(head(200, "Transfer-Encoding: chunked") + document("a") + b"\r\n"),
    has_a_negative_chunk=raw(head(200, "Transfer-Encoding: chunked") + b"-5\r\n<rss>\r\n0\r\n\r\n"),
    has_chunks_that_overrun=raw(head(200, "Transfer-Encoding: chunked") + b"2\r\n<rss/>\r\n0\r\n"),
    transfers_in_an_unknown_way=raw(head(200, "Transfer-Encoding: pigeon") + document("pigeon")),
)

# Too much


async def chunks_for_ever(request, writer):
    writer.write(head(200, "Transfer-Encoding: chunked"))
    while True:
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


makes(
    "too_large",
    sends_for_ever=Answers.endless(),
    chunks_for_ever=chunks_for_ever,
    announces_a_petabyte=raw(head(200, "Content-Length: 1000000000000000")),
    unpacks_to_more_than_the_limit=say(
        gzip.compress(b"".join(b"<item>%x</item>" % (n * n) for n in range(700_000)), 1),
        "Content-Encoding: gzip",
    ),
)
_ZEROS = bytes(64 * MIB)
makes(
    "bomb",
    bombs_with_gzip=say(gzip.compress(_ZEROS, 9), "Content-Encoding: gzip"),
    bombs_with_deflate=say(zlib.compress(_ZEROS), "Content-Encoding: deflate"),
    bombs_with_brotli=say(brotli.compress(_ZEROS, quality=9, lgwin=24), "Content-Encoding: br"),
    bombs_with_zstd=say(zstd.compress(_ZEROS), "Content-Encoding: zstd"),
    bombs_unannounced=say(gzip.compress(_ZEROS, 9)),
)
makes(
    "stacked_encoding",
    bombs_twice_packed=say(gzip.compress(gzip.compress(_ZEROS)), "Content-Encoding: gzip, gzip"),
)
makes(
    "bad_encoding",
    damages_gzip=say(gzip.compress(document("x"))[:40] + b"\xff" * 99, "Content-Encoding: gzip"),
    packs_in_an_unknown_way=say(b"\x1f\x9d\x90" + bytes(30), "Content-Encoding: compress"),
)

# Redirects


async def redirects_in_a_circle(request, writer):
    other = "a" if request.path.endswith("/b") else "b"
    await Answers.redirect(f"/redirects_in_a_circle/{other}")(request, writer)


async def redirects_six_times(request, writer):
    hop = int("0" + request.path.partition("/hop-")[2]) + 1
    goes_on = Answers.redirect(f"/redirects_six_times/hop-{hop}")
    await (say(document("six")) if hop > 6 else goes_on)(request, writer)


makes("redirect_loop", redirects_in_a_circle=redirects_in_a_circle)
makes("too_many_redirects", redirects_six_times=redirects_six_times)
makes(
    "redirect_missing",
    redirects_nowhere=Answers.redirect(None),
    redirects_to_nothing=Answers.redirect(""),
)
makes(
    "bad_url",
    redirects_to_a_file=Answers.redirect("file:///etc/passwd"),
    redirects_to_ftp=Answers.redirect("ftp://127.0.0.1/feed"),
    redirects_to_rubbish=Answers.redirect("http://[::1"),
    redirects_to_no_port=Answers.redirect("http://127.0.0.1:99999/"),
)
makes(
    "refused_address",
    redirects_to_a_private_address=Answers.redirect("http://10.0.0.1/feed"),
    redirects_to_the_metadata=Answers.redirect("http://169.254.169.254/latest/meta-data/"),
    redirects_inside_with_a_password=Answers.redirect("http://me:secret@192.168.0.1/"),
    redirects_inside_in_disguise=Answers.redirect("http://[::ffff:10.0.0.1]/", 301),
)
makes("connect", redirects_to_a_closed_port=Answers.redirect("http://127.0.0.1:1/feed", 308))

# Statuses

_LATER = ("Date: Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After: Sun, 22 Nov 2026 12:00:00 GMT")
makes(
    "empty",
    sends_204=raw(head(204)),
    sends_205=raw(head(205, "Content-Length: 0")),
    sends_nothing_as_200=say(b""),
    sends_blanks=say(b" \r\n\t\n"),
)
makes(
    "partial",
    sends_a_part=say(document("part")[:300], "Content-Range: bytes 0-299/2000", status=206),
    sends_a_difference=say(document("delta"), "IM: feed", status=226),
)
makes("unexpected_304", says_304_unasked=raw(head(304)))
makes(
    "blocked",
    checks_for_bots=say(b"<html>Just a moment", "cf-mitigated: challenge", status=403),
)
for _status in (400, 401, 403, 404, 410, 418, 451, 500, 502, 504, 599, 999):
    makes(f"http_{_status}", **{f"sends_{_status}": say(b"<html>no", status=_status)})
makes(
    "http_429",
    wants_a_pause_of_seconds=say(b"", "Retry-After: 7200", status=429),
    wants_a_pause_until=say(b"", *_LATER, status=429),
    wants_a_pause_in_words=say(b"", "Retry-After: later, please", status=429),
)
makes(
    "http_503",
    repairs_for_seconds=say(b"", "Retry-After: 7200", status=503),
    repairs_until=say(b"", *_LATER, status=503),
    repairs_for_minus_one=say(b"", "Retry-After: -1", status=503),
)

# Odd, but good


async def writes_byte_by_byte(request, writer):
    body = document("writes_byte_by_byte")
    for byte in head(200, f"Content-Length: {len(body)}") + body:
        writer.write(bytes((byte,)))
        await writer.drain()


makes(
    None,
    writes_byte_by_byte=writes_byte_by_byte,
    sends_400_headers=say(
        document("sends_400_headers"), *(f"X-Header-{n}: {'v' * 130}" for n in range(400))
    ),
    sends_more_than_announced=raw(
        head(200, f"Content-Length: {len(document('sends_more_than_announced'))}")
        + document("sends_more_than_announced")
        + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"
    ),
    sends_no_length=raw(head(200) + document("sends_no_length")),
    speaks_http_10=raw(b"HTTP/1.0 200\r\n\r\n" + document("speaks_http_10")),
    hints_first=raw(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        + document("hints_first")
    ),
    calls_plain_text_gzip=say(document("calls_plain_text_gzip"), "Content-Encoding: gzip"),
    hides_gzip=say(gzip.compress(document("hides_gzip"))),
    packs_raw_deflate=say(
        zlib.compress(document("packs_raw_deflate"))[2:-4], "Content-Encoding: deflate"
    ),
    sends_a_long_etag=say(document("sends_a_long_etag"), 'ETag: "' + "x" * 900 + '"'),
    sends_cookies=say(document("sends_cookies"), "Set-Cookie: id=1", "Set-Cookie: x=2"),
    has_a_monstrous_etag=say(document("has_a_monstrous_etag"), 'ETag: "' + "x" * 9000 + '"'),
    has_headers_of_nonsense=say(
        document("has_headers_of_nonsense"),
        *("Cache-Control: max-age=soon", "Age: old", "Expires: never", "Date: today"),
        *("Content-Type: ;;charset=", "Last-Modified: \xfcbermorgen"),
    ),
)

_CUT = document("announces_too_little")[:-60]
MISBEHAVIOURS["announces_too_little"] = Misbehaviour(
    kind=None,
    body=_CUT,
    answer=raw(
        head(200, f"Content-Length: {len(_CUT)}", 'ETag: "cut"') + document("announces_too_little")
    ),
)

# Documents that are no feeds, as the parser finds

FETCHED = frozenset(MISBEHAVIOURS)
_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 9))
makes(
    "html",
    sends_a_page=say(b"<!doctype html><html><body>Maintenance</body></html>", 'ETag: "x"'),
)
makes(
    "not_a_feed",
    sends_a_picture=say(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "Content-Type: image/png"),
    sends_its_address=say(b"http://127.0.0.1/feed"),
    sends_a_path=say(b"/etc/passwd"),
    sends_any_json=say(b'{"hello": [1, 2, 3]}', "Content-Type: application/json", 'ETag: "x"'),
    sends_a_deep_nest=say(b"<a>" * 100_000),
)
makes("empty", sends_nuls=say(bytes(5000)))
makes(
    "entity_bomb",
    sends_a_laugh=say(f"<!DOCTYPE r [<!ENTITY l0 'ha'>{_LAUGHS}]><r>&l8;</r>".encode()),
)

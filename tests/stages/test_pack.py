"""Pack: compressed twins where they pay, the same bytes every time."""

import gzip
import os

import brotli
import pytest

from pipeline.stages.pack import LEAST_BYTES, is_worth_packing, pack

FEED = b"<entry>Convoy attacked near Kidal</entry>" * 100


def test_each_coding_unpacks_to_the_content() -> None:
    packed = pack("latest-news.atom", FEED)
    assert brotli.decompress(packed["br"]) == gzip.decompress(packed["gzip"]) == FEED
    assert max(map(len, packed.values())) < len(FEED) / 10


def test_the_same_content_packs_to_the_same_bytes() -> None:
    assert pack("a.html", FEED) == pack("b.html", FEED)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("index.html", b"a" * (LEAST_BYTES - 1)),
        ("picture.png", b"a" * 10_000),
        ("picture.PNG", b"a" * 10_000),
        ("latest-news.atom.gz", b"a" * 10_000),
        ("noise.html", os.urandom(10_000)),
    ],
    ids=["small", "picture", "capitals", "packed", "noise"],
)
def test_what_gains_nothing_is_left_alone(path: str, content: bytes) -> None:
    assert pack(path, content) == {}
    assert path == "noise.html" or not is_worth_packing(path, len(content))

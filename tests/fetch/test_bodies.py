"""What comes off the wire is decoded within bounds, or refused whole."""

import contextlib
import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.fetch.decode import FRAMES, Body

MIB = 1024 * 1024
TEXT = b"<?xml version='1.0'?><rss>" + bytes(range(32, 127)) * 40 + b"</rss>"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "raw deflate": raw_deflate(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1}),
    "": TEXT,
}
CODINGS = sorted(PACKED)


def declared(coding: str) -> str:
    return "deflate" if coding == "raw deflate" else coding


def decoded(data: bytes, encoding: str = "", *, portion: int = 1 << 30, limit: int = 10 * MIB):
    body = Body(encoding, limit)
    for start in range(0, len(data), portion):
        body.take(data[start : start + portion])
    return body.finish()


def kind_of(*args, **kwargs) -> str:
    with pytest.raises(FetchError) as caught:
        decoded(*args, **kwargs)
    return caught.value.kind


@pytest.mark.parametrize("portion", [1, 7, 1 << 30])
@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_we_ask_for_is_undone_however_it_arrives(coding, portion):
    assert decoded(PACKED[coding], declared(coding), portion=portion) == TEXT


@pytest.mark.parametrize("portion", [1, 1 << 30])
@pytest.mark.parametrize("coding", [coding for coding in CODINGS if coding])
def test_a_compressed_body_that_breaks_off_is_never_given_in_part(coding, portion):
    for missing in (1, 5, len(PACKED[coding]) - 20):
        assert kind_of(PACKED[coding][:-missing], declared(coding), portion=portion) == "truncated"


@pytest.mark.parametrize("header", ["gzip", "x-gzip", "br", "deflate", "zstd", "utf-8", "none"])
def test_plain_text_under_a_wrong_header_is_plain_text(header):
    assert decoded(TEXT, header) == TEXT
    assert decoded(b"\xef\xbb\xbf \n" + TEXT, header) == b"\xef\xbb\xbf \n" + TEXT
    assert decoded(b'{"version": "https://jsonfeed.org/version/1.1"}', header)[:1] == b"{"
    assert decoded(b"<a/>", header) == b"<a/>"


@pytest.mark.parametrize("header", ["", "identity", "br", "deflate", "gzip", "utf-8"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_data_that_is_plainly_compressed_is_unpacked_whatever_the_header_says(header, coding):
    assert decoded(PACKED[coding], header) == TEXT


@pytest.mark.parametrize("header", ["gzip, gzip", "br,gzip", "deflate , x-gzip, br"])
def test_stacked_codings_are_refused(header):
    assert kind_of(PACKED["gzip"], header) == "stacked_encoding"


def test_identity_beside_a_coding_is_not_a_stack():
    assert decoded(PACKED["br"], "identity, br") == TEXT
    assert decoded(PACKED["gzip"], "aws-chunked,gzip") == TEXT


def test_a_coding_nobody_asked_for_is_refused():
    assert kind_of(b"\x1f\x9d\x90" + bytes(30), "compress") == "bad_encoding"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_damaged_data_is_refused(coding):
    data = bytearray(PACKED[coding])
    data[12:40] = b"\xff" * 28
    assert kind_of(bytes(data), coding) == "bad_encoding"


def test_a_wrong_checksum_is_damage():
    data = PACKED["gzip"][:-8] + bytes(8)
    assert kind_of(data, "gzip") == "bad_encoding"


@pytest.mark.parametrize("portion", [1, 3, 1 << 30])
def test_several_members_make_one_body(portion):
    assert decoded(PACKED["gzip"] * 3, "gzip", portion=portion) == TEXT * 3
    assert decoded(PACKED["zstd"] * 3, "zstd", portion=portion) == TEXT * 3


@pytest.mark.parametrize("portion", [1, 1 << 30])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_rubbish_after_the_end_is_ignored(coding, portion):
    assert decoded(PACKED[coding] + b"\0\0\0", coding, portion=portion) == TEXT


def test_rubbish_after_a_finished_brotli_stream_is_ignored_when_it_comes_later():
    body = Body("br", MIB)
    body.take(PACKED["br"])
    body.take(b"\r\n")
    assert body.finish() == TEXT


@pytest.mark.parametrize("member", [gzip.compress(b"", mtime=0), zstd.compress(b"")])
def test_members_without_content_do_not_go_on_for_ever(member):
    assert kind_of(member * (FRAMES + 5), "gzip", limit=MIB) == "bad_encoding"


def bomb(coding: str, size: int) -> bytes:
    zeros = bytes(size)
    packers = {
        "gzip": lambda: gzip.compress(zeros, 1),
        "deflate": lambda: zlib.compress(zeros, 1),
        "raw deflate": lambda: raw_deflate(zeros),
        "br": lambda: brotli.compress(zeros, quality=1),
        "zstd": lambda: zstd.compress(zeros),
    }
    return packers[coding]()


@pytest.mark.parametrize("coding", [coding for coding in CODINGS if coding])
def test_a_bomb_is_stopped_when_it_shows_not_at_the_limit(coding):
    body = Body(declared(coding), 10 * MIB)
    with pytest.raises(FetchError) as caught:
        body.take(bomb(coding, 16 * MIB))
    assert caught.value.kind == "bomb"
    assert body._size < 2.2 * MIB


def test_a_small_document_may_pack_as_well_as_it_likes():
    assert decoded(bomb("zstd", MIB), "zstd") == bytes(MIB)


def test_what_is_packed_twice_is_unpacked_once():
    assert decoded(gzip.compress(PACKED["gzip"]), "gzip") == PACKED["gzip"]


def test_a_long_feed_that_packs_well_is_too_large_not_a_bomb():
    line = b"".join(b"<item><title>%d</title></item>" % number for number in range(60_000))
    assert kind_of(gzip.compress(line), "gzip", limit=MIB) == "too_large"


def test_the_limit_is_for_the_wire_as_well():
    assert kind_of(b"x" * 1001, limit=1000) == "too_large"
    assert decoded(b"x" * 1000, limit=1000) == b"x" * 1000


def test_nothing_at_all_is_an_empty_body():
    for coding in CODINGS:
        assert decoded(b"", declared(coding)) == b""


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300),
    start=st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"<", b"\x0b"]),
    encoding=st.sampled_from(["", "gzip", "br", "zstd", "deflate", "x", "gzip, br", ",", "\x00"]),
)
def test_no_bytes_raise_anything_but_a_fetch_error(data, start, encoding):
    with contextlib.suppress(FetchError):
        decoded(start + data, encoding, portion=17, limit=1000)


@settings(max_examples=150, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=2000),
        st.tuples(st.binary(min_size=1, max_size=20), st.integers(1, 400)).map(
            lambda x: x[0] * x[1]
        ),
    ).map(b"<rss>".__add__),
    coding=st.sampled_from(CODINGS),
    cuts=st.lists(st.integers(1, 700), max_size=20),
)
def test_whatever_was_packed_comes_out_however_it_was_cut(data, coding, cuts):
    pack = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw deflate": raw_deflate,
        "br": brotli.compress,
        "zstd": zstd.compress,
        "": bytes,
    }[coding]
    left = pack(data)
    body = Body(declared(coding), MIB)
    for cut in cuts:
        body.take(left[:cut])
        left = left[cut:]
    body.take(left)
    assert body.finish() == data

"""Bodies off the wire: decompressed piece by piece, never beyond a limit, never half."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli
from backports import zstd

from pipeline.errors import FetchError, Severity

PIECE = 64 * 1024  # most that one step unpacks
SIP = 4 * 1024  # most that is unpacked in one go, so that a ratio can be told
# A feed that repeats itself packs fifty to one; so much more, and it is not there to be read.
BOMB_RATIO = 200
UNSUSPECTED = 1024 * 1024  # bytes that no ratio makes suspicious
FRAMES = 1000  # a stream of empty members costs time without ever reaching the byte limit
LARGEST_ZSTD_WINDOW = 23  # log2: 8 MiB, the most RFC 9659 lets an HTTP answer ask for
_HEAD = 16

_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = tuple(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))
_DAMAGED = (zlib.error, brotli.error, zstd.ZstdError)


class Body:
    """A body as it comes off the wire, its content coding undone on the way.

    `content_encoding` is the header's value ("" if there is none) and only a hint: what the bytes
    themselves say (gzip, Zstandard, plain markup) counts for more, as servers often get it wrong.
    At most `max_bytes` are taken off the wire and at most `max_bytes` kept after decoding.
    Every method raises `FetchError`: `too_large`, `bomb`, `truncated`, `bad_encoding`,
    `stacked_encoding`.
    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        self.wire_bytes = 0
        self._declared = _declared(content_encoding)
        self._max_bytes = max_bytes
        self._head = b""
        self._decoder: _Decoder | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._used = 0

    @property
    def size(self) -> int:
        """Bytes kept so far, decoded."""
        return self._size

    def take(self, chunk: bytes) -> None:
        """Take the next bytes off the wire, in whatever portions they come."""
        self.wire_bytes += len(chunk)
        if self.wire_bytes > self._max_bytes:
            raise too_large(self._max_bytes)
        if self._decoder is not None:
            self._decode(self._decoder, chunk)
            return
        self._head += chunk
        if len(self._head) >= _HEAD:
            self._start()

    def finish(self) -> bytes:
        """Give the whole decoded body; anything that ends too early is refused, never given."""
        decoder = self._decoder or self._start()
        if not decoder.complete:
            raise truncated()
        # Its window may be as large as the body: the two copies of the body need the room.
        del decoder
        self._decoder = None
        return b"".join(self._pieces)

    def _start(self) -> "_Decoder":
        self._decoder = _decoder_for(self._declared, self._head)
        self._decode(self._decoder, self._head)
        return self._decoder

    def _decode(self, decoder: "_Decoder", chunk: bytes) -> None:
        try:
            for start in range(0, len(chunk), decoder.sip):
                sip = chunk[start : start + decoder.sip]
                self._used += len(sip)
                for piece in decoder.decode(sip):
                    self._size += len(piece)
                    self._refuse_too_much()
                    self._pieces.append(piece)
        except _DAMAGED as error:
            raise FetchError(
                "bad_encoding",
                f"The answer's {self._declared or 'compressed'} data is damaged and cannot be "
                "unpacked.",
                severity=Severity.SOFT,
            ) from error

    def _refuse_too_much(self) -> None:
        """Refuse a bomb as soon as it shows: long before the limit, to keep its window small."""
        if self._size > max(BOMB_RATIO * self._used, min(UNSUSPECTED, self._max_bytes)):
            raise FetchError(
                "bomb",
                f"{self._used:,} bytes unpack to more than {self._size - 1:,}: a decompression "
                "bomb, thrown away.",
                severity=Severity.SOFT,
            )
        if self._size > self._max_bytes:
            raise too_large(self._max_bytes)


def truncated() -> FetchError:
    """Make the error for a body that broke off before its end."""
    return FetchError(
        "truncated",
        "The answer broke off before its end; nothing of it is used, the next fetch asks again.",
        severity=Severity.PASSING,
    )


def too_large(max_bytes: int) -> FetchError:
    """Make the error for a body above the limit."""
    return FetchError(
        "too_large",
        f"The answer is larger than {max_bytes:,} bytes; if this feed is really that long, "
        "give it `max_bytes` in sources.yaml.",
        severity=Severity.SOFT,
    )


def _declared(content_encoding: str) -> str:
    """Reduce the header to one coding: "" for none, "unknown" for one we do not know."""
    tokens = [token.strip().lower() for token in content_encoding.split(",")]
    tokens = [token for token in tokens if token not in ("", "identity")]
    known = [_CODINGS[token] for token in tokens if token in _CODINGS]
    if len(known) > 1:
        raise FetchError(
            "stacked_encoding",
            f"The answer is compressed {len(known)} times over, which no honest server does; "
            "it was not unpacked.",
            severity=Severity.SOFT,
        )
    if known:
        return known[0]
    return "unknown" if tokens else ""


def _decoder_for(declared: str, head: bytes) -> "_Decoder":
    if head.startswith(_GZIP):
        return _Gzip()
    if head.startswith(_ZSTD) or (declared == "zstd" and head.startswith(_ZSTD_SKIPPABLE)):
        return _Zstd()
    if declared in ("", "gzip", "zstd") or not head or _reads_as_markup(head):
        return _Plain()
    if declared == "br":
        return _Brotli()
    if declared == "deflate":
        return _Deflate(head)
    raise FetchError(
        "bad_encoding",
        "The answer is packed in a way Dateline did not ask for and cannot unpack.",
        severity=Severity.SOFT,
    )


def _reads_as_markup(head: bytes) -> bool:
    """Whether this is text of a feed or page although a header calls it compressed.

    Neither `<` nor `{` can start a Brotli stream, and compressed data is not printable for long.
    """
    text = head[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return text[:1] in (b"<", b"{") and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in text)


class _Decoder(Protocol):
    @property
    def sip(self) -> int:
        """Most bytes to be given at once."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Unpack some bytes, a bounded piece at a time, only as far as pieces are asked for."""

    @property
    def complete(self) -> bool:
        """Whether the data so far ends where a whole body may end."""


class _Plain:
    sip = PIECE
    complete = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Gzip:
    """gzip, also of several members; what follows the last and starts no other is dropped."""

    sip = SIP

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._frames = 1
        self._between = b""

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:
                data = self._between + data
                self._between = b""
                if len(data) == 1 and data == _GZIP[:1]:
                    self._between = data
                    return
                if not data.startswith(_GZIP):
                    return
                self._frames = _one_more(self._frames)
                self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
            yield self._stream.decompress(data, PIECE)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail


class _Deflate:
    """deflate: in a zlib wrapper as the norm says, or raw as some servers send it."""

    sip = SIP

    def __init__(self, head: bytes) -> None:
        wrapped = len(head) > 1 and head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data and not self._stream.eof:
            yield self._stream.decompress(data, PIECE)
            data = self._stream.unconsumed_tail


class _Brotli:
    """Brotli. Its decoder unpacks all it is given into its window, of up to 16 MB and while that
    grows twice as much, whatever the limit on a piece: so it is given little, and emptied before it
    is given more."""

    sip = SIP // 8

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())

    def decode(self, data: bytes) -> Iterator[bytes]:
        stream = self._stream
        if stream.is_finished():
            return
        piece = stream.process(data, output_buffer_limit=PIECE)
        yield piece
        while not stream.is_finished() and (piece or not stream.can_accept_more_data()):
            piece = stream.process(b"", output_buffer_limit=PIECE)
            yield piece


class _Zstd:
    """Zstandard, also of several frames."""

    sip = SIP

    def __init__(self) -> None:
        self._stream = _new_zstd()
        self._frames = 1

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:
                self._frames = _one_more(self._frames)
                self._stream = _new_zstd()
            yield self._stream.decompress(data, PIECE)
            while not (self._stream.eof or self._stream.needs_input):
                yield self._stream.decompress(b"", PIECE)
            data = self._stream.unused_data if self._stream.eof else b""


def _new_zstd() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: LARGEST_ZSTD_WINDOW}
    )


def _one_more(frames: int) -> int:
    if frames >= FRAMES:
        raise zlib.error("too many compressed members in one body")
    return frames + 1

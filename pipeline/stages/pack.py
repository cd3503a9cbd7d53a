"""Pack: a file's compressed twins, as web servers look for them beside it. Pure."""

import gzip

import brotli

SUFFIXES = {"br": ".br", "gzip": ".gz"}
# What fits one packet arrives no sooner when it is smaller.
LEAST_BYTES = 1_400
_PACKED_ALREADY = ("png", "ico", "jpg", "jpeg", "webp", "avif", "gif", "woff2", "gz", "br", "zip")


def is_worth_packing(path: str, size: int) -> bool:
    """Tell whether a file of this name and size in bytes may gain anything by being packed."""
    return size >= LEAST_BYTES and path.rpartition(".")[2].lower() not in _PACKED_ALREADY


def pack(path: str, content: bytes) -> dict[str, bytes]:
    """Give a file's content by content coding (`br`, `gzip`), where that saves a tenth at least.

    The same content always gives the same bytes.
    """
    if not is_worth_packing(path, len(content)):
        return {}
    packed = {
        # Its highest quality saves another tenth and takes a hundred times as long.
        "br": brotli.compress(content, quality=5),
        "gzip": gzip.compress(content, compresslevel=9, mtime=0),
    }
    return {coding: less for coding, less in packed.items() if len(less) < 0.9 * len(content)}

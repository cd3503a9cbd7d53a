"""Decompression bombs cost a few megabytes, not gigabytes: measured in a process of its own."""

import asyncio
import gzip
import json
import sys
import zlib
from pathlib import Path

import brotli
import pytest
from backports import zstd

MIB = 1024 * 1024
HIGHEST = Path("/proc/self/status")  # VmHWM, the most memory a process ever used
TIMES = 3

FETCH_AND_MEASURE = """
import asyncio, json, sys
from ipaddress import ip_network
from pipeline.errors import FetchError
from pipeline.fetch import Fetcher, FetchPolicy

def highest():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024

async def scenario(at_once, feed, *urls):
    allowed = (ip_network("127.0.0.0/8"),)
    policy = FetchPolicy(
        user_agent="test", allow_private=allowed, host_interval=0, host_concurrency=int(at_once)
    )
    kept = []

    async def kind(url):
        try:
            await fetcher.fetch(url)
        except FetchError as error:
            kept.append(error)
            return error.kind

    async with Fetcher(policy) as fetcher:
        await fetcher.fetch(feed)
        before = highest()
        kinds = await asyncio.gather(*map(kind, urls))
    print(json.dumps({"kinds": kinds, "grown": highest() - before}))

asyncio.run(scenario(*sys.argv[1:]))
"""


def zeros_packed(packer, mebibytes=256) -> bytes:
    block = bytes(MIB)
    return b"".join(packer.compress(block) for _ in range(mebibytes)) + packer.flush()


def honest_packed() -> bytes:
    """A long feed in a format that keeps a window as large as the feed."""
    lines = b"".join(b"<item>%d %x</item>" % (n, hash((n, n * 7)) % 2**40) for n in range(300_000))
    return brotli.compress(lines[: 10 * MIB - 100], quality=3, lgwin=24)


@pytest.fixture(scope="module")
def bombs():
    gzipped = zeros_packed(zlib.compressobj(1, wbits=31))
    deflated = zeros_packed(zlib.compressobj(1))
    return {
        "gzip": (gzipped, "gzip"),
        "deflate": (deflated, "deflate"),
        "raw": (deflated[2:], "deflate"),
        "long": (brotli.compress(bytes(210 * MIB), quality=9, lgwin=24), "br"),
        "br": (brotli.compress(bytes(128 * MIB), quality=1, lgwin=24), "br"),
        "zstd": (zeros_packed(zstd.ZstdCompressor()), "zstd"),
        "undeclared": (gzipped, "identity"),
        "stacked": (gzip.compress(gzipped), "gzip, gzip"),
        "hidden": (gzip.compress(gzipped), "gzip"),
        "largest": (honest_packed(), "br"),
    }


@pytest.mark.skipif(not HIGHEST.exists(), reason="memory is measured in /proc")
@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize("names", [["br"], ["long"], "all"])
def test_bombs_in_any_sequence_cost_under_thirty_megabytes(serving, answers, bombs, names, at_once):
    names = [name for name in bombs if name != "largest"] if names == "all" else names
    order = [name for name in names for _ in range(TIMES)]
    measured = measure(serving, answers, bombs, order, at_once)
    expected = {"stacked": "stacked_encoding"}
    assert measured["kinds"] == [expected.get(name, "bomb") for name in order]
    assert measured["grown"] < 30


@pytest.mark.skipif(not HIGHEST.exists(), reason="memory is measured in /proc")
def test_a_feed_of_the_largest_size_costs_three_times_itself(serving, answers, bombs):
    measured = measure(serving, answers, bombs, ["largest"] * TIMES, at_once=1)
    assert measured["kinds"] == [None] * TIMES
    assert measured["grown"] < 32


def measure(serving, answers, bombs, order, at_once):
    sites = {
        name: answers.say(data, f"Content-Encoding: {coding}")
        for name, (data, coding) in bombs.items()
    }

    async def scenario():
        async with serving(answers.by_path(feed=answers.say(), **sites)) as server:
            urls = [server.url(f"/{name}") for name in ["feed", *order]]
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", FETCH_AND_MEASURE, str(at_once), *urls),
                stdout=asyncio.subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            printed, _ = await child.communicate()
            return json.loads(printed)

    return asyncio.run(scenario())

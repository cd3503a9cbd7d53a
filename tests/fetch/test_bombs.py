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

from pipeline.errors import FetchError

MIB = 1024 * 1024
HIGHEST = Path("/proc/self/status")  # VmHWM, the most memory a process ever used

FETCH_AND_MEASURE = """
import asyncio, json, sys
from ipaddress import ip_network
from pipeline.errors import FetchError
from pipeline.fetch import Fetcher, FetchPolicy

def highest():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024

async def scenario(urls):
    allowed = (ip_network("127.0.0.0/8"),)
    policy = FetchPolicy(user_agent="test", allow_private=allowed, host_interval=0)
    async with Fetcher(policy) as fetcher:
        await fetcher.fetch(urls.pop(0))
        before, kinds, kept = highest(), [], []
        for url in urls:
            try:
                await fetcher.fetch(url)
            except FetchError as error:
                kinds.append(error.kind)
                kept.append(error)
    print(json.dumps({"kinds": kinds, "grown": highest() - before}))

asyncio.run(scenario(sys.argv[1:]))
"""


def zeros_packed(packer, mebibytes=256) -> bytes:
    block = bytes(MIB)
    return b"".join(packer.compress(block) for _ in range(mebibytes)) + packer.flush()


@pytest.fixture(scope="module")
def bombs():
    gzipped = zeros_packed(zlib.compressobj(1, wbits=31))
    deflated = zeros_packed(zlib.compressobj(1))
    return {
        "gzip": (gzipped, "gzip"),
        "deflate": (deflated, "deflate"),
        "raw": (deflated[2:], "deflate"),
        "br": (brotli.compress(bytes(128 * MIB), quality=1, lgwin=24), "br"),
        "zstd": (zeros_packed(zstd.ZstdCompressor()), "zstd"),
        "undeclared": (gzipped, "identity"),
        "stacked": (gzip.compress(gzipped), "gzip, gzip"),
        "hidden": (gzip.compress(gzipped), "gzip"),
    }


@pytest.mark.skipif(not HIGHEST.exists(), reason="memory is measured in /proc")
def test_bombs_of_every_kind_cost_under_thirty_megabytes(serving, answers, bombs):
    sites = {
        name: answers.say(data, f"Content-Encoding: {coding}")
        for name, (data, coding) in bombs.items()
        if name != "hidden"
    }
    order = list(sites)

    async def scenario():
        async with serving(answers.by_path(feed=answers.say(), **sites)) as server:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-c", FETCH_AND_MEASURE, *(server.url(f"/{name}") for name in ["feed", *order])),
                stdout=asyncio.subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            printed, _ = await child.communicate()
            return json.loads(printed)

    measured = asyncio.run(scenario())
    kinds = dict(zip(order, measured["kinds"], strict=True))
    assert kinds.pop("stacked") == "stacked_encoding"
    assert set(kinds.values()) == {"bomb"}
    assert measured["grown"] < 30


def test_what_is_packed_twice_is_unpacked_once(ask, answers, bombs):
    data, coding = bombs["hidden"]
    result, _ = ask(answers.say(data, f"Content-Encoding: {coding}"))
    assert not isinstance(result, FetchError)
    assert result.body == bombs["gzip"][0]

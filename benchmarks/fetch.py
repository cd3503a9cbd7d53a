"""One request, from the address to the value, with every guard on: processor time for a 304 and for
a document of 33 KB.

The publisher runs in a process of its own and does not count. Each host is asked once, or all
requests are for one host and share its connections.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import ip_network

from benchmarks.figures import at_most, give
from benchmarks.table import machine, show
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.model import Validators

_AT_ONCE = 48
_ROUNDS = 3
_ETAG = '"0123456789abcdef"'
_SIZE = 33_000
_WANTED = 0.6


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fetch", description=__doc__)
    parser.add_argument("--requests", type=int, default=3_000)
    options = parser.parse_args(arguments)
    publisher = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fetch"], stdout=subprocess.PIPE, text=True
    )
    assert publisher.stdout is not None
    port = int(publisher.stdout.readline())
    try:
        costs = {
            name: [_cost(port, options.requests, known, hosts) for hosts in (True, False)]
            for name, known in (("304", True), ("200, 33 KB", False))
        }
    finally:
        publisher.kill()
        publisher.communicate()
    print(f"{options.requests:,} requests, the best of {_ROUNDS} rounds; {machine()}")
    rows = [(name, *(f"{cost:.2f}" for cost in each)) for name, each in costs.items()]
    show("Processor milliseconds a request", ("answer", "a host each", "one host"), rows)
    give(
        *(
            at_most(f"a request, {name}, a host each", each[0], _WANTED, "ms CPU", digits=2)
            for name, each in costs.items()
        )
    )
    return 0


def _cost(port: int, count: int, known: bool, hosts: bool) -> float:
    return min(asyncio.run(_round(port, count, known, hosts)) for _ in range(_ROUNDS))


async def _round(port: int, count: int, known: bool, hosts: bool) -> float:
    async def look_up(host: str, port: int) -> Sequence[str]:
        return ("127.0.0.1",)

    policy = FetchPolicy(
        user_agent="Dateline/benchmark",
        allow_private=(ip_network("127.0.0.0/8"),),
        host_interval=0,
        host_concurrency=_AT_ONCE,
    )
    places = asyncio.Semaphore(_AT_ONCE)
    async with Fetcher(policy, resolve=look_up) as fetcher:

        async def one(number: int) -> None:
            url = f"http://outlet-{number if hosts else 0}.test:{port}/feed/{number}"
            then = "Tue, 10 Nov 2026 11:00:00 GMT"
            validators = Validators(etag=_ETAG, last_modified=then, url=url)
            async with places:
                await fetcher.fetch(url, validators if known else Validators())

        await one(0)
        before = _processor()
        await asyncio.gather(*map(one, range(count)))
        return (_processor() - before) / count * 1000


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Publisher(asyncio.Protocol):
    body = (b"<rss>" + b"<item>The same as ever</item>" * 2_000)[:_SIZE]
    common = (
        b"Server: nginx\r\nDate: Tue, 10 Nov 2026 12:00:00 GMT\r\nCache-Control: max-age=300\r\n"
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.asked = b""

    def data_received(self, data: bytes) -> None:
        self.asked += data
        while b"\r\n\r\n" in self.asked:
            head, _, self.asked = self.asked.partition(b"\r\n\r\n")
            etag = b"ETag: " + _ETAG.encode() + b"\r\n"
            if b"If-None-Match" in head:
                self.transport.write(
                    b"HTTP/1.1 304 Not Modified\r\n" + self.common + etag + b"\r\n"
                )
            else:
                length = b"Content-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % _SIZE
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\n" + self.common + etag + length + self.body
                )


async def _publish() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Publisher, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_publish())

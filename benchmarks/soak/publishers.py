"""The publishers of the soak, in a process of their own: feeds that bring news as time goes on.

`python -m benchmarks.soak.publishers` prints its port and reads minutes since the made-up beginning
from its input, a line each. Every feed has a pace of its own; some of them fail. What is posted is
accepted, as by a hub.
"""

import asyncio
import sys
from collections.abc import Sequence
from functools import lru_cache

from benchmarks.publisher import written

GAPS: Sequence[int] = (20, 60, 180, 720, 1440)  # minutes between two entries of a feed
_FAILING = 37  # every so-manieth feed answers 503 in every fifth hour


class _Server:
    def __init__(self) -> None:
        self.minutes = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                head = request.decode("latin-1").lower()
                await reader.readexactly(_length(head))
                writer.write(self._reply(head))
                await writer.drain()
                if "connection: close" in head:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def _reply(self, head: str) -> bytes:
        if head.startswith("post "):
            return b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
        feed = int(head.split(" ", 2)[1].rpartition("/")[2])
        if feed % _FAILING == 1 and self.minutes // 60 % 5 == 0:
            return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        newest = self.minutes // GAPS[feed % len(GAPS)]
        mark = f'"{feed}-{newest}"'
        if f"if-none-match: {mark}" in head:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {mark}\r\n\r\n".encode()
        body = _document(feed, newest)
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\nETag: {mark}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def hear(self) -> None:
        """Take the newest of the lines that wait; the end of them is our end."""
        line = sys.stdin.readline()
        if not line:
            raise SystemExit
        self.minutes = int(line)


def _length(head: str) -> int:
    """The bytes of a request's body."""
    return int((head.partition("\r\ncontent-length:")[2] or "0\r\n").partition("\r\n")[0])


@lru_cache(maxsize=1_000)
def _document(feed: int, newest: int) -> bytes:
    return written(feed, newest, GAPS[feed % len(GAPS)])


async def serve() -> None:
    """Answer on every address of this machine, so that each feed can have a host of its own."""
    publishers = _Server()
    asyncio.get_running_loop().add_reader(sys.stdin, publishers.hear)
    server = await asyncio.start_server(publishers.answer, "0.0.0.0", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())

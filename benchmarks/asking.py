"""Asks one server again and again over kept connections: the client of `serve` where wrk is not.

`python -m benchmarks.asking SITE PATH SECONDS CONNECTIONS STATUS HEADERS` prints how many answers
came; HEADERS is a JSON object. Every answer must have the status and the length of the first.
"""

import json
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit


def main(site: str, path: str, seconds: str, connections: str, status: str, headers: str) -> None:
    """Keep one request under way on every connection until the time is up."""
    host, port = urlsplit(site).hostname or "", urlsplit(site).port or 80
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}"]
    lines += [f"{name}: {value}" for name, value in json.loads(headers).items()]
    request = "\r\n".join((*lines, "", "")).encode()
    length = _length(host, port, request, status.encode())
    waiting = selectors.DefaultSelector()
    taken: dict[int, int] = {}
    for _ in range(int(connections)):
        connection = socket.create_connection((host, port))
        connection.sendall(request)
        taken[connection.fileno()] = 0
        waiting.register(connection, selectors.EVENT_READ)
    answers, end = 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for key, _ in waiting.select(1):
            connection = key.fileobj  # type: ignore[assignment]
            taken[key.fd] += len(connection.recv(262_144))
            if taken[key.fd] == length:
                answers += 1
                taken[key.fd] = 0
                connection.sendall(request)
            elif taken[key.fd] > length:
                sys.exit("an answer is longer than the first")
    print(answers)


def _length(host: str, port: int, request: bytes, status: bytes) -> int:
    """Give the bytes of one whole answer."""
    with socket.create_connection((host, port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(request)
        first = answer.readline()
        if first.split()[1] != status:
            sys.exit(f"wanted {status.decode()}, got {first.decode()}")
        total, body = len(first), 0
        for line in answer:
            total += len(line)
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                body = int(value)
            if line == b"\r\n":
                break
    return total + (0 if status == b"304" else body)


if __name__ == "__main__":
    main(*sys.argv[1:])

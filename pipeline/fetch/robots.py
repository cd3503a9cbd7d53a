"""The robots.txt of every site whose pages are read: asked for once a day (RFC 9309)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.errors import FetchError
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.politeness import STOPPING
from pipeline.model import Fetched
from pipeline.stages.robots import LARGEST_FILE

KEPT_FOR = 24 * 3600.0  # section 2.4
MISSED_FOR = 15 * 60.0
MOST_SITES = 1_000
MOST_BYTES = 16 * 1024 * 1024
_NO_FILE = {"empty", "redirect_missing", "redirect_loop", "too_many_redirects"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    file: bytes | None
    until: float


class RobotsFiles:
    """The robots.txt files of sites, fetched through the guard and kept for a day.

    A scheme, host and port have one file. `clock` gives monotonic seconds.
    """

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0

    async def file_for(self, url: str) -> bytes | None:
        """Give the file that holds for an address: its first 500 KiB, b"" where there is none.

        None where it cannot be had now (the server is down or answers 5xx): then nothing of the
        site may be read. Raises FetchError of kinds `host_paused` and `stopping` only.
        """
        site = site_of(url)
        kept = self._kept.get(site)
        if kept is None or kept.until <= self._clock():
            kept = await self._ask(site)
            self._keep(site, kept)
        return kept.file

    async def _ask(self, site: str) -> _Kept:
        try:
            answer = await self._fetcher.fetch(f"{site}/robots.txt")
        except FetchError as error:
            if error.kind in ("host_paused", STOPPING):
                raise
            if _has_none(error):
                return _Kept(file=b"", until=self._clock() + KEPT_FOR)
            return _Kept(file=None, until=self._clock() + MISSED_FOR)
        assert isinstance(answer, Fetched), "without validators there is no 304"
        return _Kept(file=answer.body[:LARGEST_FILE], until=self._clock() + KEPT_FOR)

    def _keep(self, site: str, kept: _Kept) -> None:
        self._drop(site)
        self._kept[site] = kept
        self._bytes += len(kept.file or b"")
        while len(self._kept) > MOST_SITES or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, site: str) -> None:
        dropped = self._kept.pop(site, None)
        if dropped is not None:
            self._bytes -= len(dropped.file or b"")


def site_of(url: str) -> str:
    """The scheme, host and port of an address, as one robots.txt holds for them."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"


def _has_none(error: FetchError) -> bool:
    """Whether the site answered that it has no such file (section 2.3.1.3); 429 is a plea."""
    status = error.status or 0
    return (400 <= status < 500 and status != 429) or error.kind in _NO_FILE

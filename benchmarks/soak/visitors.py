"""Visitors of the soak, over HTTP: an editor who decides what waits, readers of the public side.

They use kept cookies, tags and tokens as browsers and programs do; a wrong answer ends the soak.
"""

import json
from collections.abc import Mapping
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

_PAGES = ("/", "/latest-news.atom", "/latest-news.json", "/feeds.opml", "/subscribe")
_DESK = ("/desk", "/desk?status=approved", "/desk/feeds", "/desk/log", "/desk/digest", "/metrics")
_READERS = 10
_VERDICTS = 12


class Visitors:
    """An editor and readers of one site; `token` is the editor's, for programs."""

    def __init__(self, site: str, name: str, password: str, token: str) -> None:
        self._site = site
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._token = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._tags: dict[str, str] = {}
        self._login = urlencode({"name": name, "password": password}).encode()
        self.requests = 0
        self.verdicts = 0

    def log_in(self) -> None:
        """Log the editor in."""
        self._ask("/login", data=self._login, headers={"Origin": self._site})

    def come(self) -> None:
        """Visit once: decide what waits, look at the desk, and read what is published."""
        self._decide()
        for path in _DESK:
            self._ask(path)
        for _ in range(_READERS):
            for path in _PAGES:
                self._read(path)

    def _decide(self) -> None:
        listed = json.loads(
            self._ask(f"/api/v1/matches?status=pending&limit={_VERDICTS}", self._token)
        )
        waiting = [{"id": each["id"], "seen_as": each["status"]} for each in listed["items"]]
        for verdict, some in (("approve", waiting[::3] + waiting[1::3]), ("reject", waiting[2::3])):
            if some:
                asked = {"verdict": verdict, "matches": some}
                self._ask("/api/v1/reviews", self._token, json.dumps(asked).encode())
                self.verdicts += len(some)

    def _read(self, path: str) -> None:
        known = {"If-None-Match": self._tags[path]} if path in self._tags else {}
        try:
            self._ask(path, {"Accept-Encoding": "gzip", **known}, tag_of=path)
        except HTTPError as error:
            if error.code != 304:
                raise

    def _ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        tag_of: str = "",
    ) -> bytes:
        self.requests += 1
        asked = Request(self._site + path, data=data, headers=dict(headers or {}))
        with self._opener.open(asked, timeout=30) as answer:
            if tag_of and answer.headers["ETag"]:
                self._tags[tag_of] = answer.headers["ETag"]
            found: bytes = answer.read()
            return found

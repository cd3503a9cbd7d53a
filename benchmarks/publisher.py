"""Made-up publishers on this machine: thousands of feeds, served quickly, changed on demand.

Run as a process of its own, so that its cost is nobody's: `python -m benchmarks.publisher 400`
prints its address. `/feed/7` is a document with an ETag; `/turn` edits a tenth of the documents.
"""

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from functools import lru_cache

ENTRIES = 30
_CHANGED = 10  # every tenth feed changes at a turn, by two entries
BEGAN = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
_COMMON = (
    "the of and in to for with after over against minister talks report court budget election "
    "market rains harvest border school hospital police army village road bridge strike prices"
)
_SYLLABLES = ("ba", "con", "de", "fer", "gi", "lan", "mo", "ner", "po", "ri", "sa", "ten", "vu")
_WORDS = (
    *_COMMON.split(),
    *(a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("", "ly", "ment", "rs", "tion")),
)
_PLACES = ("Mali", "Bamako", "Kidal", "Sudan", "Goma", "Gaza", "Kyiv", "Port-au-Prince")
_ACCENTED = ("café", "Niaménia", "Côte", "général", "“accord”", "l’armée")


@lru_cache(maxsize=20_000)
def document(feed: int, turn: int) -> bytes:
    """The document of a feed after so many turns: RSS mostly, some Atom, a few that are odd."""
    return written(feed, 2 * turn if feed % _CHANGED == 0 else 0)


def written(feed: int, newest: int, gap: int = 20) -> bytes:
    """The document of a feed up to its entry with this number; they are `gap` minutes apart."""
    entries = [_entry(feed, number, gap) for number in range(newest, newest - ENTRIES, -1)]
    if feed % 5 == 4:
        return _atom(feed, entries).encode()
    return _rss(feed, entries, odd=feed % 50 == 0).encode()


def etag(feed: int, turn: int) -> str:
    """The document's validator: it changes when the document does."""
    return f'"{feed}-{turn if feed % _CHANGED == 0 else 0}"'


def _entry(feed: int, number: int, gap: int) -> dict[str, str]:
    dice = random.Random(feed * 100_003 + number)
    words = dice.choices(_WORDS, k=9)
    if dice.random() < 0.02:
        words[3] = dice.choice(_PLACES)
    if dice.random() < 0.3:
        words[5] = dice.choice(_ACCENTED)
    said = [" ".join(dice.choices(_WORDS, k=dice.randint(12, 40))) for _ in range(3)]
    moment = BEGAN + timedelta(minutes=gap * number)
    slug = f"{'-'.join(words[:3])}-{number + 99}"
    link = f"https://outlet-{feed}.example/news/{moment:%Y/%m/%d}/{slug}"
    picture = f'<img src="{link}.jpg" alt="" />'
    return {
        "title": " ".join(words).capitalize(),
        "link": link,
        "mail_date": f"{moment:%a, %d %b %Y %H:%M:%S} GMT",
        "web_date": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "author": dice.choice(("Staff writer", "Awa Traoré", "J. Okello")),
        "category": dice.choice(("World", "Africa", "Politics", "Business")),
        "plain": said[0].capitalize() + ".",
        "html": f"<p>{picture}{said[0]}.</p><p>{said[1]} &amp; {said[2]}.</p>",
    }


def _rss(feed: int, entries: list[dict[str, str]], *, odd: bool) -> str:
    items = "".join(
        f"""<item>
      <title>{entry["title"]}</title>
      <link>{entry["link"]}</link>
      <guid isPermaLink="{"true" if feed % 2 else "false"}">{entry["link"]}</guid>
      <dc:creator><![CDATA[{entry["author"]}]]></dc:creator>
      <category>{entry["category"]}</category>
      <pubDate>{entry["mail_date"]}</pubDate>
      <description>{_summary(feed, entry)}</description>
      <media:content url="{entry["link"]}.jpg" medium="image" width="976" height="549" />
    </item>"""
        for entry in entries
    )
    doubt = 'xmlns:xlink="http://www.w3.org/1999/xlink"' if odd else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" {doubt} xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
  <channel><title>Outlet {feed}</title><link>https://outlet-{feed}.example/</link>
    <atom:link href="https://outlet-{feed}.example/rss" rel="self" type="application/rss+xml" />
    <description>News of the day</description><language>en</language><ttl>15</ttl>
    {items}
  </channel>
</rss>"""


def _summary(feed: int, entry: dict[str, str]) -> str:
    return f"<![CDATA[{entry['html']}]]>" if feed % 2 else entry["plain"]


def _atom(feed: int, entries: list[dict[str, str]]) -> str:
    items = "".join(
        f"""<entry><id>tag:outlet-{feed}.example,2026:{entry["link"]}</id>
    <title>{entry["title"]}</title><link rel="alternate" type="text/html" href="{entry["link"]}"/>
    <published>{entry["web_date"]}</published><updated>{entry["web_date"]}</updated>
    <author><name>{entry["author"]}</name></author>
    <summary type="html"><![CDATA[{entry["html"]}]]></summary></entry>"""
        for entry in entries
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:outlet-{feed}.example,2026:feed</id>
  <title>Outlet {feed}</title><link href="https://outlet-{feed}.example/"/>
  <updated>{entries[0]["web_date"]}</updated>{items}</feed>"""


class _Server:
    def __init__(self) -> None:
        self.turn = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                head = request.decode("latin-1")
                writer.write(self._reply(head))
                await writer.drain()
                if "connection: close" in head.lower():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def _reply(self, head: str) -> bytes:
        path = head.split(" ", 2)[1]
        if path == "/turn":
            self.turn += 1
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        feed = int(path.rpartition("/")[2])
        mark = etag(feed, self.turn)
        if f"if-none-match: {mark}" in head.lower():
            return f"HTTP/1.1 304 Not Modified\r\nETag: {mark}\r\n\r\n".encode()
        body = document(feed, self.turn)
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\nETag: {mark}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


async def serve(feeds: int) -> None:
    """Make every first document, open a port, say where, serve until killed."""
    for feed in range(feeds):
        document(feed, 0)
    server = await asyncio.start_server(_Server().answer, "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

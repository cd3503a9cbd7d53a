"""The Link header names hubs, whatever else it names."""

import httpx
import pytest

from pipeline.fetch.links import linked

BASE = "https://wire.example/news/feed"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((f"<{HUB}>; rel=hub",), HUB),
        ((f'<{HUB}>; title="a, b"; REL="self hub"',), HUB),
        ((f'<{BASE}>; rel="self", <{HUB}>; rel="HUB"',), HUB),
        ((f"<{BASE}>; rel=self", f"<{HUB}>; rel=hub"), HUB),
        (("</hub>; rel=hub",), "https://wire.example/hub"),
        ((f"<ftp://hub.example/>; rel=hub, <{HUB}>; rel=hub",), HUB),
        ((f"<https://[::1/>; rel=hub, <{HUB}>; rel=hub",), HUB),
        ((f"<https://hub.example/a b>; rel=hub, <{HUB}>; rel=hub",), HUB),
        ((f"<https://hub.example/{'x' * 2048}>; rel=hub, <{HUB}>; rel=hub",), HUB),
        ((f"<{HUB}>",), None),
        ((f"<{HUB}>; rel=hubs",), None),
        (("hub; rel=hub", "<" * 5000, '<a>; rel="hub'), None),
        ((), None),
    ],
)
def test_the_first_usable_link_in_the_relation_counts(
    lines: tuple[str, ...], found: str | None
) -> None:
    headers = httpx.Headers([("Link", line) for line in lines])
    assert linked(headers, "hub", BASE) == found

"""Which hub announces a feed, by which name, and whether a push is the hub's."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.follow import (
    LONGEST_ADDRESS,
    LONGEST_LEASE,
    SHORTEST_LEASE,
    WANTED_LEASE,
    Signature,
    hub_and_topic,
    lease_of,
)

FEED = "https://wire.example/feed"
HUB = "https://hub.example/"
NOTHING = (None, None)


def test_a_feed_without_a_hub_is_followed_by_none() -> None:
    assert hub_and_topic(FEED, NOTHING, (None, FEED)) == ("", "")


def test_the_header_counts_before_the_document() -> None:
    header = ("https://one.example/", "https://wire.example/one")
    assert hub_and_topic(FEED, header, (HUB, FEED)) == header
    assert hub_and_topic(FEED, NOTHING, (HUB, FEED)) == (HUB, FEED)


@pytest.mark.parametrize(
    ("called", "topic"),
    [
        (None, FEED),
        ("https://wire.example/feed?full", "https://wire.example/feed?full"),
        ("http://WIRE.example/feed", "http://WIRE.example/feed"),
        ("https://other.example/feed", FEED),
        ("https://wire.example:8443/feed", FEED),
        ("https://user@wire.example/feed", FEED),
    ],
)
def test_a_feed_speaks_for_its_own_host_only(called: str | None, topic: str) -> None:
    assert hub_and_topic(FEED, NOTHING, (HUB, called)) == (HUB, topic)


@pytest.mark.parametrize("hub", ["https://me:secret@hub.example/", HUB + "x" * LONGEST_ADDRESS])
def test_a_hub_that_cannot_be_asked_is_none(hub: str) -> None:
    assert hub_and_topic(FEED, NOTHING, (hub, FEED)) == ("", "")


@pytest.mark.parametrize(
    ("said", "lease"),
    [
        ("86400", timedelta(days=1)),
        (" 7200 ", timedelta(hours=2)),
        ("0", SHORTEST_LEASE),
        ("1", SHORTEST_LEASE),
        ("999999999999", LONGEST_LEASE),
        ("", WANTED_LEASE),
        ("-5", WANTED_LEASE),
        ("soon", WANTED_LEASE),
        ("9" * 400, WANTED_LEASE),
    ],
)
def test_a_lease_lasts_between_an_hour_and_a_month(said: str, lease: timedelta) -> None:
    assert lease_of(said) == lease


def holds(header: str, *chunks: bytes, secret: str = "s" * 64) -> bool:
    signature = Signature(secret, header)
    for chunk in chunks:
        signature.take(chunk)
    return signature.holds


def signed(name: str, body: bytes, secret: str = "s" * 64) -> str:
    return f"{name}={hmac.new(secret.encode(), body, getattr(hashlib, name)).hexdigest()}"


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_holds_for_the_whole_body_and_no_other(name: str) -> None:
    header = signed(name, b"<feed/>")
    assert holds(header, b"<fe", b"", b"ed/>")
    assert holds(header.upper(), b"<feed/>")
    assert not holds(header, b"<feed/>", b" ")
    assert not holds(header, b"<feed/>", secret="another")
    assert not holds(header)


@pytest.mark.parametrize(
    "header",
    ["", "sha1=" + "0" * 40, signed("md5", b"x"), "sha256=", "sha256=00", "md5=" + "0" * 32,
     signed("sha256", b"x") + ", " + signed("sha256", b"x"), "sha512=" + signed("sha256", b"x")[7:]],
)  # fmt: skip
def test_what_is_no_signature_of_ours_never_holds(header: str) -> None:
    assert not holds(header, b"x")


@given(st.text(max_size=200), st.binary(max_size=50))
def test_no_header_breaks_the_check(header: str, body: bytes) -> None:
    assert not holds(header, body)

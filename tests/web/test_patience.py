"""Who takes the same whole feed too often waits; nobody else does, and memory stays bounded."""

import pytest

from pipeline.web.patience import Patience

AWA, BINTA = ("192.0.2.1", b"", b"Reader/1"), ("192.0.2.2", b"", b"Reader/1")


def test_a_wait_ends_when_it_said_and_refusals_do_not_prolong_it() -> None:
    patience = Patience(300)
    assert patience.wait("a.atom", AWA, 1_000.0) == 0
    assert [patience.wait("a.atom", AWA, at) for at in (1_000.0, 1_100.5, 1_299.9)] == [300, 200, 1]
    assert patience.wait("a.atom", AWA, 1_300.0) == 0


def test_each_client_and_each_feed_counts_alone() -> None:
    patience = Patience(300)
    assert patience.wait("a.atom", AWA, 1_000.0) == 0
    assert patience.wait("b.atom", AWA, 1_000.0) == 0
    assert patience.wait("a.atom", BINTA, 1_000.0) == 0


def test_without_an_interval_nobody_waits() -> None:
    patience = Patience(0)
    assert [patience.wait("a.atom", AWA, 1_000.0) for _ in range(3)] == [0, 0, 0]


def test_of_very_many_clients_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.web.patience._MOST_CLIENTS", 10)
    patience = Patience(300)
    for number in range(50):
        assert patience.wait("a.atom", (str(number),), 1_000.0) == 0
    assert len(patience._took) == 10
    assert patience.wait("a.atom", ("49",), 1_001.0) == 299
    assert patience.wait("a.atom", ("0",), 1_001.0) == 0

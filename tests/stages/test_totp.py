"""One-time codes: those of the RFCs, good for a moment, and good once."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.stages.totp import PERIOD, code_at, key_uri, spelled, step_at, step_of

SECRET = b"12345678901234567890"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, step_at(moment), digits=8) == code


@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (0, "755224"),
        (1, "287082"),
        (2, "359152"),
        (3, "969429"),
        (4, "338314"),
        (5, "254676"),
        (6, "287922"),
        (7, "162583"),
        (8, "399871"),
        (9, "520489"),
    ],
)
def test_codes_are_those_of_rfc_4226(counter: int, code: str) -> None:
    assert code_at(SECRET, counter) == code


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_is_good_for_a_clock_that_is_half_a_minute_off(off: int) -> None:
    here = step_at(NOON)
    assert step_of(SECRET, code_at(SECRET, here + off), NOON, after=0) == here + off


@pytest.mark.parametrize("off", [-2, 2])
def test_a_code_of_another_minute_is_none(off: int) -> None:
    assert step_of(SECRET, code_at(SECRET, step_at(NOON) + off), NOON, after=0) is None


def test_a_code_that_was_used_is_none_and_neither_is_one_before_it() -> None:
    here = step_at(NOON)
    for after in (here, here + 1):
        assert step_of(SECRET, code_at(SECRET, here), NOON, after=after) is None
    later = NOON + timedelta(seconds=PERIOD)
    assert step_of(SECRET, code_at(SECRET, here + 1), later, after=here) == here + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٧٥٥٢٢٤", "é" * 6, "abcdef"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert step_of(SECRET, code, NOON, after=0) is None


def test_a_secret_can_be_typed_or_opened() -> None:
    assert spelled(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert key_uri(SECRET, issuer="Dateline", account="Awa Ké") == (
        "otpauth://totp/Dateline%3AAwa%20K%C3%A9"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dateline"
    )

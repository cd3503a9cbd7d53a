"""Outage: is it us or them."""

import pytest

from pipeline.stages.outage import is_out_of_reach, is_outage


@pytest.mark.parametrize(
    ("missed", "reached", "ours"),
    [
        (0, 0, False), (1, 0, False), (2, 0, False), (3, 0, True), (3, 1, False), (18, 1, False),
        (19, 0, True), (16, 4, True), (15, 5, False), (80, 20, True), (79, 21, False),
    ],
)  # fmt: skip
def test_four_in_five_of_twenty_hosts_or_all_of_three(
    missed: int, reached: int, ours: bool
) -> None:
    tried = {f"h{n}": n >= missed for n in range(missed + reached)}
    assert is_outage(tried) is ours


def test_only_what_fails_before_an_answer_may_be_our_network() -> None:
    assert is_out_of_reach("dns", None)
    assert is_out_of_reach("connect", None)
    assert not is_out_of_reach("connect", 200)
    assert not is_out_of_reach("http_500", 500)
    assert not is_out_of_reach("timeout", None)

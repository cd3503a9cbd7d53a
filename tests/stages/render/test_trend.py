"""Ninety days of a conflict, as bars and as a sentence."""

import re
from datetime import date

from pipeline.stages.render.trend import DAYS, HEIGHT, Trend

TODAY = date(2026, 11, 22)


def test_ninety_days_end_today_and_older_ones_do_not_count() -> None:
    trend = Trend.of({TODAY: 2, date(2026, 8, 25): 3, date(2026, 8, 24): 50}, TODAY)
    assert (len(trend.counts), trend.counts[0], trend.counts[-1]) == (DAYS, 3, 2)
    assert (trend.first, trend.total) == (date(2026, 8, 25), 5)


def test_a_week_is_seven_days_and_a_month_thirty() -> None:
    assert Trend.of({date(2026, 11, 16): 1}, TODAY).activity == "week"
    assert Trend.of({date(2026, 11, 15): 1}, TODAY).activity == "month"
    assert Trend.of({date(2026, 10, 24): 1}, TODAY).activity == "month"
    assert Trend.of({date(2026, 10, 23): 1}, TODAY).activity == "quiet"
    assert Trend.of({date(2026, 11, 16): 4, date(2026, 11, 15): 1}, TODAY).week == 4


def test_bars_are_as_high_as_their_share_of_the_best_day() -> None:
    trend = Trend.of({TODAY: 12, date(2026, 11, 21): 6, date(2026, 8, 25): 1}, TODAY)
    bars = re.findall(r"M(\d+)\.5 24v-(\d+)", trend.bars)
    assert bars == [("0", "2"), ("88", "12"), ("89", str(HEIGHT))]


def test_one_article_makes_no_wave() -> None:
    assert Trend.of({TODAY: 1}, TODAY).bars == "M89.5 24v-6"
    assert Trend.of({TODAY: 1, date(2026, 9, 1): 300}, TODAY).bars.endswith("v-1")
    assert Trend.of({}, TODAY).bars == ""


def test_words_say_what_the_bars_show() -> None:
    assert Trend.of({TODAY: 1}, TODAY).sentence == (
        "1 approved article in the 90 days to 22 November 2026, most on 22 November 2026 (1)."
    )
    assert Trend.of({TODAY: 2, date(2026, 11, 2): 2}, TODAY).sentence == (
        "4 approved articles in the 90 days to 22 November 2026, most on 22 November 2026 (2)."
    )
    assert Trend.of({}, TODAY).sentence == (
        "No approved article in the 90 days to 22 November 2026."
    )

"""Four weeks of a feed, drawn for a terminal and a page, and said in words."""

from datetime import date, timedelta

from pipeline.model import FeedDay
from pipeline.stages.chart import DAYS, bars, blocks, summary

TODAY = date(2026, 11, 22)


def day(back: int, new: int, fetches: int = 48, failed: int = 0) -> FeedDay:
    return FeedDay(
        day=TODAY - timedelta(days=back), fetches=fetches, failed=failed, articles_new=new
    )


def test_a_day_is_a_block_and_the_last_is_today() -> None:
    drawn = blocks([day(3, 4), day(2, 0), day(1, 16), day(0, 0, 5, 5)], TODAY)
    assert drawn == " " * 24 + "▃▁▇×"
    assert len(drawn) == DAYS


def test_a_terminal_without_unicode_gets_ascii() -> None:
    drawn = blocks([day(1, 16), day(0, 0, 5, 5)], TODAY, plain=True)
    assert drawn == " " * 26 + "#x"


def test_a_feed_without_news_is_flat() -> None:
    assert blocks([day(1, 0), day(0, 0)], TODAY) == " " * 26 + "▁▁"


def test_bars_grow_with_the_root_of_the_count_and_show_the_share_of_failures() -> None:
    shown = bars([day(1, 100), day(0, 25, 48, 12)], TODAY)
    assert [bar.height for bar in shown[-2:]] == [1.0, 0.5]
    assert (shown[-1].trouble, shown[0].trouble) == (0.25, 0.0)


def test_days_outside_the_four_weeks_are_left_out() -> None:
    assert len(bars([day(28, 500), day(0, 1)], TODAY)) == DAYS
    assert bars([day(28, 500), day(0, 1)], TODAY)[-1].height == 1.0


def test_the_chart_is_said_in_words() -> None:
    assert summary([], TODAY) == "No attempt in the 28 days up to 2026-11-22."
    assert summary([day(0, 0)], TODAY) == "0 new articles in 1 day."
    told = summary([day(1, 1), day(0, 0, 2, 1)], TODAY)
    assert told == ("1 new article in 2 days, most on 2026-11-21 (1); 1 failed attempt on 1 day.")
    assert "3 failed attempts on 2 days" in summary([day(1, 0, 2, 1), day(0, 0, 2, 2)], TODAY)

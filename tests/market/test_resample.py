"""Bars made from quotes: by hand, against a slow obvious twin, and where days begin."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Quotes
from simcore.market.errors import DataError
from simcore.market.resample import resample
from tests.times import DAY, HOUR, MINUTE, SECOND, ns

SIDES = ("open", "high", "low", "close")


def at(times, bid=None, spread=0.5):
    """Return quotes at the given times, bids 1, 2, 3 ... where none are given."""
    bid = np.arange(1.0, len(times) + 1) if bid is None else np.array(bid, float)
    return Quotes("X", [ns(t) for t in times], bid, bid + spread)


def test_bars_by_hand():
    # minute 10:00 holds 3, 5, 2, 4; minute 10:01 nothing; minute 10:02 holds 7; 10:03:00 itself belongs to 10:03
    times = ["2024-01-02T10:00:00", "2024-01-02T10:00:20", "2024-01-02T10:00:40", "2024-01-02T10:00:59.999999999"]
    quotes = at([*times, "2024-01-02T10:02:30", "2024-01-02T10:03:00"], [3, 5, 2, 4, 7, 8])
    bars = resample(quotes, "1m")
    assert bars.timeframe == "1min"
    assert bars.ts.tolist() == [ns("2024-01-02T10:00"), ns("2024-01-02T10:02"), ns("2024-01-02T10:03")]
    assert [getattr(bars, side).tolist() for side in SIDES] == [[3, 7, 8], [5, 7, 8], [2, 7, 8], [4, 7, 8]]
    assert [getattr(bars, f"ask_{side}")[0] for side in SIDES] == [3.5, 5.5, 2.5, 4.5]
    assert bars.volume.tolist() == [4, 1, 1]


def test_bid_and_ask_extremes_may_be_of_different_quotes():
    # crossed at the second quote: bid 5 over ask 4
    ts = [ns("2024-01-02T10:00") + i for i in range(3)]
    bars = resample(Quotes("X", ts, [3.0, 5.0, 4.0], [6.0, 4.0, 5.0]), "1h")
    assert [bars.high[0], bars.low[0], bars.ask_high[0], bars.ask_low[0]] == [5, 3, 6, 4]


def test_no_quotes_make_no_bars():
    bars = resample(at(["2024-01-02T10:00"]).slice(0, 0), "1min")
    assert len(bars) == 0
    assert len(resample(at(["2024-01-02T10:00"]).slice(0, 0), "1D", day_start="17:00 America/New_York")) == 0


def test_bars_before_1970_start_before_their_quotes():
    bars = resample(at(["1969-12-31T23:59:30"]), "1h")
    assert bars.ts[0] == -HOUR


def test_days_and_weeks_begin_at_midnight_utc_and_on_monday():
    # 2024-01-01 was a Monday
    quotes = at(["2023-12-31T23:59", "2024-01-01T00:00", "2024-01-07T23:59", "2024-01-08T00:00"])
    assert resample(quotes, "1D").ts.tolist() == [
        ns(day) for day in ("2023-12-31", "2024-01-01", "2024-01-07", "2024-01-08")
    ]
    weeks = resample(quotes, "1W")
    assert weeks.ts.tolist() == [ns(day) for day in ("2023-12-25", "2024-01-01", "2024-01-08")]
    assert weeks.volume.tolist() == [1, 2, 1]


def test_new_york_days_follow_daylight_saving():
    # 17:00 New York is 22:00 UTC on Friday 2024-03-08 and 21:00 from Sunday 2024-03-10 on
    times = ["2024-03-08T21:59", "2024-03-08T22:00", "2024-03-10T20:59", "2024-03-10T21:00", "2024-03-11T20:59"]
    bars = resample(at([*times, "2024-03-11T21:00"]), "1D", day_start="17:00 America/New_York")
    starts = ["2024-03-07T22:00", "2024-03-08T22:00", "2024-03-09T22:00", "2024-03-10T21:00", "2024-03-11T21:00"]
    assert bars.ts.tolist() == [ns(start) for start in starts]
    assert bars.volume.tolist() == [1, 1, 1, 2, 1]


def test_a_trading_week_begins_with_mondays_day():
    # with days from 17:00 New York, Monday's begins on Sunday 2024-01-07 at 22:00 UTC
    quotes = at(["2024-01-05T21:00", "2024-01-07T21:59", "2024-01-07T22:00", "2024-01-12T21:59"])
    bars = resample(quotes, "1W", day_start="17:00 America/New_York")
    assert bars.ts.tolist() == [ns("2023-12-31T22:00"), ns("2024-01-07T22:00")]
    assert bars.volume.tolist() == [2, 2]
    # with days from 08:00 UTC, Monday's begins on Monday
    assert resample(quotes, "1W", day_start="08:00 UTC").ts.tolist() == [ns("2024-01-01T08:00"), ns("2024-01-08T08:00")]


def test_day_start_leaves_hours_alone():
    quotes = at(["2024-01-02T10:59", "2024-01-02T11:00", "2024-01-02T13:00"])
    with_day, without = (resample(quotes, "4h", day_start=start) for start in ("17:30 America/New_York", None))
    assert with_day.ts.tolist() == without.ts.tolist() == [ns("2024-01-02T08:00"), ns("2024-01-02T12:00")]


@pytest.mark.parametrize("text", ["5pm", "25:00", "17:60 UTC", "17:00 Nowhere/City", 17])
def test_refuses_a_day_start_it_cannot_read(text):
    with pytest.raises(DataError, match=r"day_start must read like|unknown time zone"):
        resample(at(["2024-01-02"]), "1D", day_start=text)


# The twin: one quote at a time, in a dictionary.


def day_of(ts, zone):
    """Return the start of the day from 17:00 to 17:00 in `zone` that holds `ts`, by going back hour by hour."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ts // SECOND)
    local = moment.astimezone(ZoneInfo(zone))
    day = local.date() if local.hour >= 17 else local.date() - timedelta(days=1)
    start = datetime(day.year, day.month, day.day, 17, tzinfo=ZoneInfo(zone))
    return int((start - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND


def slow_bars(quotes, start_of):
    bars = {}
    for ts, bid, ask in zip(quotes.ts.tolist(), quotes.bid.tolist(), quotes.ask.tolist(), strict=True):
        bars.setdefault(start_of(ts), []).append((bid, ask))
    rows = []
    for start, ticks in bars.items():
        bids, asks = zip(*ticks, strict=True)
        path = [f(side) for side in (bids, asks) for f in (lambda s: s[0], max, min, lambda s: s[-1])]
        rows.append((start, *path, len(ticks)))
    return rows


def rows_of(bars):
    names = ("ts", *SIDES, *(f"ask_{side}" for side in SIDES), "volume")
    return list(zip(*(getattr(bars, name).tolist() for name in names), strict=True))


@st.composite
def random_quotes(draw, longest):
    steps = draw(st.lists(st.integers(0, longest), min_size=1, max_size=60))
    first = draw(st.integers(ns("1969-12-25"), ns("2030-01-01")))
    price = st.integers(1, 50).map(lambda p: p / 10)
    prices = draw(st.lists(st.tuples(price, price), min_size=len(steps), max_size=len(steps)))
    bid, ask = zip(*prices, strict=True)
    return Quotes("X", first + np.cumsum(steps), list(bid), list(ask))


@given(random_quotes(3 * MINUTE), st.sampled_from([("1s", SECOND), ("1min", MINUTE), ("7min", 7 * MINUTE)]))
def test_equals_the_twin(quotes, timeframe):
    text, length = timeframe
    assert rows_of(resample(quotes, text)) == slow_bars(quotes, lambda ts: math.floor(ts / length) * length)


@given(random_quotes(2 * DAY), st.sampled_from(["America/New_York", "Australia/Sydney"]))
def test_days_equal_the_twin_through_daylight_saving(quotes, zone):
    assert rows_of(resample(quotes, "1D", day_start=f"17:00 {zone}")) == slow_bars(quotes, lambda ts: day_of(ts, zone))

"""Bars of bars, of prints and of sessions; polars' group_by_dynamic as a second opinion."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.resample import resample
from tests.times import DAY, HOUR, MINUTE, SECOND, ns

SIDES = ("open", "high", "low", "close")


def at(times, bid=None, spread=0.5):
    bid = np.arange(1.0, len(times) + 1) if bid is None else np.array(bid, float)
    return Quotes("X", [ns(t) for t in times], bid, bid + spread)


def texts(times):
    return [str(t)[:16] for t in np.asarray(times).view("M8[ns]")]


def same(a, b):
    """Every column equal, bit for bit; volume may be nan in both."""
    assert a.timeframe == b.timeframe
    ours, theirs = a.given(), b.given()
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert np.array_equal(values, theirs[name], equal_nan=name == "volume"), name


@st.composite
def random_quotes(draw, longest=3 * MINUTE):
    steps = draw(st.lists(st.integers(0, longest), min_size=1, max_size=60))
    first = draw(st.integers(ns("1969-12-25"), ns("2030-01-01")))
    price = st.integers(1, 50).map(lambda p: p / 10)
    prices = draw(st.lists(st.tuples(price, price, price, price), min_size=len(steps), max_size=len(steps)))
    bid, ask, bid_size, ask_size = (list(values) for values in zip(*prices, strict=True))
    return Quotes("X", first + np.cumsum(steps), bid, ask, bid_size, ask_size)


@given(random_quotes(), st.sampled_from([("30s", "30s"), ("1min", "1m"), ("7min", "7m"), ("4h", "4h"), ("1D", "1d")]))
def test_equals_polars(quotes, timeframe):
    ours, theirs = timeframe
    bars = resample(quotes, ours)
    frame = quotes.to_polars().group_by_dynamic("ts", every=theirs)
    aggregated = [
        f(name).alias(f"{prefix}{side}")
        for name, prefix in (("bid", ""), ("ask", "ask_"))
        for side, f in zip(SIDES, (pl.first, pl.max, pl.min, pl.last), strict=True)
    ]
    expected = frame.agg(*aggregated, pl.len().cast(pl.Float64).alias("volume"))
    assert bars.to_polars().select(expected.columns).equals(expected)


@given(random_quotes(), st.sampled_from(["bid_size", "ask_size"]))
def test_sizes_add_up(quotes, name):
    bars = resample(quotes, "1min", volume=name)
    expected = quotes.to_polars().group_by_dynamic("ts", every="1m").agg(pl.sum(name))
    assert bars.volume == pytest.approx(expected[name].to_numpy(), rel=1e-12)


@given(
    random_quotes(), st.sampled_from([("1s", "1min"), ("1min", "5min"), ("1min", "1h"), ("1h", "1D"), ("30s", "1W")])
)
def test_bars_of_bars_are_the_bars_of_the_ticks(quotes, timeframes):
    short, long = timeframes
    same(resample(resample(quotes, short), long), resample(quotes, long))


@given(random_quotes(longest=DAY // 3), st.sampled_from(["America/New_York", "Australia/Sydney"]))
def test_bars_of_bars_keep_days_that_begin_at_five(quotes, zone):
    day = f"17:00 {zone}"
    same(resample(resample(quotes, "1h"), "1D", day_start=day), resample(quotes, "1D", day_start=day))
    same(resample(resample(quotes, "1D", day_start=day), "1W", day_start=day), resample(quotes, "1W", day_start=day))


def test_days_of_23_and_25_hours_have_their_end():
    # New York springs forward on 2024-03-10 and falls back on 2024-11-03
    spring = resample(at(["2024-03-08T23:00", "2024-03-09T23:00"]), "1D", day_start="17:00 America/New_York")
    assert spring.end is not None
    assert ((spring.end - spring.ts) // HOUR).tolist() == [24, 23]
    autumn = resample(at(["2024-11-02T22:00", "2024-11-03T23:00"]), "1D", day_start="17:00 America/New_York")
    assert autumn.end is not None
    assert ((autumn.end - autumn.ts) // HOUR).tolist() == [25, 24]
    assert resample(at(["2024-01-03", "2024-01-04"]), "1D", day_start="17:00 America/New_York").end is None


def test_one_price_bars_stay_one_price():
    bars = Bars(
        "X", "1min", [0, MINUTE, 2 * MINUTE], [1.0, 2, 3], [4.0, 5, 6], [0.5, 1.5, 2.5], [2.0, 3, 4], [7.0, 8, 9]
    )
    made = resample(bars, "2min")
    assert made.one_price
    assert [getattr(made, side).tolist() for side in SIDES] == [[1, 3], [5, 6], [0.5, 2.5], [3, 4]]
    assert made.volume.tolist() == [15, 9]


def test_prints_by_hand():
    prints = Prints("X", [0, SECOND, MINUTE], [2.0, 1.0, 3.0], size=[10.0, 5.0, np.nan])
    bars = resample(prints, "1min")
    assert [getattr(bars, side).tolist() for side in SIDES] == [[2, 3], [2, 3], [1, 3], [1, 3]]
    assert np.array_equal(bars.volume, [15.0, np.nan], equal_nan=True)
    assert bars.one_price


def test_an_exchange_day_is_its_session_half_days_too():
    # NYSE 09:30-16:00 New York; Friday 2023-11-24 closes at 13:00; Thursday is Thanksgiving
    quotes = at(
        [
            "2023-11-22T14:29",  # before the open: in no bar
            "2023-11-22T14:30",
            "2023-11-22T20:59",
            "2023-11-22T21:00",  # at the close: in no bar
            "2023-11-23T15:00",  # holiday
            "2023-11-24T17:59",
            "2023-11-24T18:00",
        ]
    )
    bars = resample(quotes, "1D", calendar="XNYS")
    assert texts(bars.ts) == ["2023-11-22T14:30", "2023-11-24T14:30"]
    assert bars.end is not None
    assert texts(bars.end) == ["2023-11-22T21:00", "2023-11-24T18:00"]
    assert bars.open.tolist() == [2, 6]
    assert bars.close.tolist() == [3, 6]
    assert bars.volume.tolist() == [2, 1]


def test_hours_of_a_session_begin_at_its_open_and_end_at_its_close():
    # 2024-03-08 is EST: 14:30-21:00 UTC; Monday 2024-03-11 is EDT: 13:30-20:00
    quotes = at(["2024-03-08T15:29", "2024-03-08T15:30", "2024-03-08T20:45", "2024-03-11T13:30", "2024-03-11T19:30"])
    bars = resample(quotes, "1h", calendar="XNYS")
    starts = ["2024-03-08T14:30", "2024-03-08T15:30", "2024-03-08T20:30", "2024-03-11T13:30", "2024-03-11T19:30"]
    assert texts(bars.ts) == starts
    assert bars.end is not None
    assert ((bars.end - bars.ts) // MINUTE).tolist() == [60, 60, 30, 60, 30]


def test_a_lunch_break_parts_hours_but_not_days():
    # Hong Kong 09:30-12:00 and 13:00-16:00 at UTC+8
    quotes = at(["2024-03-07T03:45", "2024-03-07T04:30", "2024-03-07T05:10", "2024-03-07T07:59"])
    hours = resample(quotes, "1h", calendar="XHKG")
    assert texts(hours.ts) == ["2024-03-07T03:30", "2024-03-07T05:00", "2024-03-07T07:00"]
    assert hours.volume.tolist() == [1, 1, 1]  # 04:30 is lunch
    days = resample(quotes, "1D", calendar="XHKG")
    assert texts(days.ts) == ["2024-03-07T01:30"]
    assert days.volume.tolist() == [4]


def test_the_fx_week_counts_from_sunday_five():
    quotes = at(["2024-03-10T20:59", "2024-03-10T21:00", "2024-03-15T20:59", "2024-03-15T21:00"])
    bars = resample(quotes, "4h", calendar="fx")
    assert texts(bars.ts) == ["2024-03-10T21:00", "2024-03-15T17:00"]


def test_always_open_is_no_calendar():
    # five hours counted from 1970 go from 20:00 to 01:00 here; sessions from midnight to midnight would part them
    bars = resample(at(["2024-01-03T23:30", "2024-01-04T00:30"]), "5h", calendar="24/7")
    assert texts(bars.ts) == ["2024-01-03T20:00"]


@pytest.mark.parametrize(
    ("timeframe", "options", "message"),
    [
        ("1D", {"calendar": "XNYX"}, 'unknown calendar .*Did you mean "XNYS"'),
        ("1D", {"calendar": "fx"}, "give day_start"),
        ("1W", {"calendar": "XNYS"}, "make 1D bars"),
        ("1D", {"calendar": "XNYS", "day_start": "00:00"}, "one of them"),
        ("5min", {"volume": "bid_size"}, "have no bid_size"),
    ],
)
def test_refuses(timeframe, options, message):
    with pytest.raises(DataError, match=message):
        resample(at(["2024-03-07T03:45"]), timeframe, **options)


@pytest.mark.parametrize("timeframe", ["1min", "7min", "90s"])
def test_bars_cannot_be_cut(timeframe):
    bars = resample(at(["2024-03-07T03:45"]), "2min")
    with pytest.raises(DataError, match="ask for a multiple of 2min"):
        resample(bars, timeframe)


def test_ends_are_times_in_frames():
    bars = resample(at(["2023-11-24T15:00"]), "1D", calendar="XNYS")
    assert bars.to_polars()["end"].dtype == pl.Datetime("ns", "UTC")
    assert str(bars.to_pandas()["end"].iloc[0]) == "2023-11-24 18:00:00+00:00"
    assert bars.slice(0, 1).end is not None

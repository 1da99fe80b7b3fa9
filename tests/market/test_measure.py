"""Bars that end when something has happened: by hand, and what holds for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.measure import parse_bars, parse_measure
from simcore.market.resample import resample
from simcore.market.timeframe import parse_timeframe

SIDES = ("open", "high", "low", "close")


def quotes(bid, spread=0.5, ts=None, **more):
    bid = np.array(bid, float)
    return Quotes("X", np.arange(len(bid)) * 1000 if ts is None else ts, bid, bid + spread, **more)


def path(bars):
    return list(zip(*(getattr(bars, side).tolist() for side in SIDES), strict=True))


@pytest.mark.parametrize(
    ("text", "word", "size", "canonical"),
    [
        ("100tick", "tick", 100, "100tick"),
        ("100 Ticks", "tick", 100, "100tick"),
        ("50vol", "vol", 50, "50vol"),
        ("2.5 volume", "vol", 2.5, "2.5vol"),
        ("0.0010range", "range", 0.001, "0.001range"),
        (".5renko", "renko", 0.5, "0.5renko"),
        ("renko:0.0005", "renko", 0.0005, "0.0005renko"),
        ("tick: 100", "tick", 100, "100tick"),
    ],
)
def test_reads_words(text, word, size, canonical):
    assert parse_measure(text) == (word, size, canonical)
    assert parse_bars(text).text == canonical
    assert parse_measure(canonical) == parse_measure(text)


def test_a_time_is_no_measure():
    assert parse_measure("5min") is None
    assert parse_bars("5m") == parse_timeframe("5min")


def test_an_unknown_word_is_told_what_there_is():
    with pytest.raises(DataError, match=r"1min, 4h or 1D; or what ends a bar: 100tick, 5000vol, 0\.5range, 0\.5renko"):
        parse_bars("1000v")


@pytest.mark.parametrize("text", ["0tick", "1.5tick", "0range", "0.0renko", "0vol"])
def test_refuses_a_size_of_nothing(text):
    with pytest.raises(DataError, match=r'timeframe ".*": the size must be'):
        parse_measure(text)


def test_ticks_by_hand():
    # 3, 5, 2 | 4, 7, 8 | 1 and 9 are not finished
    bars = resample(quotes([3, 5, 2, 4, 7, 8, 1, 9]), "3tick")
    assert path(bars) == [(3, 5, 2, 2), (4, 8, 4, 8)]
    assert bars.ask_high.tolist() == [5.5, 8.5]
    assert bars.volume.tolist() == [3, 3]
    assert bars.ts.tolist() == [0, 3000]
    assert bars.end.tolist() == [2001, 5001]  # 1 ns after the last tick
    assert bars.timeframe == "3tick"


def test_volume_by_hand():
    # 4 + 6 reach 10; 3 + 3 + 7 are 13, and the 3 above are not carried over; 9 is not enough
    prints = Prints("X", np.arange(6), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], size=[4.0, 6.0, 3.0, 3.0, 7.0, 9.0])
    bars = resample(prints, "10vol")
    assert path(bars) == [(1, 2, 1, 2), (3, 5, 3, 5)]
    assert bars.volume.tolist() == [10, 13]
    assert bars.one_price


def test_quotes_make_volume_bars_of_the_side_that_is_named():
    data = quotes([1, 2, 3], bid_size=[5.0, 5.0, 5.0], ask_size=[10.0, 10.0, 10.0])
    assert resample(data, "10vol", volume="bid_size").volume.tolist() == [10]
    assert resample(data, "10vol", volume="ask_size").volume.tolist() == [10, 10, 10]


def test_range_by_hand():
    # 1.1000 1.1004 1.1010: 10 points, though 1.1010 - 1.1000 is a hair less in floats; then a jump of 30
    bars = resample(quotes([1.1000, 1.1004, 1.1010, 1.1012, 1.0982, 1.0985]), "0.001range")
    assert path(bars) == [(1.1000, 1.1010, 1.1000, 1.1010), (1.1012, 1.1012, 1.0982, 1.0982)]
    assert bars.volume.tolist() == [3, 2]


def test_renko_by_hand():
    # from 10: 11 a brick up; 13 two more; 11.5 turns nothing (12 is the lower edge, 11 is needed); 11 turns
    bars = resample(quotes([10, 10.9, 11, 13, 11.5, 11, 11.9]), "1renko")
    assert path(bars) == [(10, 11, 10, 11), (11, 12, 11, 12), (12, 13, 12, 13), (12, 12, 11, 11)]
    assert bars.volume.tolist() == [3, 1, 0, 2]
    assert bars.ask_close.tolist() == [11.5, 12.5, 13.5, 11.5]
    assert bars.ts.tolist() == [0, 3000, 3001, 4000]  # two bricks of one tick are 1 ns apart
    assert bars.end.tolist() == [2001, 3001, 3002, 5001]


def test_bricks_are_tidy_decimals():
    bars = resample(quotes([1.1, 1.1035]), "0.001renko")
    assert bars.close.tolist() == [1.101, 1.102, 1.103]  # 1.1 + 3 * 0.001 is 1.1030000000000002


def test_ticks_of_one_instant_make_bars_that_follow_each_other():
    bars = resample(quotes([1, 2, 3, 4, 5, 6], ts=[7, 7, 7, 7, 7, 8]), "2tick")
    assert bars.ts.tolist() == [7, 8, 9]
    assert bars.end.tolist() == [8, 9, 10]


@pytest.mark.parametrize("timeframe", ["2tick", "1range", "1renko"])
def test_nothing_makes_nothing(timeframe):
    assert len(resample(quotes([1.0]).slice(0, 0), timeframe)) == 0


@pytest.mark.parametrize(
    ("data", "timeframe", "options", "message"),
    [
        (quotes([1, 2]), "10vol", {}, "need sizes"),
        (quotes([1, 2]), "10vol", {"volume": "bid_size"}, "have no bid_size"),
        (Prints("X", [1, 2], [1.0, 2.0], size=[1.0, math.nan]), "10vol", {}, "row 2: the size is not given"),
        (resample(quotes([1, 2]), "1min"), "2tick", {}, "made from quotes or prints"),
        (resample(quotes([1, 2]), "2tick"), "1min", {}, "no common length"),
        (quotes([1, 2]), "2tick", {"day_start": "00:00"}, "leave day_start and calendar out"),
        (quotes([1, 2]), "2tick", {"volume": "lots"}, 'volume="lots" is unknown'),
        (Prints("X", [1], [1.0]), "2tick", {"volume": "ticks"}, "is for quotes"),
        ("quotes", "2tick", {}, "not str"),
    ],
)
def test_refuses(data, timeframe, options, message):
    with pytest.raises(DataError, match=message):
        resample(data, timeframe, **options)


def test_bars_of_a_measure_need_their_ends():
    with pytest.raises(DataError, match="need the column end"):
        Bars("X", "100tick", [1], [1.0], [1.0], [1.0], [1.0])
    with pytest.raises(DataError, match=r"row 1: end is .* after its start"):
        Bars("X", "100tick", [10], [1.0], [1.0], [1.0], [1.0], end=[10])
    with pytest.raises(DataError, match="not after the next one's"):
        Bars("X", "100tick", [10, 20], [1.0] * 2, [1.0] * 2, [1.0] * 2, [1.0] * 2, end=[21, 30])


PRICES = st.lists(st.integers(1, 60).map(lambda p: p / 4), min_size=1, max_size=80)


@given(PRICES, st.integers(1, 7))
def test_ticks_equal_slices(prices, n):
    bars = resample(quotes(prices), f"{n}tick")
    whole = [prices[i : i + n] for i in range(0, len(prices) - n + 1, n)]
    assert path(bars) == [(one[0], max(one), min(one), one[-1]) for one in whole]


@given(PRICES, st.sampled_from([0.25, 1.0, 2.5]))
def test_a_range_bar_ends_with_the_tick_that_fills_it(prices, size):
    bars = resample(quotes(prices), f"{size}range")
    first = 0
    for high, low, ticks in zip(bars.high, bars.low, bars.volume, strict=True):
        own = prices[first : first + int(ticks)]
        assert high - low >= size > (max(own[:-1]) - min(own[:-1]) if len(own) > 1 else -1.0)
        first += int(ticks)
    rest = prices[first:]
    assert not rest or max(rest) - min(rest) < size


@given(PRICES, st.sampled_from([0.25, 1.0, 2.5]))
def test_bricks_stand_on_each_other(prices, size):
    bars = resample(quotes(prices), f"{size}renko")
    assert (abs(bars.close - bars.open) == size).all()
    edge, up = prices[0], None
    for start, end in zip(bars.open, bars.close, strict=True):
        rises = end > start
        assert start == (edge if up in (None, rises) else edge + (size if rises else -size))
        edge, up = end, rises
    # what is left over is less than a brick on, and less than two back
    left = (prices[-1] - edge) * (1 if up else -1)
    assert -2 * size < left < size if up is not None else abs(left) < size

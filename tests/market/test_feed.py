"""The feed: bars by hand, the merge against a slow obvious twin, and no copy for one instrument of quotes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.kernel.enums import Kind
from simcore.market import feed
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.feed import merge
from tests.times import MINUTE

T0 = 28_401_120 * MINUTE  # 2024-01-01 00:00 UTC
NAN = float("nan")


def test_kinds_are_the_kernels():
    for name in ("QUOTE", "PRINT", "BAR_OPEN", "BAR_FIRST", "BAR_SECOND", "BAR_CLOSE"):
        assert getattr(feed, name) == Kind[name]


def test_one_instrument_of_quotes_is_not_copied():
    ts, bid, size = T0 + np.arange(4), np.array([1.0, 2, 3, 4]), np.ones(4)
    fed = merge({"X": Quotes("X", ts, bid, bid + 1, size, size)})
    for mine, theirs in ((fed.ts, ts), (fed.bid, bid), (fed.x, size), (fed.y, size)):
        assert np.shares_memory(mine, theirs)
    assert fed.instrument is None
    assert fed.kind is None
    assert repr(fed) == "Feed(X, 4 rows, 2024-01-01 to 2024-01-01 00:00:00.000000003)"
    bare = merge({"X": Quotes("X", ts, bid, bid)})
    assert bare.x is None
    assert bare.y is None
    one_sided = merge({"X": Quotes("X", ts, bid, bid, bid_size=size)})
    assert np.isnan(one_sided.y).all()


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_are_recognised_and_not_copied(library):
    ts, bid = T0 + np.arange(4), np.array([1.0, 2, 3, 4])
    frame = library.DataFrame({"ts": ts, "Bid": bid, "ASK": bid})
    fed = merge({"X": frame})
    assert np.shares_memory(fed.bid, frame["Bid"].to_numpy())
    assert fed.kind is None
    bars = library.DataFrame({"time": T0 + np.arange(2) * MINUTE, "Open": 2.0, "High": 3.0, "Low": 1.0, "Close": 2.0})
    assert merge({"X": bars}).timeframes == {"X": MINUTE}
    prints = library.DataFrame({"time": ts, "price": bid})
    assert merge({"X": prints}).kind.tolist() == [feed.PRINT] * 4


def test_bars_by_hand():
    # first bar: open 10, high 12, low 9: the low is nearer (1 < 2) and comes first
    # second:    open 10, high 11, low 8: the high is nearer (1 < 2)
    # third:     open 10, high 12, low 8: a tie, the low first
    ts = T0 + np.arange(3) * MINUTE
    bid = [[10.0, 10, 10], [12.0, 11, 12], [9.0, 8, 8], [11.0, 9, 10]]
    # on the ask side the third bar's high is nearer, but the bid side decides
    ask = [[10.5, 10.5, 11.5], [12.5, 11.5, 12.0], [9.5, 8.5, 8.5], [11.5, 9.5, 10.5]]
    fed = merge({"X": Bars("X", "1min", ts, *bid, [100.0, 200.0, 300.0], *ask)})
    third = MINUTE // 3
    assert fed.ts.tolist() == [t + d for t in ts for d in (0, third, 2 * third, MINUTE - 1)]
    assert fed.kind.tolist() == [feed.BAR_OPEN, feed.BAR_FIRST, feed.BAR_SECOND, feed.BAR_CLOSE] * 3
    assert fed.bid.tolist() == [10, 9, 12, 11, 10, 11, 8, 9, 10, 8, 12, 10]
    assert fed.ask.tolist() == [10.5, 9.5, 12.5, 11.5, 10.5, 11.5, 8.5, 9.5, 11.5, 8.5, 12.0, 10.5]
    # x: bid low, ask low, nothing, volume; y: bid high, ask high, nothing, the timeframe
    assert np.array_equal(fed.x[:4], [9.0, 9.5, NAN, 100.0], equal_nan=True)
    assert np.array_equal(fed.y[:4], [12.0, 12.5, NAN, float(MINUTE)], equal_nan=True)
    assert np.array_equal(fed.x[8:], [8.0, 8.5, NAN, 300.0], equal_nan=True)
    assert fed.timeframes == {"X": MINUTE}
    assert fed.instrument is None


def test_a_tie_on_the_grid_is_a_tie_in_float64():
    # both extremes are ten points away, yet 1.1 - 1.099 = 0.00100000000000011 and 1.101 - 1.1 = 0.00099999999999989
    fed = merge({"X": Bars("X", "1min", [T0], [1.1], [1.101], [1.099], [1.1])})
    assert fed.bid.tolist() == [1.1, 1.099, 1.101, 1.1]
    # one point nearer is nearer
    fed = merge({"X": Bars("X", "1min", [T0], [1.1], [1.10099], [1.099], [1.1])})
    assert fed.bid.tolist() == [1.1, 1.10099, 1.099, 1.1]


def test_a_timeframe_that_three_does_not_divide():
    fed = merge({"X": Bars("X", "5ns", [T0], [1.0], [1.0], [1.0], [1.0])})
    assert (fed.ts - T0).tolist() == [0, 1, 2, 4]


def test_bars_cut_short_by_the_next_stay_in_order():
    # days of 24 h stamped by 17:00 New York: the one of the spring change lasts 23 h; and a repeated bar
    hour = 60 * MINUTE
    ts = T0 + np.array([0, 24, 47, 71, 71]) * hour
    ones = np.ones(5)
    fed = merge({"X": Bars("X", "1D", ts, ones, ones, ones, ones)})
    assert (np.diff(fed.ts) >= 0).all()
    assert fed.ts[7] == T0 + 47 * hour - 1
    assert fed.ts[12:16].tolist() == [ts[3]] * 4
    assert fed.ts[19] == ts[4] + 24 * hour - 1
    assert fed.y[7] == 24 * hour


def test_kinds_side_by_side():
    quotes = Quotes("Q", [T0, T0 + 2], [1.0, 2.0], [1.5, 2.5])
    prints = Prints("P", [T0, T0 + 1], [7.0, 8.0], [3.0, 4.0], [1, -1])
    fed = merge({"P": prints, "Q": quotes})
    assert fed.symbols == ("P", "Q")
    assert fed.ts.tolist() == [T0, T0, T0 + 1, T0 + 2]
    assert fed.instrument.tolist() == [0, 1, 0, 1]
    assert fed.kind.tolist() == [feed.PRINT, feed.QUOTE, feed.PRINT, feed.QUOTE]
    assert fed.bid.tolist() == [7.0, 1.0, 8.0, 2.0]
    assert fed.ask.tolist() == [7.0, 1.5, 8.0, 2.5]
    assert np.array_equal(fed.x, [3.0, NAN, 4.0, NAN], equal_nan=True)
    assert np.array_equal(fed.y, [1.0, NAN, -1.0, NAN], equal_nan=True)


def test_an_instrument_without_rows_is_no_obstacle():
    quotes = Quotes("A", [T0, T0 + 1], [1.0, 2.0], [1.0, 2.0])
    fed = merge({"A": quotes, "B": Quotes("B", [T0], [1.0], [1.0]).slice(0, 0)})
    assert fed.bid.tolist() == [1.0, 2.0]
    assert fed.symbols == ("A", "B")


def test_the_last_instant_there_is_does_not_end_a_stream():
    last = np.iinfo(np.int64).max - 2
    fed = merge({s: Quotes(s, [T0, last], [p, p + 1], [p, p + 1]) for s, p in (("A", 1.0), ("B", 3.0), ("C", 5.0))})
    assert fed.bid.tolist() == [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]


def test_256_instruments_fit_one_byte():
    fed = merge({f"S{i}": Quotes(f"S{i}", [T0 - i], [1.0 + i], [1.0 + i]) for i in range(256)})
    assert fed.instrument.tolist() == list(range(255, -1, -1))


# The twin: all rows in a list, sorted by time; Python's sort is stable.


def slow_rows(symbol_index, data):
    if isinstance(data, Quotes):
        sizes = (data.bid_size, data.ask_size)
        x, y = (np.full(len(data), NAN) if s is None else s for s in sizes)
        return [
            (t, symbol_index, 0, b, a, p, q) for t, b, a, p, q in zip(data.ts, data.bid, data.ask, x, y, strict=True)
        ]
    if isinstance(data, Prints):
        side = np.zeros(len(data)) if data.side is None else data.side
        return [
            (t, symbol_index, 1, p, p, s, d) for t, p, s, d in zip(data.ts, data.price, data.size, side, strict=True)
        ]
    rows = []
    for i, start in enumerate(data.ts):
        bid = [float(getattr(data, n)[i]) for n in ("open", "high", "low", "close")]
        ask = [float(getattr(data, f"ask_{n}")[i]) for n in ("open", "high", "low", "close")]
        order = [0, 2, 1, 3] if bid[0] - bid[2] <= bid[1] - bid[0] else [0, 1, 2, 3]
        end = min(start + MINUTE, data.ts[i + 1]) if i + 1 < len(data) else start + MINUTE
        third = (end - start) // 3
        times = [start, start + third, start + 2 * third, max(end - 1, start)]
        x = [bid[2], ask[2], NAN, data.volume[i]]
        y = [bid[1], ask[1], NAN, MINUTE]
        rows += [(times[k], symbol_index, 2 + k, bid[order[k]], ask[order[k]], x[k], y[k]) for k in range(4)]
    return rows


@st.composite
def instruments(draw):
    data = {}
    for i in range(draw(st.integers(1, 11))):
        symbol = f"S{i}"
        steps = draw(st.lists(st.integers(0, 3), min_size=1, max_size=25))
        ts = T0 + np.cumsum(steps)
        n = len(steps)
        prices = np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), float)
        kind = draw(st.sampled_from(["quotes", "sized", "prints", "sided", "bars", "two-sided bars"]))
        if kind in ("quotes", "sized"):
            data[symbol] = Quotes(symbol, ts, prices, prices + 1, *([prices, prices * 2] if kind == "sized" else []))
        elif kind in ("prints", "sided"):
            data[symbol] = Prints(symbol, ts, prices, prices * 3, np.sign(prices - 5) if kind == "sided" else None)
        else:
            ts = T0 + np.cumsum(steps) * (MINUTE // 2)  # some overlap, some leave gaps
            close = np.roll(prices, 1)
            path = [prices, np.maximum(prices, close) + 1, np.minimum(prices, close) * 0.75, close]
            ask = [side + 0.5 for side in path] if kind == "two-sided bars" else []
            data[symbol] = Bars(symbol, "1min", ts, *path, prices * 10, *ask)
    return data


@given(instruments())
def test_equals_the_twin(data):
    fed = merge(data)
    rows = sorted((row for i, one in enumerate(data.values()) for row in slow_rows(i, one)), key=lambda row: row[0])
    ts, instrument, kind, bid, ask, x, y = (
        np.array(column, float if c > 2 else int) for c, column in enumerate(zip(*rows, strict=True))
    )
    assert fed.ts.tolist() == ts.tolist()
    assert np.array_equal(fed.bid, bid)
    assert np.array_equal(fed.ask, ask)
    assert np.array_equal(instrument if fed.instrument is not None else 0 * instrument, instrument)
    assert fed.instrument is None or fed.instrument.tolist() == instrument.tolist()
    assert (kind == 0).all() if fed.kind is None else fed.kind.tolist() == kind.tolist()
    for mine, theirs in ((fed.x, x), (fed.y, y)):
        assert np.isnan(theirs).all() if mine is None else np.array_equal(mine, theirs, equal_nan=True)


def test_a_day_of_eight_instruments_equals_a_stable_sort():
    rng = np.random.default_rng(20240101)
    data = {}
    for i in range(8):
        ts = T0 + np.sort(rng.integers(0, 50_000, 20_000))  # many equal times, within and across instruments
        price = rng.random(20_000) + 1
        data[f"S{i}"] = Quotes(f"S{i}", ts, price, price + 1)
    fed = merge(data)
    ts = np.concatenate([q.ts for q in data.values()])
    order = np.argsort(ts, kind="stable")
    assert np.array_equal(fed.ts, ts[order])
    assert np.array_equal(fed.instrument, np.repeat(np.arange(8), 20_000)[order])
    assert np.array_equal(fed.bid, np.concatenate([q.bid for q in data.values()])[order])
    assert np.array_equal(fed.ask, np.concatenate([q.ask for q in data.values()])[order])

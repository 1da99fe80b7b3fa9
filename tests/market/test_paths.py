"""Ticks from bars: MetaTrader's denser path by hand, and what either path keeps of any bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import BAR_CLOSE, BAR_FIRST, BAR_OPEN, BAR_SECOND, merge
from simcore.market.grid import grid
from simcore.market.resample import resample
from tests.times import MINUTE

CENTS = {"X": grid(digits=2)}
SIDES = ("open", "high", "low", "close")


def bars(*rows, volume=None, spread=None, timeframe="1min"):
    """Return one-minute bars of (open, high, low, close)."""
    opened, high, low, close = np.array(rows, float).T
    ask = {} if spread is None else {f"ask_{n}": np.array(rows, float)[:, i] + spread for i, n in enumerate(SIDES)}
    ts = np.arange(len(rows)) * MINUTE
    given_volume = {} if volume is None else {"volume": np.array(volume, float)}
    return Bars("X", timeframe, ts, opened, high, low, close, **given_volume, **ask)


def played(data, path="dense"):
    return merge({"X": data}, path, CENTS)


def test_a_bar_that_rose_goes_low_high_with_three_five_three_points():
    # 10.00 down to 9.60 (0.30, back to 0.20, 0.40), up to 11.60 (0.80, 0.40, 1.60, 1.20, 2.00), down to 11.20
    feed = played(bars((10, 11.6, 9.6, 11.2), volume=[500]))
    assert feed.bid.tolist() == [10, 9.7, 9.8, 9.6, 10.4, 10.0, 11.2, 10.8, 11.6, 11.3, 11.4, 11.2]
    assert feed.kind.tolist() == [BAR_OPEN, BAR_FIRST, *[BAR_SECOND] * 9, BAR_CLOSE]
    assert feed.ts.tolist() == [MINUTE * k // 11 for k in range(11)] + [MINUTE - 1]
    assert feed.x[[0, 1, 11]].tolist() == [9.6, 9.6, 500]
    assert feed.y[[0, 1, 11]].tolist() == [11.6, 11.6, MINUTE]


def test_a_bar_that_fell_goes_high_low():
    feed = played(bars((11.2, 11.6, 9.6, 10), volume=[4]))
    assert feed.bid.tolist() == [11.2, 11.6, 9.6, 10]


def test_a_bar_that_went_nowhere_goes_against_the_one_before():
    # the first has nothing before it and counts as risen: low first; each then goes against the one above
    flat = (10, 11, 9, 10)
    feed = played(bars(flat, flat, (10, 11, 9, 10.5), flat, volume=[4] * 4))
    assert feed.bid.tolist() == [10, 9, 11, 10, 10, 11, 9, 10, 10, 9, 11, 10.5, 10, 11, 9, 10]


@pytest.mark.parametrize(
    ("volume", "rows"),
    # one point more than the open at most for each further tick, in whole zigzags of two
    [(1, 4), (2, 4), (3, 4), (4, 4), (5, 4), (6, 6), (7, 6), (8, 8), (10, 10), (12, 12), (1e9, 12), (np.nan, 12)],
)
def test_tick_volume_bounds_the_points(volume, rows):
    assert len(played(bars((10, 11.6, 9.6, 11.2), volume=[volume]))) == rows


def test_a_bar_without_shadows_has_five_points_at_most():
    assert played(bars((10, 12, 10, 12))).bid.tolist() == [10, 10.8, 10.4, 11.6, 11.2, 12]
    assert played(bars((10, 12, 10, 12), volume=[2])).bid.tolist() == [10, 10, 12]


def test_a_bar_of_one_price_is_three_rows_of_it():
    assert played(bars((10, 10, 10, 10), volume=[1])).bid.tolist() == [10, 10, 10]


def test_points_lie_on_the_grid():
    # a quarter of 0.05 is 0.0125
    feed = played(bars((10, 10.05, 9.95, 10.05)))
    assert np.array_equal(feed.bid, np.round(feed.bid, 2))
    assert merge({"X": bars((10, 10.05, 9.95, 10.05))}, "dense").bid[1] == pytest.approx(9.9625)


def test_a_shadow_of_the_ask_alone_is_walked_too():
    # the bid opens at its low; the ask opens at 10.30 and was 10.20 somewhere
    data = Bars("X", "1min", [0], [10.0], [11.0], [10.0], [11.0], [4.0], [10.3], [11.2], [10.2], [11.2])
    feed = played(data)
    assert feed.ask.min() == 10.2
    assert feed.bid.tolist()[:2] == [10, 10]


def test_the_engine_plays_either_path(root):
    import simcore as sc

    class Count(sc.Strategy):
        bars = "1min"

        def on_bar(self, ctx):
            assert (ctx.bar.open, ctx.bar.high, ctx.bar.low, ctx.bar.close) == (10, 11.6, 9.6, 11.2)
            assert ctx.bar.volume == 500
            ctx.buy(1, tag="bar")

        def on_quote(self, ctx):
            ctx.modify(0, sl=1.0)  # refused each time: an event a quote

    data = bars((10, 11.6, 9.6, 11.2), (10, 11.6, 9.6, 11.2), volume=[500, 500])
    for path, rows in (("ohlc", 8), ("dense", 24)):
        result = sc.backtest(Count(), {"X": data}, instruments=[sc.Instrument.stock("X")], path=path)
        assert result.events.height == rows
        assert result.fills["price"].to_list() == [10.0]


def test_an_unknown_path_is_refused():
    with pytest.raises(DataError, match=r'path="denser" is unknown; it is one of ohlc, dense\. Did you mean "dense"'):
        played(bars((10, 11, 9, 10)), "denser")


@st.composite
def random_bars(draw):
    tick = st.integers(100, 130)
    rows = draw(st.lists(st.tuples(tick, tick, tick, tick, tick, tick, tick, tick), min_size=1, max_size=30))
    columns = {}
    for side, part in (("", slice(0, 4)), ("ask_", slice(4, 8))):
        path = np.array([row[part] for row in rows]) / 100
        columns |= {f"{side}open": path[:, 0], f"{side}high": path.max(axis=1), f"{side}low": path.min(axis=1)}
        columns[f"{side}close"] = path[:, 3]
    steps = draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
    volume = draw(st.lists(st.integers(0, 20), min_size=len(rows), max_size=len(rows)))
    return Bars("X", "1min", np.cumsum(steps) * MINUTE, **columns, volume=np.array(volume, float))


@given(random_bars(), st.sampled_from(["ohlc", "dense"]))
def test_bars_of_the_path_are_the_bars(data, path):
    feed = played(data, path)
    back = resample(Quotes("X", feed.ts, feed.bid, feed.ask), "1min")
    for name in ("ts", *SIDES, *(f"ask_{side}" for side in SIDES)):
        assert np.array_equal(getattr(back, name), getattr(data, name)), name
    closes = feed.kind == BAR_CLOSE
    assert np.array_equal(feed.x[closes], data.volume)
    assert np.array_equal(feed.ts[feed.kind == BAR_OPEN], data.ts)
    assert np.array_equal(feed.x[feed.kind == BAR_FIRST], data.ask_low)
    assert ((np.diff(feed.ts) > 0) | (feed.kind[1:] == BAR_OPEN)).all()
    if path == "dense":
        rows = np.diff(np.flatnonzero(np.append(feed.kind == BAR_OPEN, True)))
        assert (rows <= np.clip(data.volume, 4, 12)).all()
        assert (rows >= 3).all()

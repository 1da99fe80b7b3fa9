"""The prices a page carries: extremes kept, silences whole, whether the ticks came at once or in blocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.market.feed import BAR_CLOSE, BAR_FIRST, BAR_OPEN, BAR_SECOND
from simcore.report.prices import PriceReader, Prices
from simcore.report.ticks import Rows
from tests.report.frames import times
from tests.times import HOUR, SECOND

NONE = np.empty(0, np.int64)


def read(ts: np.ndarray, bid: np.ndarray, cuts: list[int], buckets: int, met: np.ndarray = NONE) -> Prices:
    """Quotes with a spread of 0.25, taken in blocks that end at `cuts`."""
    reader = PriceReader(0, (int(ts[0]), int(ts[-1])), buckets, met)
    bounds = [0, *cuts, ts.size]
    for a, b in pairwise(bounds):
        if b > a:
            reader.take(Rows(ts[a:b], bid[a:b], bid[a:b] + 0.25))
    return reader.prices()


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3_000), max_size=4), st.integers(3, 40))
def test_every_bucket_keeps_its_extremes_however_the_ticks_come(seed: int, cuts: list[int], buckets: int) -> None:
    rng = np.random.default_rng(seed)
    ts = np.cumsum(rng.integers(0, 3 * SECOND, 3_000))
    bid = np.cumsum(rng.integers(-3, 4, 3_000)).astype(float)
    seen = read(ts, bid, sorted(cuts), buckets)
    assert (seen.rows, seen.first, seen.last) == (3_000, ts[0], ts[-1])
    assert seen.longest == np.diff(ts).max() / 1e9
    assert (np.diff(seen.ts) >= 0).all()
    bucket = np.searchsorted(np.linspace(ts[0], ts[-1], buckets + 1)[1:-1], ts, side="right")
    kept = np.searchsorted(np.linspace(ts[0], ts[-1], buckets + 1)[1:-1], seen.ts, side="right")
    for b in np.unique(bucket):
        mine = seen.columns["bid"][kept == b]
        assert (mine.min(), mine.max()) == (bid[bucket == b].min(), bid[bucket == b].max())
    assert np.array_equal(seen.columns["ask"] - seen.columns["bid"], np.full(seen.ts.size, 0.25)), "rows stay together"


def test_the_quotes_that_fills_met_and_both_ends_of_a_night_are_kept() -> None:
    ts = np.arange(1_000) * SECOND
    ts[600:] += 5 * HOUR
    bid = np.zeros(1_000)  # no extremes: nothing else would keep the rows below
    seen = read(ts, bid, [], 2, met=np.array([123 * SECOND, 457 * SECOND + 1]))
    assert {123 * SECOND, 457 * SECOND, 599 * SECOND, 600 * SECOND + 5 * HOUR} <= set(seen.ts.tolist())
    assert seen.ts.size < 20
    assert seen.longest == 5 * 3_600 + 1
    assert seen.usual == 1.0


def test_bars_are_put_together_from_their_points_even_across_blocks() -> None:
    # two bars of four points; the second rises first and falls later
    price = np.array([10.0, 8.0, 14.0, 12.0, 12.0, 13.0, 5.0, 6.0])
    kind = np.array([BAR_OPEN, BAR_FIRST, BAR_SECOND, BAR_CLOSE] * 2, np.uint8)
    ts = np.array([0, 20, 40, 59, 60, 80, 100, 119]) * SECOND
    for cuts in ([], [2], [4], [5], [1, 3, 6]):
        reader = PriceReader(0, (0, 119 * SECOND), 10, NONE)
        bounds = [0, *cuts, 8]
        for a, b in pairwise(bounds):
            reader.take(Rows(ts[a:b], price[a:b], price[a:b], kind[a:b]))
        bars = reader.prices()
        assert bars.is_bars
        assert bars.ts.tolist() == [0, 60 * SECOND]
        assert {name: column.tolist() for name, column in bars.columns.items()} == {
            "open": [10.0, 12.0], "high": [14.0, 13.0], "low": [8.0, 5.0], "close": [12.0, 6.0]
        }  # fmt: skip


def test_a_frame_of_bars_is_taken_as_it_is_in_any_case() -> None:
    frame = pl.DataFrame({"TS": times([0, HOUR]), "Open": [1, 2], "High": [3, 4], "Low": [0, 1], "Close": [2, 3]})
    bars = Prices.of("X", frame, 10, NONE)
    assert (bars.rows, bars.usual, bars.columns["high"].tolist()) == (2, 3_600.0, [3.0, 4.0])


def test_no_rows_are_no_error() -> None:
    empty = Prices.of("X", pl.DataFrame({"ts": times([]), "bid": [], "ask": []}), 10, NONE)
    assert (empty.ts.size, empty.rows) == (0, 0)


def test_a_frame_without_prices_is_refused() -> None:
    with pytest.raises(
        ValueError, match="prices of X have ts, volume; give ts with bid and ask, or ts with open, high"
    ):
        Prices.of("X", pl.DataFrame({"ts": times([0]), "volume": [1]}), 10, NONE)

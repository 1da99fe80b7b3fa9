"""Quotes, prints and bars in memory: borrowed, read-only, checked, sliced, and back to frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes
from tests.times import MINUTE

T0 = 1_704_189_600_000_000_000  # 2024-01-02 10:00 UTC


@pytest.fixture
def quotes():
    ts = T0 + np.arange(5) * MINUTE
    bid = np.array([1.1, 1.2, 1.3, 1.4, 1.5])
    return Quotes("EURUSD", ts, bid, bid + 0.1, bid_size=np.arange(5.0))


@pytest.fixture
def bars():
    ts = T0 + np.arange(3) * MINUTE
    return Bars("EURUSD", "1m", ts, *(np.array([2.0, 3.0, 4.0]) + d for d in (0, 1, -1, 0.5)))


def test_borrows_contiguous_columns_and_writes_to_none(quotes):
    ts, bid = np.arange(3) + T0, np.ones(3)
    made = Quotes("X", ts, bid, bid)
    assert np.shares_memory(made.ts, ts)
    assert np.shares_memory(made.bid, bid)
    assert bid.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        quotes.bid[0] = 9.0
    with pytest.raises(AttributeError):
        quotes.bid = bid


def test_repr_tells_symbol_rows_and_period(quotes, bars):
    assert repr(quotes) == "Quotes(EURUSD, 5 rows, 2024-01-02 10:00:00 to 2024-01-02 10:04:00)"
    assert repr(bars) == "Bars(EURUSD 1min, 3 rows, 2024-01-02 10:00:00 to 2024-01-02 10:02:00)"
    assert repr(quotes.slice(0, 0)) == "Quotes(EURUSD, 0 rows)"


def test_slice_is_a_view_of_the_rows(quotes, bars):
    part = quotes.slice(1, 3)
    assert part.bid.tolist() == [1.2, 1.3]
    assert part.bid_size.tolist() == [1.0, 2.0]
    assert part.ask_size is None
    assert np.shares_memory(part.bid, quotes.bid)
    assert len(quotes.slice(-2)) == 2
    assert bars.slice(1).timeframe == "1min"


def test_one_price_bars_share_their_columns(bars):
    assert bars.one_price
    assert bars.ask_low is bars.low
    assert bars.slice(0, 2).one_price
    assert "ask_open" not in bars.to_polars().columns
    assert np.isnan(bars.volume).all()


def test_two_sided_bars_keep_theirs(bars):
    asks = {f"ask_{side}": getattr(bars, side) + 0.1 for side in ("open", "high", "low", "close")}
    two_sided = bars.with_columns(asks)
    assert not two_sided.one_price
    assert two_sided.slice(1).ask_high.tolist() == [4.1, 5.1]
    with pytest.raises(DataError, match=r"ask_open missing; give all four"):
        bars.with_columns({k: v for k, v in asks.items() if k != "ask_open"})


def test_frames_and_back(quotes, bars):
    for frame in (quotes.to_polars(), quotes.to_pandas(), quotes.to_polars().to_arrow()):
        again = read_quotes(frame, symbol="EURUSD")
        for name, values in quotes.given().items():
            assert np.array_equal(getattr(again, name), values)
    for frame in (bars.to_polars(), bars.to_pandas()):
        again = read_bars(frame, symbol="EURUSD")
        assert again.timeframe == "1min"
        for name, values in bars.given().items():
            assert np.array_equal(getattr(again, name), values, equal_nan=True)
    assert quotes.to_polars().schema["ts"] == pl.Datetime("ns", "UTC")
    assert quotes.to_pandas().index[0] == pd.Timestamp("2024-01-02 10:00", tz="UTC")


def test_prints_default_to_size_and_side_not_given():
    prints = Prints("BTC", [T0], [5.0])
    assert np.isnan(prints.size).all()
    assert prints.side is None
    sided = Prints("BTC", [T0, T0], [5.0, 6.0], size=[1, 2], side=[1, -1])
    assert sided.side.dtype == np.int8
    again = read_prints(sided.to_polars(), symbol="BTC")
    assert again.side.tolist() == [1, -1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bid": [1.0, np.nan]}, r"quotes of X, row 2: bid is nan; prices must be finite and above zero"),
        ({"ask": [np.inf, 1.0]}, r"row 1: ask is inf"),
        ({"ask": [1.0, -1.0]}, r"row 2: ask is -1"),
        ({"bid": [0.0, 1.0]}, r"row 1: bid is 0"),
        ({"bid_size": [1.0, -2.0]}, r"row 2: bid_size is -2; sizes must be zero or more"),
        ({"ask_size": [np.inf, 1.0]}, r"row 1: ask_size is inf"),
        ({"ts": [T0 + 1, T0]}, r"row 2: time 2024-01-02 10:00:00 is earlier than 2024-01-02 10:00:00\.000000001"),
        ({"bid": [1.0]}, r"bid has shape \(1,\), where ts has 2 rows"),
        ({"ts": [], "bid": [], "ask": []}, r"no rows"),
    ],
)
def test_refuses_bad_quotes(change, says):
    given = {"ts": [T0, T0 + 1], "bid": [1.0, 1.0], "ask": [1.0, 1.0]} | change
    with pytest.raises(DataError, match=says):
        Quotes("X", **given)


def test_refuses_swapped_extremes_and_bad_sides():
    with pytest.raises(DataError, match=r"bars of X, row 1: low 2 is above high 1; are the columns swapped"):
        Bars("X", "1D", [T0], [1.0], [1.0], [2.0], [1.0])
    with pytest.raises(DataError, match=r"row 2: side is 3"):
        Prints("X", [T0, T0], [1.0, 1.0], side=[1, 3])


def test_keeps_crossed_locked_and_duplicate_quotes():
    quotes = Quotes("X", [T0, T0, T0], [1.2, 1.0, 1.0], [1.0, 1.0, 1.0])
    assert quotes.bid.tolist() == [1.2, 1.0, 1.0]


@pytest.mark.parametrize("row", [0, 1, 4094, 4095, 4096, 4097, 9999])
def test_finds_the_row_across_the_blocks_of_the_compiled_pass(row):
    ts, bid = T0 + np.arange(10_000), np.ones(10_000)
    bid[row] = np.nan
    with pytest.raises(DataError, match=rf"row {row + 1}: bid is nan"):
        Quotes("X", ts, bid, np.ones(10_000))
    if row:
        ts[row] = ts[row - 1] - 1
        with pytest.raises(DataError, match=rf"row {row + 1}: time .* is earlier"):
            Quotes("X", ts, np.ones(10_000), np.ones(10_000))

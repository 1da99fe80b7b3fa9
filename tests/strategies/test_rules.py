"""Each strategy does what its first sentence says, against bars and indicators that simcore did not make."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import talib

import simcore as sc
from simcore.market.columns import Quotes
from simcore.market.sample import SYMBOL, sample_path
from strategies.breakout import DonchianAtr
from strategies.grid import Grid
from strategies.momentum import EmaCross
from strategies.pairs import PairReversion
from strategies.reversion import BollingerReversion, RsiReversion
from tests.times import MINUTE

LOT = 100_000.0


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


def bars_of(quotes: Quotes, minutes: int) -> pl.DataFrame:
    """Bid bars by polars; `known` is the time of the first tick at or past the bar's end, when a strategy hears it."""
    length = minutes * MINUTE
    frame = pl.DataFrame({"ts": quotes.ts, "bid": quotes.bid}).with_columns(start=pl.col("ts") // length * length)
    bid = pl.col("bid")
    bars = frame.group_by("start", maintain_order=True).agg(high=bid.max(), low=bid.min(), close=bid.last())
    after = np.searchsorted(quotes.ts, bars["start"].to_numpy() + length)
    closed = bars.filter(pl.Series(after < len(quotes)))
    return closed.with_columns(known=quotes.ts[after[after < len(quotes)]])


def entries(result: sc.Result) -> pl.DataFrame:
    """Fills that opened something: their time in ns, side, qty, price."""
    opened = result.fills.filter((pl.col("closed_qty") == 0.0) & (pl.col("why") == "order"))
    return opened.with_columns(ns=pl.col("ts").dt.epoch("ns"))


def test_ema_cross_enters_at_every_cross_of_talibs_averages(quotes):
    bars = bars_of(quotes, 1)
    close = bars["close"].to_numpy()
    ahead = talib.EMA(close, 20) - talib.EMA(close, 50)
    side, expected = 0, []
    for known, lead in zip(bars["known"], ahead, strict=True):
        now = 0 if math.isnan(lead) else int(np.sign(lead))
        if now not in (0, side):
            side = now
            expected.append((known, side))
    found = entries(sc.backtest(EmaCross(), quotes))
    assert len(expected) > 20
    assert list(zip(found["ns"], found["side"], strict=True)) == expected


def test_ema_cross_places_its_stop_loss_from_the_entry(quotes):
    """A buy at the ask p has its stop loss at p - 0.0005, a sell at the bid p at p + 0.0005."""
    result = sc.backtest(EmaCross(sl=0.0005), quotes)
    opened = entries(result).join(result.orders.select("id", "sl"), left_on="order", right_on="id")
    distance = (opened["price"] - opened["sl"]) * opened["side"]
    assert len(opened) > 20
    assert np.allclose(distance, 0.0005, atol=1e-9)
    assert (result.fills["why"] == "stop_loss").sum() > 0


@pytest.mark.parametrize(("strategy", "outside"), [(RsiReversion(), "rsi"), (BollingerReversion(), "bands")])
def test_reversions_enter_only_against_an_extreme(quotes, strategy, outside):
    bars = bars_of(quotes, 1)
    close = bars["close"].to_numpy()
    if outside == "rsi":
        value = talib.RSI(close, 14)
        low, high = value < 30.0, value > 70.0
    else:
        upper, _, lower = talib.BBANDS(close, 20, 2.0, 2.0)
        low, high = close < lower, close > upper
    extreme = {known: 1 if down else -1 for known, down, up in zip(bars["known"], low, high, strict=True) if down or up}
    found = entries(sc.backtest(strategy, quotes))
    assert len(found) > 15
    assert [extreme.get(ns) for ns in found["ns"]] == found["side"].to_list()


def test_reversions_hold_one_position_at_a_time(quotes):
    result = sc.backtest(BollingerReversion(), quotes)
    held = (result.fills["side"] * result.fills["qty"]).cum_sum()
    assert set(np.round(held, 2)) == {-0.1, 0.0, 0.1}


def test_breakout_enters_beyond_talibs_channel(quotes):
    bars = bars_of(quotes, 5)
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    upper, lower = np.roll(talib.MAX(high, 20), 1), np.roll(talib.MIN(low, 20), 1)  # of the bars before
    upper[0] = lower[0] = np.nan
    beyond = np.where(close > upper, 1, np.where(close < lower, -1, 0))
    broke = dict(zip(bars["known"], beyond, strict=True))
    found = entries(sc.backtest(DonchianAtr(), quotes))
    assert len(found) > 5
    assert [int(broke[ns]) for ns in found["ns"]] == found["side"].to_list()


def test_breakout_risks_half_a_per_cent_of_equity(quotes):
    """qty * 100,000 * (price - sl) is at most 0.005 * equity, and a hundredth of a lot more would be above it.

    The stop loss goes to the grid of prices after the qty is known: at most half of 0.00001 off, 0.50 USD a lot.
    """
    result = sc.backtest(DonchianAtr(), quotes)
    opened = entries(result).join(result.orders.select("id", "sl"), left_on="order", right_on="id")
    a_lot = (opened["price"] - opened["sl"]) * opened["side"] * LOT
    budget = 0.005 * opened["balance"]  # flat before each entry, so equity is the balance
    lost = a_lot * opened["qty"]
    assert len(opened) > 5
    assert (lost <= budget + 0.5 * opened["qty"] + 1e-6).all()
    assert ((a_lot + 0.5) * (opened["qty"] + 0.01) > budget).all()


def test_grid_arms_a_level_again_once_its_profit_is_taken(quotes):
    """Working orders and open tickets of a side together stay five: each ticket was an order, and becomes one again."""
    result = sc.backtest(Grid(), quotes)
    orders, fills = result.orders, result.fills
    for side in (1, -1):
        working = orders.filter((pl.col("status") == "ACCEPTED") & (pl.col("side") == side))
        opened = fills.filter((pl.col("why") == "order") & (pl.col("side") == side))
        taken = fills.filter((pl.col("why") == "take_profit") & (pl.col("side") == -side))
        assert len(working) + len(opened) - len(taken) == 5
    taken = fills.filter(pl.col("why") == "take_profit")
    assert len(taken) > 30
    # 0.01 lot is 1,000 EUR, a step 0.0005: 0.50 USD each
    assert np.allclose(taken["pnl"], 0.50)


def test_grid_holds_what_a_trend_gathers():
    """A rise of 1,000 pips fills the five sells at their own prices, 5 pips apart from 1.10055, and nothing else."""
    ts = np.arange(5, dtype=np.int64) * MINUTE
    bid = np.array([1.1, 1.1, 1.1, 1.2, 1.2])
    result = sc.backtest(Grid(), Quotes("EURUSD", ts, bid, np.round(bid + 0.0001, 5)))
    # middle 1.10005; the first sell one step above it
    assert result.fills["price"].to_list() == [1.10055, 1.10105, 1.10155, 1.10205, 1.10255]
    assert result.fills["side"].to_list() == [-1] * 5
    assert (result.orders["status"] == "ACCEPTED").sum() == 5


def test_pair_trades_two_opposite_legs_at_once(quotes):
    """The sample against itself, mirrored around its start: half a lot of the second for one of the first."""
    mirrored = 2.0 * quotes.bid[0] - quotes.bid
    other = Quotes("GBPUSD", quotes.ts, np.round(mirrored, 5), np.round(mirrored + 0.00008, 5))
    result = sc.backtest(PairReversion(ratio=0.5), {"EURUSD": quotes, "GBPUSD": other})
    opened = entries(result)
    first, second = (opened.filter(pl.col("symbol") == s) for s in ("EURUSD", "GBPUSD"))
    assert len(first) > 5
    assert first["side"].to_list() == (-second["side"]).to_list()
    assert set(first["qty"]) == {0.10}
    assert set(second["qty"]) == {0.05}  # half of it, as the ratio says

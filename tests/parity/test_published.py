"""Others' published results, by running their strategies here on their data."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import simcore as sc
from simcore.backtest import backtest
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.market.columns import Bars, Prints, Quotes
from simcore.strategy.averages import SMA
from simcore.strategy.compiled import compiled
from simcore.strategy.strategy import Strategy


class SmaCross(Strategy):
    """Long where the fast average crosses above the slow one, short where it crosses below, with all there is."""

    bars = "1D"
    fast: int = 10
    slow: int = 30
    _fast = SMA("fast")
    _slow = SMA("slow")
    _fast_before: float = 0.0
    _slow_before: float = 0.0
    _bars: int = 0

    def on_bar(self, ctx):  # type: ignore[no-untyped-def]
        fast = self._fast.update(ctx.bar.close)
        slow = self._slow.update(ctx.bar.close)
        if not self._slow.ready:
            return
        if self._bars > 0:
            if self._fast_before < self._slow_before and fast > slow:
                ctx.close()
                ctx.buy(math.floor(ctx.equity / ctx.ask))
            elif self._slow_before < self._fast_before and slow > fast:
                ctx.close()
                ctx.sell(math.floor(ctx.equity / ctx.bid))
        self._fast_before = fast
        self._slow_before = slow
        self._bars += 1


@pytest.mark.parametrize("form", [SmaCross, compiled(SmaCross)], ids=["plain", "compiled"])
def test_backtesting_py_goog(form: type[Strategy], shared: Path) -> None:
    """backtesting.py 0.6.6, its own tests: GOOG daily, cash 10,000, no costs, exclusive orders, trade on next open."""
    bars = sc.read_bars(shared / "market-data/backtesting.py/backtesting/test/GOOG.csv", symbol="GOOG")
    result = backtest(
        form(),
        {"GOOG": bars},
        broker=Broker.preset("cash", currency="USD"),
        instruments=[Instrument.stock("GOOG")],
        cash=10_000,
        finalize_trades=True,
    )
    assert result.trades.height == 66
    assert result.account["equity"] == 51_422.99
    assert result.stats["# Trades"] == 66
    assert result.stats["Equity Final [$]"] == 51_422.99
    assert result.stats["Sharpe Ratio"] == pytest.approx(0.58062, abs=5e-6)
    assert result.stats["Max. Drawdown [%]"] == pytest.approx(-47.98013, abs=5e-6)


class BuyTwo(Strategy):
    """zipline's buy_and_hold: a hundred shares of each on the first day, filled at the next close."""

    bars = "1D"
    _done: bool = False

    def on_bars(self, ctx):  # type: ignore[no-untyped-def]
        if not self._done:
            self._done = True
            for i in range(2):
                ctx[i].buy(100, tif="cls")


def test_zipline_buy_and_hold(shared: Path) -> None:
    """zipline, example buy_and_hold: AAPL and MSFT, daily, 2008 to 2012, no dividends in cash, 1.00 an order."""
    folder = shared / "market-data/zipline/derived"
    days = pl.col("date").is_between(dt.date(2008, 1, 2), dt.date(2012, 12, 31))
    rows = pl.read_csv(folder / "daily_equities.csv.gz", try_parse_dates=True).filter(days)
    symbols = ("AAPL", "MSFT")
    result = backtest(
        BuyTwo(),
        {s: sc.read_bars(rows.filter(pl.col("symbol") == s), symbol=s, timeframe="1D") for s in symbols},
        # zipline's day ends at midnight, its default commission is 0.0075 a share and at least 1.00 an order
        broker=Broker.preset("cash", currency="USD").replace(
            day_start="00:00 UTC", commission={"per_share": 0.0075, "min": 1.0}
        ),
        instruments=[Instrument.stock(s, price_digits=3) for s in symbols],  # its prices are thousandths, cut off
        cash=10_000_000,
    )
    assert result.fills["price"].to_list() == [194.93, 35.369]
    # 10,000,000 - 100 * (194.930 + 35.369) - 2 * 1.00
    cash = result.account["balance"] - float((result.fills["price"] * result.fills["qty"]).sum())
    assert cash == pytest.approx(9_976_968.10, abs=1e-6)
    assert result.account["equity"] == 10_032_855.90
    published = pl.read_csv(folder / "expected_buy_and_hold_daily.csv")["portfolio_value"].to_numpy()
    ours = result.equity["equity"].to_numpy()
    assert ours.size == published.size == 1_259
    # every day to the cent; zipline books the second day's two commissions on that day, here its close is the next
    # day's beginning
    assert np.flatnonzero(np.abs(ours - published) > 0.005).tolist() == [1]
    assert ours[1] - published[1] == pytest.approx(2.0)


class AllLong(Strategy):
    """LEAN's BasicTemplateAlgorithm: SetHoldings("SPY", 1) on the first minute, never again.

    LEAN keeps a quarter of a per cent free and takes the order's fee off what it spends.
    """

    _sent: bool = False

    def on_quote(self, ctx):  # type: ignore[no-untyped-def]
        if not self._sent:
            self._sent = True
            spend = 0.9975 * ctx.equity
            fee = max(0.005 * math.floor(spend / ctx.ask), 1.0)
            ctx.buy(math.floor((spend - fee) / ctx.ask))


def regular(bars: Bars) -> np.ndarray:
    """Which bars lie in New York's regular session; in October of 2013 it was open from 13:30 to 20:00 UTC."""
    minute = bars.ts // 60_000_000_000 % 1440
    return (minute >= 13 * 60 + 30) & (minute < 20 * 60)


@pytest.mark.parametrize("form", [AllLong, compiled(AllLong)], ids=["plain", "compiled"])
def test_lean_basic_template(form: type[Strategy], shared: Path) -> None:
    """LEAN BasicTemplateAlgorithm: SPY minutes 2013-10-07 to 11, adjusted, 100,000, filled at the quote's close."""
    usa = shared / "market-data/lean/Data/equity/usa"
    days = [f"201310{day:02}" for day in range(7, 12)]
    asks = sc.read_bars([usa / f"minute/spy/{day}_quote.zip" for day in days], symbol="SPY")
    trades = sc.read_bars([usa / f"minute/spy/{day}_trade.zip" for day in days], symbol="SPY")
    # LEAN hears a bar at its end, and nothing within it: the close of bid and ask is the quote, that of trades the mark
    open_, traded = regular(asks), regular(trades)
    end = 60_000_000_000
    quotes = Quotes("SPY", asks.ts[open_] + end, asks.close[open_], asks.ask_close[open_])
    prints = Prints("SPY", trades.ts[traded] + end, trades.close[traded], trades.volume[traded])
    factors = usa / "factor_files/spy.csv"
    result = backtest(
        form(),
        {"SPY": [sc.adjust(rows, factors, timezone="America/New_York") for rows in (quotes, prints)]},
        broker=Broker.preset("cash", currency="USD").replace(
            valuation="last", commission={"per_share": 0.005, "min": 1.0}
        ),
        instruments=[Instrument.stock("SPY", price_digits=11)],  # 167.45 * 0.8646266 has that many
        cash=100_000,
    )
    # floor((0.9975 * 100,000 - 3.445) / (167.45 * 0.8646266)) = floor(688.95) = 688
    assert result.orders["qty"].to_list() == [688]
    assert result.fills["price"].to_list() == [pytest.approx(167.45 * 0.8646266, rel=1e-12)]
    assert result.fills["commission"].to_list() == [3.44]
    # 688 * (170.30 - 167.45) * 0.8646266 - 3.44 = 1,691.92
    assert result.account["equity"] == 101_691.92

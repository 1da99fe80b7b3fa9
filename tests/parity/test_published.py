"""Others' published results, by running their strategies here on their data."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import simcore as sc
from simcore.backtest import backtest
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
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

"""backtesting.py: Backtest.optimize, which spreads the grid over all cores."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import backtesting
import pandas as pd
from backtesting import Backtest

from benchmarks.peers.grid import bars_of, values
from benchmarks.peers.rules import CASH, Outcome, Prices
from benchmarks.peers.with_backtesting import Cross


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of Backtest.optimize over the whole grid; it maximises, and gives a table of, the number of trades."""
    b = bars_of(prices)
    frame = pd.DataFrame(dict(zip(("Open", "High", "Low", "Close"), b[1:], strict=True)), index=pd.DatetimeIndex(b.ts))
    warnings.simplefilter("ignore")
    given = {"cash": CASH, "margin": 0.01, "trade_on_close": True, "exclusive_orders": True, "finalize_trades": True}
    backtest = Backtest(frame, Cross, **given)
    fast, slow = values(form)
    grid = {"fast_period": list(fast), "slow_period": list(slow)}
    setattr(backtesting, "_tqdm", lambda seq, **_: seq)  # noqa: B010 - no progress bar in the time

    def run() -> Outcome:
        began = time.perf_counter()
        _, table = backtest.optimize(**grid, maximize="# Trades", return_heatmap=True)
        seconds = time.perf_counter() - began
        return Outcome(seconds, int(table.sum()))

    return run

"""backtesting.py: every quote a bar of its mid price, orders at that bar's close, the spread as its parameter."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.peers.rules import CASH, FAST, QTY, SLOW, SPREAD, Outcome, Prices


def average(values: np.ndarray, period: int) -> np.ndarray:  # type: ignore[type-arg]
    """An exponential average from the first value on."""
    return pd.Series(values).ewm(span=period, adjust=False).mean().to_numpy()


class Cross(Strategy):  # type: ignore[misc]
    """The rules; exclusive orders close what was held. The periods are parameters, for optimize."""

    fast_period = FAST
    slow_period = SLOW

    def init(self) -> None:
        self.fast = self.I(average, self.data.Close, self.fast_period)
        self.slow = self.I(average, self.data.Close, self.slow_period)
        self.side = 0

    def next(self) -> None:
        fast, slow = self.fast[-1], self.slow[-1]
        side = 1 if fast > slow else -1
        if side == self.side or len(self.data) < self.slow_period or fast == slow:
            return
        self.side = side
        if side > 0:
            self.buy(size=QTY)
        else:
            self.sell(size=QTY)


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of Backtest.run, which makes its statistics inside."""
    mid = prices.mid
    frame = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), mid), index=pd.DatetimeIndex(prices.ts))
    warnings.simplefilter("ignore")
    backtest = Backtest(
        frame,
        Cross,
        cash=CASH,
        spread=SPREAD / float(mid[0]),
        margin=0.01,
        trade_on_close=True,
        exclusive_orders=True,
        finalize_trades=True,
    )

    def run() -> Outcome:
        began = time.perf_counter()
        stats = backtest.run()
        seconds = time.perf_counter() - began
        return Outcome(seconds, int(stats["# Trades"]))

    return run

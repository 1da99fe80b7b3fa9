"""backtrader: every quote a bar of its mid price, orders at that bar's close (cheat on close), floats for averages."""

from __future__ import annotations

import time
from collections.abc import Callable

import backtrader as bt
import pandas as pd

from benchmarks.peers.rules import CASH, FAST, QTY, SLOW, Outcome, Prices


class Cross(bt.Strategy):  # type: ignore[misc]
    """The rules, in plain floats, which is quicker than backtrader's own indicators."""

    def __init__(self) -> None:
        self.fast = self.slow = 0.0
        self.side = self.seen = self.turns = 0

    def next(self) -> None:
        mid = self.data.close[0]
        self.seen += 1
        if self.seen == 1:
            self.fast = self.slow = mid
        self.fast += (mid - self.fast) * (2.0 / (FAST + 1))
        self.slow += (mid - self.slow) * (2.0 / (SLOW + 1))
        side = 1 if self.fast > self.slow else -1
        if side == self.side or self.seen < SLOW or self.fast == self.slow:
            return
        self.side = side
        self.order_target_size(target=side * QTY)

    def notify_order(self, order: bt.Order) -> None:
        if order.status == order.Completed:
            self.turns += 1


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of Cerebro.run, which loads the frame inside."""
    mid = prices.mid
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), mid), index=pd.DatetimeIndex(prices.ts))

    def run() -> Outcome:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.adddata(
            bt.feeds.PandasData(dataname=frame, volume=None, openinterest=None, timeframe=bt.TimeFrame.Ticks)
        )
        cerebro.addstrategy(Cross)
        cerebro.broker.setcash(CASH)
        cerebro.broker.set_coc(True)
        began = time.perf_counter()
        (strategy,) = cerebro.run()
        seconds = time.perf_counter() - began
        return Outcome(seconds, strategy.turns)

    return run

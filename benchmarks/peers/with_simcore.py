"""simcore: a margin account at MetaTrader 5's rules with commission, swap, margin call and stop-out switched on."""

from __future__ import annotations

import time
from collections.abc import Callable

import polars as pl

import simcore as sc
from benchmarks.account import CASH, broker, instruments
from benchmarks.peers.rules import FAST, SLOW, Outcome, Prices


class Cross(sc.Strategy):
    """The rules."""

    fast: float = 2.0 / (FAST + 1)
    slow: float = 2.0 / (SLOW + 1)
    wait: int = SLOW
    qty: float = 0.10  # lots: QTY euros
    _fast: float = 0.0
    _slow: float = 0.0
    _seen: int = 0
    _side: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        mid = ctx.mid
        if self._seen < self.wait:
            self._seen += 1
            if self._seen == 1:
                self._fast = self._slow = mid
        fast = self._fast
        fast += (mid - fast) * self.fast
        self._fast = fast
        slow = self._slow
        slow += (mid - slow) * self.slow
        self._slow = slow
        side = 1 if fast > slow else -1
        if side != self._side and self._seen == self.wait and fast != slow:
            self._side = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty)
            else:
                ctx.sell(self.qty)


FastCross = sc.compiled(Cross)


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run from a frame to a Result; `form` is compiled or plain."""
    frame = pl.DataFrame({"ts": prices.ts, "bid": prices.bid, "ask": prices.ask})
    cls = {"compiled": FastCross, "plain": Cross}[form]
    terms = {"broker": broker(), "instruments": instruments(["EURUSD"]), "cash": CASH}

    def run() -> Outcome:
        began = time.perf_counter()
        result = sc.backtest(cls(), {"EURUSD": frame}, **terms)
        seconds = time.perf_counter() - began
        fills = result.run.tables["fills"].size
        assert fills % 2 == 1  # every turn but the first closes and opens
        return Outcome(seconds, (fills + 1) // 2)

    return run

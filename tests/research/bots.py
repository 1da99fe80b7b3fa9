"""Strategies that these tests run, in a file that other processes find, and a day of quotes for them."""

from __future__ import annotations

from functools import cache

import numpy as np

import simcore as sc
from simcore.kernel.enums import Reason
from simcore.market.columns import Quotes
from tests.times import SECOND

START = 1_704_186_000 * SECOND  # 2024-01-02 09:00 UTC, a Tuesday


class Cross(sc.Strategy):
    """Reverses where two averages cross; `fault` makes it divide by zero after so many quotes."""

    fast: int = 20
    slow: int = 50
    qty: float = 0.10
    fault: int = 0
    _seen: int = 0
    _fast = sc.EMA("fast")
    _slow = sc.EMA("slow")

    def on_quote(self, ctx: sc.Context) -> None:
        self._seen += 1
        if self._seen == self.fault:
            self.qty = 1.0 / (self._seen - self.fault)
        fast, slow = self._fast.update(ctx.bid), self._slow.update(ctx.bid)
        if not self._slow.ready:
            return
        if fast > slow and ctx.position <= 0:
            ctx.close()
            ctx.buy(self.qty)
        elif fast < slow and ctx.position >= 0:
            ctx.close()
            ctx.sell(self.qty)


FastCross = sc.compiled(Cross)


class BarCross(sc.Strategy):
    """Reverses where two averages of hourly closes cross."""

    bars = "1h"
    warmup = 30
    fast: int = 5
    slow: int = 20
    qty: float = 0.10
    _fast = sc.EMA("fast")
    _slow = sc.EMA("slow")

    def on_bar(self, ctx: sc.Context) -> None:
        fast, slow = self._fast.update(ctx.bar.close), self._slow.update(ctx.bar.close)
        if not self._slow.ready:
            return
        if fast > slow and ctx.position <= 0:
            ctx.close()
            ctx.buy(self.qty)
        elif fast < slow and ctx.position >= 0:
            ctx.close()
            ctx.sell(self.qty)


FastBarCross = sc.compiled(BarCross)


class Opener(sc.Strategy):
    """Buys every ten quotes, at the market and by a limit in turn, closes; tags: how many orders found nothing."""

    qty: float = 0.10
    _seen: int = 0
    _missed: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._seen += 1
        if self._seen % 20 == 1:
            ctx.buy(self.qty, tag=self._missed)
        elif self._seen % 20 == 11:
            ctx.buy(self.qty, limit=ctx.ask - 0.00005, tag=self._missed)
        elif self._seen % 10 == 9:
            ctx.cancel_all()
            ctx.close()

    def on_order(self, ctx: sc.Context) -> None:
        if ctx.change.reason == Reason.NOT_ENOUGH_SIZE:
            self._missed += 1


FastOpener = sc.compiled(Opener)


@cache
def quotes(rows: int = 20_000, every: int = 5 * SECOND, seed: int = 3) -> Quotes:
    """A seeded walk of EURUSD on its grid, 1.2 points of spread."""
    rng = np.random.default_rng(seed)
    mid = np.round(1.1 * np.exp(np.cumsum(rng.normal(0.0, 4e-5, rows))), 5)
    ts = START + np.arange(rows) * every
    return Quotes("EURUSD", ts, np.round(mid - 0.00006, 5), np.round(mid + 0.00006, 5))

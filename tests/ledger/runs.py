"""What these tests run: an instrument whose price falls and rises by the hour, and strategies that differ in a line."""

from __future__ import annotations

import numpy as np

import simcore as sc
from tests.times import DAY

START = 1_704_067_200_000_000_000  # 2024-01-01, a Monday


def quotes(days: int = 10, *, symbol: str = "EURUSD", first_day: int = 0, seed: int = 1) -> sc.market.columns.Quotes:
    """24 quotes a day."""
    from simcore.market.columns import Quotes

    n = 24 * days
    ts = START + first_day * DAY + np.arange(n) * (DAY // 24)
    bid = np.round(1.1 + 0.001 * np.cumsum(np.random.default_rng(seed).standard_normal(n)), 5)
    return Quotes(symbol, ts, bid, np.round(bid + 0.0001, 5))


class Turn(sc.Strategy):
    """Buys and closes in turn."""

    every: int = 5
    qty: float = 0.1
    _n: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._n += 1
        if self._n % self.every == 0:
            if ctx.position > 0.0:
                ctx.close()
            else:
                ctx.buy(self.qty)


class Same:
    """The very same strategy, written elsewhere and otherwise."""

    class Turn(sc.Strategy):
        every: int = 7  # another default
        qty: float = 0.1
        _n: int = 0

        def on_quote(self, ctx: sc.Context) -> None:
            """Say something."""
            self._n += 1

            if self._n % self.every == 0:
                # a comment
                if ctx.position > 0.0:
                    ctx.close()
                else:
                    ctx.buy(self.qty)


class Changed:
    """Sells where it bought."""

    class Turn(sc.Strategy):
        every: int = 5
        qty: float = 0.1
        _n: int = 0

        def on_quote(self, ctx: sc.Context) -> None:
            self._n += 1
            if self._n % self.every == 0:
                if ctx.position < 0.0:
                    ctx.close()
                else:
                    ctx.sell(self.qty)

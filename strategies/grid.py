"""Grid: working limit orders at even steps on both sides of the market.

Each order takes its profit one step back, towards the middle; once it has, the same order is armed again. That earns in
a range and gathers losers in a trend: it holds up to `levels * qty` a side, without a stop loss. Assumes a hedging
account, where every order that fills is a ticket of its own.
"""

from __future__ import annotations

import simcore as sc


class Grid(sc.Strategy):
    """`levels` buy limits below and as many sell limits above the middle of the market, `step` apart."""

    bars = "1min"  # the first that closes sets the middle
    step: float = 0.0005  # price distance between orders, and from each to its take profit
    levels: int = 5  # orders a side
    qty: float = 0.01  # of each
    _armed: bool = False

    def on_bar(self, ctx: sc.Context) -> None:
        if self._armed:
            return
        self._armed = True
        for level in range(self.levels):
            self._arm(ctx, 1, ctx.mid - level * self.step)
            self._arm(ctx, -1, ctx.mid + level * self.step)

    def on_fill(self, ctx: sc.Context) -> None:
        if ctx.fill.why == sc.Why.TAKE_PROFIT:
            self._arm(ctx, -ctx.fill.side, ctx.fill.price)

    def _arm(self, ctx: sc.Context, side: int, tp: float) -> None:
        if side > 0:
            ctx.buy(self.qty, limit=tp - self.step, tp=tp)
        else:
            ctx.sell(self.qty, limit=tp + self.step, tp=tp)


FastGrid = sc.compiled(Grid)

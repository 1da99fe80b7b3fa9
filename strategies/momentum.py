"""Momentum: go with the move.

EmaCross is in the market from the moment its slower average is known, long while the faster one is above it and short
while it is below. Assumes bars; with a stop loss it waits, once stopped out, for the next cross.
"""

from __future__ import annotations

import simcore as sc


class EmaCross(sc.Strategy):
    """Long while the fast average is above the slow one, short while it is below; reverses at each cross."""

    bars = "1min"
    fast: int = 20
    slow: int = 50
    qty: float = 0.10
    sl: float = 0.0  # price distance of the stop loss from the entry; 0: none
    _side: int = 0  # of the last cross
    _fast = sc.EMA("fast")
    _slow = sc.EMA("slow")

    def on_bar(self, ctx: sc.Context) -> None:
        fast = self._fast.update(ctx.bar.close)
        slow = self._slow.update(ctx.bar.close)
        if not self._slow.ready or not self._fast.ready or fast == slow:
            return
        side = 1 if fast > slow else -1
        if side == self._side:
            return
        self._side = side
        ctx.close()
        if side > 0:
            ctx.buy(self.qty, sl=ctx.ask - self.sl if self.sl > 0.0 else None)
        else:
            ctx.sell(self.qty, sl=ctx.bid + self.sl if self.sl > 0.0 else None)


FastEmaCross = sc.compiled(EmaCross)

"""The strategies that are timed: two averages that cross, on every quote or on one-minute bars.

Plain and compiled are one source. Each reversal closes what is held and opens the other side with a stop loss and a
take profit, so the account has both to watch on every tick.
"""

from __future__ import annotations

import simcore as sc


class QuoteCross(sc.Strategy):
    """Reverses on the quote at which the fast average crosses the slow one."""

    fast: int = 500
    slow: int = 5000
    qty: float = 0.10
    sl: float = 0.0006  # price distances
    tp: float = 0.0020
    _side: int = 0
    _fast = sc.EMA("fast")
    _slow = sc.EMA("slow")

    def on_quote(self, ctx: sc.Context) -> None:
        mid = ctx.mid
        fast = self._fast.update(mid)
        slow = self._slow.update(mid)
        side = 1 if fast > slow else -1
        if side != self._side and self._slow.ready and fast != slow:
            self._side = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty, sl=ctx.ask - self.sl, tp=ctx.ask + self.tp)
            else:
                ctx.sell(self.qty, sl=ctx.bid + self.sl, tp=ctx.bid - self.tp)


FastQuoteCross = sc.compiled(QuoteCross)


@sc.compiled
class FastEightCross(sc.Strategy):
    """QuoteCross on up to eight instruments at once, over `resting` buy limits far below the market."""

    fast: int = 500
    slow: int = 5000
    qty: float = 0.10
    sl: float = 0.0006  # shares of the price
    tp: float = 0.0020
    resting: int = 50
    _placed: int = 0
    _side: sc.Array[8, int]
    _fast = sc.EMA("fast") * 8
    _slow = sc.EMA("slow") * 8

    def on_quote(self, ctx: sc.Context) -> None:
        k = ctx.index
        if self._placed < self.resting:
            self._place(ctx, k)
        mid = ctx.mid
        fast = self._fast[k].update(mid)
        slow = self._slow[k].update(mid)
        side = 1 if fast > slow else -1
        if side != self._side[k] and self._slow[k].ready and fast != slow:
            self._side[k] = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty, sl=ctx.ask * (1.0 - self.sl), tp=ctx.ask * (1.0 + self.tp))
            else:
                ctx.sell(self.qty, sl=ctx.bid * (1.0 + self.sl), tp=ctx.bid * (1.0 - self.tp))

    def _place(self, ctx: sc.Context, k: int) -> None:
        if self._placed % len(ctx) == k:
            ctx.buy(0.01, limit=ctx.bid * (0.5 - 0.001 * self._placed))
            self._placed += 1


class BarCross(sc.Strategy):
    """Reverses on the close of the one-minute bar at which the fast average crosses the slow one."""

    bars = "1min"
    fast: int = 20
    slow: int = 50
    qty: float = 0.10
    sl: float = 0.0100
    tp: float = 0.0100
    _side: int = 0
    _fast = sc.EMA("fast")
    _slow = sc.EMA("slow")

    def on_bar(self, ctx: sc.Context) -> None:
        close = ctx.bar.close
        fast = self._fast.update(close)
        slow = self._slow.update(close)
        side = 1 if fast > slow else -1
        if side != self._side and self._slow.ready and fast != slow:
            self._side = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty, sl=ctx.ask - self.sl, tp=ctx.ask + self.tp)
            else:
                ctx.sell(self.qty, sl=ctx.bid + self.sl, tp=ctx.bid - self.tp)


@sc.compiled
class FastTurns(sc.Strategy):
    """Turns round every so many quotes, with a stop loss, a take profit and a tag, until enough trades are closed."""

    every: int = 99
    qty: float = 0.10
    width: float = 0.0100  # price distance of stop loss and take profit
    trades: int = 10_000
    _quotes: int = 0
    _turns: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._quotes += 1
        if self._quotes % self.every != 0 or self._turns > self.trades:
            return
        ctx.close()
        self._turns += 1
        if self._turns > self.trades:
            return
        if self._turns % 2 == 1:
            ctx.buy(self.qty, sl=ctx.ask - self.width, tp=ctx.ask + self.width, tag="odd")
        else:
            ctx.sell(self.qty, sl=ctx.bid + self.width, tp=ctx.bid - self.width, tag="even")

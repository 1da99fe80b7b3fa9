"""Breakout: enter where the price leaves its range.

DonchianAtr risks the same share of equity on every entry: the stop loss stands a few average true ranges away, and the
qty follows from that distance. Assumes that the stop fills at its price; a gap through it loses more.
"""

from __future__ import annotations

import simcore as sc


class DonchianAtr(sc.Strategy):
    """Enters beyond the channel of the last `period` bars, leaves at the far side of the shorter `exit` channel."""

    bars = "5min"
    period: int = 20
    exit: int = 10
    atr: int = 14
    stop: float = 2.0  # distance of the stop loss, in average true ranges
    risk: float = 0.005  # share of equity lost at the stop loss
    _entry = sc.Donchian("period")
    _exit = sc.Donchian("exit")
    _atr = sc.ATR("atr")

    def on_bar(self, ctx: sc.Context) -> None:
        bar = ctx.bar
        upper, lower = self._entry.upper, self._entry.lower  # of the bars before this one; nan until there are enough
        highest, lowest = self._exit.upper, self._exit.lower
        self._entry.update(bar.high, bar.low)
        self._exit.update(bar.high, bar.low)
        self._atr.update(bar.high, bar.low, bar.close)
        if not self._atr.ready:
            return
        if ctx.position > 0:
            if bar.close < lowest:
                ctx.close()
        elif ctx.position < 0:
            if bar.close > highest:
                ctx.close()
        elif bar.close > upper:
            self._enter(ctx, 1)
        elif bar.close < lower:
            self._enter(ctx, -1)

    def _enter(self, ctx: sc.Context, side: int) -> None:
        distance = self.stop * self._atr.value
        sl = ctx.ask - distance if side > 0 else ctx.bid + distance
        qty = ctx.qty_for(risk=self.risk * ctx.equity, sl=sl)
        if qty == 0.0:  # the smallest qty would risk more
            return
        if side > 0:
            ctx.buy(qty, sl=sl)
        else:
            ctx.sell(qty, sl=sl)


FastDonchianAtr = sc.compiled(DonchianAtr)

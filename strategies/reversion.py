"""Reversion: bet that a price that ran too far comes back.

Both enter against the move, one position at a time, and leave when the price is back in the middle. Neither adds to a
loser; without a stop loss a trend can hold them for as long as it lasts.
"""

from __future__ import annotations

import simcore as sc


class RsiReversion(sc.Strategy):
    """Buys when the RSI is below `low`, sells when it is above `high`, and leaves where it has crossed `middle`."""

    bars = "1min"
    period: int = 14
    low: float = 30.0
    high: float = 70.0
    middle: float = 50.0
    qty: float = 0.10
    sl: float = 0.0  # price distance of the stop loss from the entry; 0: none
    _rsi = sc.RSI("period")

    def on_bar(self, ctx: sc.Context) -> None:
        rsi = self._rsi.update(ctx.bar.close)
        if not self._rsi.ready:
            return
        if ctx.position > 0:
            if rsi >= self.middle:
                ctx.close()
        elif ctx.position < 0:
            if rsi <= self.middle:
                ctx.close()
        elif rsi < self.low:
            ctx.buy(self.qty, sl=ctx.ask - self.sl if self.sl > 0.0 else None)
        elif rsi > self.high:
            ctx.sell(self.qty, sl=ctx.bid + self.sl if self.sl > 0.0 else None)


class BollingerReversion(sc.Strategy):
    """Buys a close below the lower band, sells one above the upper band, and leaves at the band in the middle."""

    bars = "1min"
    period: int = 20
    deviations: float = 2.0
    qty: float = 0.10
    sl: float = 0.0  # price distance of the stop loss from the entry; 0: none
    _bands = sc.Bollinger("period", "deviations")

    def on_bar(self, ctx: sc.Context) -> None:
        close = ctx.bar.close
        middle = self._bands.update(close)
        if not self._bands.ready:
            return
        if ctx.position > 0:
            if close >= middle:
                ctx.close()
        elif ctx.position < 0:
            if close <= middle:
                ctx.close()
        elif close < self._bands.lower:
            ctx.buy(self.qty, sl=ctx.ask - self.sl if self.sl > 0.0 else None)
        elif close > self._bands.upper:
            ctx.sell(self.qty, sl=ctx.bid + self.sl if self.sl > 0.0 else None)


FastRsiReversion = sc.compiled(RsiReversion)
FastBollingerReversion = sc.compiled(BollingerReversion)

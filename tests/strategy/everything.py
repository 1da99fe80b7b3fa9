"""A strategy that uses every name of ctx and every indicator: the same source for both forms."""

from __future__ import annotations

import math
from typing import Literal

from simcore.kernel.enums import OrderType, Status, Why
from simcore.strategy.averages import EMA, SMA, WMA
from simcore.strategy.bands import Bollinger, Donchian, ZScore
from simcore.strategy.context import Context
from simcore.strategy.fields import Array
from simcore.strategy.oscillators import ADX, ATR, MACD, RSI, Stochastic
from simcore.strategy.strategy import Strategy
from tests.times import MINUTE

LIMIT_TAG = "limit"


def half(x: float) -> float:
    return x * 0.5


class Everything(Strategy):
    bars = {"10s": 30, "1min": 2}  # noqa: RUF012
    warmup = 3
    qty: float = 0.1
    period: int = 5

    _n: int = 0
    _sum: float = 0.0
    _fills: int = 0
    _changes: int = 0
    _rejected: int = 0
    _stopped: bool = False
    _id: int = 0
    _tag: int = 0
    _last: Array[Literal[8]]
    _counts: Array[Literal[6], int]
    _flags: Array[Literal[2], bool]
    _ema = EMA("period") * 2
    _sma = SMA(4)
    _wma = WMA("period")
    _bands = Bollinger(10, 1.5)
    _score = ZScore(7)
    _channel = Donchian("period")
    _rsi = RSI("period")
    _macd = MACD(3, 6, 3)
    _stochastic = Stochastic("period", 3, 2)
    _atr = ATR("period")
    _adx = ADX(4)

    @property
    def twice(self) -> float:
        return self.qty * 2.0

    @staticmethod
    def third(x: float) -> float:
        return x / 3.0

    def on_start(self, ctx: Context) -> None:
        self._sum = ctx.balance
        ctx.set_timer(ctx.ts + 500)

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        ema = self._ema[ctx.index]
        value = ema.update(ctx.mid)
        self._sma.update(ctx.bid)
        if not ema.ready:
            return
        self._last[self._n % 8] = value
        self._counts[ctx.index] += 1
        if self._n % 97 == 0:
            self._enter(ctx)
        if self._n % 143 == 0:
            self._bracket(ctx["GBPUSD"], ctx["EURUSD"])
        if self._n % 211 == 0:
            self._sum += self._book(ctx) + self._book(ctx[1])
        if self._n % 307 == 0:
            self._sum += self._figures(ctx)
            ctx.close(qty=0.01)
            ctx.cancel(self._id + 1)
        if self._n % 1009 == 0:
            ctx.cancel_all()
            ctx.close()

    def _enter(self, ctx: Context) -> None:
        if ctx.symbol == "EURUSD":
            self._id = ctx.buy(self.qty, sl=ctx.bid - 0.002, tp=ctx.ask + 0.002, tag=self._n)
        else:
            ctx.sell(self.twice, limit=ctx.bid + half(0.001), tag=LIMIT_TAG, tif="day")

    def _bracket(self, pound: Context, euro: Context) -> None:
        above = pound.buy(0.05, stop=pound.ask + 0.0005, expires=pound.ts + MINUTE, tag=7)
        below = pound.sell(0.05, stop=pound.bid - 0.0005, limit=pound.bid - 0.0006, oco=above, post_only=False)
        trailing = euro.buy(0.02, trail=0.0003, parent=below, display_qty=None)
        euro.modify(trailing, qty=0.03, sl=None)
        euro.sell(0.5, reduce_only=True, tif="ioc", limit=euro.bid)
        if self._n % 2 == 0:
            euro.close_by(self._id, below)

    def _book(self, ctx: Context) -> float:
        total = 0.0
        order = ctx.order(self._id)
        if order:
            total += order.qty
        ctx.modify(self._id, sl=ctx["EURUSD"].bid - 0.001)
        for order in ctx.orders:
            if order.tag == "limit" and order.status == Status.ACCEPTED and order.type == OrderType.LIMIT:
                total += order.limit
            total += order.qty + order.filled_qty + order.side
            if order.avg_price == order.avg_price:
                total += order.avg_price
            if order.tag == LIMIT_TAG and self._n % 5 == 0:
                ctx.cancel(order.id)
        for position in ctx.positions:
            total += position.qty * position.side + position.price + position.swap
            if self._n % 3 == 0:
                ctx.close(position=position.id)
        return total + len(ctx.orders) + len(ctx.positions) + len(ctx)

    def _figures(self, ctx: Context) -> float:
        total = ctx.max_qty() + ctx.max_qty(-1) + ctx.qty_for(risk=50.0, sl=ctx.bid - 0.001) + ctx.round_qty(0.12345)
        total += ctx.equity + ctx.free_margin + ctx.unrealized_pnl + ctx.position + ctx.used_margin
        if ctx.margin_level < math.inf:
            total += ctx.margin_level
        if ctx.entry_price == ctx.entry_price:
            total += ctx.entry_price
        if ctx.bid_size != ctx.bid_size and ctx.last == 0.0:
            total += ctx.quote_ts % 1000
        return total + ctx.hour + ctx.weekday + self.third(1.0)

    def on_bar(self, ctx: Context) -> None:
        bar = ctx.bar
        if bar.timeframe == "10s" and ctx.index == 0:
            self._indicate(bar.high, bar.low, bar.close)
            if self._bands.ready and bar.close > self._bands.upper and ctx.position == 0:
                ctx.sell(self.qty, tif="ioc", tag="band")
        if bar.timeframe == "60s":
            bars = ctx.bars("10s")
            self._sum += bars[-1].close + len(bars) + bars[0].high + ctx.bars("1m")[-1].open + bar.volume
            self._sum += ctx.bars()[-1].ts % 1000

    def _indicate(self, high: float, low: float, close: float) -> None:
        for average in (self._bands.update(close), self._score.update(close), self._wma.update(close)):
            if average == average:
                self._sum += average
        self._rsi.update(close)
        self._macd.update(close)
        self._channel.update(high, low)
        self._atr.update(high, low, close)
        self._adx.update(high, low, close)
        self._stochastic.update(high, low, close)

    def on_bars(self, ctx: Context) -> None:
        self._sum += ctx[0].bar.close - ctx[1].bar.open
        for value in self._last:
            self._sum += value

    def on_fill(self, ctx: Context) -> None:
        fill = ctx.fill
        self._fills += 1
        self._sum += fill.pnl + fill.commission + fill.price * fill.qty * fill.side
        if fill.why == Why.TAKE_PROFIT:
            self._counts[2] += 1
        if fill.tag == "band":
            self._counts[3] += 1
        if fill.tag == 7:
            self._last[-1] = fill.price
        self._tag = fill.tag
        self._flags[0] = fill.side > 0

    def on_order(self, ctx: Context) -> None:
        change = ctx.change
        self._changes += 1
        if change.status == Status.REJECTED:
            self._rejected = change.id
        self._sum += change.reason

    def on_timer(self, ctx: Context) -> None:
        self._counts[4] += 1
        ctx.set_timer(ctx.ts + 77 * 10**9)

    def on_stop(self, ctx: Context) -> None:
        self._stopped = True
        ctx.close()
        ctx["GBPUSD"].close()

"""Momentum and range: RSI, MACD, stochastic, ATR, ADX, each started and smoothed as TA-Lib does.

RSI and MACD take the close; ATR, ADX and the stochastic take `update(high, low, close)` of a bar. Wilder's smoothing
(RSI, ATR, ADX) weighs the newest value 1 / period.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simcore.strategy.averages import EMA, SMA
from simcore.strategy.bands import Donchian
from simcore.strategy.indicator import Indicator


class RSI(Indicator):
    """Relative strength index, 0 to 100, by Wilder's smoothing (TA-Lib RSI); 0 where nothing has moved."""

    parameters = ("period",)
    period: int = 14
    _count: int = 0
    _last: float = 0.0
    _gain: float = 0.0
    _loss: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 14) -> None: ...

    def update(self, x: float) -> float:
        n = self.period
        change = x - self._last
        self._last = x
        self._count += 1
        if self._count == 1:
            return self.value
        gain = change if change > 0.0 else 0.0
        loss = -change if change < 0.0 else 0.0
        if self.ready:
            self._gain = (self._gain * (n - 1) + gain) / n
            self._loss = (self._loss * (n - 1) + loss) / n
        else:
            self._gain += gain
            self._loss += loss
            if self._count <= n:
                return self.value
            self._gain /= n
            self._loss /= n
            self.ready = True
        moved = self._gain + self._loss
        self.value = 100.0 * (self._gain / moved) if moved > 0.0 else 0.0
        return self.value


class MACD(Indicator):
    """Moving average convergence divergence: `macd` (also `value`) is EMA(fast) - EMA(slow), `signal` its EMA,
    `histogram` their difference (TA-Lib MACD, which starts both averages at the same bar).
    """

    parameters = ("fast", "slow", "signal_period")
    fast: int = 12
    slow: int = 26
    signal_period: int = 9
    macd: float = math.nan
    signal: float = math.nan
    histogram: float = math.nan
    _fast = EMA("fast")
    _slow = EMA("slow")
    _signal = EMA("signal_period")
    _count: int = 0

    if TYPE_CHECKING:

        def __init__(self, fast: int | str = 12, slow: int | str = 26, signal_period: int | str = 9) -> None: ...

    def update(self, x: float) -> float:
        slow = self._slow.update(x)
        if self._count >= self.slow - self.fast:
            self._fast.update(x)
        else:
            self._count += 1
        if self._slow.ready and self._fast.ready:
            macd = self._fast.value - slow
            signal = self._signal.update(macd)
            if self._signal.ready:
                self.value = macd
                self.macd = macd
                self.signal = signal
                self.histogram = macd - signal
                self.ready = True
        return self.value


class Stochastic(Indicator):
    """Slow stochastic, 0 to 100: `k` (also `value`) is the close's place in the range of `period` bars, averaged over
    `k_period`; `d` is the mean of `d_period` of them (TA-Lib STOCH). 0 where the range is nothing.
    """

    parameters = ("period", "k_period", "d_period")
    period: int = 14
    k_period: int = 3
    d_period: int = 3
    k: float = math.nan
    d: float = math.nan
    _range = Donchian("period")
    _k = SMA("k_period")
    _d = SMA("d_period")

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 14, k_period: int | str = 3, d_period: int | str = 3) -> None: ...

    def update(self, high: float, low: float, close: float) -> float:
        self._range.update(high, low)
        if self._range.ready:
            share = (self._range.upper - self._range.lower) / 100.0
            k = self._k.update((close - self._range.lower) / share if share != 0.0 else 0.0)
            if self._k.ready:
                d = self._d.update(k)
                if self._d.ready:
                    self.value = k
                    self.k = k
                    self.d = d
                    self.ready = True
        return self.value


class ATR(Indicator):
    """Average true range in price units, by Wilder's smoothing (TA-Lib ATR): the first bar only gives its close."""

    parameters = ("period",)
    period: int = 14
    _count: int = 0
    _close: float = 0.0
    _sum: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 14) -> None: ...

    def update(self, high: float, low: float, close: float) -> float:
        n = self.period
        reach = true_range(high, low, self._close)
        self._close = close
        self._count += 1
        if self.ready:
            self.value = (self.value * (n - 1) + reach) / n
        elif self._count > 1:
            self._sum += reach
            if self._count > n:
                self.value = self._sum / n
                self.ready = True
        return self.value


class ADX(Indicator):
    """Average directional index, 0 to 100: `adx` (also `value`), and the directional indicators `plus_di` and
    `minus_di` (TA-Lib ADX, PLUS_DI, MINUS_DI).
    """

    parameters = ("period",)
    period: int = 14
    adx: float = math.nan
    plus_di: float = math.nan
    minus_di: float = math.nan
    _count: int = 0
    _high: float = 0.0
    _low: float = 0.0
    _close: float = 0.0
    _plus: float = 0.0
    _minus: float = 0.0
    _range: float = 0.0
    _sum: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 14) -> None: ...

    def update(self, high: float, low: float, close: float) -> float:
        n = self.period
        self._count += 1
        if self._count > 1:
            self._move(high, low)
        self._high = high
        self._low = low
        self._close = close
        if self._count <= n:
            return self.value
        plus = 100.0 * (self._plus / self._range) if self._range > 0.0 else 0.0
        minus = 100.0 * (self._minus / self._range) if self._range > 0.0 else 0.0
        both = plus + minus
        strength = 100.0 * (abs(minus - plus) / both) if both > 0.0 else 0.0
        if self.ready:
            self.value = (self.value * (n - 1) + strength) / n
        else:
            self._sum += strength
            if self._count < 2 * n:
                return self.value
            self.value = self._sum / n
            self.ready = True
        self.adx = self.value
        self.plus_di = plus
        self.minus_di = minus
        return self.value

    def _move(self, high: float, low: float) -> None:
        """Add this bar's movement to the sums; from bar `period` + 1 on, a part 1 / period of them leaves first."""
        up = high - self._high
        down = self._low - low
        if self._count > self.period:
            self._plus -= self._plus / self.period
            self._minus -= self._minus / self.period
            self._range -= self._range / self.period
        if down > 0.0 and up < down:
            self._minus += down
        elif up > 0.0 and up > down:
            self._plus += up
        self._range += true_range(high, low, self._close)


def true_range(high: float, low: float, last_close: float) -> float:
    """How far a bar reached, the gap from the bar before it included."""
    reach = high - low
    up = abs(last_close - high)
    down = abs(last_close - low)
    if up > reach:
        reach = up
    return down if down > reach else reach

"""Where a value stands among the last `period`: Bollinger bands, z-score, Donchian channel.

Means and variances are Welford's, kept for the newest block of values and for what is left of the block before it, then
put together by Chan's formula: no large squares are subtracted from one another, so neither a price of 1.1 that moves
in its fifth digit nor a million updates cost precision.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simcore.strategy.fields import Window
from simcore.strategy.indicator import Indicator


class Moments(Indicator):
    """Mean (`value`) and sum of squared deviations (`squares`) of the last `period` values."""

    parameters = ("period",)
    period: int
    squares: float = math.nan
    _means = Window("period")  # values of the newest block, then means of what is left of the block before
    _squares = Window("period")
    _i: int = 0
    _mean: float = 0.0
    _square: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str) -> None: ...

    def update(self, x: float) -> float:
        n = self.period
        self._means[self._i] = x
        i = self._i + 1
        off = x - self._mean
        mean = self._mean + off / i
        square = self._square + off * (x - mean)
        self._i = i
        self._mean = mean
        self._square = square
        if i == n:
            self.value = mean
            self.squares = square
            self.ready = True
            self._turn()
        elif self.ready:
            off = self._means[i] - mean
            self.value = mean + off * (n - i) / n
            self.squares = square + self._squares[i] + off * off * i * (n - i) / n
        return self.value

    def _turn(self) -> None:
        n = self.period
        mean = 0.0
        square = 0.0
        for j in range(n - 1, -1, -1):
            x = self._means[j]
            off = x - mean
            mean += off / (n - j)
            square += off * (x - mean)
            self._means[j] = mean
            self._squares[j] = square
        self._i = 0
        self._mean = 0.0
        self._square = 0.0


class Bollinger(Indicator):
    """Bollinger bands: `middle` (also `value`) is the mean, `upper` and `lower` stand `deviations` population standard
    deviations from it (TA-Lib BBANDS).
    """

    parameters = ("period", "deviations")
    period: int = 20
    deviations: float = 2.0
    upper: float = math.nan
    middle: float = math.nan
    lower: float = math.nan
    _moments = Moments("period")

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 20, deviations: float | str = 2.0) -> None: ...

    def update(self, x: float) -> float:
        middle = self._moments.update(x)
        if self._moments.ready:
            width = self.deviations * math.sqrt(self._moments.squares / self.period)
            self.value = middle
            self.middle = middle
            self.upper = middle + width
            self.lower = middle - width
            self.ready = True
        return self.value


class ZScore(Indicator):
    """How many standard deviations the last value is from the mean of the last `period`, itself included.

    The deviation is the sample's (n - 1), as pandas' and polars' rolling_std; a window without any movement gives 0.
    """

    parameters = ("period",)
    period: int = 20
    _moments = Moments("period")

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 20) -> None: ...

    def update(self, x: float) -> float:
        mean = self._moments.update(x)
        if self._moments.ready:
            squares = self._moments.squares
            self.value = (x - mean) / math.sqrt(squares / (self.period - 1)) if squares > 0.0 else 0.0
            self.ready = True
        return self.value


class Donchian(Indicator):
    """Donchian channel: the highest high (`upper`) and lowest low (`lower`) of the last `period` bars, and their middle
    (also `value`). `update(high, low)`; TA-Lib MAX and MIN.
    """

    parameters = ("period",)
    period: int = 20
    upper: float = math.nan
    middle: float = math.nan
    lower: float = math.nan
    _highs = Window("period")  # of the newest block, then the highest of what is left of the block before
    _lows = Window("period")
    _i: int = 0
    _high: float = 0.0
    _low: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str = 20) -> None: ...

    def update(self, high: float, low: float) -> float:
        i = self._i
        self._highs[i] = high
        self._lows[i] = low
        if i == 0 or high > self._high:
            self._high = high
        if i == 0 or low < self._low:
            self._low = low
        i += 1
        self._i = i
        upper = self._high
        lower = self._low
        if i == self.period:
            self.ready = True
            self._turn()
        elif self.ready:
            if self._highs[i] > upper:
                upper = self._highs[i]
            if self._lows[i] < lower:
                lower = self._lows[i]
        if self.ready:
            self.upper = upper
            self.lower = lower
            self.middle = (upper + lower) / 2.0
            self.value = self.middle
        return self.value

    def _turn(self) -> None:
        for j in range(self.period - 2, -1, -1):
            if self._highs[j + 1] > self._highs[j]:
                self._highs[j] = self._highs[j + 1]
            if self._lows[j + 1] < self._lows[j]:
                self._lows[j] = self._lows[j + 1]
        self._i = 0

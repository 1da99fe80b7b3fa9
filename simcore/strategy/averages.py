"""Moving averages: SMA, EMA, WMA. Each `update(x)` takes one value and returns the average, nan until `period` of them.

The sliding sums never subtract what leaves the window, so they cannot drift, however long they run: the window is kept
as the newest block of values and, for the block before it, the sums from each place to its end. When a block is full
its sums are made anew, from the newest value backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simcore.strategy.fields import Window
from simcore.strategy.indicator import Indicator


class SMA(Indicator):
    """Simple moving average: the mean of the last `period` values (TA-Lib SMA)."""

    parameters = ("period",)
    period: int
    _block = Window("period")
    _i: int = 0
    _sum: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str) -> None: ...

    def update(self, x: float) -> float:
        i = self._i
        n = self.period
        total = self._sum + x
        self._block[i] = x
        i += 1
        if i < n:
            self._i = i
            self._sum = total
            if self.ready:
                self.value = (total + self._block[i]) / n
            return self.value
        self.value = total / n
        self.ready = True
        self._turn()
        return self.value

    def _turn(self) -> None:
        total = 0.0
        for j in range(self.period - 1, -1, -1):
            total += self._block[j]
            self._block[j] = total
        self._i = 0
        self._sum = 0.0


class EMA(Indicator):
    """Exponential moving average, weight 2 / (period + 1), started from the mean of `period` values (TA-Lib EMA)."""

    parameters = ("period",)
    period: int
    _weight: float = 0.0
    _count: int = 0
    _sum: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str) -> None: ...

    def prepare(self) -> None:
        self._weight = 2.0 / (self.period + 1)

    def update(self, x: float) -> float:
        if self.ready:
            value = self.value
            value += (x - value) * self._weight
            self.value = value
            return value
        self._count += 1
        self._sum += x
        if self._count == self.period:
            self.value = self._sum / self.period
            self.ready = True
        return self.value


class WMA(Indicator):
    """Weighted moving average: the last value counts `period` times, the one before once less (TA-Lib WMA)."""

    parameters = ("period",)
    period: int
    _block = Window("period")
    _i: int = 0
    _sum: float = 0.0
    _weighted: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, period: int | str) -> None: ...

    def update(self, x: float) -> float:
        n = self.period
        self._block[self._i] = x
        i = self._i + 1
        total = self._sum + x
        weighted = self._weighted + x * i
        self._i = i
        self._sum = total
        self._weighted = weighted
        if i == n:
            self.value = weighted / (n * (n + 1) / 2)
            self.ready = True
            self._turn()
        elif self.ready:
            self.value = (self._block[i] + weighted + total * (n - i)) / (n * (n + 1) / 2)
        return self.value

    def _turn(self) -> None:
        total = 0.0
        weighted = 0.0
        for j in range(self.period - 1, -1, -1):
            total += self._block[j]
            weighted += total
            self._block[j] = weighted
        self._i = 0
        self._sum = 0.0
        self._weighted = 0.0

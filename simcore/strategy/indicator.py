"""What every indicator is: numbers it remembers, and `update`, which takes the next input and returns the value.

    class Momentum(sc.Indicator):
        parameters = ("period",)             # what Momentum(10), or Momentum("period") in a strategy, is given
        period: int
        _seen = sc.Window("period")          # as long as the parameter
        _count: int = 0

        def update(self, x: float) -> float:
            i = self._count % self.period
            self.ready = self._count >= self.period
            self.value = x - self._seen[i] if self.ready else math.nan
            self._seen[i] = x
            self._count += 1
            return self.value

Nothing updates itself: a strategy calls `update` once for each bar or tick that it wants counted. It takes numbers, one
or, where the indicator needs the bar, `update(high, low, close)`. Until `ready`, `value` and every output is nan.
One source runs plain and compiled; only + - x / sqrt and comparisons are used, in a fixed order, so both forms agree to
the last bit. `prepare` runs once, in Python, when the memory is made, for what follows from the parameters alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from simcore.strategy.body import Several
from simcore.strategy.record import Record


class Indicator(Record):
    """A calculation over a series of inputs, kept in a strategy's memory."""

    __options__ = ("parameters",)
    parameters: tuple[str, ...] = ()

    value: float = math.nan
    ready: bool = False

    def prepare(self) -> None:
        """Set what follows from the parameters alone."""

    if TYPE_CHECKING:

        def __init__(self, *parameters: float | str, **named: float | str) -> None: ...
        def __mul__(self, count: int) -> tuple[Self, ...]: ...

    else:

        def __mul__(self, count):
            """As many as there are instruments: `_fast = sc.EMA("fast") * 8`, then `self._fast[ctx.index]`."""
            if not isinstance(count, int) or count < 1:
                raise TypeError(f"{self!r} * {count!r}: write how many are wanted, a whole number of at least 1")
            return Several(self, count)

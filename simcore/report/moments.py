"""What a row of numbers amounts to: sum, extremes, spread and shape, gains and losses, in one compiled pass.

Statistics ask for a dozen such figures of a handful of columns, and a sweep asks for them thousands of times: a call of
numpy for each would take longer than the replay. Sums are compensated (Neumaier 1974), so that money adds up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import column
from simcore.market.jit import compiled, compiled_into

Float64 = NDArray[np.float64]
NAN = math.nan


class Moments(NamedTuple):
    """Of numbers (n,): `second` to `fourth` are sums of powers of the distance from the mean; nan spoils all of it."""

    total: float
    low: float  # inf of nothing, and high -inf
    high: float
    gained: float  # the sum of what is above zero
    lost: float  # and below, <= 0
    gains: float  # how many are
    losses: float
    mean: float  # nan of nothing
    second: float
    third: float
    fourth: float
    below: float  # the sum of the squares of what is below zero
    n: int

    @property
    def variance(self) -> float:
        """The sample's, nan of fewer than two."""
        return self.second / (self.n - 1) if self.n > 1 else NAN

    @property
    def spread(self) -> float:
        """The sample's standard deviation; exactly 0 where all are equal."""
        return 0.0 if self.n > 1 and self.low == self.high else math.sqrt(self.variance)

    @property
    def skew(self) -> float:
        """The third moment over the spread's cube; nan where all are equal."""
        square = self.second / self.n if self.low < self.high else NAN
        return self.third / self.n / (square * math.sqrt(square)) if square > 0.0 else NAN

    @property
    def kurtosis(self) -> float:
        """The fourth moment over the spread's fourth power, 3 for a normal distribution; nan where all are equal."""
        square = self.second / self.n if self.low < self.high else NAN
        return self.fourth / self.n / (square * square) if square > 0.0 else NAN

    @property
    def average_gain(self) -> float:
        """nan without one."""
        return self.gained / self.gains if self.gains else NAN

    @property
    def average_loss(self) -> float:
        """<= 0; nan without one."""
        return self.lost / self.losses if self.losses else NAN

    @property
    def gains_over_losses(self) -> float:
        """The profit factor; nan without a loss."""
        return self.gained / -self.lost if self.lost < 0.0 else NAN


def moments(values: Float64) -> Moments:
    """The figures of numbers (n,)."""
    found = np.empty(len(Moments._fields) - 1)
    find_moments(column(values, np.float64), found)
    return Moments._make([*found.tolist(), values.size])


@compiled
def find_moments(values: Float64, found: Float64) -> None:
    """Write the fields of Moments but for their number."""
    total = rest = gained = gained_rest = lost = lost_rest = below = 0.0
    gains = losses = 0
    low, high = np.inf, -np.inf
    for x in values:
        total, rest = _added(total, rest, x)
        if x > 0.0:
            gains += 1
            gained, gained_rest = _added(gained, gained_rest, x)
        elif x < 0.0:
            losses += 1
            lost, lost_rest = _added(lost, lost_rest, x)
            below += x * x
        low, high = min(low, x), max(high, x)
    total = _whole(total, rest)
    mean = total / values.size if values.size else np.nan
    second = third = fourth = 0.0
    for x in values:
        away = x - mean
        square = away * away
        second += square
        third += square * away
        fourth += square * square
    if total != total:
        low = high = total
    found[0], found[1], found[2] = total, low, high
    found[3], found[4], found[5], found[6] = _whole(gained, gained_rest), _whole(lost, lost_rest), gains, losses
    found[7], found[8], found[9], found[10], found[11] = mean, second, third, fourth, below


@compiled_into
def _added(total: float, rest: float, x: float) -> tuple[float, float]:
    """A sum, and what it lost by rounding so far."""
    after = total + x
    if abs(total) >= abs(x):
        rest += (total - after) + x
    else:
        rest += (x - after) + total
    return after, rest


@compiled_into
def _whole(total: float, rest: float) -> float:
    return total + rest if rest == rest else total  # an infinite sum has no rest

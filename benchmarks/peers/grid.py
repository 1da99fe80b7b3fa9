"""The grid every optimiser goes through, and its bars; numpy only, because each runs in an environment of its own.

The rules are those of `rules`, on the closes of one-minute bars of 20 quotes each: about a year of them. Orders fill at
the very close (simcore's own bars: at the next open), without a spread, so that all turn at the same bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.peers.rules import Prices

EVERY = 20  # quotes a bar
MINUTE = 60_000_000_000
QUOTES = 7_440_000
FASTS, SLOWS = tuple(range(20, 420, 10)), tuple(range(500, 1750, 50))  # 40 by 25

Float64 = npt.NDArray[np.float64]


class Bars(NamedTuple):
    """Bars, all columns (n,): start in ns UTC and prices."""

    ts: npt.NDArray[np.int64]
    open: Float64
    high: Float64
    low: Float64
    close: Float64


def bars_of(prices: Prices) -> Bars:
    """The bars of these quotes' mids."""
    mid = np.round(prices.mid * 1e5) / 1e5
    rows = mid[: mid.size // EVERY * EVERY].reshape(-1, EVERY)
    ts = prices.ts[0] + np.arange(len(rows), dtype=np.int64) * MINUTE
    return Bars(ts, rows[:, 0].copy(), rows.max(axis=1), rows.min(axis=1), rows[:, -1].copy())


def values(form: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Fast and slow periods of "40x25" and the like: so many of each, the smallest first."""
    fast, slow = (int(n) for n in form.rpartition(" ")[2].split("x"))
    return FASTS[:fast], SLOWS[:slow]


def average(close: Float64, period: int) -> Float64:
    """An exponential average from the first close on."""
    found, share, value = np.empty(close.size), 2.0 / (period + 1), float(close[0])
    for i, x in enumerate(close.tolist()):
        value += (x - value) * share
        found[i] = value
    return found


def signals(close: Float64, fasts: Sequence[int], slows: Sequence[int]) -> tuple[npt.NDArray[np.bool_], ...]:
    """Bars at which to turn long, and short: (bars, combinations), the slow period changing fastest."""
    by_period = {period: average(close, period) for period in {*fasts, *slows}}
    long = np.zeros((close.size, len(fasts) * len(slows)), bool)
    short = np.zeros_like(long)
    pairs = [(fast, slow) for fast in fasts for slow in slows]
    for column, (fast, slow) in enumerate(pairs):
        for found, over in ((long, 1.0), (short, -1.0)):
            beyond = over * (by_period[fast] - by_period[slow]) > 0.0
            beyond[: slow - 1] = False
            found[:, column] = beyond
            found[1:, column] &= ~beyond[:-1]
    return long, short


def turns(close: Float64, form: str) -> int:
    """How often all combinations turn together."""
    total = 0
    for fast in values(form)[0]:  # one after the other: a thousand columns would be a gigabyte
        long, short = signals(close, (fast,), values(form)[1])
        for column in range(long.shape[1]):
            at = np.flatnonzero(long[:, column] | short[:, column])
            sides = long[at, column]
            total += int(at.size and 1 + np.count_nonzero(sides[1:] != sides[:-1]))
    return total

"""Chance, compiled: the same seed and path number give the same draws, wherever and in whatever order paths are made.

Every path has a generator of its own (SplitMix64, Steele, Lea and Flood 2014), started from seed and path. Blocks are
those of the circular (Politis and Romano 1992) and the stationary bootstrap (Politis and Romano 1994): rows that follow
one another stay so, the first after the last, and a block's length is fixed, or geometric with the same mean.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64, Int64
from simcore.market.jit import compiled, compiled_into

UInt64 = npt.NDArray[np.uint64]


@compiled_into
def started(seed: int, path: int) -> UInt64:
    """The generator of one path."""
    state = np.empty(1, np.uint64)
    state[0] = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(path)
    step(state)
    state[0] ^= step(state)
    return state


@compiled_into
def step(state: UInt64) -> Any:
    """The next 64 bits."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled_into
def unit(state: UInt64) -> float:
    """A number in [0, 1) with 53 bits."""
    return float(step(state) >> np.uint64(11)) * 1.1102230246251565e-16


@compiled_into
def below(state: UInt64, n: int) -> int:
    """A whole number in [0, n)."""
    return int(unit(state) * n)


@compiled
def uniforms(seed: int, path: int, n: int) -> Float64:
    """n numbers in [0, 1)."""
    state, out = started(seed, path), np.empty(n)
    for i in range(n):
        out[i] = unit(state)
    return out


@compiled
def normals(seed: int, path: int, n: int) -> Float64:
    """n numbers of the standard normal distribution (Box and Muller 1958)."""
    state, out = started(seed, path), np.empty(n)
    for i in range(0, n, 2):
        far, angle = math.sqrt(-2.0 * math.log(1.0 - unit(state))), 2.0 * math.pi * unit(state)
        out[i] = far * math.cos(angle)
        if i + 1 < n:
            out[i + 1] = far * math.sin(angle)
    return out


@compiled_into
def fill_blocks(state: UInt64, order: Int64, n: int, length: float, stationary: bool) -> None:
    """Rows in blocks: `order` gets numbers below n."""
    row, left = 0, 0
    for i in range(order.size):
        ends = unit(state) < 1.0 / length if stationary else left == 0
        if i == 0 or ends:
            row, left = below(state, n), int(length)
        else:
            row = row + 1 if row + 1 < n else 0
        left -= 1
        order[i] = row


@compiled
def blocks(seed: int, path: int, n: int, count: int, length: float, stationary: bool) -> Int64:
    """Blocks (blocks, 2) of n rows, first row and length, that are `count` rows together; none goes beyond row n."""
    state, found = started(seed, path), np.empty((count, 2), np.int64)
    some, done, next_row = 0, 0, 0
    left = 0
    while done < count:
        if left == 0:
            next_row = below(state, n)
            left = int(length)
            if stationary and length > 1.0:  # geometric: one more with chance 1 - 1 / length, and so on
                left = 1 + int(math.log(1.0 - unit(state)) / math.log(1.0 - 1.0 / length))
        rows = min(left, n - next_row, count - done)
        found[some, 0], found[some, 1] = next_row, rows
        some, done, left = some + 1, done + rows, left - rows
        next_row = 0
    return found[:some]


SHUFFLE, BOOTSTRAP, CIRCULAR, STATIONARY = 0, 1, 2, 3


@compiled_into
def draw(state: UInt64, order: Int64, kind: int, n: int, length: float) -> None:
    """Fill `order` with rows below n."""
    if kind == SHUFFLE:
        for i in range(n):
            order[i] = i
        for i in range(n - 1, 0, -1):  # Fisher and Yates
            j = below(state, i + 1)
            order[i], order[j] = order[j], order[i]
    elif kind == BOOTSTRAP:
        for i in range(n):
            order[i] = below(state, n)
    else:
        fill_blocks(state, order, n, length, kind == STATIONARY)


@compiled
def equity_paths(
    results: Float64, cash: float, compound: bool, seed: int, first: int, kind: int, length: float, out: Float64
) -> None:
    """Draw paths `first`, `first` + 1 ... of results (n,) into `out` (paths, n + 1): the equity after each.

    results: money, added up; or with `compound` shares of the equity, one growing on the other.
    """
    n = results.size
    order = np.empty(n, np.int64)
    for path in range(out.shape[0]):
        draw(started(seed, first + path), order, kind, n, length)
        equity = cash
        out[path, 0] = equity
        for i in range(n):
            equity = equity * (1.0 + results[order[i]]) if compound else equity + results[order[i]]
            out[path, i + 1] = equity


@compiled
def lowest(equity: Float64, drawdown: Float64, least: Float64) -> None:
    """The deepest fall from a peak as a fraction, and the least equity, of each path (paths, points)."""
    for path in range(equity.shape[0]):
        peak, deepest, low = -np.inf, 0.0, np.inf
        for i in range(equity.shape[1]):
            value = equity[path, i]
            if value > peak:
                peak = value
            if peak > 0.0 and 1.0 - value / peak > deepest:
                deepest = 1.0 - value / peak
            if value < low:
                low = value
        drawdown[path], least[path] = deepest, low

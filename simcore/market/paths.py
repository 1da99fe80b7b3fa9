"""Bars as the engine meets them: four rows each, because inside a bar only its four prices are known.

A bar from `ts` to `ts + timeframe` becomes its open at the start, the nearer extreme at one third, the other extreme at
two thirds, and its close one nanosecond before the end. The extreme nearer to the open comes first, the low on a tie,
judged on the bid side; the ask side follows with its own prices. A bar that the next one cuts short (a 23-hour day, a
February) ends where the next begins, so rows never overlap.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64, Int64
from simcore.market.columns import Array, Bars, column
from simcore.market.timeframe import parse_timeframe

UInt8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

ROWS_PER_BAR = 4
# Distances this near to each other, as a share of the price, are a tie: 1.1 - 1.099 and 1.101 - 1.1 differ in float64.
TIE = 1e-12


class PathRows(NamedTuple):
    """Feed rows of one instrument's bars, four a bar; see `feed.Feed` for the columns."""

    ts: Int64
    bid: Float64
    ask: Float64
    kind: UInt8
    x: Float64
    y: Float64


def path_rows(bars: Bars, kinds: tuple[int, int, int, int]) -> PathRows:
    """Return the four rows of each bar, (4 n,) each; `kinds` are the codes of open, first and second extreme, close."""
    length = parse_timeframe(bars.timeframe).ns
    low_first = abs(bars.open - bars.low) <= abs(bars.high - bars.open) + TIE * bars.open
    nothing = np.full(len(bars), np.nan)
    return PathRows(
        _interleaved(np.int64, *_times(bars.ts, length)),
        _interleaved(np.float64, *_path(low_first, bars.open, bars.high, bars.low, bars.close)),
        _interleaved(np.float64, *_path(low_first, bars.ask_open, bars.ask_high, bars.ask_low, bars.ask_close)),
        column(np.tile(kinds, len(bars)), np.uint8),
        _interleaved(np.float64, bars.low, bars.ask_low, nothing, bars.volume),
        _interleaved(np.float64, bars.high, bars.ask_high, nothing, np.full(len(bars), float(length))),
    )


def _times(start: Int64, length: int) -> tuple[Int64, ...]:
    """Return the four times of every bar, in order even where bars overlap or repeat."""
    span = np.full(start.size, length)
    span[:-1] = np.minimum(span[:-1], np.diff(start))
    third = span // 3
    return start, start + third, start + 2 * third, start + np.maximum(span - 1, 0)


def _path(low_first: Bools, first: Float64, high: Float64, low: Float64, last: Float64) -> tuple[Float64, ...]:
    """Return open, first extreme, second extreme and close of every bar."""
    return first, np.where(low_first, low, high), np.where(low_first, high, low), last


def _interleaved(dtype: npt.DTypeLike, *quarters: Array) -> Array:
    """Return the first of each, the second of each, and so on."""
    rows = np.empty((quarters[0].size, ROWS_PER_BAR), dtype)
    for i, quarter in enumerate(quarters):
        rows[:, i] = quarter
    return column(rows.reshape(-1), dtype)

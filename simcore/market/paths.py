"""Bars as the engine meets them: four rows each, because inside a bar only its four prices are known.

path="ohlc": a bar from `ts` to its end becomes its open at the start, the nearer extreme at one third, the other
extreme at two thirds, and its close one nanosecond before the end. The extreme nearer to the open comes first, the low
on a tie, judged on the bid side; the ask side follows with its own prices. path="dense": up to twelve rows a bar, see
`dense`. Either way open, high, low, close and volume stay what they are.

A bar ends at its `end`, else at `ts` + timeframe; one that the next cuts short (a February) ends where that begins, so
rows never overlap.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market import dense
from simcore.market.checks import Float64, Int64
from simcore.market.columns import ASK_PATH, BID_PATH, Array, Bars, column
from simcore.market.errors import DataError, did_you_mean
from simcore.market.grid import Grid
from simcore.market.measure import Measure, parse_bars

UInt8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

PATHS: Final = ("ohlc", "dense")
ROWS_PER_BAR = 4
# Distances this near to each other, as a share of the price, are a tie: 1.1 - 1.099 and 1.101 - 1.1 differ in float64.
TIE = 1e-12


class PathRows(NamedTuple):
    """Feed rows of one instrument's bars; see `feed.Feed` for the columns."""

    ts: Int64
    bid: Float64
    ask: Float64
    kind: UInt8
    x: Float64
    y: Float64


def check_path(path: str) -> None:
    """Raise DataError for a path that is none."""
    if path not in PATHS:
        raise DataError(f'path="{path}" is unknown; it is one of {", ".join(PATHS)}.{did_you_mean(str(path), PATHS)}')


def path_rows(bars: Bars, kinds: tuple[int, int, int, int]) -> PathRows:
    """Return the four rows of each bar, (4 n,) each; `kinds` are the codes of open, first and second extreme, close."""
    low_first = abs(bars.open - bars.low) <= abs(bars.high - bars.open) + TIE * bars.open
    nothing = np.full(len(bars), np.nan)
    span = spans(bars)
    third = span // 3
    return PathRows(
        _interleaved(np.int64, bars.ts, bars.ts + third, bars.ts + 2 * third, bars.ts + np.maximum(span - 1, 0)),
        _interleaved(np.float64, *_path(low_first, bars.open, bars.high, bars.low, bars.close)),
        _interleaved(np.float64, *_path(low_first, bars.ask_open, bars.ask_high, bars.ask_low, bars.ask_close)),
        column(np.tile(kinds, len(bars)), np.uint8),
        _interleaved(np.float64, bars.low, bars.ask_low, nothing, bars.volume),
        _interleaved(np.float64, bars.high, bars.ask_high, nothing, np.full(len(bars), length(bars))),
    )


def dense_rows(bars: Bars, kinds: tuple[int, int, int, int], grid: Grid | None = None, rose: bool = False) -> PathRows:
    """Return three to twelve rows of each bar, kinds as above; what lies between its prices is put on `grid`.

    `rose`: whether the bar before the first of these rose.
    """
    numerator, scale = grid if grid is not None else (1.0, 0.0)
    paths = [np.array([getattr(bars, name) for name in names]) for names in (BID_PATH, ASK_PATH)]
    parts = np.empty((4, len(bars)), np.int64)
    rows = int(dense.count_points(paths[0], paths[1], bars.volume, parts, rose))
    sides = []
    for path in paths[:1] if bars.one_price else paths:
        prices = np.empty(rows)
        dense.write_points(path, parts, dense.SHARES, numerator, scale, prices)
        sides.append(column(prices, float))
    span = spans(bars)
    extras = np.array([bars.low, bars.high, bars.ask_low, bars.ask_high, bars.volume, np.full(len(bars), length(bars))])
    ts, kind, x, y = np.empty(rows, np.int64), np.empty(rows, np.uint8), np.empty(rows), np.empty(rows)
    dense.write_rows(bars.ts, span, parts, extras, kinds, ts, kind, x, y)
    return PathRows(
        column(ts, np.int64), sides[0], sides[-1], column(kind, np.uint8), column(x, float), column(y, float)
    )


def length(bars: Bars) -> int:
    """Their timeframe in ns; 0 of bars that end by what happens."""
    spec = parse_bars(bars.timeframe)
    return 0 if isinstance(spec, Measure) else spec.ns


def spans(bars: Bars) -> Int64:
    """How long each bar lasts, ns: to its end, and not past the next one's start; 0 where bars repeat."""
    span = np.full(len(bars), length(bars)) if bars.end is None else bars.end - bars.ts
    span[:-1] = np.minimum(span[:-1], np.diff(bars.ts))
    return span


def _path(low_first: Bools, first: Float64, high: Float64, low: Float64, last: Float64) -> tuple[Float64, ...]:
    """Return open, first extreme, second extreme and close of every bar."""
    return first, np.where(low_first, low, high), np.where(low_first, high, low), last


def _interleaved(dtype: npt.DTypeLike, *quarters: Array) -> Array:
    """Return the first of each, the second of each, and so on."""
    rows = np.empty((quarters[0].size, ROWS_PER_BAR), dtype)
    for i, quarter in enumerate(quarters):
        rows[:, i] = quarter
    return column(rows.reshape(-1), dtype)

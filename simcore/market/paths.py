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
from simcore.market.columns import Bars, column
from simcore.market.jit import compiled
from simcore.market.timeframe import parse_timeframe

UInt8 = npt.NDArray[np.uint8]

ROWS_PER_BAR = 4


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
    rows = ROWS_PER_BAR * len(bars)
    ts, prices, kind = np.empty(rows, np.int64), np.empty((4, rows)), np.empty(rows, np.uint8)
    kind.reshape(-1, ROWS_PER_BAR)[:] = kinds
    bid, ask, x, y = prices
    length = parse_timeframe(bars.timeframe).ns
    write_times(bars.ts, length, ts)
    write_prices(bars.open, bars.high, bars.low, bars.close, bars.open, bars.high, bars.low, bid)
    write_prices(bars.ask_open, bars.ask_high, bars.ask_low, bars.ask_close, bars.open, bars.high, bars.low, ask)
    x[0::4], x[1::4], x[2::4], x[3::4] = bars.low, bars.ask_low, np.nan, bars.volume
    y[0::4], y[1::4], y[2::4], y[3::4] = bars.high, bars.ask_high, np.nan, float(length)
    return PathRows(column(ts, np.int64), column(bid, float), column(ask, float), column(kind, np.uint8), x, y)


@compiled
def write_times(start: Int64, length: int, ts: Int64) -> None:
    """Write the four times of every bar into `ts` (4 n,), in order even where bars overlap or repeat."""
    last = start.size - 1
    for i in range(start.size):
        span = length if i == last else min(length, start[i + 1] - start[i])
        ts[4 * i] = start[i]
        ts[4 * i + 1] = start[i] + span // 3
        ts[4 * i + 2] = start[i] + 2 * (span // 3)
        ts[4 * i + 3] = start[i] + max(span - 1, 0)


@compiled
def write_prices(
    first: Float64,
    high: Float64,
    low: Float64,
    last: Float64,
    bid_open: Float64,
    bid_high: Float64,
    bid_low: Float64,
    out: Float64,
) -> None:
    """Write open, the extremes in the order the bid side sets, and close of every bar into `out` (4 n,)."""
    for i in range(first.size):
        low_first = abs(bid_open[i] - bid_low[i]) <= abs(bid_high[i] - bid_open[i])
        out[4 * i] = first[i]
        out[4 * i + 1] = low[i] if low_first else high[i]
        out[4 * i + 2] = high[i] if low_first else low[i]
        out[4 * i + 3] = last[i]

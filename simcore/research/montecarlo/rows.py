"""Rows of a feed put together anew, compiled: blocks of recorded ticks one after the other, or prices of a model.

Assumes rows in time order; their times stay as recorded, so that sessions, rollovers and bars fall where they fell. A
block goes on at the price where the block before it ended: its prices are the recorded ones times one factor, on the
instrument's grid, and its spreads are recorded ones. So the path within a block is what it was, and a block that begins
where the one before it ended is copied bit by bit.
"""

from __future__ import annotations

import numpy as np

from simcore.market.checks import Float64, Int64
from simcore.market.feed import BAR_FIRST, BAR_OPEN
from simcore.market.jit import compiled, compiled_into
from simcore.market.kway import UInt8

OPEN, FIRST = np.uint8(BAR_OPEN), np.uint8(BAR_FIRST)


@compiled_into
def gridded(price: float, scale: float, step: float) -> float:
    """The nearest price of a grid of step / scale, at least one step."""
    return float(max(np.rint(price * scale / step), 1.0) * step / scale)


@compiled
def previous(instrument: UInt8, count: int) -> Int64:
    """The row of the same instrument before each row, -1 for its first."""
    last = np.full(count, -1, np.int64)
    found = np.empty(instrument.size, np.int64)
    for i in range(instrument.size):
        k = instrument[i]
        found[i] = last[k]
        last[k] = i
    return found


@compiled
def quotes_together(blocks: Int64, points: Float64, spread: Float64, scale: float, step: float, out: Float64) -> None:
    """Write the rows of `blocks` (blocks, 2: first row, length) into `out` (2, rows): bid, ask of one instrument.

    points, spread: (rows,) recorded bids, and asks less bids, in steps of the grid.
    """
    at, level = 0, 0.0
    for b in range(blocks.shape[0]):
        first, rows = blocks[b, 0], blocks[b, 1]
        if b == 0:
            factor = points[0] / points[first]
        elif blocks[b - 1, 0] + blocks[b - 1, 1] != first:
            factor = level / points[first - 1 if first > 0 else 0]
        taken, wide = points[first : first + rows], spread[first : first + rows]
        bid, ask = out[0, at : at + rows], out[1, at : at + rows]
        for i in range(rows):
            price = max(np.rint(taken[i] * factor), 1.0)
            bid[i] = price * step / scale
            ask[i] = (price + wide[i]) * step / scale
        at, level = at + rows, taken[rows - 1] * factor


@compiled
def put_together(
    order: Int64,
    unit: int,
    bid: Float64,
    ask: Float64,
    kind: UInt8,
    x: Float64,
    y: Float64,
    instrument: UInt8,
    before: Int64,
    scale: Float64,
    step: Float64,
    out: Float64,
) -> None:
    """Write rows `unit` * order + 0 ... unit - 1 into `out` (4, rows): bid, ask, x, y.

    kind, x, y, instrument and before are empty where there is none; scale and step are each instrument's grid.
    """
    n = scale.size
    factor, level, fresh = np.ones(n), np.zeros(n), np.ones(n, np.bool_)
    for j in range(order.size):
        if j == 0 or order[j] != order[j - 1] + 1:
            fresh[:] = True
        for m in range(unit):
            i, at = order[j] * unit + m, j * unit + m
            k = instrument[i] if instrument.size else 0
            if fresh[k]:
                fresh[k] = False
                there = before[i] if before.size else i - 1
                if level[k] == 0.0:  # its first price is where the data begin
                    factor[k] = bid[_first(before, instrument, k)] / bid[i]
                else:
                    factor[k] = level[k] / bid[there if there >= 0 else i]
            _row(i, at, factor[k], scale[k], step[k], bid, ask, kind, x, y, out)
            level[k] = bid[i] * factor[k]


@compiled_into
def _first(before: Int64, instrument: UInt8, k: int) -> int:
    for i in range(before.size):
        if before[i] < 0 and instrument[i] == k:
            return i
    return 0


@compiled_into
def _row(
    i: int, at: int, factor: float, scale: float, step: float,
    bid: Float64, ask: Float64, kind: UInt8, x: Float64, y: Float64, out: Float64,
) -> None:  # fmt: skip
    """One row at `factor` times its price."""
    if factor == 1.0:
        out[0, at], out[1, at] = bid[i], ask[i]
    else:
        out[0, at] = gridded(bid[i] * factor, scale, step)
        out[1, at] = gridded(out[0, at] + (ask[i] - bid[i]), scale, step)
    if x.size:
        out[2, at], out[3, at] = x[i], y[i]
        if factor != 1.0 and kind.size and kind[i] == OPEN:
            out[2, at], out[3, at] = gridded(x[i] * factor, scale, step), gridded(y[i] * factor, scale, step)
        elif factor != 1.0 and kind.size and kind[i] == FIRST:
            out[2, at] = gridded(out[2, at - 1] + (x[i] - x[i - 1]), scale, step)
            out[3, at] = gridded(out[3, at - 1] + (y[i] - y[i - 1]), scale, step)


@compiled
def spread_out(
    bid: Float64, ask: Float64, kind: UInt8, x: Float64, y: Float64, instrument: UInt8,
    wider: float, scale: Float64, step: Float64, out: Float64,
) -> None:  # fmt: skip
    """Write the rows with spreads `wider` times as wide around the same middle into `out` (4, rows).

    kind, x, y and instrument are empty where there is none; scale and step are each instrument's grid.
    """
    for i in range(bid.size):
        k = instrument[i] if instrument.size else 0
        more = 0.5 * (wider - 1.0) * (ask[i] - bid[i])
        out[0, i], out[1, i] = gridded(bid[i] - more, scale[k], step[k]), gridded(ask[i] + more, scale[k], step[k])
        if x.size:
            out[2, i], out[3, i] = x[i], y[i]
            if kind.size and kind[i] == OPEN:
                out[2, i], out[3, i] = gridded(x[i] - more, scale[k], step[k]), gridded(y[i] - more, scale[k], step[k])
            elif kind.size and kind[i] == FIRST:
                out[2, i], out[3, i] = gridded(x[i] + more, scale[k], step[k]), gridded(y[i] + more, scale[k], step[k])


@compiled
def priced(
    middle: Float64, bid: Float64, ask: Float64, kind: UInt8, x: Float64, y: Float64,
    scale: float, step: float, out: Float64,
) -> None:  # fmt: skip
    """Write quotes around `middle` (rows,) with the recorded spreads into `out` (4, rows); a bar's extremes follow."""
    for i in range(bid.size):
        half = 0.5 * (ask[i] - bid[i])
        out[0, i] = gridded(middle[i] - half, scale, step)
        out[1, i] = gridded(out[0, i] + 2.0 * half, scale, step)
        if x.size:
            out[2, i], out[3, i] = x[i], y[i]
    for i in range(bid.size if kind.size else 0):
        if kind[i] == OPEN:
            out[2, i], out[3, i] = out[0, i : i + 4].min(), out[0, i : i + 4].max()
            out[2, i + 1], out[3, i + 1] = out[1, i : i + 4].min(), out[1, i : i + 4].max()

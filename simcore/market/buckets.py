"""Which rows belong to which bar: by time, by sessions, by count, by volume, by range, and renko's bricks.

Every pass reads the rows once and writes, for each bar, its start and end (int64 ns, the end is the first instant after
it) and its rows [first, stop). Rows that belong to no bar (outside every session) are in none.
"""

import numpy as np

from simcore.market.checks import Float64, Int64
from simcore.market.jit import compiled, compiled_into

SLACK = 1e-9  # of a size: what a difference of two prices, or a sum of sizes, may be off by in a float


@compiled_into
def first_at(ts: Int64, row: int, end: int) -> int:
    """Return the first row from `row` on at or after `end`, by doubling steps: bars are short beside the data."""
    step = 1
    while row + step < ts.size and ts[row + step] < end:
        row += step
        step *= 2
    beyond = min(row + step, ts.size)
    if row < ts.size and ts[row] >= end:
        return row
    while row + 1 < beyond:
        middle = (row + beyond) // 2
        if ts[middle] < end:
            row = middle
        else:
            beyond = middle
    return beyond


@compiled
def by_time(ts: Int64, length: int, anchor: int, starts: Int64, first: Int64) -> int:
    """Bars of `length` from `anchor` on; `first` (m + 1,) gets the rows they begin at. Returns how many there are."""
    made, row = 0, 0
    while row < ts.size:
        starts[made] = ts[row] - (ts[row] - anchor) % length
        first[made] = row
        row = first_at(ts, row, starts[made] + length)
        made += 1
    first[made] = row
    return made


@compiled
def by_session(
    ts: Int64, length: int, opens: Int64, closes: Int64, starts: Int64, ends: Int64, first: Int64, stop: Int64
) -> int:
    """Bars of `length` counted from each session's open and cut at its close; length 0: one bar a session."""
    made, row, session = 0, 0, 0
    while row < ts.size:
        while session < opens.size and closes[session] <= ts[row]:
            session += 1
        if session == opens.size:
            return made
        start, end = opens[session], closes[session]
        if ts[row] < start:
            row = first_at(ts, row, start)
            continue
        if length > 0:
            start += (ts[row] - start) // length * length
            end = min(start + length, end)
        starts[made], ends[made], first[made] = start, end, row
        row = first_at(ts, row, end)
        stop[made] = row
        made += 1
    return made


@compiled
def by_sum(sizes: Float64, size: float, first: Int64) -> int:
    """Bars that end with the row that brings the sum of `sizes` to `size`. `first` as in `by_time`."""
    made, total = 0, 0.0
    for row in range(sizes.size):
        total += sizes[row]
        if total >= size * (1.0 - SLACK):
            made += 1
            first[made] = row + 1
            total = 0.0
    return made


@compiled
def by_range(high: Float64, low: Float64, size: float, first: Int64) -> int:
    """Bars that end with the row that takes their high to `size` above their low."""
    made, top, bottom = 0, -np.inf, np.inf
    for row in range(high.size):
        top, bottom = max(top, high[row]), min(bottom, low[row])
        if top - bottom >= size * (1.0 - SLACK):
            made += 1
            first[made] = row + 1
            top, bottom = -np.inf, np.inf
    return made


@compiled
def by_brick(price: Float64, size: float, rows: Int64, opened: Int64, closed: Int64) -> int:
    """Renko: for each brick the row that finished it, and its open and close in sizes above the first price.

    Empty arrays: count only.
    """
    made = 0
    upper, lower = 0, 0  # edges of the last brick; the first stands on the first price, whichever way it goes
    for row in range(price.size):
        steps = (price[row] - price[0]) / size
        while steps >= upper + 1 - SLACK:
            lower, upper = upper, upper + 1
            if rows.size:
                rows[made], opened[made], closed[made] = row, lower, upper
            made += 1
        while steps <= lower - 1 + SLACK:
            upper, lower = lower, lower - 1
            if rows.size:
                rows[made], opened[made], closed[made] = row, upper, lower
            made += 1
    return made


@compiled
def part(starts: Int64, ends: Int64) -> None:
    """Move starts that fall before the end of the bar above to it, and keep every bar at least 1 ns long."""
    for i in range(starts.size):
        if i > 0 and starts[i] < ends[i - 1]:
            starts[i] = ends[i - 1]
        if ends[i] <= starts[i]:
            ends[i] = starts[i] + 1


@compiled
def extremes(high: Float64, low: Float64, first: Int64, stop: Int64, highest: Float64, lowest: Float64) -> None:
    """Write the highest of `high` and the lowest of `low` over the rows [first, stop) of every bar."""
    for i in range(first.size):
        top, bottom = high[first[i]], low[first[i]]
        for row in range(first[i], stop[i]):
            top, bottom = max(top, high[row]), min(bottom, low[row])
        highest[i], lowest[i] = top, bottom


@compiled
def sums(sizes: Float64, first: Int64, stop: Int64, total: Float64) -> None:
    """Write the sum of `sizes` over the rows of every bar; nan where one is nan."""
    for i in range(first.size):
        added = 0.0
        for row in range(first[i], stop[i]):
            added += sizes[row]
        total[i] = added

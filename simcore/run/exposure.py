"""What was held when: quantities and values, from the fills and the quotes that stood.

Assumes the tape's fills and what was seen of the ticks. A fill first closes what stands against it (closed_qty), and
what is left opens; so longs and shorts of a hedging account are counted apart. Values are at the middle of bid and ask,
in account currency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import column
from simcore.market.jit import compiled
from simcore.report.curve import Float64, Int64
from simcore.report.places import places
from simcore.report.sheet import Columns
from simcore.run import Table
from simcore.run.seen import Seen, by_instrument

GRID = 1e10  # quantities are decimal numbers: what is below is noise of adding them


def held(fills: Table, k: int, ts: Int64) -> tuple[Float64, Float64]:
    """Long and short qty of instrument k right after each time, both >= 0."""
    own = by_instrument(fills).get(k, [])
    closed, long = fills["closed_qty"][own], fills["side"][own] > 0
    opened = fills["qty"][own] - closed
    after = places(fills["ts"][own], ts, after=True)
    sums = np.empty(ts.size), np.empty(ts.size)
    add_up(
        column(opened, np.float64), column(closed, np.float64), column(long, np.bool_), column(after, np.int64), *sums
    )
    return sums


def values(fills: Table, seen: Seen, ts: Int64) -> dict[int, tuple[Float64, Float64]]:
    """Value of longs and of shorts at some of seen.times, by instrument that was traded; both >= 0."""
    found = {}
    fills = seen.splits.shares(fills)
    for k in by_instrument(fills):
        shares = seen.splits.after(k, ts)
        long, short = (qty / shares for qty in held(fills, k, ts))
        worth = seen.mid(k, ts) * seen.terms.points[k] * seen.rate(k, ts)
        worth = np.where((long > 0.0) | (short > 0.0), worth, 0.0)  # not before its first quote
        found[k] = (long * worth, short * worth)
    return found


def shares(equity: Float64, ts: Int64, fills: Table, seen: Seen) -> Columns:
    """Long, short, gross and net at some of seen.times, and gross over the equity there in per cent."""
    longs, shorts = np.zeros(ts.size), np.zeros(ts.size)
    for long, short in values(fills, seen, ts).values():
        longs, shorts = longs + long, shorts + short
    gross = longs + shorts
    share = np.divide(100.0 * gross, equity, out=np.full(ts.size, np.nan), where=equity > 0.0)
    return {"long": longs, "short": shorts, "gross": gross, "net": longs - shorts, "gross_pct": share}


@compiled
def add_up(
    opened: Float64, closed: Float64, is_long: NDArray[np.bool_], after: Int64, long: Float64, short: Float64
) -> None:
    """Write what is held long and short after so many fills, `after` (n,) in order: a fill closes the other side."""
    n, longs, shorts = 0, 0.0, 0.0
    for i in range(after.size):
        while n < after[i]:
            if is_long[n]:
                longs, shorts = longs + opened[n], shorts - closed[n]
            else:
                longs, shorts = longs - closed[n], shorts + opened[n]
            n += 1
        long[i], short[i] = np.rint(longs * GRID) / GRID + 0.0, np.rint(shorts * GRID) / GRID + 0.0

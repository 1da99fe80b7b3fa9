"""Fewer points for the same picture: a million ticks become a few thousand, and no extreme is lost.

Assumes: times in order. A chart is some two thousand pixels wide, so of all rows that fall on one pixel only the lowest
and the highest can be seen. Those are kept, as they are, at their own times; nothing is averaged or invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simcore.report.curve import Float64, Int64

PIXELS = 2_000
CANDLES = 600


def thin(ts: Int64, *values: Float64, buckets: int = PIXELS) -> NDArray[np.intp]:
    """Rows to draw: of every bucket of equal time the lowest and highest of each column, and the first and last row.

    A bucket with a value that is not finite keeps one such row, so that a gap stays a gap. Rows come back in order.
    """
    n = ts.size
    if n <= 2 * len(values) * buckets:
        return np.arange(n)
    edges = np.searchsorted(ts, np.linspace(float(ts[0]), float(ts[-1]), buckets + 1)[1:-1])
    bounds = np.unique(np.concatenate([[0], edges, [n]]))
    kept = [np.array([0, n - 1])]
    for value in values:
        finite = np.isfinite(value)
        whole = bool(finite.all())
        low, high = (value, value) if whole else (np.where(finite, value, np.inf), np.where(finite, value, -np.inf))
        for a, b in pairwise(bounds):
            kept.append(np.array([a + np.argmin(low[a:b]), a + np.argmax(high[a:b])]))
            if not whole and not finite[a:b].all():
                kept.append(np.array([a + np.argmin(finite[a:b])]))
    return np.unique(np.concatenate(kept))


@dataclass(frozen=True)
class Candles:
    """Bars as drawn: `span` of the data's own in each."""

    ts: Int64
    open: Float64
    high: Float64
    low: Float64
    close: Float64
    span: int


def candles(ts: Int64, o: Float64, h: Float64, low: Float64, c: Float64, limit: int = CANDLES) -> Candles:
    """At most `limit` candles: neighbours joined to one: first open, highest high, lowest low, last close."""
    span = max(1, -(-ts.size // limit))
    first = np.arange(0, ts.size, span)
    last = np.minimum(first + span, ts.size) - 1
    if ts.size == 0:
        return Candles(ts, o, h, low, c, 1)
    return Candles(ts[first], o[first], np.maximum.reduceat(h, first), np.minimum.reduceat(low, first), c[last], span)

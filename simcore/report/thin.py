"""Fewer points for the same picture: a million ticks become some ten thousand, and no extreme is lost.

Assumes: times in order. Of all rows that fall into one bucket of time the lowest and the highest are kept, as they are,
at their own times; nothing is averaged or invented. There are many more buckets than a chart has pixels, so that a
stretch can be seen closer, down to the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.report.curve import Float64, Int64

BUCKETS: Final = 2_000
CANDLES: Final = 40_000
SILENCE: Final = 3 * 3_600_000_000_000  # ns without a row that may be a night or a weekend
MOST_GAPS: Final = 10_000

Rows = NDArray[np.intp]


def thin(ts: Int64, *values: Float64, buckets: int = BUCKETS) -> Rows:
    """Rows to keep: of every bucket of equal time the lowest and highest of each column, and the first and last row.

    A bucket with a value that is not finite keeps one such row, so that a gap stays a gap. Rows come back in order.
    """
    if ts.size <= 2 * len(values) * buckets:
        return np.arange(ts.size)
    edges = np.linspace(float(ts[0]), float(ts[-1]), buckets + 1)[1:-1]
    return extremes(buckets_of(ts, edges), *values)


def buckets_of(ts: Int64, edges: Float64) -> Rows:
    """The first row of every bucket that has one; `edges` are the times at which one ends and the next begins."""
    begins = np.searchsorted(ts, edges)
    return np.unique(np.concatenate([[0], begins[begins < ts.size]])).astype(np.intp)


def extremes(begins: Rows, *values: Float64) -> Rows:
    """The rows of the lowest and highest value of every bucket, and the first and last row; see `thin`."""
    kept = np.zeros(values[0].size, bool)
    kept[[0, -1]] = True
    for value in values:
        finite = np.isfinite(value)
        if finite.all():
            _keep(kept, begins, value, np.minimum)
            _keep(kept, begins, value, np.maximum)
            continue
        _keep(kept, begins, np.where(finite, value, np.inf), np.minimum)
        _keep(kept, begins, np.where(finite, value, -np.inf), np.maximum)
        _keep(kept, begins, np.where(finite, 1.0, 0.0), np.minimum)
    return np.flatnonzero(kept)


def _keep(kept: NDArray[np.bool_], begins: Rows, value: Float64, extreme: np.ufunc) -> None:
    """Mark the first row of each bucket that has its extreme."""
    best = extreme.reduceat(value, begins)
    at = np.flatnonzero(value == np.repeat(best, np.diff(begins, append=value.size)))
    bucket = np.searchsorted(begins, at, side="right")
    kept[at[np.flatnonzero(np.diff(bucket, prepend=0))]] = True


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
    if ts.size == 0 or span == 1:
        return Candles(ts, o, h, low, c, 1)
    first = np.arange(0, ts.size, span)
    last = np.minimum(first + span, ts.size) - 1
    return Candles(ts[first], o[first], np.maximum.reduceat(h, first), np.minimum.reduceat(low, first), c[last], span)


def gaps(ts: Int64) -> tuple[Int64, Int64]:
    """Nights, weekends and holidays, from and to: no row for three hours, and for four times the usual distance.

    The page leaves them out of the time axis. Where there are more than 10,000, none is.
    """
    if ts.size < 3:
        return ts[:0], ts[:0]
    away = np.diff(ts)
    usual = float(np.median(away[away > 0])) if (away > 0).any() else 0.0
    at = np.flatnonzero(away > max(SILENCE, 4 * usual))
    return (ts[at], ts[at + 1]) if at.size <= MOST_GAPS else (ts[:0], ts[:0])

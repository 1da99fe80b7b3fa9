"""One pass over rows of one instrument, whole or chunk after chunk, that flags faults and counts them by day (UTC).

However the rows are cut into chunks, the counts are those of the whole, as long as the chunks follow one another in
time. Only the last rows of a chunk are kept for the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.market.checks import Float64, Int64, first_bad_price, first_bad_size, first_unsorted
from simcore.market.columns import ASK_PATH, BID_PATH, Array, column
from simcore.market.quality import faults
from simcore.market.quality.faults import Flags, Limits
from simcore.market.sessions import sessions
from simcore.market.timeframe import DAY

SAMPLE: Final = 65_536  # first rows that the usual move is told from
_SIDE: Final = 2  # rows on each side that a row is compared with
_FEW: Final = 16  # rows that are not worth a pass of their own
_SATURDAY: Final = 2  # of days since 1970 modulo 7


class Scan:
    """Faults of one instrument. `calendar` as `sessions` knows it.

    `length` is that of its bars in ns, 1 for ticks, below zero for bars by ticks or range, which last as they may.
    """

    def __init__(self, limits: Limits, calendar: str | None, length: int = 1) -> None:
        self.limits = limits if length == 1 else limits.for_bars(length)
        self.calendar, self.length = calendar, max(length, 1)
        self.rows, self.share = 0, 0.0
        self.first, self.last = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        self.saturdays = False
        self._days: dict[int, tuple[int, Int64]] = {}
        self._state = np.zeros(2, np.int64)
        self._held: dict[str, Array] = {}
        self._done = 0  # rows of those held that are flagged already
        self._gaps: list[Array] = []  # of each (row, time before, time)

    def add(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows, `ts` and the columns of quotes, prints or bars; (n,) each."""
        if self._held:
            columns = {name: np.concatenate((self._held[name], values)) for name, values in columns.items()}
        if columns["ts"].size - self._done < (_FEW if self.share else SAMPLE):
            self._held = dict(columns)
            return
        self._flag(columns, columns["ts"].size - _SIDE)

    def finish(self, columns: Mapping[str, Array] | None = None) -> tuple[Flags, dict[int, tuple[int, Int64]]]:
        """Take the last rows, or all; return flags (if all came now, of all) and day since 1970 -> rows, counts."""
        if columns is not None and self._held:
            columns = {name: np.concatenate((self._held[name], values)) for name, values in columns.items()}
        last = columns if columns is not None else self._held
        flags = self._flag(last, last["ts"].size) if last and last["ts"].size else np.zeros(0, np.uint16)
        self._without_closed_time(flags)
        return flags, dict(sorted(self._days.items()))

    def _flag(self, columns: Mapping[str, Array], stop: int) -> Flags:
        ts, start = column(columns["ts"], np.int64), self._done
        bid, ask, low, high, spiky = _prices(columns)
        if not self.share:
            self.share = faults.jump_limit(spiky[0][:SAMPLE], self.limits)
        flags = np.zeros(ts.size, np.uint16)
        gap, stale = self.limits.gap, self.limits.stale
        faults.scan(ts, bid, ask, low, high, ask is not bid, start, stop, self._state, gap, stale, flags)
        for price in spiky:
            faults.outlying(column(price, float), start, stop, self.share, flags)
        _invalid(columns, flags)
        ordered = first_unsorted(ts) < 0
        _duplicated(columns, ordered, flags)
        self._out_of_session(ts, ordered, flags)
        self._note_gaps(ts, start, stop, ordered, flags)
        self._count(ts[start:stop], flags[start:stop], ordered)
        self._keep(columns, stop)
        return flags

    def _keep(self, columns: Mapping[str, Array], stop: int) -> None:
        """Hold what the next rows are compared with: the last few, and all of the last rows' time."""
        ts = columns["ts"]
        first = max(0, min(stop - 2 * _SIDE, int(np.searchsorted(ts, ts[stop - 1])))) if stop > 0 else 0
        self._held = {name: values[first:].copy() for name, values in columns.items()} if stop < ts.size else {}
        self._done = stop - first

    def _out_of_session(self, ts: Int64, ordered: bool, flags: Flags) -> None:
        found = sessions(self.calendar, int(ts.min()), int(ts.max()) + self.length)
        if found is None:
            return
        opens, closes = found
        if ordered:
            outside = np.ones(ts.size, bool)
            begin = np.searchsorted(ts, opens - self.length, "right")  # a bar that ends after the open touches it
            for first, last in zip(begin, np.searchsorted(ts, closes), strict=True):
                outside[first:last] = False
        else:
            at = np.searchsorted(closes, ts, "right")
            outside = (at == closes.size) | (np.append(opens, ts.max() + 1)[at] >= ts + self.length)
        flags[outside] |= faults.OUT_OF_SESSION

    def _note_gaps(self, ts: Int64, start: int, stop: int, ordered: bool, flags: Flags) -> None:
        at = start + np.flatnonzero(flags[start:stop] & faults.GAPPED)
        if at.size:
            before = ts[at - 1] if ordered else np.maximum.accumulate(ts)[at - 1]
            self._gaps.append(np.column_stack((at, before, ts[at])))

    def _without_closed_time(self, flags: Flags) -> None:
        """Take back the gaps that are not longer than the limit once the time the market is closed is left out."""
        if not self._gaps:
            return
        gaps = np.concatenate(self._gaps)
        calendar = self.calendar or ("24/7" if self.saturdays else "fx")
        found = sessions(calendar, int(gaps[:, 1].min()), int(gaps[:, 2].max()))
        if found is None:
            return
        waited = open_until(gaps[:, 2], *found) - open_until(gaps[:, 1] + self.length, *found)
        unreal = gaps[waited + self.length <= self.limits.gap]
        for day, many in zip(*np.unique(unreal[:, 2] // DAY, return_counts=True), strict=True):
            self._days[int(day)][1][_GAPPED_AT] -= many
        if self.rows == flags.size:  # all rows came at once
            flags[unreal[:, 0]] &= ~np.uint16(faults.GAPPED)

    def _count(self, ts: Int64, flags: Flags, ordered: bool) -> None:
        if not ts.size:
            return
        days = ts // DAY if not ordered else None
        first, last = int(ts.min()), int(ts.max())
        self.rows += ts.size
        self.first, self.last = min(self.first, first), max(self.last, last)
        begin, end = first // DAY, last // DAY
        counts = np.zeros((end - begin + 1, faults.BITS), np.int64)
        faults.tally(column(ts, np.int64), column(flags, np.uint16), DAY, begin, counts)
        if days is None:
            rows = np.diff(np.searchsorted(ts, np.arange(begin, end + 2) * DAY))
        else:
            rows = np.bincount(days - begin, minlength=counts.shape[0])
        for at in np.flatnonzero(rows):
            day = begin + int(at)
            had = self._days.get(day, (0, np.zeros(faults.BITS, np.int64)))
            self._days[day] = (had[0] + int(rows[at]), had[1] + counts[at])
            self.saturdays |= day % 7 == _SATURDAY


_GAPPED_AT: Final = faults.COUNTED.index("gapped")


def open_until(ts: Int64, opens: Int64, closes: Int64) -> Int64:
    """How long the sessions were open before each of `ts`, ns since the first open."""
    length = np.concatenate(([0], np.cumsum(closes - opens)))
    at = np.searchsorted(opens, ts, "right")  # sessions begun
    last = np.maximum(at - 1, 0)
    inside = np.clip(ts - opens[last], 0, closes[last] - opens[last]) if opens.size else np.zeros_like(ts)
    return np.where(at > 0, length[last] + inside, 0)


def _prices(columns: Mapping[str, Array]) -> tuple[Float64, Float64, Float64, Float64, list[Float64]]:
    """bid, ask, low and high of the rows, and the prices that may be outlying."""
    if "price" in columns:
        price = column(columns["price"], float)
        return price, price, price, price, [price]
    if "close" in columns:
        close, low, high = (column(columns[name], float) for name in ("close", "low", "high"))
        ask = column(columns["ask_close"], float) if "ask_close" in columns else close
        return close, ask, low, high, [close, low, high]
    bid, ask = column(columns["bid"], float), column(columns["ask"], float)
    mid = bid + ask
    mid *= 0.5
    return bid, ask, bid, bid, [mid]


def _invalid(columns: Mapping[str, Array], flags: Flags) -> None:
    """Flag what `Quotes`, `Prints` and `Bars` refuse, beside the prices that the scan looks at."""
    for name in (*BID_PATH[:3], *ASK_PATH):
        if name in columns and first_bad_price(column(columns[name], float)) >= 0:
            flags[~((columns[name] > 0.0) & (columns[name] < np.inf))] |= faults.INVALID
    for name in ("bid_size", "ask_size", "size", "volume"):
        if name in columns and first_bad_size(column(columns[name], float)) >= 0:
            flags[(columns[name] < 0.0) | (columns[name] == np.inf)] |= faults.INVALID
    if "ask_low" in columns:
        flags[columns["ask_low"] > columns["ask_high"]] |= faults.INVALID


def _duplicated(columns: Mapping[str, Any], ordered: bool, flags: Flags) -> None:
    """Flag rows that equal an earlier one in every column; nan equals nan."""
    import polars as pl

    ts = columns["ts"]
    if ordered:  # only rows of the same time can be alike
        equal = np.zeros(ts.size, bool)
        np.equal(ts[1:], ts[:-1], out=equal[1:])
        equal[:-1] |= equal[1:]
        rows = np.flatnonzero(equal)
    else:
        rows = np.arange(ts.size)
    if rows.size:
        frame = pl.DataFrame({name: values[rows] for name, values in columns.items()})
        first = frame.select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
        flags[rows[~first]] |= faults.DUPLICATED

"""The prices of one instrument as the page needs them: few enough rows to carry, and what was known of all.

Assumes: rows in time order, in one block or one after another, so that a run that does not fit into memory has a report
all the same. Of quotes the lowest bid and ask and the highest of every bucket of time are kept, as they are, the quotes
that fills met, and both ends of every silence; bars are kept whole, their extremes those of the points the account met.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simcore.market.feed import BAR_OPEN
from simcore.report import display
from simcore.report.curve import Float64, Int64
from simcore.report.sheet import nanoseconds
from simcore.report.thin import SILENCE, buckets_of, extremes
from simcore.report.thin import Rows as At
from simcore.report.ticks import Rows

SAMPLES: Final = 20_000  # distances and spreads of a block of which the middle is taken
PATH: Final = ("open", "high", "low", "close")
SIDES: Final = ("bid", "ask")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Columns (n,): ts ns, and bid and ask, or open, high, low and close; the rest is of all `rows` of the data.

    usual, longest: median and longest distance of rows, s. spread: its median and its widest; nan for bars.
    """

    ts: Int64
    columns: dict[str, Float64]
    rows: int
    first: int
    last: int
    usual: float
    longest: float
    spread: tuple[float, float] = (np.nan, np.nan)

    @property
    def is_bars(self) -> bool:
        """Whether they are open, high, low, close."""
        return "open" in self.columns

    @cached_property
    def digits(self) -> int:
        """Decimals the prices are written with."""
        return max(2, display.digits_of(next(iter(self.columns.values()))[:1_000].tolist()))

    @classmethod
    def of(cls, symbol: str, frame: pl.DataFrame, buckets: int, met: Int64) -> Prices:
        """Those of a frame: ts and bid, ask, or ts, open, high, low, close, names in any case.

        met: times of fills, ns. Raises ValueError for a frame without these columns.
        """
        given = {name.lower(): frame[name] for name in frame.columns}
        ts = nanoseconds(given["ts"]) if "ts" in given else np.empty(0, np.int64)
        if {"ts", *PATH} <= given.keys():
            return _bars(ts, {name: given[name].cast(pl.Float64).to_numpy() for name in PATH})
        if not {"ts", *SIDES} <= given.keys():
            raise ValueError(
                f"report: prices of {symbol} have {', '.join(sorted(given))}; "
                "give ts with bid and ask, or ts with open, high, low and close"
            )
        reader = PriceReader(0, (int(ts[0]), int(ts[-1])) if ts.size else (0, 1), buckets, met)
        if ts.size:
            reader.take(Rows(ts, *(given[name].cast(pl.Float64).to_numpy() for name in SIDES)))
        return reader.prices()


def _bars(ts: Int64, columns: dict[str, Float64]) -> Prices:
    away = np.diff(ts) / 1e9
    usual, longest = (float(np.median(away)), float(away.max())) if away.size else (np.nan, np.nan)
    first, last = (int(ts[0]), int(ts[-1])) if ts.size else (0, 0)
    return Prices(ts=ts, columns=columns, rows=ts.size, first=first, last=last, usual=usual, longest=longest)


class PriceReader:
    """Hears one instrument's rows, block by block; `prices` is what is left of them.

    span: first and last time of the run, ns. buckets: of time, over the span. met: times of fills, ns, in order.
    """

    def __init__(self, instrument: int, span: tuple[int, int], buckets: int, met: Int64) -> None:
        self.instrument = instrument
        self._edges = np.linspace(span[0], span[1], buckets + 1)[1:-1]
        self._buckets, self._met = buckets, np.unique(met)
        self._kept: list[Rows] = []
        self._away: list[Float64] = []
        self._wide: list[Float64] = []
        self._count, self._longest, self._widest = 0, 0.0, 0.0
        self._ends: tuple[int, int] | None = None
        self._are_bars = False
        self._held: Rows | None = None  # the points of a bar that may go on in the next block

    def take(self, rows: Rows) -> None:
        """The next rows, at least one."""
        self._measure(rows)
        if rows.kind is not None and (rows.kind >= BAR_OPEN).any():
            self._are_bars = True
            self._take_bars(rows)
        else:
            self._kept.append(_some(rows, self._chosen(rows)))

    def prices(self) -> Prices:
        """What is left of all rows."""
        if self._held is not None:
            self._kept.append(self._held)
        ts, bid, ask = (np.concatenate([part[i] for part in self._kept] or [np.empty(0)]) for i in range(3))
        ts = ts.astype(np.int64)
        if self._are_bars:
            kinds = [part.kind for part in self._kept if part.kind is not None]
            return _bars(*_joined(ts, bid, np.concatenate(kinds)))
        first, last = self._ends or (0, 0)
        middle = [float(np.median(np.concatenate(parts))) if parts else np.nan for parts in (self._away, self._wide)]
        return Prices(
            ts=ts,
            columns={"bid": bid, "ask": ask},
            rows=self._count,
            first=first,
            last=last,
            usual=middle[0],
            longest=self._longest if self._count > 1 else np.nan,
            spread=(middle[1], self._widest if self._count else np.nan),
        )

    def _measure(self, rows: Rows) -> None:
        before = self._ends[1] if self._ends else int(rows.ts[0])
        away = np.diff(rows.ts, prepend=before)[0 if self._ends else 1 :] / 1e9
        wide = rows.ask - rows.bid
        self._ends = (self._ends[0] if self._ends else int(rows.ts[0]), int(rows.ts[-1]))
        self._count += rows.ts.size
        self._longest = max(self._longest, float(away.max(initial=0.0)))
        self._widest = max(self._widest, float(wide.max()))
        for found, values in ((self._away, away), (self._wide, wide)):
            if values.size:
                found.append(values[:: -(-values.size // SAMPLES)])

    def _chosen(self, rows: Rows) -> At:
        """The rows to keep; all of them where they are few."""
        n = rows.ts.size
        if n <= 4 * self._buckets and not self._kept:
            return np.arange(n)
        kept = extremes(buckets_of(rows.ts, self._edges), rows.bid, rows.ask)
        met = np.searchsorted(rows.ts, self._met, side="right") - 1
        silent = np.flatnonzero(np.diff(rows.ts) > SILENCE)
        chosen = np.concatenate([kept, met[met >= 0], silent, silent + 1])
        return np.unique(chosen)

    def _take_bars(self, rows: Rows) -> None:
        """Keep the points; those of the last bar wait, for it may go on."""
        if self._held is not None:
            rows = Rows(*(np.concatenate([a, b]) for a, b in zip(self._held, rows, strict=True)))
        begins = np.flatnonzero(rows.kind == BAR_OPEN)
        last = int(begins[-1]) if begins.size else 0
        self._held = _some(rows, np.arange(last, rows.ts.size))
        if last:
            self._kept.append(_some(rows, np.arange(last)))


def _some(rows: Rows, at: At) -> Rows:
    kind: NDArray[np.uint8] | None = None if rows.kind is None else rows.kind[at]
    return Rows(rows.ts[at], rows.bid[at], rows.ask[at], kind)


def _joined(ts: Int64, price: Float64, kind: NDArray[np.uint8]) -> tuple[Int64, dict[str, Float64]]:
    """The bars of their points."""
    begins = np.flatnonzero(kind == BAR_OPEN)
    ends = np.append(begins[1:], ts.size) - 1
    path = (price[begins], np.maximum.reduceat(price, begins), np.minimum.reduceat(price, begins), price[ends])
    return ts[begins], dict(zip(PATH, path, strict=True))

"""What a run's ticks know and its tape does not: quotes that stood at given times, and how far trades went each way.

Assumes: blocks of rows in time order, each a stretch of the feed; one block where all ticks are in memory, one after
another where they are read again from a store, and then nothing but the answers is kept. An excursion is measured from
the trade's (average) entry price at the side it would close at, bid for longs and ask for shorts, over every quote from
the one that stood at the entry to the last before the exit, and the exit itself. Between ticks nothing is known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import column
from simcore.market.feed import BAR_CLOSE, BAR_OPEN, PRINT
from simcore.market.jit import compiled, compiled_into
from simcore.report.curve import Float64, Int64
from simcore.report.places import kept, places

STEP: Final = 64  # rows whose extremes are taken once for all trades, and steps whose extremes are


class Block(Protocol):
    """Rows of a feed in time order, all (n,): see `market.feed`; `instrument`, `kind` None where there is only one."""

    @property
    def ts(self) -> Int64: ...
    @property
    def bid(self) -> Float64: ...
    @property
    def ask(self) -> Float64: ...
    @property
    def instrument(self) -> NDArray[np.uint8] | None: ...
    @property
    def kind(self) -> NDArray[np.uint8] | None: ...


class Rows(NamedTuple):
    """A block's rows of one instrument."""

    ts: Int64
    bid: Float64
    ask: Float64
    kind: NDArray[np.uint8] | None = None


class Reader(Protocol):
    """Hears the rows of its instrument once, in order."""

    instrument: int

    def take(self, rows: Rows) -> None:
        """The next rows, at least one."""


def sweep(blocks: Iterable[Block], readers: Sequence[Reader], prints_only: Container[int] = ()) -> None:
    """Show every block to every reader, in one pass.

    prints_only: instruments without quotes, whose prints stand for them; of any other, prints are no price to close at.
    """
    wanted = sorted({reader.instrument for reader in readers})
    for block in blocks:
        for k in wanted:
            rows = rows_of(block, k, with_prints=k in prints_only)
            if rows.ts.size:
                for reader in readers:
                    if reader.instrument == k:
                        reader.take(rows)


def rows_of(block: Block, k: int, *, with_prints: bool = False) -> Rows:
    """The rows of one instrument; views where it is alone."""
    kind = block.kind
    prints = None if kind is None or with_prints else kind == PRINT
    if block.instrument is None and (prints is None or not prints.any()):
        return Rows(block.ts, block.bid, block.ask, kind)
    own = np.ones(block.ts.size, bool) if block.instrument is None else block.instrument == k
    at = np.flatnonzero(own if prints is None else own & ~prints)
    return Rows(block.ts[at], block.bid[at], block.ask[at], None if kind is None else kind[at])


class Standing:
    """The quotes of one instrument that stood at `times` (n,) ns, in order: `bid`, `ask` (n,); nan before its first."""

    def __init__(self, instrument: int, times: Int64) -> None:
        self.instrument, self.times = instrument, times
        self.bid, self.ask = np.full(times.size, np.nan), np.full(times.size, np.nan)

    def take(self, rows: Rows) -> None:
        first, end = np.searchsorted(self.times, rows.ts[0]), np.searchsorted(self.times, rows.ts[-1], side="right")
        at = places(rows.ts, self.times[first:end], after=True) - 1
        for mine, price in ((self.bid, rows.bid), (self.ask, rows.ask)):
            mine[first:end] = price[at]
            mine[end:] = price[-1]


class First:
    """One instrument's first price: `ts`, `price`, the middle of its first quote, or its first bar's close."""

    def __init__(self, instrument: int) -> None:
        self.instrument = instrument
        self.ts, self.price = 0, float("nan")

    def take(self, rows: Rows) -> None:
        if np.isnan(self.price):
            in_bar = rows.kind is not None and rows.kind[0] >= BAR_OPEN
            for at in np.flatnonzero(rows.kind == BAR_CLOSE)[:1] if in_bar else (0,):  # none: the next block has it
                self.ts, self.price = int(rows.ts[at]), float(rows.bid[at] + rows.ask[at]) / 2.0


class BarStarts:
    """When each bar of one instrument began: `starts` (n,) ns."""

    def __init__(self, instrument: int) -> None:
        self.instrument = instrument
        self._found: list[Int64] = []

    def take(self, rows: Rows) -> None:
        if rows.kind is not None:
            self._found.append(rows.ts[rows.kind == BAR_OPEN])

    @property
    def starts(self) -> Int64:
        return np.concatenate(self._found) if self._found else np.empty(0, np.int64)


class Excursions:
    """The lowest and highest price each trade of one instrument could have been closed at: `low`, `high` (n,).

    side (n,) 1 or -1; entry_ts, exit_ts (n,) ns; exit_price (n,).
    """

    def __init__(self, instrument: int, side: Int64, entry_ts: Int64, exit_ts: Int64, exit_price: Float64) -> None:
        self.instrument, self.long = instrument, side > 0
        self.entry_ts, self.exit_ts = entry_ts, exit_ts
        self.low, self.high = exit_price.copy(), exit_price.copy()
        self._before: Rows | None = None  # the last quote of the rows before

    def take(self, rows: Rows) -> None:
        first = places(rows.ts, self.entry_ts, after=True) - 1
        last = places(rows.ts, self.exit_ts, after=False)
        inside = (last > np.maximum(first, 0)) & (self.entry_ts <= rows.ts[-1])
        before, self._before = self._before, Rows(rows.ts[-1:], rows.bid[-1:], rows.ask[-1:])
        for mine, n in ((self.long, 1), (~self.long, 2)):  # bid and ask of Rows
            if before is not None:
                stood = np.flatnonzero(mine & (first < 0) & (self.exit_ts > before.ts[0]))
                self._reached(stood, before[n], before[n])  # type: ignore[arg-type]
            some = np.flatnonzero(inside & mine)
            if some.size:
                self._reached(some, *extremes(rows[n], np.maximum(first[some], 0), last[some]))  # type: ignore[arg-type]

    def _reached(self, trades: Int64, low: Float64, high: Float64) -> None:
        self.low[trades] = np.minimum(self.low[trades], low)
        self.high[trades] = np.maximum(self.high[trades], high)


def extremes(values: Float64, first: Int64, last: Int64) -> tuple[Float64, Float64]:
    """The lowest and highest of values[first:last] for each pair, none of them empty.

    Long ranges are read from the extremes of whole steps, and of steps of steps, so that many overlapping ones cost
    little.
    """
    low, high = np.empty(first.size), np.empty(first.size)
    steps = kept(values, f"steps of {STEP}", lambda: _steps(column(values, np.float64)))
    pairs = column(first, np.int64), column(last, np.int64)
    range_extremes(column(values, np.float64), STEP, *steps, *pairs, low, high)
    return low, high


def _steps(values: Float64) -> tuple[Float64, Float64, Float64, Float64]:
    """The extremes of every STEP values, and of STEP such steps."""
    lows, highs = _of_steps(values, values)
    return lows, highs, *_of_steps(lows, highs)


def _of_steps(low: Float64, high: Float64) -> tuple[Float64, Float64]:
    lows, highs = np.empty(-(-low.size // STEP)), np.empty(-(-low.size // STEP))
    step_extremes(low, high, STEP, lows, highs)
    return column(lows, np.float64), column(highs, np.float64)


@compiled
def step_extremes(low: Float64, high: Float64, step: int, lows: Float64, highs: Float64) -> None:
    """The lowest of every `step` lows and the highest of as many highs."""
    for k in range(lows.size):
        lows[k], highs[k] = _widened(np.inf, -np.inf, low, high, k * step, min((k + 1) * step, low.size))


@compiled
def range_extremes(
    values: Float64, step: int, lows: Float64, highs: Float64, wide_lows: Float64, wide_highs: Float64,
    first: Int64, last: Int64, low: Float64, high: Float64,
) -> None:  # fmt: skip
    """The lowest and highest of values[first:last] for each pair, by whole steps where they hold some."""
    for i in range(first.size):
        at, end = first[i], last[i]
        whole, last_whole = -(-at // step), end // step  # steps that lie inside
        wide, last_wide = -(-whole // step), last_whole // step
        least, most = np.inf, -np.inf
        if whole >= last_whole:
            least, most = _widened(least, most, values, values, at, end)
        else:
            least, most = _widened(least, most, values, values, at, whole * step)
            least, most = _widened(least, most, values, values, last_whole * step, end)
            if wide >= last_wide:
                least, most = _widened(least, most, lows, highs, whole, last_whole)
            else:
                least, most = _widened(least, most, lows, highs, whole, wide * step)
                least, most = _widened(least, most, wide_lows, wide_highs, wide, last_wide)
                least, most = _widened(least, most, lows, highs, last_wide * step, last_whole)
        low[i], high[i] = least, most


@compiled_into
def _widened(least: float, most: float, lows: Float64, highs: Float64, first: int, end: int) -> tuple[float, float]:
    for i in range(first, end):
        least, most = min(least, lows[i]), max(most, highs[i])
    return least, most

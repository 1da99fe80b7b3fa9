"""The feed: everything the engine replays, in one set of columns ordered by time.

One instrument of quotes passes through as it is, not copied. Several instruments are merged once by compiled code: at
equal times the instrument named first comes first, and each instrument's rows keep their order. Bars are fed as four
rows each, or up to twelve (see `paths`), which keep the bar's extremes and volume beside the prices.

kind         bid, ask                       x           y
QUOTE        the quote                      bid size    ask size             (nan where not given)
PRINT        the price, twice               size        side 1, -1; 0 where not given
BAR_OPEN     open                           bid low     bid high
BAR_FIRST    the nearer extreme             ask low     ask high
BAR_SECOND   the other extreme, or further  nan         nan
BAR_CLOSE    close                          volume      timeframe in ns (0: by ticks, range, ...)
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market import checks
from simcore.market.checks import Float64, Int64
from simcore.market.columns import Array, Bars, Prints, Quotes, column
from simcore.market.errors import DataError
from simcore.market.grid import Grid
from simcore.market.kway import Merge, UInt8
from simcore.market.measure import parse_bars
from simcore.market.paths import check_path, dense_rows, path_rows
from simcore.market.readers import as_columns
from simcore.market.readers.read import Frame

Bools = npt.NDArray[np.bool_]

# the kernel has the same numbers
QUOTE: Final = 0
PRINT: Final = 1
BAR_OPEN: Final = 2
BAR_FIRST: Final = 3
BAR_SECOND: Final = 4
BAR_CLOSE: Final = 5
BAR_KINDS: Final = (BAR_OPEN, BAR_FIRST, BAR_SECOND, BAR_CLOSE)

MOST_INSTRUMENTS = 256  # what one byte can tell apart
COLUMNS: Final = ("ts", "bid", "ask", "instrument", "kind", "x", "y")


class Prices(NamedTuple):
    """Rows of one instrument as the account meets them: (n,) each."""

    ts: Int64
    bid: Float64
    ask: Float64


@dataclass(frozen=True, eq=False, repr=False)
class Feed:
    """Columns (n,) in time order: `ts` int64 ns UTC, `bid`, `ask`, and by the table above `kind`, `x`, `y`.

    `instrument` is the index into `symbols`, None when there is one. `kind` is None when every row is a quote; `x` and
    `y` are None when no row has a size. `timeframes` has the length in ns of each symbol fed as bars (below 0 where
    they are by ticks or range: see `measure`). `prints_only` are the indices of instruments without quotes. Columns are
    read-only. All of it is in memory: one block.
    """

    symbols: tuple[str, ...]
    ts: Int64
    bid: Float64
    ask: Float64
    instrument: UInt8 | None
    kind: UInt8 | None
    x: Float64 | None
    y: Float64 | None
    timeframes: dict[str, int]
    prints_only: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return self.ts.size

    def __repr__(self) -> str:
        return told(self)

    @property
    def market(self) -> Feed:
        """The rows of the market alone: this very feed."""
        return self

    @property
    def start(self) -> int:
        """The first row's time, ns UTC."""
        return int(self.ts[0])

    @property
    def end(self) -> int:
        """The last row's time, ns UTC."""
        return int(self.ts[-1])

    def blocks(self) -> Generator[Feed, None, None]:
        """Yield the rows in order, in blocks that follow one another; here it is one."""
        yield self

    def prices(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[Prices]:
        """Yield one instrument's rows with start <= ts < end, in order, block by block."""
        rows = slice(
            0 if start is None else int(np.searchsorted(self.ts, start)),
            len(self) if end is None else int(np.searchsorted(self.ts, end)),
        )
        ts, bid, ask = self.ts[rows], self.bid[rows], self.ask[rows]
        own = self._own(symbol, rows)
        yield Prices(ts, bid, ask) if own is None else Prices(ts[own], bid[own], ask[own])

    def last_price(self, symbol: str) -> tuple[float, float] | None:
        """Return bid and ask of an instrument's last quote or print, or of its last bar's open, if it has one."""
        own = self._own(symbol, slice(None))
        own = np.ones(len(self), bool) if own is None else own
        if self.kind is not None:
            own = own & (self.kind <= BAR_OPEN)  # not what follows inside a bar
        rows = np.flatnonzero(own)
        return (float(self.bid[rows[-1]]), float(self.ask[rows[-1]])) if rows.size else None

    def _own(self, symbol: str, rows: slice) -> Bools | None:
        """Which of `rows` are an instrument's prices: not its prints, where it has quotes; None: all are."""
        k = self.symbols.index(symbol)
        own: Bools | None = None if self.instrument is None else self.instrument[rows] == k
        if self.kind is not None and k not in self.prints_only:
            quoted: Bools = self.kind[rows] != PRINT
            return quoted if own is None else own & quoted
        return own


def told(feed: Any) -> str:
    """A feed of any kind in a line: its symbols, rows and period."""
    shown = ", ".join(feed.symbols[:8]) + (", ..." if len(feed.symbols) > 8 else "")
    period = f", {checks.text_of(feed.start)} to {checks.text_of(feed.end)}" if len(feed) else ""
    return f"{type(feed).__name__}({shown}, {len(feed):,} rows{period})"


def digest(blocks: Iterable[Feed]) -> bytes:
    """Return a sha256 over every row of a feed, the same however it is cut into blocks."""
    columns = {name: hashlib.sha256() for name in COLUMNS}
    for block in blocks:
        for name, whole in columns.items():
            values = getattr(block, name)
            if values is not None:
                whole.update(values.data)
    return hashlib.sha256(b"".join(whole.digest() for whole in columns.values())).digest()


class Stream(NamedTuple):
    """One instrument's rows; None where it has no such column."""

    ts: Int64
    bid: Float64
    ask: Float64
    kind: UInt8 | None
    x: Float64 | None
    y: Float64 | None


class Streams(NamedTuple):
    """The rows of several instruments, not yet merged; what the others are, `Feed` says."""

    symbols: tuple[str, ...]
    streams: list[Stream]
    timeframes: dict[str, int]
    prints_only: frozenset[int]


Given = Quotes | Bars | Prints | Frame
Data = Mapping[str, Given | Sequence[Given]]


def merge(data: Data, path: str = "ohlc", grids: Mapping[str, Grid] | None = None) -> Feed:
    """Merge instruments by time; a frame is read as the quotes, bars or prints its columns say it is.

    An instrument may have two: quotes or bars of bid and ask, and the prints beside them, as a list.

    path: how bars are played, "ohlc" or "dense" (see `paths`); `grids` are the price grids of symbols, for what "dense"
    puts between a bar's prices. Raises DataError for no data, more than 256 instruments, an unknown path, and whatever
    is wrong with a frame.
    """
    given = streams_of(data, path, grids)
    return alone(given, 0) if len(given.symbols) == 1 else merged(given)


def streams_of(data: Data, path: str = "ohlc", grids: Mapping[str, Grid] | None = None) -> Streams:
    """Return the rows that `merge` merges; its arguments, its errors."""
    check_path(path)
    if not data:
        raise DataError('no data: pass at least one instrument, as in {"EURUSD": quotes}')
    if len(data) > MOST_INSTRUMENTS:
        raise DataError(f"{len(data)} instruments; a feed holds at most {MOST_INSTRUMENTS}")
    rows = {symbol: parts_of(one, symbol) for symbol, one in data.items()}
    bars = {symbol: one for symbol, parts in rows.items() for one in parts if isinstance(one, Bars)}
    timeframes = {symbol: parse_bars(one.timeframe).ns for symbol, one in bars.items()}
    prints_only = frozenset(k for k, parts in enumerate(rows.values()) if all(isinstance(p, Prints) for p in parts))
    streams = [
        _together([stream_of(one, path, (grids or {}).get(symbol)) for one in parts]) for symbol, parts in rows.items()
    ]
    return Streams(tuple(rows), streams, timeframes, prints_only)


def parts_of(given: Given | Sequence[Given], symbol: str) -> list[Quotes | Bars | Prints]:
    """Return what was given for a symbol as columns: one, or quotes or bars with prints beside them.

    Raises DataError for more than that.
    """
    parts = [as_columns(one, symbol) for one in (given if isinstance(given, list | tuple) else [given])]
    quoted = [one for one in parts if not isinstance(one, Prints)]
    if not parts or len(quoted) > 1 or len(parts) - len(quoted) > 1:
        held = ", ".join(type(one).__name__.lower() for one in parts) or "nothing"
        raise DataError(f'data["{symbol}"] holds {held}; give one of quotes, bars and prints, or prints with either')
    return parts


def _together(parts: list[Stream]) -> Stream:
    """Merge the rows of one instrument; at equal times those of the part named first come first."""
    if len(parts) == 1:
        return parts[0]
    ts, bid, ask, _, kind, x, y = (None if one is None else column(one, one.dtype) for one in Merge(parts).take())
    assert ts is not None
    assert bid is not None
    assert ask is not None
    return Stream(ts, bid, ask, kind, x, y)


def alone(given: Streams, k: int) -> Feed:
    """Return the feed of one instrument, nothing copied."""
    symbol = given.symbols[k]
    timeframes = {symbol: given.timeframes[symbol]} if symbol in given.timeframes else {}
    ts, bid, ask, kind, x, y = given.streams[k]
    prints_only = frozenset({0}) if k in given.prints_only else frozenset[int]()
    return Feed((symbol,), ts, bid, ask, None, kind, x, y, timeframes, prints_only)


def stream_of(rows: Quotes | Bars | Prints, path: str, grid: Grid | None, rose: bool = False) -> Stream:
    """Return the feed rows of one instrument; `rose`: whether the last bar before these rose, for a dense path."""
    if isinstance(rows, Bars):
        played = dense_rows(rows, BAR_KINDS, grid, rose) if path == "dense" else path_rows(rows, BAR_KINDS)
        return Stream(*played)
    if isinstance(rows, Prints):
        side = column(np.zeros(len(rows)) if rows.side is None else rows.side, float)
        kind = column(np.full(len(rows), PRINT, np.uint8), np.uint8)
        return Stream(rows.ts, rows.price, rows.price, kind, rows.size, side)
    x, y = rows.bid_size, rows.ask_size
    if x is None and y is None:
        return Stream(rows.ts, rows.bid, rows.ask, None, None, None)
    return Stream(rows.ts, rows.bid, rows.ask, None, _filled(x, len(rows)), _filled(y, len(rows)))


def _filled(values: Float64 | None, rows: int) -> Float64:
    return values if values is not None else column(np.full(rows, np.nan), float)


def merged(given: Streams) -> Feed:
    """Merge streams into one feed; a stream may have no rows."""
    return block_of(given, Merge(given.streams).take())


def block_of(given: Streams, columns: list[Array | None]) -> Feed:
    """Return a feed of columns as `Merge.take` gives them."""
    ts, bid, ask, instrument, kind, x, y = (None if one is None else column(one, one.dtype) for one in columns)
    assert ts is not None
    assert bid is not None
    assert ask is not None
    return Feed(given.symbols, ts, bid, ask, instrument, kind, x, y, given.timeframes, given.prints_only)

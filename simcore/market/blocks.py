"""A feed that does not fit into memory: the same rows as `feed.merge` gives, block after block.

Each instrument comes in chunks, from the store or (one chunk) from memory. A block is what can be merged of the chunks
at hand: up to the end of the chunk that ends first. Chunks are decoded, and those of several instruments merged, in
threads that run ahead of whoever takes the blocks, so that the replay and the reading share the processor's cores.
However the chunks fall, the rows and their order are those of the whole.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simcore.market.acted import ActedFeed
from simcore.market.ahead import ahead, workers
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import MOST_INSTRUMENTS, Feed, Prices, Stream, Streams, block_of, stream_of, told
from simcore.market.grid import grid, snap
from simcore.market.instants import FIRST, LAST
from simcore.market.kway import Merge
from simcore.market.measure import parse_bars
from simcore.market.merging import BLOCK, MergedFeed
from simcore.market.paths import ROWS_PER_BAR, check_path, spans
from simcore.market.store.range import Range

Rows = Quotes | Prints | Bars


@dataclass(frozen=True)
class Source:
    """One instrument: a range of the store, or rows in memory; its prices go on the grid of `price_increment`.

    path: how bars are played, "ohlc" or "dense" (see `paths`).
    """

    rows: Range | Rows
    price_increment: float
    path: str = "ohlc"

    @cached_property
    def kind(self) -> str:
        """quotes, prints or bars."""
        return self.rows.key.kind if isinstance(self.rows, Range) else type(self.rows).__name__.lower()

    @cached_property
    def timeframe(self) -> int | None:
        """The length of its bars, ns; None where it has none."""
        text = self.rows.key.timeframe if isinstance(self.rows, Range) else getattr(self.rows, "timeframe", None)
        return None if text is None else parse_bars(text).ns

    @cached_property
    def size(self) -> int:
        """Rows of the feed. Only those of a dense path have to be counted by reading."""
        if self.timeframe is not None and self.path == "dense":
            return sum(stream.ts.size for stream in self.streams())
        return len(self.rows) * (1 if self.timeframe is None else ROWS_PER_BAR)

    @property
    def first(self) -> int:
        """Time of its first row in the feed."""
        return self.rows.first_ts if isinstance(self.rows, Range) else int(self.rows.ts[0])

    @cached_property
    def last(self) -> int:
        """Time of its last row in the feed."""
        return int(self._stream(self._last_rows, rose=False).ts[-1])

    @property
    def last_price(self) -> tuple[float, float]:
        """Bid and ask of its last quote or print, or of its last bar's open."""
        stream = self._stream(snap(self._last_rows, self.price_increment), rose=False)
        return float(stream.bid[0]), float(stream.ask[0])

    @cached_property
    def _last_rows(self) -> Any:
        return (self.rows.tail() if isinstance(self.rows, Range) else self.rows).slice(-1)

    def streams(self, pool: Executor | None = None, first: int = FIRST, end: int = LAST) -> Iterator[Stream]:
        """Yield the rows of the feed, in order, a chunk at a time; at least those with first <= ts < end.

        With a pool, its threads decode ahead.
        """
        before, rose = 0, False
        for chunk in self._chunks(pool, first, end):
            yield self._stream(snap(chunk, self.price_increment, before=before), rose)
            before += len(chunk)
            if isinstance(chunk, Bars):
                rose = _rose(chunk, rose)

    def _stream(self, rows: Rows, rose: bool) -> Stream:
        return stream_of(rows, self.path, grid(self.price_increment), rose)

    def _chunks(self, pool: Executor | None, first: int, end: int) -> Iterator[Any]:
        if not isinstance(self.rows, Range):
            yield self.rows
        elif self.timeframe is None:
            part = self.rows.between(first, end)
            yield from part.chunks(pool) if part is not None else ()
        else:  # where a bar ends and which way it goes hang on its neighbours
            yield from _ended(self.rows.chunks(pool))


def _ended(chunks: Iterator[Any]) -> Iterator[Bars]:
    """Give the last bar of a chunk the end that the first of the next chunk sets."""
    held: Bars | None = None
    for chunk in chunks:
        if held is not None:
            ends = held.ts + spans(held)
            ends[-1] = min(ends[-1], chunk.ts[0])
            yield held.with_columns({"end": ends})
        held = chunk
    if held is not None:
        yield held


def _rose(bars: Bars, rose: bool) -> bool:
    """Whether the last bar rose; one that closed where it opened goes against the bar before."""
    moved = np.flatnonzero(bars.close != bars.open)
    still = len(bars) - 1 - int(moved[-1]) if moved.size else len(bars)
    last = bool(bars.close[moved[-1]] > bars.open[moved[-1]]) if moved.size else rose
    return last ^ bool(still & 1)


class BlockFeed:
    """What `feed.Feed` is, a few blocks of it in memory at a time; its members mean what they mean there."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        if len(sources) > MOST_INSTRUMENTS:
            raise DataError(f"{len(sources)} instruments; a feed holds at most {MOST_INSTRUMENTS}")
        self.sources = dict(sources)
        self.symbols = tuple(sources)
        for one in sources.values():
            check_path(one.path)
        self.timeframes = {symbol: one.timeframe for symbol, one in sources.items() if one.timeframe is not None}
        self.prints_only = frozenset(k for k, one in enumerate(sources.values()) if one.kind == "prints")
        self._rows = sum(one.size for one in sources.values())
        self.start = min(one.first for one in sources.values())
        self.end = max(one.last for one in sources.values())

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return told(self)

    @property
    def market(self) -> BlockFeed:
        """The rows of the market alone: this very feed."""
        return self

    def blocks(self) -> Generator[Feed, None, None]:
        """Yield the rows in order, made by threads that run ahead."""
        with workers() as pool:
            yield from self._alone(pool) if len(self.sources) == 1 else ahead(self._together(pool))

    def prices(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[Prices]:
        """Yield one instrument's rows with start <= ts < end, in order, block by block."""
        first, last = start if start is not None else self.start, end if end is not None else self.end + 1
        with workers() as pool:
            for stream in self.sources[symbol].streams(pool, first, last):
                rows = slice(int(np.searchsorted(stream.ts, first)), int(np.searchsorted(stream.ts, last)))
                yield Prices(stream.ts[rows], stream.bid[rows], stream.ask[rows])

    def last_price(self, symbol: str) -> tuple[float, float]:
        """Return bid and ask of an instrument's last quote or print, or of its last bar's open."""
        return self.sources[symbol].last_price

    def _alone(self, pool: Executor) -> Iterator[Feed]:
        """The chunks of one instrument, as they are."""
        for ts, bid, ask, kind, x, y in self.sources[self.symbols[0]].streams(pool):
            yield Feed(self.symbols, ts, bid, ask, None, kind, x, y, self.timeframes, self.prints_only)

    def _together(self, pool: Executor) -> Iterator[Feed]:
        """The chunks of several, merged."""
        chunks = [source.streams(pool) for source in self.sources.values()]
        heads = [next(one) for one in chunks]
        more = [True] * len(heads)
        while True:
            for k, head in enumerate(heads):
                if not head.ts.size and more[k]:
                    following = next(chunks[k], None)
                    heads[k], more[k] = following or head, following is not None
            cuts = _cuts(heads, more)
            parts = [_sliced(head, slice(0, cut)) for head, cut in zip(heads, cuts, strict=True)]
            heads = [_sliced(head, slice(cut, None)) for head, cut in zip(heads, cuts, strict=True)]
            if not any(cuts) and not any(more):
                return
            given = Streams(self.symbols, parts, self.timeframes, self.prints_only)
            merge = Merge(parts)
            while merge.left:
                yield block_of(given, merge.take(BLOCK))


AnyFeed = Feed | MergedFeed | BlockFeed | ActedFeed


def _cuts(heads: list[Stream], more: list[bool]) -> list[int]:
    """How many rows of each head no row that is still to come can precede.

    The head that ends first, of those that go on, goes whole. At the time it ends, instruments named before it have
    shown all their rows, and those named after it wait: its next chunk may begin at that very time.
    """
    going_on = [(int(head.ts[-1]), k) for k, head in enumerate(heads) if more[k]]
    if not going_on:
        return [head.ts.size for head in heads]
    end, first = min(going_on)
    return [int(np.searchsorted(h.ts, end, side="right" if k <= first else "left")) for k, h in enumerate(heads)]


def _sliced(stream: Stream, rows: slice) -> Stream:
    return Stream(*(None if values is None else values[rows] for values in stream))  # type: ignore[arg-type]

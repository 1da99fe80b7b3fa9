"""Several instruments in memory as one feed: merged for whoever reads it, a block at a time.

The rows and their order are those of `feed.merge`. A block is small enough to stay in the processor's cache until it
has been played, and nothing is kept of it: that costs half the time of merging everything first, and no memory.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from simcore.market.feed import Data, Feed, Prices, Stream, Streams, alone, block_of, streams_of, told
from simcore.market.grid import Grid
from simcore.market.kway import Merge

BLOCK = 65_536  # rows


class MergedFeed:
    """What `feed.Feed` is for several instruments; its members mean what they mean there."""

    def __init__(self, given: Streams) -> None:
        self._given = given
        self.symbols, self.timeframes, self.prints_only = given.symbols, given.timeframes, given.prints_only
        times = [stream.ts for stream in given.streams if stream.ts.size]
        self._rows = sum(ts.size for ts in times)
        self.start, self.end = min(int(ts[0]) for ts in times), max(int(ts[-1]) for ts in times)

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return told(self)

    @property
    def market(self) -> MergedFeed:
        """The rows of the market alone: this very feed."""
        return self

    @property
    def streams(self) -> list[Stream]:
        """The rows of each instrument, not merged."""
        return self._given.streams

    def blocks(self) -> Generator[Feed, None, None]:
        """Yield the rows in order, in blocks that follow one another."""
        merge = Merge(self._given.streams)
        while merge.left:
            yield block_of(self._given, merge.take(BLOCK))

    def prices(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[Prices]:
        """Yield one instrument's rows with start <= ts < end, in order."""
        return self._alone(symbol).prices(symbol, start, end)

    def last_price(self, symbol: str) -> tuple[float, float] | None:
        """Return bid and ask of an instrument's last quote or print, or of its last bar's open, if it has one."""
        return self._alone(symbol).last_price(symbol)

    def _alone(self, symbol: str) -> Feed:
        return alone(self._given, self.symbols.index(symbol))


def feed_in_memory(data: Data, path: str, grids: dict[str, Grid]) -> Feed | MergedFeed:
    """Return `feed.merge(data, path, grids)`, merged while it is read; one instrument passes through as it is."""
    given = streams_of(data, path, grids)
    return alone(given, 0) if len(given.symbols) == 1 else MergedFeed(given)

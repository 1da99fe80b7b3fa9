"""A feed with splits and dividends in it: a row each, before the rows of its time.

kind         bid, ask
SPLIT        new shares for one old, twice
DIVIDEND     cash a share, twice

Actions before the first row and after the last are left out. Prices are those of the market alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from simcore.market.actions import Actions
from simcore.market.columns import Array, column
from simcore.market.feed import Feed, Prices

# the kernel has the same numbers
SPLIT: Final = 7
DIVIDEND: Final = 8


class ActedFeed:
    """What `market` is, with the actions of some of its symbols; members mean what they mean in `feed.Feed`."""

    def __init__(self, market: Any, actions: Mapping[str, Actions]) -> None:
        self.market = market
        self.symbols: tuple[str, ...] = market.symbols
        self.timeframes: dict[str, int] = market.timeframes
        self.prints_only: frozenset[int] = market.prints_only
        self.start: int = market.start
        self.end: int = market.end
        self.rows = self._of(actions)

    def __len__(self) -> int:
        return len(self.market) + len(self.rows)

    def __repr__(self) -> str:
        return f"{self.market!r} with {len(self.rows)} actions"

    def blocks(self) -> Generator[Feed, None, None]:
        """Yield the rows in order, in blocks that follow one another."""
        done = 0
        for block in self.market.blocks():
            own = [row for row in self.rows[done:] if len(block) and row[0] <= block.ts[-1]]
            done += len(own)
            yield _with_rows(block, own) if self.rows else block

    def prices(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[Prices]:
        """Yield one instrument's rows with start <= ts < end, in order, block by block."""
        found: Iterator[Prices] = self.market.prices(symbol, start, end)
        return found

    def last_price(self, symbol: str) -> tuple[float, float] | None:
        """Return bid and ask of an instrument's last quote or print, or of its last bar's open, if it has one."""
        found: tuple[float, float] | None = self.market.last_price(symbol)
        return found

    def _of(self, actions: Mapping[str, Actions]) -> list[tuple[int, int, int, float]]:
        """(ts, instrument, kind, value) of every action, in order."""
        rows = []
        for symbol, one in actions.items():
            k = self.symbols.index(symbol)
            for ts, split, dividend in zip(one.ts.tolist(), one.split.tolist(), one.dividend.tolist(), strict=True):
                if self.start <= ts <= self.end:
                    rows += [(ts, k, DIVIDEND, dividend)] if dividend else []
                    rows += [(ts, k, SPLIT, split)] if split != 1.0 else []
        return sorted(rows, key=lambda row: row[:2])


def _with_rows(block: Feed, rows: list[tuple[int, int, int, float]]) -> Feed:
    """The block with these rows; it gets kinds even where there are none, so that all blocks have the same columns."""
    kind = block.kind if block.kind is not None else column(np.zeros(len(block), np.uint8), np.uint8)
    if not rows:
        return replace(block, kind=kind)
    ts, instrument, kinds, values = zip(*rows, strict=True)
    at = np.searchsorted(block.ts, ts)
    given: dict[str, tuple[Array | None, Any]] = {
        "ts": (block.ts, ts),
        "bid": (block.bid, values),
        "ask": (block.ask, values),
        "instrument": (block.instrument, instrument),
        "kind": (kind, kinds),
        "x": (block.x, np.nan),
        "y": (block.y, np.nan),
    }
    columns: dict[str, Any] = {
        name: None if old is None else column(np.insert(old, at, new), old.dtype) for name, (old, new) in given.items()
    }
    return replace(block, **columns)

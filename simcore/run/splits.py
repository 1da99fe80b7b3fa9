"""What splits do to the tables of a run: quantities and prices of different times, in the same shares.

A fill of 100 before a 7-for-1 split and one of 700 after it are as much; a price of 645 then is 92 now. `shares` and
`market` give fills and ticks in the shares there are at the end of the run, `after` turns them into those of a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernel.enums import EventKind
from simcore.report.curve import Float64, Int64

Table = NDArray[Any]


class Block(NamedTuple):
    """Rows of a feed, as `report.ticks` reads them."""

    ts: Int64
    bid: Float64
    ask: Float64
    instrument: NDArray[np.uint8] | None
    kind: NDArray[np.uint8] | None


class Splits:
    """The splits of a run: the rows SPLIT of the tape's events."""

    def __init__(self, events: Table) -> None:
        self.rows = events[events["kind"] == EventKind.SPLIT]

    def __bool__(self) -> bool:
        return bool(self.rows.size > 0)

    def of(self, k: int) -> Table:
        """Those of instrument k, in order."""
        found: Table = self.rows[self.rows["instrument"] == k]
        return found

    def after(self, k: int, ts: Int64) -> Float64:
        """Shares at the end of the run for one at each time; a price of that time is divided by it."""
        if not self:
            return np.ones(ts.size)
        own = self.of(k)
        return _products(own["a"])[np.searchsorted(own["ts"], ts, side="right")]

    def of_fills(self, fills: Table) -> Float64:
        """Shares at the end for one of each fill. A split knows how many fills came before it."""
        found = np.ones(fills.size)
        for k in np.unique(self.rows["instrument"]).tolist():
            own, at = self.of(k), np.flatnonzero(fills["instrument"] == k)
            found[at] = _products(own["a"])[np.searchsorted(own["d"], at, side="right")]
        return found

    def of_trades(self, fills: Table) -> Float64:
        """Shares at the end for one of each trade at its exit: the fills that closed something, in order."""
        return self.of_fills(fills)[fills["closed_qty"] > 0.0]

    def shares(self, fills: Table) -> Table:
        """The fills with quantities in the shares of the end."""
        if not self:
            return fills
        found, factor = fills.copy(), self.of_fills(fills)
        for name in ("qty", "closed_qty"):
            found[name] *= factor
        return found

    def market(self, blocks: Iterable[Any]) -> Iterator[Any]:
        """The ticks with prices of the shares of the end."""
        for block in blocks:
            if not self:
                yield block
                continue
            factor = np.ones(block.ts.size)
            for k in np.unique(self.rows["instrument"]).tolist():
                own = slice(None) if block.instrument is None else block.instrument == k
                factor[own] = self.after(k, block.ts[own])
            yield Block(block.ts, block.bid / factor, block.ask / factor, block.instrument, block.kind)


def _products(ratios: Float64) -> Float64:
    """The product of the ratios from each on, and of none."""
    return np.append(np.cumprod(ratios[::-1])[::-1], 1.0)

"""The rules every backtester follows, and the quotes; numpy only, because each runs in an environment of its own.

Two exponential averages of the mid price start at the first quote. From the SLOW-th quote on, being without a position
or holding the wrong side, turn to QTY euros long while the fast average is above the slow one and short while it is
below. No stop loss and no take profit: not every backtester has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FAST, SLOW = 500, 5000
QTY = 10_000
CASH = 1_000_000
TICK = 250_000_000  # ns between quotes
SPREAD = 0.00004  # constant
POINT = 0.00001


class Prices(NamedTuple):
    """Quotes, all columns (n,): ns UTC, bid, ask."""

    ts: npt.NDArray[np.int64]
    bid: npt.NDArray[np.float64]
    ask: npt.NDArray[np.float64]

    @property
    def mid(self) -> npt.NDArray[np.float64]:
        return (self.bid + self.ask) * 0.5


class Outcome(NamedTuple):
    """One timed run: seconds, and how often it turned; `parts` are seconds of pieces worth showing."""

    seconds: float
    turns: int
    parts: dict[str, float] = {}  # noqa: RUF012 - a default that nobody changes


def save(path: Path, prices: Prices) -> None:
    """Write quotes for the workers to read."""
    np.savez(path, ts=prices.ts, bid=prices.bid, ask=prices.ask)


def load(path: Path, rows: int) -> Prices:
    """Read the first `rows` quotes."""
    with np.load(path) as file:
        return Prices(*(np.ascontiguousarray(file[name][:rows]) for name in ("ts", "bid", "ask")))


def turns(mid: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The rows at which the rules turn, found one quote after the other."""
    fast = slow = float(mid[0])
    fast_share, slow_share = 2.0 / (FAST + 1), 2.0 / (SLOW + 1)
    side, rows = 0, []
    for i, x in enumerate(mid.tolist()):
        fast += (x - fast) * fast_share
        slow += (x - slow) * slow_share
        wanted = (fast > slow) - (fast < slow)
        if wanted not in (0, side) and i + 1 >= SLOW:
            side = wanted
            rows.append(i)
    return np.array(rows, np.int64)

"""vectorbt with its Rust engine: Portfolio.from_signals, every quote a bar, bought at the ask and sold at the bid."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import vectorbt as vbt

from benchmarks.peers.rules import CASH, FAST, QTY, SLOW, Outcome, Prices


def signals(mid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Rows at which to turn long, and short."""
    fast = vbt.MA.run(mid, FAST, ewm=True, adjust=False).ma.to_numpy()
    slow = vbt.MA.run(mid, SLOW, ewm=True, adjust=False).ma.to_numpy()
    above, below = fast > slow, fast < slow
    above[: SLOW - 1] = below[: SLOW - 1] = False
    long, short = above.copy(), below.copy()
    long[1:] &= ~above[:-1]
    short[1:] &= ~below[:-1]
    return long, short


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run from arrays to a Portfolio; the part `from_signals` is that call alone."""
    mid = prices.mid

    def run() -> Outcome:
        began = time.perf_counter()
        long, short = signals(mid)
        price = np.where(long, prices.ask, prices.bid)
        called = time.perf_counter()
        portfolio = vbt.Portfolio.from_signals(
            mid,
            entries=long,
            short_entries=short,
            price=price,
            size=QTY,
            init_cash=CASH,
            upon_opposite_entry="reverse",
            freq="250ms",
            engine="rust",
        )
        ended = time.perf_counter()
        orders = int(portfolio.orders.count())
        return Outcome(ended - began, orders, {"from_signals": ended - called})

    return run

"""vectorbt with its Rust engine: one call of Portfolio.from_signals, a column a combination."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
import vectorbt as vbt

from benchmarks.peers.grid import bars_of, signals, values
from benchmarks.peers.rules import CASH, QTY, Outcome, Prices


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run from signals to a table of five figures; the part `from_signals` is that call alone."""
    b = bars_of(prices)
    long, short = signals(b.close, *values(form))

    def run() -> Outcome:
        began = time.perf_counter()
        portfolio = vbt.Portfolio.from_signals(
            b.close[:, None],
            entries=long,
            short_entries=short,
            size=QTY,
            init_cash=CASH,
            upon_opposite_entry="reverse",
            freq="1min",
            engine="rust",
        )
        called = time.perf_counter()
        trades = portfolio.trades
        figures = (portfolio.total_return(), portfolio.max_drawdown(), portfolio.sharpe_ratio(), trades.win_rate())
        table = pd.DataFrame([*figures, trades.profit_factor()])
        ended = time.perf_counter()
        assert table.shape[1] == long.shape[1]
        return Outcome(ended - began, int(portfolio.orders.count().sum()), {"from_signals": called - began})

    return run

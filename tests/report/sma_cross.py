"""The SMA cross that backtesting.py publishes numbers for, replayed with plain arithmetic.

Rules: at the close of a bar, if the fast average crossed above the slow one (was below, is above), close at the next
open what is held, and buy; crossed below: close and sell short. A position is as many whole units as the cash pays for.
What is open at the end is closed at the open of the last bar (its finalize_trades). No costs.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from tests.report.frames import EVENT, times


@dataclass
class Replay:
    """Frames of the run, and its price column."""

    ts: list[int]
    close: list[float]
    equity: list[float] = field(default_factory=list)
    trades: list[dict[str, object]] = field(default_factory=list)

    def frames(self) -> dict[str, pl.DataFrame]:
        value = pl.Series(self.equity)
        equity = pl.DataFrame({"ts": times(self.ts), "balance": value, "equity": value})
        equity = equity.with_columns(used_margin=pl.lit(0.0), margin_level=pl.lit(float("inf")))
        trades = pl.DataFrame(self.trades)
        trades = trades.with_columns(times(trades[name]).alias(name) for name in ("entry_time", "exit_time"))
        fills = pl.DataFrame({"commission": [0.0], "swap": [0.0], "slippage": [0.0]})
        return {"equity": equity, "trades": trades, "fills": fills, "events": pl.DataFrame(schema=EVENT)}

    def prices(self) -> pl.DataFrame:
        return pl.DataFrame({"ts": times(self.ts), "close": self.close})


def read(path: Path) -> tuple[list[int], list[float], list[float]]:
    """Times in ns, opens and closes of a CSV of bars."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    ts = [int(datetime.fromisoformat(r[0]).replace(tzinfo=UTC).timestamp()) * 10**9 for r in rows]
    return ts, [float(r[1]) for r in rows], [float(r[4]) for r in rows]


def replay(path: Path, fast: int, slow: int, cash: float) -> Replay:
    """Play the rules above over the bars of `path`."""
    ts, opens, closes = read(path)
    run = Replay(ts, closes)
    a, b = (_average(closes, n) for n in (fast, slow))
    held, price, since, signal = 0, 0.0, 0, 0
    for i, (at, open_, close) in enumerate(zip(ts, opens, closes, strict=True)):
        if signal:
            if held:
                cash += _close(run, held, price, since, at, open_)
            held, price, since, signal = signal * int(cash / open_ + 1e-9), open_, at, 0
        last = i == len(ts) - 1
        if last and held:
            cash += _close(run, held, price, since, at, open_)
            held = 0
        run.equity.append(cash + held * (close - price))
        if i and not np.isnan(b[i - 1]):
            signal = 1 if a[i - 1] < b[i - 1] and a[i] > b[i] else -1 if a[i - 1] > b[i - 1] and a[i] < b[i] else 0
    return run


def _average(values: list[float], n: int) -> list[float]:
    return [float("nan") if i + 1 < n else sum(values[i + 1 - n : i + 1]) / n for i in range(len(values))]


def _close(run: Replay, held: int, price: float, since: int, at: int, out: float) -> float:
    net = held * (out - price)
    share = 100.0 * net / (abs(held) * price)
    run.trades.append({"net": net, "return_pct": share, "entry_time": since, "exit_time": at})
    return net

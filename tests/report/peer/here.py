"""The runs of `runs.py` through simcore: backtesting.py's fills, as far as an account has them.

Next open, whole units, money unrounded, limits better than asked where the bar opens there, no margin call.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import simcore as sc
from simcore.market.readers.read import read_bars
from simcore.result import Result
from tests.report.peer.runs import RUNS, Run, frame

BY_NAME = {run.name: run for run in RUNS}


def told(run: Run, target: np.ndarray, timeframe: str) -> sc.Strategy:
    """The rules of `runs.py` in our words."""

    class Told(sc.Strategy):
        bars = timeframe
        _n: int = 0

        def on_bar(self, ctx: sc.Context) -> None:
            want = target[self._n]
            self._n += 1
            if np.isnan(want):
                return
            close = ctx.bar.close
            equity = ctx.equity + ctx.position * (close - ctx.bid)  # as it stood at the close
            if not (run.add and want):
                ctx.close()
            if want:
                qty = int(run.share * equity / close) if run.share else run.qty
                sl, tp = run.stops(close, want)
                order = ctx.buy if want > 0 else ctx.sell
                order(qty, sl=sl, tp=tp)

    return Told()


@cache
def result(root: Path, name: str) -> Result:
    """One run; skips where its data are not there."""
    run = BY_NAME[name]
    if not (root / run.path).is_file():
        pytest.skip(f"needs the shared data: there is no {root / run.path}")
    rows = frame(root, run.path)
    bars = read_bars(rows, symbol="X")
    broker = sc.Broker.preset(
        "cash",
        leverage=run.leverage,
        mode="hedging" if run.add else "netting",
        limit_fill="improve",
        money_digits=10,
        **{"commission.rate": run.commission},
    )
    contract = sc.Instrument.cfd("X", price_digits=run.digits, qty_min=1, qty_increment=1, qty_max=1e9)
    return sc.backtest(
        told(run, run.says(rows), bars.timeframe),
        {"X": bars},
        broker=broker,
        instruments=[contract],
        cash=run.cash,
        finalize_trades=run.finalize,
    )


def main(root: Path) -> None:
    """Print the daily returns of every run that has some."""
    found = {}
    for name in BY_NAME:
        returns = result(root, name).returns
        if len(returns) > 2 and returns.any():
            days = [str(day.date()) for day in returns.index]
            per_year = 365 if {5, 6} <= set(returns.index.day_of_week) else 252
            found[name] = {"days": days, "returns": returns.tolist(), "per_year": per_year}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

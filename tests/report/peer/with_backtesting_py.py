"""The runs of `runs.py` through backtesting.py, printed as JSON: {run: {key: value}} and its version.

For the environment backtesting.py is installed in, from the root of the project:
    .bench-peers/backtesting/bin/python -m tests.report.peer.with_backtesting_py ../shared/market-data
Durations are text, what could not be computed is null.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import backtesting
import numpy as np
import pandas as pd

from tests.report.peer.runs import RUNS, Run, frame


def strategy(run: Run, target: np.ndarray) -> type[backtesting.Strategy]:
    """The rules of `runs.py` in backtesting.py's words."""

    class Told(backtesting.Strategy):
        def init(self) -> None:
            pass

        def next(self) -> None:
            want = target[len(self.data) - 1]
            if np.isnan(want):
                return
            if not (run.add and want):
                self.position.close()
            if want:
                close = float(self.data.Close[-1])
                qty = int(run.share * self.equity / close) if run.share else run.qty
                order = self.buy if want > 0 else self.sell
                sl, tp = run.stops(close, want)
                order(size=qty, sl=sl, tp=tp)

    return Told


def told(value: Any) -> Any:
    """A value of stats as JSON."""
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return str(value)
    if value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def main(root: Path) -> None:
    """Print what backtesting.py makes of every run."""
    found = {}
    for run in RUNS:
        bars = frame(root, run.path)
        test = backtesting.Backtest(
            bars,
            strategy(run, run.says(bars)),
            cash=run.cash,
            commission=run.commission,
            margin=1.0 / run.leverage,
            hedging=run.add,
            finalize_trades=run.finalize,
        )
        stats = test.run()
        found[run.name] = {key: told(stats[key]) for key in stats.index if not key.startswith("_")}
    print(json.dumps({"backtesting.py": backtesting.__version__, "runs": found}, indent=1))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))

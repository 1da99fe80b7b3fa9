"""`python -m tests.market.store.peak FOLDER MILLIONS [in memory]`: a backtest from the store, and its peak memory."""

from __future__ import annotations

import hashlib
import json
import resource
import sys

import simcore as sc
from benchmarks.markets import START, TICK
from benchmarks.strategies import FastQuoteCross
from simcore.market.sample import SYMBOL


def main() -> None:
    """Replay, ask for the statistics, print."""
    store, how = sc.Store(sys.argv[1]), sys.argv[2].split()
    rows = store.range(SYMBOL, end=START + int(how[0]) * 1_000_000 * TICK)
    data = rows.read() if len(how) > 1 else rows
    result = sc.backtest(FastQuoteCross(), {SYMBOL: data}, cash=1_000_000.0)
    assert result.stats["Ticks"] == len(rows)
    told = {
        "rows": len(rows),
        "fills": int(result.run.tables["fills"].size),
        "seconds": result.run.seconds,
        "state": hashlib.sha256(result.run.state).hexdigest(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

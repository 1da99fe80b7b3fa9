"""`python -m tests.market.store.peak FOLDER MILLIONS [in memory]`: a backtest from the store, and its peak memory."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import sys
from pathlib import Path

import simcore as sc
from benchmarks.markets import START, TICK
from benchmarks.strategies import FastQuoteCross
from simcore.market.sample import SYMBOL


def peak() -> float:
    """The most memory this process had, MB. getrusage would count what its parent had when it was forked."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text("utf-8")) if status.exists() else None
    if found:
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


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
        "peak": peak(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

"""What test_startup starts: a process that reads a day of quotes, trades it, and prints what the account came to."""

from __future__ import annotations

import json

import simcore as sc
from benchmarks.account import CASH, broker, instruments
from benchmarks.strategies import FastQuoteCross
from simcore.market.sample import SYMBOL, sample_path

if __name__ == "__main__":
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL)
    result = sc.backtest(FastQuoteCross(), quotes, broker=broker(), instruments=instruments([SYMBOL]), cash=CASH)
    print(json.dumps({"fills": result.run.tables["fills"].size, **result.account}), flush=True)

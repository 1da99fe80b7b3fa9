"""From Parquet on disk to fills: the tick store replayed, beside polars reading the same columns of the same files."""

from __future__ import annotations

import time
from functools import reduce
from operator import add
from pathlib import Path

import polars as pl

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import Measure
from benchmarks.markets import PAIRS, TICK, eight, scaled, walk
from benchmarks.strategies import FastEightCross, FastQuoteCross
from simcore.market.store import Range

ROWS = scaled(20_000_000)
COLUMNS = ["ts", "bid", "ask"]


def reading(ranges: list[Range]) -> float:
    """Seconds that polars, on all cores, takes to read the very files and columns of a replay."""
    files = [one.folder / part.file for one in ranges for part in one.parts]
    began = time.perf_counter()
    frame = pl.read_parquet(files, columns=COLUMNS)
    seconds = time.perf_counter() - began
    assert frame.height == sum(map(len, ranges))
    return seconds


def test_one_instrument(measure: Measure, tmp_path: Path) -> None:
    """59 days of quotes at irregular times; both find the files in memory, because they have just been written."""
    quotes = walk("EURUSD", ROWS, seed=7, jitter=TICK)
    store = sc.Store(tmp_path / "ticks")
    store.append(quotes)
    answer = answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask)
    del quotes
    rows = store.range("EURUSD")

    def run() -> sc.Result:
        data = {"EURUSD": rows}
        return sc.backtest(FastQuoteCross(), data, broker=broker(), instruments=instruments(["EURUSD"]), cash=CASH)

    measure(run, answer, rows=ROWS, between=lambda: reading([rows]))


def test_eight_instruments(measure: Measure, tmp_path: Path) -> None:
    """Eight instruments, each in its own files, merged while they are read."""
    data = eight(ROWS // len(PAIRS))
    store = sc.Store(tmp_path / "ticks")
    for quotes in data.values():
        store.append(quotes)
    alone = [answers.cross(symbol, q.ts, q.bid, q.ask, share=1) for symbol, q in data.items()]
    symbols = [*data]
    del data, quotes
    ranges = {symbol: store.range(symbol) for symbol in symbols}

    def run() -> sc.Result:
        return sc.backtest(FastEightCross(), ranges, broker=broker(), instruments=instruments(symbols), cash=CASH)

    measure(run, reduce(add, alone), rows=ROWS, between=lambda: reading([*ranges.values()]))

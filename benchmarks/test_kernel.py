"""Compiled strategies: one instrument, and eight merged by time with fifty resting orders."""

from __future__ import annotations

import time
from functools import reduce
from operator import add

import numpy as np
from numba import njit

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import Measure
from benchmarks.markets import PAIRS, Float64, Int64, eight, eurusd, scaled
from benchmarks.strategies import FastEightCross, FastQuoteCross

ROWS = scaled(20_000_000)


@njit
def column_sum(ts: Int64, bid: Float64, ask: Float64) -> float:
    """The least a compiled loop can do with the columns."""
    total = 0.0
    for i in range(ts.size):
        total += ts[i] + bid[i] + ask[i]
    return total


def test_one_instrument(measure: Measure) -> None:
    """From a frame to a Result, with a plain sum over the same columns between the rounds."""
    quotes = eurusd(ROWS)
    frame = quotes.to_polars()
    expected = float(np.sum(quotes.ts, dtype=float) + np.sum(quotes.bid) + np.sum(quotes.ask))

    def plain_sum() -> float:
        began = time.perf_counter()
        total = column_sum(quotes.ts, quotes.bid, quotes.ask)
        seconds = time.perf_counter() - began
        assert abs(total / expected - 1.0) < 1e-9
        return seconds

    plain_sum()  # compiles
    measure(
        lambda: sc.backtest(
            FastQuoteCross(), {"EURUSD": frame}, broker=broker(), instruments=instruments(["EURUSD"]), cash=CASH
        ),
        answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask),
        rows=ROWS,
        between=plain_sum,
    )


def test_eight_instruments(measure: Measure) -> None:
    """From eight Quotes to a Result; they are merged while they are played, and the replay's time holds that."""
    data = eight(ROWS // len(PAIRS))

    def run() -> sc.Result:
        result = sc.backtest(
            FastEightCross(), data, broker=broker(), instruments=instruments([*data]), cash=CASH, size="M"
        )
        assert result.run.totals["n_orders"] == 50  # still resting
        return result

    alone = [answers.cross(symbol, q.ts, q.bid, q.ask, share=1) for symbol, q in data.items()]
    measure(run, reduce(add, alone), rows=ROWS)

"""Research: a sweep of a thousand combinations, a thousand paths of trades and of ticks."""

from __future__ import annotations

import resource
import sys
import time
from typing import Any

import numpy as np
import polars as pl

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import ROUNDS
from benchmarks.markets import eurusd, scaled
from benchmarks.strategies import FastQuoteCross, FastTurns
from simcore.research.montecarlo import draws

TICKS = scaled(2_000_000)
PATHS, ROWS = 1_000, 100_000
MOST = 40, 25  # values of fast and of slow
ACCOUNT: dict[str, Any] = {"instruments": instruments(["EURUSD"]), "cash": CASH, "ledger": None}


def swept(fast: int, slow: int, workers: int) -> pl.DataFrame:
    """The table of a grid of so many values each."""
    params = {"fast": range(300, 300 + 20 * fast, 20), "slow": range(3_000, 3_000 + 200 * slow, 200)}
    return sc.sweep(FastQuoteCross, eurusd(TICKS), params=params, workers=workers, broker=broker(), **ACCOUNT)


def check(table: pl.DataFrame) -> None:
    """A hundredth of the rows, each against the rules written a second time."""
    quotes = eurusd(TICKS)
    for row in table[::97].iter_rows(named=True):
        given = {name: row[name] for name in ("fast", "slow")}
        answer = answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask, **given)
        assert row["Fills"] == answer.fills
        assert round((row["Equity Final [$]"] - CASH) * 100.0, 6) == answer.gained


def test_sweep(benchmark: Any) -> None:
    """On two cores, each time with one core just before it."""
    check(swept(10, 10, 1))  # compiles
    compared: list[float] = []
    ones: list[pl.DataFrame] = []
    twos: list[pl.DataFrame] = []

    def alone() -> None:
        began = time.perf_counter()
        ones.append(swept(*MOST, 1))
        compared.append(time.perf_counter() - began)

    benchmark.pedantic(lambda: twos.append(swept(*MOST, 2)), setup=alone, rounds=min(ROUNDS, 5))
    check(ones[0])
    assert all(one.write_json() == ones[0].write_json() for one in (*ones, *twos))
    benchmark.extra_info.update(rows=TICKS * ones[0].height, replay=[], compared=compared)


def peak() -> int:
    """The most memory this process took so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_sweep_memory(benchmark: Any) -> None:
    """What 1,000 and 10,000 combinations take beyond a hundred, their tables taken off; each on 20,000 ticks."""
    quotes = eurusd(20_000)
    params: dict[str, Any] = {"fast": range(20, 120), "slow": range(500, 600)}
    grown: list[int] = []
    found: list[pl.DataFrame] = []

    def grow() -> None:
        for n in (1, 10, scaled(100) if scaled(100) > 10 else 20):
            given = {**params, "slow": range(500, 500 + n)}
            found.append(sc.sweep(FastQuoteCross, quotes, params=given, broker=broker(), **ACCOUNT))
            grown.append(peak() - sum(one.estimated_size() for one in found))

    benchmark.pedantic(grow, rounds=1)
    for row in found[-1][::997].iter_rows(named=True):
        given = {name: row[name] for name in ("fast", "slow")}
        assert row["Fills"] == answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask, **given).fills
    benchmark.extra_info.update(rows=found[-1].height, bytes=grown[-1] - grown[0], thousand=grown[1] - grown[0])


def test_trade_bootstrap(benchmark: Any) -> None:
    """Of a Result with a thousand trades, warm."""
    base = sc.backtest(FastTurns(every=90, trades=PATHS), eurusd(scaled(2_000_000)), broker=broker(), **ACCOUNT)
    trades = base.run.tables["trades"]
    net = np.round(trades["pnl"] + trades["swap"] - trades["commission"], 2)
    assert net.size == PATHS
    sc.monte_carlo(base, n=10)
    found: list[Any] = []
    benchmark.pedantic(lambda: found.append(sc.monte_carlo(base, n=PATHS)), rounds=ROUNDS)
    equity = found[0].equity
    assert equity.shape == (PATHS, PATHS + 1)
    assert set(np.round(np.diff(equity[17]), 2)) <= set(net)
    # the mean of a thousand sums lies within 4 standard errors of the sum
    assert abs(equity[:, -1].mean() - CASH - net.sum()) < 4.0 * net.std()
    benchmark.extra_info.update(rows=PATHS * PATHS, replay=[], compared=[])


def test_tick_blocks(benchmark: Any) -> None:
    """A thousand paths of 100,000 ticks through the engine, on one core; some of them by the rules written again."""
    quotes, paths = eurusd(ROWS), scaled(PATHS)
    given: dict[str, Any] = {"method": "stationary_ticks", "block": 500, "workers": 1, "broker": broker(), **ACCOUNT}
    sc.monte_carlo(FastQuoteCross(), quotes, n=2, **given)
    found: list[Any] = []
    run = lambda: found.append(sc.monte_carlo(FastQuoteCross(), quotes, n=paths, **given))  # noqa: E731
    benchmark.pedantic(run, rounds=min(ROUNDS, 5))
    points, spread = np.rint(quotes.bid * 1e5), np.rint((quotes.ask - quotes.bid) * 1e5)
    for path in (0, paths - 1):
        bid, level = np.empty(0), points[0]
        asks = []
        for first, length in draws.blocks(0, path, ROWS, ROWS, 500.0, True):
            factor = level / points[first - 1 if bid.size and first else first]
            own = points[first : first + length] * factor
            bid, level = np.append(bid, np.rint(own)), own[-1]
            asks.append(spread[first : first + length])
        ask = bid + np.concatenate(asks)
        answer = answers.cross("EURUSD", quotes.ts, bid / 1e5, ask / 1e5)
        assert round((found[0].equity[path, -1] - CASH) * 100.0, 4) == answer.gained
    benchmark.extra_info.update(rows=paths * ROWS, replay=[], compared=[])

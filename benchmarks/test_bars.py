"""Ticks to one-minute bars, bid and ask: what `sc.resample` makes of quotes, against numpy's own reductions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore as sc
from benchmarks.conftest import ROUNDS
from benchmarks.markets import eurusd, lean_files, scaled
from simcore.market.columns import Bars, Quotes

MINUTE = 60_000_000_000
ROWS = scaled(20_000_000)  # 240 ticks a minute
REPEATS = 20  # LEAN's 532,903 ticks, so often behind each other, make 10.7 M


def test_minutes(benchmark: Any) -> None:
    """A random walk with a tick every 250 ms."""
    run(benchmark, eurusd(ROWS))


@pytest.mark.skipif(
    not lean_files(), reason="needs the EURUSD ticks of LEAN in the shared data, $SIMCORE_SHARED or ../shared"
)
def test_recorded_minutes(benchmark: Any) -> None:
    """LEAN's recorded ticks, 35 a minute."""
    ticks = sc.read_quotes(lean_files(), symbol="EURUSD")
    days = (int(ticks.ts[-1] - ticks.ts[0]) // MINUTE + 1) * MINUTE
    ts = np.concatenate([ticks.ts + i * days for i in range(REPEATS)])
    run(benchmark, Quotes("EURUSD", ts, np.tile(ticks.bid, REPEATS), np.tile(ticks.ask, REPEATS)))


def run(benchmark: Any, quotes: Quotes) -> None:
    bars = benchmark.pedantic(lambda: sc.resample(quotes, "1min"), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["rows"] = len(quotes)
    check(bars, quotes)


def check(bars: Bars, quotes: Quotes) -> None:
    minutes = quotes.ts // MINUTE
    first = np.flatnonzero(np.diff(minutes, prepend=minutes[0] - 1))
    last = np.append(first[1:], len(quotes)) - 1
    assert np.array_equal(bars.ts, minutes[first] * MINUTE)
    assert np.array_equal(bars.volume, last - first + 1)
    for prefix, price in (("", quotes.bid), ("ask_", quotes.ask)):
        assert np.array_equal(getattr(bars, f"{prefix}open"), price[first])
        assert np.array_equal(getattr(bars, f"{prefix}high"), np.maximum.reduceat(price, first))
        assert np.array_equal(getattr(bars, f"{prefix}low"), np.minimum.reduceat(price, first))
        assert np.array_equal(getattr(bars, f"{prefix}close"), price[last])

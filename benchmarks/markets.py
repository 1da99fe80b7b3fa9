"""What the benchmarks trade: seeded random walks on the price grid, and LEAN's recorded EURUSD ticks.

A walk ticks every 250 ms with a spread of 4 points. Assumes nothing about returns: speed depends on how often prices
reach an order and how often averages cross, and a walk does both at a steady rate.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simcore.market.columns import Quotes

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

ROOT = Path(__file__).resolve().parent.parent
START = 1_704_146_400_000_000_000  # 2024-01-01 22:00 UTC, a rollover in New York
TICK = 250_000_000
MOVE = 1e-5  # standard deviation of a tick's log return
BLOCK = 1_000_000  # rows drawn at a time, which bounds memory
QUICK = os.environ.get("SIMCORE_BENCH") == "quick"

# symbol: first price, digits; all against the dollar, so that profit converts through the pair itself
PAIRS = {
    "EURUSD": (1.10, 5),
    "GBPUSD": (1.27, 5),
    "AUDUSD": (0.66, 5),
    "NZDUSD": (0.61, 5),
    "USDJPY": (150.0, 3),
    "USDCHF": (0.88, 5),
    "USDCAD": (1.35, 5),
    "USDSGD": (1.34, 5),
}


def scaled(rows: int) -> int:
    """The rows to run: all of them, or a twentieth where SIMCORE_BENCH=quick."""
    return rows // 20 if QUICK else rows


def walk(symbol: str, rows: int, seed: int, jitter: int = 0) -> Quotes:
    """`rows` quotes of `symbol`; `jitter` > 0 moves each by up to that many ns, so that instruments interleave."""
    first, digits = PAIRS[symbol]
    scale = 10.0**digits
    rng = np.random.default_rng(seed)
    ts, bid, ask = np.empty(rows, np.int64), np.empty(rows), np.empty(rows)
    log_price = np.log(first)
    for begin in range(0, rows, BLOCK):
        end = min(begin + BLOCK, rows)
        path = log_price + np.cumsum(rng.normal(0.0, MOVE, end - begin))
        log_price = path[-1]
        points = np.round(np.exp(path) * scale)
        bid[begin:end], ask[begin:end] = (points - 2.0) / scale, (points + 2.0) / scale
        ts[begin:end] = START + np.arange(begin, end) * TICK
        if jitter:
            ts[begin:end] += rng.integers(0, jitter, end - begin)
    return Quotes(symbol, ts, bid, ask)


@cache
def eurusd(rows: int) -> Quotes:
    """The walk of one instrument."""
    return walk("EURUSD", rows, seed=7)


def eight(rows: int) -> dict[str, Quotes]:
    """Eight walks of `rows` quotes each, ticking in between one another."""
    return {symbol: walk(symbol, rows, seed, jitter=TICK) for seed, symbol in enumerate(PAIRS, start=11)}


def lean_files() -> list[Path]:
    """LEAN's EURUSD ticks of 2014-05-01 to 15 in the shared data, in time order; empty where there are none."""
    shared = Path(os.environ.get("SIMCORE_SHARED") or ROOT.parent / "shared")
    return sorted((shared / "market-data/lean/Data/forex/oanda/tick/eurusd").glob("*_quote.zip"))

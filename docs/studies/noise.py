"""The study of noise: strategies without any skill on markets without any memory, and a market where there is skill.

A market is two years of hourly quotes without a spread. Twelve EMA crosses are run on it, each a trial in a ledger
of its own; the best by its Sharpe ratio is what somebody who searches would have kept. The numbers below are all there
is to choose: the same seeds give the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

import simcore as sc
from simcore.market.columns import Quotes
from strategies.momentum import EmaCross

DAYS: Final = 504
HOURS: Final = 24 * DAYS
START: Final = 1_640_995_200_000_000_000  # 2022-01-01
HOUR: Final = 3_600_000_000_000
STEP: Final = 0.001  # deviation of an hour's return
TREND: Final = 0.0001  # the same of the drift that a trending market has for a while
FAST: Final = (2, 6, 16)
SLOW: Final = (24, 48, 96, 144)
MARKETS: Final = 12


class HourlyCross(EmaCross):
    """The EMA cross on hours."""

    bars = "1h"


class Found(NamedTuple):
    """What a search on one market found: of the best of the trials, and of all of them."""

    sharpe: float  # a year
    luck: float  # what the best of as many without skill would show
    probabilistic: float
    deflated: float
    pbo: float


def walk(seed: int) -> Quotes:
    """A market without memory: each hour's return is drawn alone."""
    return _quotes(np.random.default_rng(seed).standard_normal(HOURS) * STEP)


def trending(seed: int) -> Quotes:
    """A market that drifts one way for about four days, then another."""
    rng = np.random.default_rng(seed)
    lasts = rng.geometric(1.0 / 96.0, HOURS)
    drift = np.repeat(rng.standard_normal(HOURS) * TREND, lasts)[:HOURS]
    return _quotes(rng.standard_normal(HOURS) * STEP + drift)


def searched(quotes: Quotes, place: Path) -> Found:
    """Try every combination, and weigh the best against all of them."""
    cross = sc.compiled(HourlyCross)
    ledger = sc.Ledger(place)
    terms = {"broker": sc.Broker.preset("mt5-hedging"), "cash": 100_000.0, "ledger": ledger, "sample": "1D"}
    results = [sc.backtest(cross(fast=fast, slow=slow), quotes, **terms) for fast in FAST for slow in SLOW]
    best = max(results, key=lambda result: result.returns.mean() / result.returns.std())
    figures = best.overfitting(reps=0).figures()
    return Found(*(figures[name] for name in FIGURES))


FIGURES: Final = (
    "Sharpe Ratio (Daily)",
    "Best of Trials by Luck",
    "Probabilistic Sharpe [%]",
    "Deflated Sharpe [%]",
    "Backtest Overfitting [%]",
)


def study(make: Callable[[int], Quotes], folder: Path, markets: int = MARKETS) -> pd.DataFrame:
    """One row a market, what `Found` has in its columns."""
    found = [searched(make(seed), folder / f"{make.__name__}-{seed}.sqlite") for seed in range(markets)]
    return pd.DataFrame(found, columns=list(FIGURES))


def summary(**studies: pd.DataFrame) -> pd.DataFrame:
    """One column a study: means, and how often the best would have been taken for proof."""
    rows = {}
    for name, one in studies.items():
        rows[name] = {
            "markets": len(one),
            "Sharpe ratio of the best, mean": one["Sharpe Ratio (Daily)"].mean(),
            "expected of the best by luck, mean": one["Best of Trials by Luck"].mean(),
            "probabilistic Sharpe at or above 95 % [%]": 100.0 * (one["Probabilistic Sharpe [%]"] >= 95.0).mean(),
            "deflated Sharpe at or above 95 % [%]": 100.0 * (one["Deflated Sharpe [%]"] >= 95.0).mean(),
            "probability of backtest overfitting, mean [%]": one["Backtest Overfitting [%]"].mean(),
        }
    return pd.DataFrame(rows)


def _quotes(returns: np.ndarray) -> Quotes:
    price = np.round(1.1 * np.exp(np.cumsum(returns)), 5)
    return Quotes("EURUSD", START + HOUR * np.arange(HOURS), price, price)


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        print(summary(noise=study(walk, Path(folder)), trend=study(trending, Path(folder))).round(2).to_string())

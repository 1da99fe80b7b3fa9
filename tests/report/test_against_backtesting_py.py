"""Our statistics of the published SMA cross runs against what backtesting.py 0.6.6 prints for them.

Its own tests publish, for GOOG: 66 trades, 51,422.99, Sharpe 0.58062, max drawdown -47.98013 %. The other numbers were
read off its output (finalize_trades=True, no costs); the equity curve and the trades are our own replay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simcore.report.stats import stats
from tests.report.sma_cross import replay

KEYS = (
    "Duration", "Exposure Time [%]", "Equity Final [$]", "Equity Peak [$]", "Return [%]", "Buy & Hold Return [%]",
    "Return (Ann.) [%]", "Volatility (Ann.) [%]", "CAGR [%]", "Sharpe Ratio", "Sortino Ratio", "Calmar Ratio",
    "Alpha [%]", "Beta", "Max. Drawdown [%]", "Avg. Drawdown [%]", "Max. Drawdown Duration", "Avg. Drawdown Duration",
    "# Trades", "Win Rate [%]", "Best Trade [%]", "Worst Trade [%]", "Avg. Trade [%]", "Max. Trade Duration",
    "Avg. Trade Duration", "Profit Factor", "Expectancy [%]", "SQN", "Kelly Criterion",
)  # fmt: skip
ANNUAL = {"Return (Ann.) [%]", "Volatility (Ann.) [%]", "Sharpe Ratio", "Sortino Ratio", "Calmar Ratio"}
OBSERVED = {
    "GOOG": (
        "3116 days", 96.741155, 51422.99, 75787.44, 414.2299, 522.060185,
        21.191099, 36.497161, 21.160246, 0.580623, 1.085343, 0.441664,
        394.373911, 0.038034, -47.980127, -5.925852, "584 days", "41 days",
        66, 46.969697, 53.595952, -18.398874, 2.531716, "183 days",
        "46 days", 2.167946, 3.274808, 1.076619, 0.151871,
    ),
    "BTCUSD": (
        "4718 days", 82.051282, 20815146.81, 78978036.79, 1981.514681, 951796.024465,
        26.493465, 90.367884, 26.492283, 0.293173, 0.726914, 0.342747,
        -126348.370463, 0.134829, -77.297503, -26.919666, "1371 days", "386 days",
        16, 37.5, 2532.193911, -52.39772, 20.895190, "1034 days",
        "242 days", 11.984927, 175.655165, 0.298536, 0.044420,
    ),
    "EURUSD": (
        "294 days 06:00:00", 99.22, 9788.18827, 10031.44571, -2.118117, 14.162572,
        -2.134880, 6.131381, -2.622446, -0.348189, -0.454762, -0.288355,
        -3.388045, 0.089668, -7.403642, -2.619481, "268 days 23:00:00", "73 days 04:00:00",
        167, 37.724551, 2.172393, -1.716478, -0.012819, "7 days 03:00:00",
        "1 days 19:00:00", 0.935828, -0.011589, -0.339515, -0.033352,
    ),
}  # fmt: skip
RUNS = {"GOOG": (10, 30, 10_000.0), "BTCUSD": (3, 8, 1_000_000.0), "EURUSD": (10, 30, 10_000.0)}


def ours(shared: Path, name: str) -> pd.Series:
    path = shared / "market-data/backtesting.py/backtesting/test" / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"needs the shared data: there is no {path}")
    fast, slow, cash = RUNS[name]
    run = replay(path, fast, slow, cash)
    return stats(
        **run.frames(), start_ns=run.ts[0], end_ns=run.ts[-1], cash=cash, currency="USD", ticks=len(run.ts),
        benchmark=run.prices(), trading_ns=run.ts[slow - 1],
    )  # fmt: skip


def same(value: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return bool(value == pd.Timedelta(expected))
    # six decimals were printed
    return bool(value == pytest.approx(expected, abs=5.1e-7, rel=1e-9))


def test_goog_gives_the_published_numbers(shared: Path) -> None:
    s = ours(shared, "GOOG")
    assert s["# Trades"] == 66
    assert round(s["Equity Final [$]"], 2) == 51_422.99
    assert round(s["Sharpe Ratio"], 5) == 0.58062
    assert round(s["Max. Drawdown [%]"], 5) == -47.98013


@pytest.mark.parametrize("name", ["GOOG", "BTCUSD"])
def test_every_key_agrees(shared: Path, name: str) -> None:
    s = ours(shared, name)
    wrong = {k: (s[k], x) for k, x in zip(KEYS, OBSERVED[name], strict=True) if not same(s[k], x)}
    assert wrong == {}


def test_the_basis_is_told(shared: Path) -> None:
    assert ours(shared, "GOOG")["Annualisation"] == "daily returns, 252 a year"
    assert ours(shared, "BTCUSD")["Annualisation"] == "monthly returns, 12 a year"


def test_an_fx_sunday_belongs_to_monday(shared: Path) -> None:
    """Hourly EURUSD: all agrees but what is annualised, where a week has six days there and five here."""
    s = ours(shared, "EURUSD")
    wrong = {k for k, x in zip(KEYS, OBSERVED["EURUSD"], strict=True) if not same(s[k], x)}
    assert wrong == ANNUAL
    # 252 returns of a day make a year of about 250 days: now near the CAGR, which counts the calendar
    assert abs(s["Return (Ann.) [%]"] - s["CAGR [%]"]) < 0.1

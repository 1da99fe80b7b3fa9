"""Our statistics against backtesting.py's, key by key, on real runs.

Twelve runs of different rules and data (tests/report/peer/runs.py) go through both. What backtesting.py said stands in
peer/backtesting_py.json: version 0.6.6 with pandas 3.1.1, written by peer/with_backtesting_py.py, which tells how;
where that environment is there (make bench-peers makes it), it is run again and must still say the same. Three more are
its published SMA cross runs, replayed here with plain arithmetic; for GOOG its own tests publish 66 trades, 51,422.99,
Sharpe 0.58062 and a maximal drawdown of -47.98013 %.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simcore.report.stats import stats
from tests.report.peer.here import BY_NAME, result
from tests.report.sma_cross import replay

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("peer") / "backtesting_py.json"
KEYS = (
    "Duration", "Exposure Time [%]", "Equity Final [$]", "Equity Peak [$]", "Return [%]", "Buy & Hold Return [%]",
    "Return (Ann.) [%]", "Volatility (Ann.) [%]", "CAGR [%]", "Sharpe Ratio", "Sortino Ratio", "Calmar Ratio",
    "Alpha [%]", "Beta", "Max. Drawdown [%]", "Avg. Drawdown [%]", "Max. Drawdown Duration", "Avg. Drawdown Duration",
    "# Trades", "Win Rate [%]", "Best Trade [%]", "Worst Trade [%]", "Avg. Trade [%]", "Max. Trade Duration",
    "Avg. Trade Duration", "Profit Factor", "Expectancy [%]", "SQN", "Kelly Criterion",
)  # fmt: skip
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
REPLAYS = {"GOOG": (10, 30, 10_000.0), "BTCUSD": (3, 8, 1_000_000.0), "EURUSD": (10, 30, 10_000.0)}


def recorded() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))["runs"]
    return found


def agrees(key: str, value: Any, expected: Any) -> bool:
    """Equal as text, as a time, or to nine digits."""
    if expected is None:
        return bool(pd.isna(value))
    if isinstance(expected, str):
        time = pd.Timedelta(expected) if "Duration" in key else pd.Timestamp(expected, tz="UTC")
        return bool(value == time)
    return bool(value == pytest.approx(expected, rel=1e-9, abs=1e-9))


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_key_of_a_real_run_agrees(shared: Path, name: str) -> None:
    ours, theirs = result(shared / "market-data", name).stats, recorded()[name]
    assert {k: (ours[k], x) for k, x in theirs.items() if not agrees(k, ours[k], x)} == {}
    assert list(theirs) == [k for k in ours.index if k in theirs]  # and in their order


def test_the_runs_differ_and_say_something() -> None:
    runs = recorded()
    assert set(runs) == set(BY_NAME)
    assert len({s["Equity Final [$]"] for s in runs.values()}) == len(runs) >= 10
    # every key has a number in some run, so that nothing agrees by being absent
    keys = {k for s in runs.values() for k in s}
    assert {k for k in keys if all(s.get(k) is None for s in runs.values())} == set()
    assert len(keys) == 32


def test_backtesting_py_still_says_so(shared: Path) -> None:
    folder = ROOT / ".bench-peers" / "backtesting"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.is_file():
        pytest.skip("needs backtesting.py in an environment of its own: make bench-peers makes it")
    if not all((shared / "market-data" / run.path).is_file() for run in BY_NAME.values()):
        pytest.skip(f"needs the shared data under {shared}")
    command = [str(python), "-m", "tests.report.peer.with_backtesting_py", str(shared / "market-data")]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    now, then = json.loads(told), json.loads(RECORDED.read_text(encoding="utf-8"))
    assert now["backtesting.py"] == then["backtesting.py"]
    for name, said in then["runs"].items():
        other = {k: (now["runs"][name][k], x) for k, x in said.items() if not repeats(now["runs"][name][k], x)}
        assert other == {}, name


def repeats(value: Any, expected: Any) -> bool:
    """The same from one machine to another: text as it is, numbers to nine digits."""
    return bool(value == (pytest.approx(expected, rel=1e-9, abs=1e-12) if isinstance(expected, float) else expected))


def replayed(shared: Path, name: str) -> pd.Series:
    path = shared / "market-data/backtesting.py/backtesting/test" / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"needs the shared data: there is no {path}")
    fast, slow, cash = REPLAYS[name]
    run = replay(path, fast, slow, cash)
    return stats(
        **run.frames(), start_ns=run.ts[0], end_ns=run.ts[-1], cash=cash, currency="USD", ticks=len(run.ts),
        benchmark=run.prices(), trading_ns=run.ts[slow - 1], bars=np.array(run.ts),
    )  # fmt: skip


def same(value: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return bool(value == pd.Timedelta(expected))
    # six decimals were printed
    return bool(value == pytest.approx(expected, abs=5.1e-7, rel=1e-9))


def test_goog_gives_the_published_numbers(shared: Path) -> None:
    s = replayed(shared, "GOOG")
    assert s["# Trades"] == 66
    assert round(s["Equity Final [$]"], 2) == 51_422.99
    assert round(s["Sharpe Ratio"], 5) == 0.58062
    assert round(s["Max. Drawdown [%]"], 5) == -47.98013


@pytest.mark.parametrize("name", ["GOOG", "BTCUSD", "EURUSD"])
def test_every_key_of_a_published_run_agrees(shared: Path, name: str) -> None:
    s = replayed(shared, name)
    wrong = {k: (s[k], x) for k, x in zip(KEYS, OBSERVED[name], strict=True) if not same(s[k], x)}
    assert wrong == {}


def test_the_basis_is_told(shared: Path) -> None:
    assert replayed(shared, "GOOG")["Annualisation"] == "daily returns, 252 a year"
    assert replayed(shared, "BTCUSD")["Annualisation"] == "monthly returns, 12 a year"

"""Our statistics of daily returns against quantstats' and empyrical's (pyfolio's), key by key, on ten real runs.

The runs are those of test_against_backtesting_py; their returns went through quantstats 0.0.86 and empyrical-reloaded
0.7.1 with pandas 3.1.1, and what both said stands in peer/quantstats.json; peer/with_quantstats.py wrote it and tells
how, and refused to where the two disagreed. quantstats' VaR assumes a normal distribution, so that key is empyrical's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.report.peer.here import result

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).with_name("peer") / "quantstats.json").read_text(encoding="utf-8")
)["runs"]


@pytest.mark.parametrize("name", list(RECORDED))
def test_every_key_agrees(shared: Path, name: str) -> None:
    ours = result(shared / "market-data", name).stats
    wrong = {k: (ours[k], x) for k, x in RECORDED[name].items() if ours[k] != pytest.approx(x, rel=1e-9, abs=1e-12)}
    assert wrong == {}


def test_there_are_ten_runs_of_nineteen_numbers() -> None:
    assert [len(keys) for keys in RECORDED.values()] == [19] * 10
    assert all(isinstance(x, float) for keys in RECORDED.values() for x in keys.values())


def test_returns_are_what_they_read(shared: Path) -> None:
    run = result(shared / "market-data", "eurusd-hourly-cross")
    returns = run.returns
    assert isinstance(returns, pd.Series)
    assert isinstance(returns.index, pd.DatetimeIndex)
    assert returns.index.tz is None
    assert returns.index.is_unique
    assert returns.index.is_monotonic_increasing
    assert (returns.index == returns.index.normalize()).all()
    assert returns.name == "Told"
    # a week is five days though there are bars on Sunday evening, and all of them make the whole return
    assert set(returns.index.day_of_week) == {0, 1, 2, 3, 4}
    assert float(np.prod(1.0 + returns)) - 1.0 == pytest.approx(run.stats["Return [%]"] / 100.0, rel=1e-9)

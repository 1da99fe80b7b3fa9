"""What makes a strategy, a result or decisions out of data is checked as a strategy is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

import simcore as sc
from tests.research.causality.test_causality import BARS, FRAME, START, Cross


def signals_of(ahead: int) -> Any:
    def make(bars: Any) -> sc.Strategy:
        close = bars.to_pandas()["close"]
        up = close.shift(-ahead) > close.shift(1)
        return sc.from_signals(up, ~up, bars="1min", qty=0.1)

    return make


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_function_that_makes_a_strategy_or_a_result(ahead: int) -> None:
    make = signals_of(ahead)
    found = sc.causality(make, BARS, instants=10)
    assert found.causal is (ahead == 0), found.text
    run = sc.causality(lambda bars: sc.backtest(make(bars), bars, ledger=None), BARS, instants=8)
    assert run.causal is (ahead == 0), run.text
    if ahead:
        assert "BarSignals looks ahead" in found.text
        assert found.leaks[0].ts <= found.leaks[0].at


def chooser(ahead: bool) -> Any:
    """A walk-forward in small: each quarter of an hour it decides by the mean close of the last one, or of the next."""

    def make(bars: Any) -> Any:
        means = bars.to_pandas()["close"].resample("15min").mean()
        chosen = means.diff().shift(0 if ahead else 1) > 0.0
        ts = pl.Series(means.index.tz_localize(None).to_numpy()).dt.cast_time_unit("ns").dt.replace_time_zone("UTC")
        return SimpleNamespace(decisions=pl.DataFrame({"ts": ts, "fast": np.where(chosen, 5, 10)}))

    return make


@pytest.mark.parametrize("ahead", [False, True])
def test_anything_with_decisions_such_as_a_walk_forward(ahead: bool) -> None:
    found = sc.causality(chooser(ahead), BARS, instants=12)
    assert found.causal is not ahead, found.text
    if ahead:
        assert "fast 5 becomes 10" in found.text or "fast 10 becomes 5" in found.text


@pytest.mark.parametrize("positions", ["flat", "carry"])
def test_a_walk_forward_uses_nothing_of_a_window_before_it(positions: str) -> None:
    def walked(data: Any) -> Any:
        windows = {"training": "20min", "testing": "10min", "objective": "Return [%]", "positions": positions}
        return sc.walk_forward(Cross, data, params={"fast": [2, 4], "slow": [8]}, ledger=None, **windows)

    data = BARS.slice(0, 50) if positions == "flat" else {"EURUSD": FRAME.head(50)}
    found = sc.causality(walked, data, instants=2)
    assert found, found.text
    assert found.decisions > 10


def test_a_walk_forward_that_chose_with_hindsight_is_found() -> None:
    def walked(data: Any) -> Any:
        """Parameters by the best of the whole, each window's own included."""
        tried = {fast: sc.backtest(Cross(fast=fast), data, ledger=None) for fast in (2, 4, 6)}
        best = max(tried, key=lambda fast: tried[fast].account["equity"])
        ts = pl.Series([START + 600_000_000_000]).cast(pl.Datetime("ns", "UTC"))
        return SimpleNamespace(decisions=pl.DataFrame({"ts": ts, "fast": [best]}), stitched=tried[best])

    found = sc.causality(walked, BARS, instants=8)
    assert not found
    assert any("becomes" in leak.what for leak in found.leaks)

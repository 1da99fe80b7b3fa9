"""Backtest, paper and the journal's replay leave the same bytes, whatever the data are and whatever is traded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import simcore as sc
from simcore.live.paper import paper
from simcore.live.verify import verify
from simcore.strategy.compiled import compiled
from simcore.strategy.strategy import Strategy
from tests.strategy.everything import Everything
from tests.strategy.runs import SECOND, START, walks

FORMS = {"plain": Everything, "compiled": compiled(Everything)}


def two_quotes() -> dict[str, Any]:
    rows = walks(4_000, 5)
    parts = {}
    for k, symbol in enumerate(("EURUSD", "GBPUSD")):
        own = rows["instrument"] == k
        columns = {name: rows[name][own] for name in ("ts", "bid", "ask")}
        parts[symbol] = sc.read_quotes(pl.DataFrame(columns), symbol=symbol)
    return parts


def two_bars() -> dict[str, Any]:
    return {symbol: sc.read_bars(_bars(seed), symbol=symbol) for seed, symbol in enumerate(("EURUSD", "GBPUSD"), 1)}


def quotes_and_prints() -> dict[str, Any]:
    """The second instrument has prints alone, which are its bid and ask at once."""
    found = two_quotes()
    prints = pl.DataFrame({"ts": found["GBPUSD"].ts, "price": found["GBPUSD"].bid, "size": 2.0})
    return found | {"GBPUSD": sc.read_prints(prints, symbol="GBPUSD")}


def _bars(seed: int) -> pl.DataFrame:
    """600 bars of ten seconds."""
    rng = np.random.default_rng(seed)
    close = np.round(1.1 + 0.2 * (seed - 1) + np.cumsum(rng.normal(0, 2e-4, 600)), 5)
    opened = np.round(close + rng.normal(0, 1e-4, 600), 5)
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    return pl.DataFrame(
        {
            "ts": START + np.arange(600, dtype=np.int64) * 10 * SECOND,
            "open": opened,
            "high": np.round(top + rng.exponential(1e-4, 600), 5),
            "low": np.round(bottom - rng.exponential(1e-4, 600), 5),
            "close": close,
        }
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", [two_quotes, two_bars, quotes_and_prints], ids=lambda data: data.__name__)
@pytest.mark.parametrize(
    "broker", [{}, {"latency_ms": 1_500}, {"mode": "netting", "commission": {"per_lot": 3.5}}], ids=str
)
def test_one_account_three_ways(broker: dict[str, Any], data: Any, form: str, tmp_path: Path) -> None:
    def load(spec: str, parameters: Any, is_compiled: bool) -> Strategy:
        return FORMS["compiled" if is_compiled else "plain"](**parameters)

    rules = sc.Broker.preset("mt5-hedging", currency="USD", **broker)
    rows = data()
    loop = sc.backtest(FORMS[form](), rows, broker=rules)
    held = paper(FORMS[form](), rows, session=tmp_path / "s", spec="Everything", broker=rules)
    assert held.result.run.state == loop.run.state
    for name, table in loop.run.tables.items():
        assert held.result.run.tables[name].tobytes() == table.tobytes(), name
    verdict = verify(tmp_path / "s", load)
    assert verdict.same, verdict.differences
    assert verdict.events == len(loop.run.feed)
    assert len(loop.fills) > 30

"""What each margin model costs: the same strategy on the same quotes, under brokers that compute margin in other ways.

All of them book the same fills and money, which every run is checked for. Margin that is fixed when a position opens is
watched by a price bound; margin that moves with prices is computed on every tick of what is open.
"""

from __future__ import annotations

from typing import Any

import pytest

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, PER_LOT, instruments
from benchmarks.conftest import Measure
from benchmarks.markets import eurusd, scaled
from benchmarks.strategies import FastQuoteCross

ROWS = scaled(2_000_000)
TIERS = ({"up_to": 1, "initial": 1.0}, {"initial": 2.0})
MODELS: dict[str, dict[str, Any]] = {
    "hedging": {},
    "netting": {"mode": "netting"},
    "mt4": {"preset": "mt4-hedging"},
    "fifo": {"fifo_close": True, "hedge_allowed": False, "limit_orders": 10, "limit_positions": 10},
    "tiers": {"dynamic_leverage": {"rules": [{"range": "volume", "tiers": TIERS}]}},
    "notional": {"dynamic_leverage": {"rules": [{"range": "notional", "tiers": TIERS}]}},
    "current": {"margin_basis": "current"},
    "exchange": {"preset": "mt5-exchange", "leverage": 100, "stop_out_level": 0.5},
}


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, measure: Measure) -> None:
    """From Quotes to a Result; the row of the table is the replay alone."""
    quotes = eurusd(ROWS)
    rules = {"preset": "mt5-hedging", "stop_out_level": 0.5, "commission": {"per_lot": PER_LOT}} | MODELS[name]
    broker = sc.Broker(**rules)
    measure(
        lambda: sc.backtest(
            FastQuoteCross(), {"EURUSD": quotes}, broker=broker, instruments=instruments(["EURUSD"]), cash=CASH
        ),
        answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask),
        rows=ROWS,
    )

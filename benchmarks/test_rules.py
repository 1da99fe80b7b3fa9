"""What each rule of the account costs: the replay with it, by the replay of the same account without it.

Eleven and a half days of a walk, so that every rule is at work: a weekend, sessions, news, a few hundred hourly bars.
None of them may change a fill: the answers are those of the plain account.
"""

from __future__ import annotations

from typing import Any

import pytest

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import Measure
from benchmarks.markets import eurusd, scaled
from benchmarks.strategies import FastQuoteCross

TICKS = scaled(4_000_000)
LOTS = [{"up_to": 0.05, "initial": 1}, {"up_to": 5, "initial": 2}, {"initial": 4}]
MONEY = [{"up_to": 5_000, "initial": 1}, {"up_to": 500_000, "initial": 2}, {"initial": 4}]
NEWS = [{"ts": f"2024-01-{day:02d}T13:30", "currency": "USD"} for day in range(2, 12)]
RULES: dict[str, dict[str, Any]] = {
    "weekend": {"weekend_margin": 4, "holiday_margin": {"factor": 2, "days": ["2024-01-04"]}},
    "sessions": {"dynamic_leverage": {"sessions": {}, "news": {"calendar": NEWS}}},
    "volatility": {"dynamic_leverage": {"volatility": {"timeframe": "1h"}}},
    "lots": {"dynamic_leverage": {"rules": [{"range": "volume", "tiers": LOTS}]}},
    "money": {"dynamic_leverage": {"rules": [{"range": "notional", "tiers": MONEY}]}},
    "today": {"margin_basis": "current"},
    "free": {"free_margin_mode": "loss", "margin_rate_update": "daily"},
    "gates": {"gates": {"margin_level": 1.5, "free_margin_factor": 1.2}},
    "watch": {"gates": {"warn_level": 1.5, "close_level": 1.0}},
    "seconds": {"gates": {"warn_level": 1.5, "close_level": 1.0, "watch_seconds": 30}},
    "limits": {"limits": {"max_leverage": 10, "max_margin": 0.5, "max_positions": 5, "max_orders": 5}},
    "esma": {"regime": "esma-retail"},
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(measure: Measure, rule: str) -> None:
    """The replay with one rule, and before each round one without any."""
    quotes = eurusd(TICKS)

    def run(**over: Any) -> sc.Result:
        return sc.backtest(
            FastQuoteCross(), {"EURUSD": quotes}, broker=broker().replace(**over),
            instruments=instruments(["EURUSD"]), cash=CASH,
        )  # fmt: skip

    measure(
        lambda: run(**RULES[rule]),
        answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask),
        rows=TICKS,
        between=lambda: run().run.seconds,
    )

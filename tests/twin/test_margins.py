"""Margins on which twin and kernel once differed, settled by the rules and worked out by hand, on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import CFD as DE40
from .cases import EURUSD, USDJPY, T, status, used


def test_margin_at_todays_price_comes_back_from_nothing(kind: Any) -> None:
    """FORTS: each contract needs 150 and 2 a point above yesterday's settlement, dearer by 3.5 %; here at any price."""
    forts = {**DE40, "calc_mode": "exch_futures_forts", "tick_value": 0.02, "settlement_price": 998.5}
    forts |= {"initial_margin": 150.0, "initial_margin_sell": 140.0, "margin_currency_rate": 3.5}
    a = kind({"margin_basis": "current"}, [forts], 1000)
    found = []
    for n, price in enumerate((950.0, 925.0, 985.0)):
        a.quote(T + n, "DE40", price, price)
        if n == 0:
            a.submit("DE40", "buy", 0.5)
        found.append(used(a))
    # 150 - 48.5 * 2.07 = 49.605; 150 - 73.5 * 2.07 < 0; 150 - 13.5 * 2.07 = 122.055: half a contract each
    assert found == [24.8, 0.0, 61.03]


def test_our_watch_warns_again_of_a_level_that_fell_again(kind: Any) -> None:
    """What ended the first fall may be our own order: the next row of any instrument sees that it is over."""
    a = kind({"gates": {"warn_level": 3}}, [EURUSD, USDJPY], 3000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    for n in (1, 4):
        a.submit("EURUSD", "buy", 1.0)  # 3,000 / 1,100 = 2.73
        a.quote(T + n, "USDJPY", 150.0, 150.0)
        a.close("EURUSD")
        a.quote(T + n + 1, "USDJPY", 150.0, 150.0)
    assert [e["ts"] - T for e in a.events if e["type"] == "gate_warning"] == [1, 4]


def test_sides_that_are_equal_but_for_floats_are_equal(kind: Any) -> None:
    """0.2 and 0.7 bought are as much as 0.9 sold: the tiers count them at what was bought, 90,000 EUR at 1.1."""
    tiers = [{"up_to": 20_000, "initial": 0}, {"initial": 1}]
    a = kind({"mode": "hedging", "dynamic_leverage": {"rules": [{"range": "notional", "tiers": tiers}]}}, [EURUSD], 1e6)
    a.quote(T, "EURUSD", 1.1002, 1.1003)
    a.submit("EURUSD", "sell", 0.9)
    a.quote(T + 1, "EURUSD", 1.0999, 1.1)
    a.submit("EURUSD", "buy", 0.2)
    a.submit("EURUSD", "buy", 0.7)
    # covered: 90,000 / 100 * 1.1001 = 990.09, of which 79,000 of 99,000 are charged; of 99,018 it would be 790.11
    assert used(a) == 790.07


def test_an_order_that_a_broker_made_smaller_reserves_what_is_left(outside: Any) -> None:
    a = outside({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 1.0, type="stop", stop=1.2)
    a.order_event(T, order, "ACCEPTED")
    found = [used(a)]  # 100,000 / 100 at 1.2
    a.fill(T, order, "EURUSD", "buy", 0.2, 1.2)
    for qty in (0.5, 0.2, 0.1):
        a.order_change(T, order, qty=qty)
        found.append(used(a))
    # 240 of the position, and 0.3, 0.0 and no less than 0.0 at 1.2
    assert found == [1200.0, 600.0, 240.0, 240.0]


def test_an_order_for_collateral_reserves_nothing_and_stays(kind: Any) -> None:
    """Zero margin: the stop-out leaves it, and takes the position."""
    paper = {**DE40, "calc_mode": "serv_collateral", "liquidity_rate": 0.8}
    a = kind({"stop_out_level": 0.5}, [EURUSD, paper], 2000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.quote(T, "DE40", 1000.0, 1000.0)
    a.submit("EURUSD", "buy", 1.0)
    order = a.submit("DE40", "buy", 1.0, type="stop", stop=1010.0)
    assert used(a) == 1100.0
    a.quote(T + 1, "EURUSD", 1.0854, 1.0854)  # 2,000 - 1,460 = 540, less than half of 1,100
    assert (used(a), status(a, order)) == (0.0, ("ACCEPTED", "NONE"))


def test_less_than_the_least_lot_is_weighed_as_it_is(kind: Any) -> None:
    """0.001 sold would need 0.99 of margin more, so that the gate has something to pass; the broker refuses it then."""
    tiers = [{"up_to": 1, "initial": 0.9}, {"initial": 1}]
    rules = {"mode": "hedging", "dynamic_leverage": {"rules": [{"tiers": tiers}]}, "gates": {"margin_level": 1.5}}
    a = kind(rules, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "sell", 0.001)
    assert ([e["type"] for e in a.events][:1], status(a, order)[1]) == (["gate_passed"], "QTY_BELOW_MIN")


@pytest.mark.parametrize(("level", "left"), [(0, 0.0), (None, 1.0)])
def test_a_stop_out_at_nothing_is_not_none(kind: Any, level: float | None, left: float) -> None:
    a = kind({"margin_call_level": None, "stop_out_level": level}, [EURUSD], 2000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)
    a.quote(T + 1, "EURUSD", 1.08001, 1.08001)  # 2,000 - 1,999
    assert float(a.position("EURUSD")) == 1.0
    a.quote(T + 2, "EURUSD", 1.08, 1.08)
    assert float(a.position("EURUSD")) == left

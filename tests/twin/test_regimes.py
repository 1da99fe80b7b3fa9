"""Regimes, covered lots of MetaTrader 4, exchange hours, cut children: worked by hand, on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.brokers.errors import ConfigError

from .cases import EURUSD, GBPUSD, SECOND, T, at, refusals, status, used
from .compiled import Compiled

GOLD = {"kind": "cfd", "symbol": "GOLD", "contract_size": 100, "asset_class": "gold"}

FUTURE = {**GOLD, "kind": "future", "calc_mode": "futures", "tick_value": 0.05, "initial_margin": 90.0}

# (account, instrument, price, margin of 1.0 bought)
LEAST: list[tuple[dict[str, Any], dict[str, Any], float, float]] = [
    # 110,000 USD at 1:30, whatever the account's 1:500
    ({"regime": "esma-retail", "leverage": 500}, EURUSD, 1.1, 3666.67),
    # 1 % of margin rate at leverage 1 is 1:100: the regime's 1 / 30
    ({"regime": "esma-retail", "leverage": 1}, {**EURUSD, "margin_rates": {"buy": 0.01}}, 1.1, 3666.67),
    # 20 * 110,000 / 500 = 4,400 is more than the regime asks for
    ({"regime": "esma-retail", "leverage": 500}, {**EURUSD, "margin_rates": {"buy": 20}}, 1.1, 4400.0),
    # paid in full by its formula, 2 % by its rate: gold at 5 % of 200,000
    ({"regime": "esma-retail"}, {**GOLD, "calc_mode": "cfd", "margin_rates": {"buy": 0.02}}, 2000.0, 10_000.0),
    # what is held may not need less than what opened it: half of 100 / 500 is below 1 / 20
    ({"regime": "esma-retail", "leverage": 500}, {**GOLD, "margin_rates": {"buy": [1, 0.5]}}, 2000.0, 10_000.0),
    ({"regime": "asic-retail", "leverage": 500}, {**GOLD, "asset_class": "crypto"}, 2000.0, 100_000.0),
    ({"regime": "fca-retail", "leverage": 500}, {**GOLD, "asset_class": "bond"}, 2000.0, 40_000.0),
    # NFA: 3 % of pairs of the pound since August 2021, 2 % before
    ({"regime": "nfa", "leverage": 500}, GBPUSD, 1.25, 3750.0),
    ({"regime": "nfa", "leverage": 500, "as_of": "2021-08-09"}, GBPUSD, 1.25, 2500.0),
    ({"regime": "japan", "leverage": 500}, EURUSD, 1.1, 4400.0),
    ({"regime": "mas", "leverage": 500}, EURUSD, 1.1, 5500.0),
    ({"regime": "mas-accredited", "leverage": 500}, EURUSD, 1.1, 2200.0),
    # a client that is not protected has the broker's 1:500, and a lower leverage is never raised
    ({"regime": "esma-professional", "leverage": 500}, EURUSD, 1.1, 220.0),
    ({"regime": "esma-retail", "leverage": 10}, EURUSD, 1.1, 11_000.0),
    # money per lot is no way around it: 750 is less than 5 % of 200,000, 12,000 is more
    ({"regime": "esma-retail"}, {**GOLD, "calc_mode": "cfd", "initial_margin": 750.0}, 2000.0, 10_000.0),
    ({"regime": "esma-retail"}, {**GOLD, "calc_mode": "cfd", "initial_margin": 12_000.0}, 2000.0, 12_000.0),
    # 2,000 EUR / 500 are 4.40 USD; the regime: 100,000 / 30 EUR
    ({"regime": "esma-retail", "leverage": 500}, {**EURUSD, "initial_margin": 2000.0}, 1.1, 3666.67),
    # a CFD on a future is as good as gold: 2,000 / 0.01 * 0.05 = 10,000, of which 5 %; a future itself is no CFD
    ({"regime": "esma-retail"}, {**FUTURE, "kind": "cfd"}, 2000.0, 500.0),
    ({"regime": "esma-retail"}, FUTURE, 2000.0, 90.0),
]  # fmt: skip


@pytest.mark.parametrize(("broker", "instrument", "price", "margin"), LEAST)
def test_the_least_margin_of_a_regime(kind: Any, broker: Any, instrument: Any, price: float, margin: float) -> None:
    a = kind(broker, [instrument], 1_000_000)
    a.quote(T, instrument["symbol"], price, price)
    a.submit(instrument["symbol"], "buy", 1.0)
    assert used(a) == margin


def test_a_regime_closes_out_at_half_and_forgives_the_rest(kind: Any) -> None:
    a = kind({"regime": "esma-retail", "leverage": 500, "stop_out_level": 0.2}, [EURUSD], 4000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)  # 3,666.67: half of it is 1,833.34, after a fall of 2,166.66
    a.quote(T + SECOND, "EURUSD", 1.07834, 1.07834)  # 4,000 - 2,166 = 1,834
    assert a.position("EURUSD") == 1
    a.quote(T + 2 * SECOND, "EURUSD", 1.05, 1.05)  # gapped: 4,000 - 5,000
    assert a.position("EURUSD") == 0
    assert float(a.account()["balance"]) == 0.0


@pytest.mark.parametrize(
    ("broker", "says"),
    [
        ({"regime": "esma-retail", "stop_out_mode": "money", "stop_out_level": 100}, "stop_out_mode = 'money' is not"),
        ({"regime": "nfa", "mode": "hedging"}, "mode = 'hedging' is not allowed under 'nfa'"),
        (
            {"regime": "mas", "dynamic_leverage": {"rules": [{"tiers": [{"up_to": 1, "initial": 0.5}]}]}},
            "rule 1 charges 0.5 of the margin of EURUSD, which 'mas' asks for in full",
        ),
    ],
)  # fmt: skip
def test_what_a_regime_refuses(broker: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Compiled(broker, [EURUSD], 1000)


def test_hedged_margin_of_both_sides(kind: Any) -> None:
    """MetaTrader 4 charges the hedged value for each side of a covered lot: 2 * 50,000 / 100 EUR at 1.1, and 1 lot."""
    a = kind({"mode": "hedging", "hedged_sides": 2}, [{**EURUSD, "hedged_margin": 50_000}], 100_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 2.0)
    a.submit("EURUSD", "sell", 1.0)
    assert used(a) == 2200.0  # 1,100 uncovered + 1,100 covered


def test_an_exchange_keeps_its_hours(kind: Any) -> None:
    """New York: 9:30 to 16:00; shut on 15 January; Tokyo has a lunch break."""
    a = kind({"calendar": "XNYS", "holiday_margin": {"factor": 3}}, [EURUSD], 10_000)
    for text in ("2024-01-12T14:29:59", "2024-01-12T14:30:00", "2024-01-12T20:59:59", "2024-01-12T21:00:00"):
        a.quote(at(text), "EURUSD", 1.1, 1.1)
        a.submit("EURUSD", "buy", 0.1)
    assert [status(a, id)[1] for id in (1, 2, 3, 4)] == ["MARKET_CLOSED", "NONE", "NONE", "MARKET_CLOSED"]
    assert used(a) == 660.0  # 220, three times from Friday's close: the weekend holds a holiday, Monday
    a.quote(at("2024-01-16T14:30:00"), "EURUSD", 1.1, 1.1)
    assert used(a) == 220.0
    tokyo = kind({"calendar": "XTKS"}, [EURUSD], 10_000)
    for text in ("2024-01-04T02:29:59", "2024-01-04T02:30:00", "2024-01-04T03:30:00"):
        tokyo.quote(at(text), "EURUSD", 1.1, 1.1)
        tokyo.submit("EURUSD", "buy", 0.1)
    assert [status(tokyo, id)[1] for id in (1, 2, 3)] == ["NONE", "MARKET_CLOSED", "NONE"]


def test_a_child_that_is_cut_reserves_no_more_than_it_may_have(kind: Any) -> None:
    """0.2 of the parent fill: its child may have 0.2 of 2.0, so of 2,190 (1.095 * 200,000 / 100) 219 stay reserved."""
    a = kind({"mode": "netting"}, [EURUSD], 100_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "sell", 1.0, type="limit", limit=1.101, display_qty=0.2)
    a.submit("EURUSD", "buy", 2.0, type="limit", limit=1.095, parent=parent)
    a.quote(T + SECOND, "EURUSD", 1.101, 1.101)
    assert used(a) == 2190.0  # the larger side: 0.2 short with 0.8 to sell is 1,101
    a.cancel(parent)
    # short 0.2 at 1.101: 220.20; the child's 219 on the other side
    assert used(a) == 220.2
    assert refusals(a) == []


def test_our_watch_closes_the_oldest_where_the_account_closes_in_turn(kind: Any) -> None:
    """On a FIFO account it takes the oldest ticket of the worst one's instrument: our close is an order like any."""
    broker = {"mode": "hedging", "fifo_close": True, "gates": {"close_level": 2.0}}
    a = kind(broker, [EURUSD], 4000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)
    a.quote(T + SECOND, "EURUSD", 1.101, 1.101)
    a.submit("EURUSD", "buy", 1.0)  # used 2,201; equity 4,100
    a.quote(T + 2 * SECOND, "EURUSD", 1.0995, 1.0995)  # -50 and -150: equity 3,800 is below twice 2,201
    assert [p["id"] for p in a.positions()] == [2]
    assert status(a, 3) == ("FILLED", "NONE")

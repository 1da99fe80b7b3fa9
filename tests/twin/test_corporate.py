"""Splits and dividends: worked by hand on both accounts, and random programs full of them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .cases import SECOND, T
from .chance import OF_STOCKS, seeded_program
from .programs import Program
from .shrink import play_small

AAPL = {"kind": "stock", "symbol": "AAPL"}
CASH = {"currency": "USD", "mode": "netting", "leverage": 1, "margin_call_level": None, "stop_out_level": None}
CASH |= {"marketable_limit": "fill"}
SAP = {"kind": "stock", "symbol": "SAP", "quote": "EUR"}
EURUSD = {"kind": "fx", "symbol": "EURUSD"}


def held(kind: Any, qty: float, *, bid: float = 100.0, side: str = "buy", **broker: Any) -> Any:
    account = kind({**CASH, **broker}, [AAPL], 100_000)
    account.quote(T, "AAPL", bid, bid)
    account.submit("AAPL", side, qty)
    return account


def near(account: Any, **expected: float) -> None:
    got = account.account()
    assert {name: float(got[name]) for name in expected} == pytest.approx(expected, abs=1e-9)


def test_seven_for_one_moves_no_money(kind: Any) -> None:
    # 100 at 645.60 become 700 at 92.2285714..., the standing quote 92.22 (700 * 92.22 - 64,560 = -6); then 92.70: 330
    account = held(kind, 100, bid=645.60)
    account.split(T + SECOND, "AAPL", 7)
    near(account, balance=100_000, equity=99_994, used_margin=64_560)
    assert float(account.position("AAPL")) == 700
    assert float(account.positions()[0]["price"]) == pytest.approx(645.60 / 7, rel=1e-12)
    account.quote(T + 2 * SECOND, "AAPL", 92.70, 92.71)
    near(account, equity=100_330)
    account.close("AAPL")
    near(account, balance=100_330)


def test_three_for_two_pays_the_odd_half_in_cash(kind: Any) -> None:
    # 101 become 151.5 at 66.666...; half a share is paid out at 60 / 1.5 = 40: 0.5 * (40 - 66.67) = -13.33
    account = held(kind, 101)
    account.quote(T + SECOND, "AAPL", 60.0, 60.0)
    account.split(T + 2 * SECOND, "AAPL", 3, 2)
    assert float(account.position("AAPL")) == 151
    fill = account.fills[-1]
    assert (fill["order"], float(fill["qty"]), float(fill["price"])) == (0, 0.5, 40.0)
    assert fill["why"].name == "CASH_IN_LIEU"
    # equity: 100,000 + 101 * (60 - 100) = 95,960, split or not
    near(account, balance=100_000 - 13.33, equity=95_960)


def test_a_reverse_split_may_leave_nothing(kind: Any) -> None:
    # 7 shares one for ten are 0.7, all of it cash at 10 * 110: 0.7 * (1,100 - 1,000) = 70
    account = held(kind, 7)
    account.quote(T + SECOND, "AAPL", 110.0, 110.0)
    account.split(T + 2 * SECOND, "AAPL", 1, 10)
    assert float(account.position("AAPL")) == 0
    near(account, balance=100_070, equity=100_070, used_margin=0)


def test_a_split_changes_orders_and_protection(kind: Any) -> None:
    account = held(kind, 100)
    account.modify(1, sl=90.05, tp=120.10)
    buy = account.submit("AAPL", "buy", 11, "limit", limit=95.00)
    stop = account.submit("AAPL", "sell", 11, "stop", stop=80.01)
    account.split(T + SECOND, "AAPL", 3)
    # rounded down: 90.05 / 3 = 30.0167, 120.10 / 3 = 40.0333, 95 / 3 = 31.667; 80.01 / 3 = 26.67
    p = account.positions()[0]
    assert (float(p["sl"]), float(p["tp"])) == (30.01, 40.03)
    account.quote(T + 2 * SECOND, "AAPL", 31.66, 31.66)
    assert (account.order(buy)["status"], float(account.order(buy)["filled_qty"])) == ("FILLED", 33)
    assert float(account.order(buy)["avg_price"]) == 31.66
    account.modify(1, sl=0.0)
    account.quote(T + 3 * SECOND, "AAPL", 26.67, 26.67)
    assert (account.order(stop)["status"], float(account.order(stop)["filled_qty"])) == ("FILLED", 33)


def test_a_split_before_its_parent_fills_does_not_start_a_trailing_stop(kind: Any) -> None:
    account = held(kind, 100)
    parent = account.submit("AAPL", "buy", 10, "limit", limit=95.00)
    child = account.submit("AAPL", "sell", 10, "trailing_stop", trail=3.0, parent=parent)
    account.split(T + SECOND, "AAPL", 2)
    account.modify(child, trail=1.0, tp=40.0)  # a sell's target is below the bid: all is well
    account.quote(T + 2 * SECOND, "AAPL", 47.0, 47.0)  # fills the parent at 95 / 2; the stop starts at 47 - 1
    account.quote(T + 3 * SECOND, "AAPL", 46.0, 46.0)
    assert (account.order(child)["status"], float(account.order(child)["avg_price"])) == ("FILLED", 46.0)


def test_a_reverse_split_cancels_orders(kind: Any) -> None:
    account = held(kind, 100)
    order = account.submit("AAPL", "buy", 10, "limit", limit=95.00)
    account.split(T + SECOND, "AAPL", 1, 2)
    assert account.order(order)["status"] == "CANCELED"
    assert account.order(order)["reason"] == "CORPORATE_ACTION"
    assert float(account.position("AAPL")) == 50


def test_a_split_cancels_what_was_partly_filled(kind: Any) -> None:
    account = held(kind, 10)
    order = account.submit("AAPL", "buy", 50, "limit", limit=99.00)
    account.quote(T + SECOND, "AAPL", 98.0, 99.0, 100.0, 20.0)
    assert float(account.order(order)["filled_qty"]) == 20
    account.split(T + 2 * SECOND, "AAPL", 2)
    assert account.order(order)["reason"] == "CORPORATE_ACTION"
    assert float(account.position("AAPL")) == 60


@pytest.mark.parametrize(("side", "cash"), [("buy", 47.0), ("sell", -47.0)])
def test_longs_get_a_dividend_and_shorts_pay_it(kind: Any, side: str, cash: float) -> None:
    # 100 shares, 0.47 each; the quote goes down by as much, so equity stays until the market says otherwise
    account = held(kind, 100, side=side)
    account.dividend(T + SECOND, "AAPL", 0.47)
    near(account, balance=100_000 + cash, equity=100_000)
    account.quote(T + 2 * SECOND, "AAPL", 99.53, 99.53)
    near(account, equity=100_000)


def test_a_dividend_of_nothing_held_pays_nothing(kind: Any) -> None:
    account = held(kind, 100)
    account.close("AAPL")
    account.dividend(T + SECOND, "AAPL", 0.47)
    near(account, balance=100_000)
    assert account.events[-1]["type"] == "dividend"


def test_a_dividend_abroad_is_converted_as_a_gain_or_a_loss(kind: Any) -> None:
    # 10 * 2.35 EUR: a gain at the bid 1.10, 25.85; a loss at the ask 1.20, 28.20
    for side, cash in (("buy", 25.85), ("sell", -28.20)):
        account = kind(CASH, [SAP, EURUSD], 100_000)
        account.quote(T, "EURUSD", 1.10, 1.20)
        account.quote(T, "SAP", 100.0, 100.0)
        account.submit("SAP", side, 10)
        account.dividend(T + SECOND, "SAP", 2.35)
        near(account, balance=100_000 + cash)


def test_a_dividend_lowers_buy_limits_and_sell_stops_alone(kind: Any) -> None:
    account = held(kind, 100)
    account.modify(1, sl=90.0, tp=120.0)
    orders = {
        "buy limit": account.submit("AAPL", "buy", 1, "limit", limit=95.00),
        "sell stop": account.submit("AAPL", "sell", 1, "stop", stop=85.00),
        "sell limit": account.submit("AAPL", "sell", 1, "limit", limit=110.00),
        "buy stop": account.submit("AAPL", "buy", 1, "stop", stop=115.00),
    }
    account.dividend(T + SECOND, "AAPL", 0.475)  # 94.525, 84.525 and 89.525, rounded down
    assert (float(account.positions()[0]["sl"]), float(account.positions()[0]["tp"])) == (89.52, 120.0)
    filled: dict[str, list[float]] = {name: [] for name in orders}
    for bid in (94.53, 94.52, 109.99, 110.00, 114.99, 115.00, 89.53, 89.52, 84.53, 84.52):
        account.modify(1, tp=0.0)
        account.quote(T + SECOND, "AAPL", bid, bid)
        for name, id in orders.items():
            if account.order(id)["status"] == "FILLED" and not filled[name]:
                filled[name].append(bid)
    assert filled == {"buy limit": [94.52], "sell limit": [110.0], "buy stop": [115.0], "sell stop": [84.52]}


def test_a_dividend_below_a_cent_leaves_orders(kind: Any) -> None:
    account = held(kind, 100)
    order = account.submit("AAPL", "buy", 1, "limit", limit=95.00)
    account.dividend(T + SECOND, "AAPL", 0.009)
    near(account, balance=100_000.90)
    account.quote(T + 2 * SECOND, "AAPL", 95.0, 95.0)
    assert account.order(order)["status"] == "FILLED"


SEEDS = st.integers(0, 2**40)
PARTS = {"kind": "stock", "symbol": "DE40", "qty_min": 0.01, "qty_increment": 0.01}


def stock_program(seed: int, steps: int) -> Program:
    """A life of a stock, priced at home or abroad, beside a currency; shares trade in hundredths."""
    program, pick = seeded_program(seed, steps, kinds=OF_STOCKS), Random(seed).choice
    kept = ("mode", "limit_fill", "intrabar", "latency_ms", "commission", "slippage", "pending_margin")
    program.broker = {name: program.broker[name] for name in kept if name in program.broker}
    program.broker |= {"currency": "USD", "leverage": pick((1, 2, 4)), "marketable_limit": "fill"}
    program.instruments = [pick((PARTS, PARTS | {"quote": "EUR"})), EURUSD]
    program.prints_only = ()
    program.cash = pick((3_000, 10_000, 100_000))
    return program


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], phases=(Phase.explicit, Phase.generate))
@given(SEEDS)
def test_the_compiled_account_is_the_twin(seed: int) -> None:
    play_small(stock_program(seed, 30))


@pytest.mark.slow
@settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow], phases=(Phase.explicit, Phase.generate))
@given(SEEDS)
def test_the_compiled_account_is_the_twin_over_longer_lives(seed: int) -> None:
    play_small(stock_program(seed, 60))

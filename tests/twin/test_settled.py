"""Points on which twin and kernel once differed, each settled by the rules and worked out by hand, on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import CFD as DE40
from .cases import EURUSD, USDJPY, T, status, used
from .compiled import Compiled
from .engine import Twin

Account = Twin | Compiled
DAY = 24 * 3600 * 1_000_000_000


def figure(a: Account, name: str) -> float:
    return round(float(a.account()[name]), 6)


def test_an_order_under_way_does_not_expire(kind: Any) -> None:
    a = kind({"latency_ms": 2000}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, tif="gtd", expires=T + 1_000_000_000)
    a.advance_to(T + 1_500_000_000)
    assert status(a, order) == ("SUBMITTED", "NONE")
    a.advance_to(T + 2_000_000_000)  # it arrives too late, and that is what the venue says
    assert status(a, order) == ("REJECTED", "EXPIRES_IN_PAST")


def test_an_order_sent_before_the_first_row_arrives(kind: Any) -> None:
    a = kind({"latency_ms": 100}, [EURUSD], 10_000)
    order = a.submit("EURUSD", "buy", 0.1)
    a.quote(T, "EURUSD", 1.1, 1.1)
    assert status(a, order) == ("REJECTED", "NO_QUOTE")


def test_a_ticket_of_another_instrument_is_unknown(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD, USDJPY], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.quote(T, "USDJPY", 150.0, 150.0)
    ticket = a.submit("EURUSD", "buy", 0.1)
    assert status(a, a.submit("USDJPY", "sell", 0.1, position=ticket)) == ("REJECTED", "UNKNOWN_POSITION")


def test_day_orders_end_with_the_brokers_day_under_a_calendar_too(kind: Any) -> None:
    a = kind({"calendar": "fx"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.0, tif="day")
    a.advance_to(T + DAY)  # the fx session lasts until Friday, the day until 17:00 New York
    assert status(a, order) == ("EXPIRED", "TIME")


def test_a_triggered_stop_fills_its_rest_on_the_next_quotes(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.5, type="stop", stop=1.102)
    a.quote(T + 1, "EURUSD", 1.1029, 1.103, ask_size=0.2)
    a.quote(T + 2, "EURUSD", 1.1009, 1.101)  # back below the stop: it is a market order by now
    # (0.2 * 1.103 + 0.3 * 1.101) / 0.5 = 1.1018
    assert status(a, order)[0] == "FILLED"
    assert float(a.order(order)["avg_price"]) == pytest.approx(1.1018, abs=1e-9)


def test_maker_and_taker_parts_of_one_order_are_each_charged_as_such(kind: Any) -> None:
    a = kind({"commission": {"maker": 0.0001, "taker": 0.0005}}, [DE40], 10_000)
    a.quote(T, "DE40", 1000.0, 1001.0, ask_size=4)
    a.submit("DE40", "buy", 10, type="limit", limit=1001.0)
    a.quote(T + 1, "DE40", 1000.0, 1001.0)
    # 4 * 1,001 * 0.0005 = 2.002 -> 2.00; then 6 * 1,001 * 0.0001 = 0.6006, together 2.6026 -> 0.60 more
    assert [round(float(f["commission"]), 6) for f in a.fills] == [2.0, 0.6]


def test_a_limit_moved_across_the_quote_takes_it(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1001)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    a.modify(order, limit=1.15)
    assert status(a, order)[0] == "FILLED"
    assert float(a.fills[0]["price"]) == 1.1001
    assert not a.fills[0]["maker"]


def test_a_crossing_limit_that_finds_no_size_needs_its_margin(kind: Any) -> None:
    a = kind({}, [EURUSD], 1_000)
    a.quote(T, "EURUSD", 1.1, 1.1, ask_size=0)
    assert status(a, a.submit("EURUSD", "buy", 1.0, type="limit", limit=1.1)) == ("REJECTED", "NO_MONEY")
    order = a.submit("EURUSD", "buy", 0.5, type="limit", limit=1.1)
    assert status(a, order)[0] == "ACCEPTED"
    assert figure(a, "used_margin") == 550.0


def test_what_is_left_of_a_reduce_only_order_reserves_nothing(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 0.5)
    a.submit("EURUSD", "sell", 0.5, type="stop", stop=1.09, reduce_only=True)
    a.quote(T + 1, "EURUSD", 1.09, 1.09, bid_size=0.1)
    assert figure(a, "used_margin") == 440.0  # 0.4 * 1,000 * 1.1


def test_a_limit_that_reduces_is_never_short_of_margin(kind: Any) -> None:
    a = kind({"stop_out_level": 0.3}, [{**EURUSD, "margin_rates": {"sell_limit": 1.2}}], 1_500)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)  # 1,100
    a.quote(T + 1, "EURUSD", 1.0899, 1.0899)
    order = a.submit("EURUSD", "sell", 0.5, type="limit", limit=1.09)  # 653.94 inside the long side: 1,100 still
    assert figure(a, "used_margin") == 1100.0
    a.quote(T + 2, "EURUSD", 1.09, 1.09)
    # equity 500 is less than the 550 that stay in use, but 550 is less than the 1,100 without the order
    assert status(a, order)[0] == "FILLED"
    assert figure(a, "used_margin") == 550.0


def test_changing_a_stop_loss_keeps_an_opening_order_reserved(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="opg")
    a.modify(order, sl=1.08)
    assert figure(a, "used_margin") == 109.0


def test_changes_of_market_and_trailing_orders_are_checked_too(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    at_close = a.submit("EURUSD", "buy", 0.1, tif="cls")
    trailing = a.submit("EURUSD", "sell", 0.1, type="trailing_stop", trail=0.001)
    a.modify(at_close, sl=1.2)
    a.modify(trailing, stop=1.11)
    assert [e["reason"].name for e in a.events] == ["SL_WRONG_SIDE", "PRICE_WRONG_SIDE"]


def test_a_limit_given_to_a_market_order_changes_nothing(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, tif="cls")
    a.modify(order, limit=1.0, qty=0.2)
    a.advance_to(T + DAY)
    assert status(a, order)[0] == "FILLED"


def test_an_opening_takes_one_quote_whatever_its_price(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="opg")
    a.advance_to(T + DAY)
    a.quote(T + DAY + 1, "EURUSD", 1.2, 1.2)
    assert status(a, order)[0] == "CANCELED"


def test_a_child_for_the_close_waits_for_the_close(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("EURUSD", "sell", 0.1, tif="cls", parent=parent)
    a.quote(T + 1, "EURUSD", 1.09, 1.09)
    a.quote(T + 2, "EURUSD", 1.095, 1.095)
    assert (status(a, parent)[0], status(a, child)[0]) == ("FILLED", "ACCEPTED")
    a.advance_to(T + DAY)
    assert status(a, child)[0] == "FILLED"


def test_grandchildren_go_with_their_grandparent(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.12, parent=parent)
    grandchild = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, parent=child)
    a.cancel(parent)
    assert [status(a, x)[1] for x in (child, grandchild)] == ["PARENT_CANCELED", "PARENT_CANCELED"]


def test_an_at_once_child_takes_what_there_is_when_its_turn_comes(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.095, tif="ioc", parent=parent)
    a.quote(T + 1, "EURUSD", 1.09, 1.09)
    assert (status(a, parent)[0], status(a, child)) == ("FILLED", ("CANCELED", "NOT_ENOUGH_SIZE"))


def test_the_margin_call_is_told_on_the_next_quote_of_any_instrument(kind: Any) -> None:
    a = kind({"stop_out_level": 0.2}, [EURUSD, USDJPY], 1_101)
    a.quote(T, "EURUSD", 1.1, 1.10001)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.submit("EURUSD", "buy", 1.0)  # equity 1,100.00, used 1,100.01
    a.quote(T + 1, "USDJPY", 150.0, 150.0)
    a.close("EURUSD")
    a.quote(T + 2, "USDJPY", 150.0, 150.0)
    assert [(e["type"], e["ts"] - T) for e in a.events] == [("margin_call", 1), ("margin_call_cleared", 2)]


def test_a_margin_call_ends_on_the_next_quote_of_any_instrument_after_a_stop_out(kind: Any) -> None:
    a = kind({}, [EURUSD, USDJPY], 2_000)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)
    a.quote(T + 1, "EURUSD", 1.085, 1.085)  # equity 500 of 1,100: called, and stopped out
    a.quote(T + 2, "USDJPY", 150.0, 150.0)  # nothing is used any more
    told = [(e["type"], e["ts"] - T) for e in a.events]
    assert told == [("margin_call", 1), ("stop_out", 1), ("margin_call_cleared", 2)]


def test_commission_in_a_currency_without_a_quote_is_refused(kind: Any) -> None:
    a = kind({"commission": {"per_lot": 3, "currency": "EUR"}}, [EURUSD, USDJPY], 10_000)
    a.quote(T, "USDJPY", 150.0, 150.0)
    assert status(a, a.submit("USDJPY", "buy", 0.1)) == ("REJECTED", "NO_CONVERSION")


def test_tiers_in_money_without_a_quote_are_refused(kind: Any) -> None:
    """What a rule counts must be known: 1 lot of EURGBP is 100,000 EUR, in dollars by EURUSD."""
    rule = {"range": "notional", "currency": "USD", "symbols": ["EURGBP"], "tiers": [{"initial": 1.0}]}
    pair = {"kind": "fx", "symbol": "EURGBP"}
    a = kind({"currency": "EUR", "dynamic_leverage": {"rules": [rule]}}, [pair, EURUSD], 10_000)
    a.quote(T, "EURGBP", 0.85, 0.85)
    assert status(a, a.submit("EURGBP", "buy", 0.1)) == ("REJECTED", "NO_CONVERSION")
    a.quote(T + 1, "EURUSD", 1.1, 1.1)
    assert status(a, a.submit("EURGBP", "buy", 0.1)) == ("FILLED", "NONE")


def test_at_close_orders_go_by_age(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    first = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    old = a.submit("EURUSD", "buy", 0.1, tif="cls")
    a.cancel(first)
    young = a.submit("EURUSD", "sell", 0.1, tif="cls")
    a.advance_to(T + DAY)
    assert [f["order"] for f in a.fills] == [old, young]


def test_fill_or_kill_may_close_several_tickets(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 0.1)
    a.submit("EURUSD", "buy", 0.2)
    order = a.submit("EURUSD", "sell", 0.3, tif="fok", reduce_only=True)
    assert status(a, order)[0] == "FILLED"


def test_fill_or_kill_is_not_killed_by_a_float(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "sell", 0.5)
    a.submit("EURUSD", "sell", 0.01)
    order = a.submit("EURUSD", "buy", 2, tif="fok", reduce_only=True)  # 0.51 - 0.5 is not 0.01 in floats
    assert status(a, order)[0] == "FILLED"
    assert float(a.order(order)["filled_qty"]) == 0.51


def test_an_average_price_on_the_half_goes_up(kind: Any) -> None:
    a = kind({}, [DE40], 100_000)
    a.quote(T, "DE40", 1000.0, 1000.0)
    a.submit("DE40", "buy", 15)
    a.quote(T, "DE40", 1000.01, 1000.01)
    a.submit("DE40", "buy", 1)
    a.quote(T, "DE40", 1000.03, 1000.03)
    a.submit("DE40", "buy", 16)
    # 1000.000625 -> 1000.00063; then (16 * 1000.00063 + 16 * 1000.03) / 32 = 1000.015315 -> 1000.01532
    assert float(a.positions()[0]["price"]) == pytest.approx(1000.01532, abs=1e-9)


def test_a_child_may_have_the_margin_of_its_parents_twin(kind: Any) -> None:
    """A fill ends its OCO twins before its children wake, whichever was sent first."""
    a = kind({}, [EURUSD, USDJPY], 1500)
    a.quote(T, "EURUSD", 1.10000, 1.10000)
    a.quote(T, "USDJPY", 150.0, 150.0)
    entry = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.095)
    child = a.submit("USDJPY", "buy", 1.0, type="limit", limit=149.0, parent=entry)
    twin = a.submit("USDJPY", "sell", 1.0, type="stop", stop=148.0, oco=entry)
    a.quote(T + 1, "EURUSD", 1.095, 1.095)
    # 109.50 for the position and 1,000 for the child; with 1,000 for the twin it would be 2,109.50 of 1,500
    assert [status(a, x) for x in (entry, child, twin)] == [
        ("FILLED", "NONE"),
        ("ACCEPTED", "NONE"),
        ("CANCELED", "OCO_FILLED"),
    ]
    assert used(a) == 1109.50


def test_what_a_partial_stop_out_leaves_may_be_the_smallest_lot(kind: Any) -> None:
    """0.03 less 0.02 is not 0.01 in binary, and is not less either."""
    usdjpy = {**USDJPY, "calc_mode": "forex_no_leverage"}
    a = kind({"stop_out_level": 0.5, "stop_out_target": 0.6}, [usdjpy], 3100)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.submit("USDJPY", "buy", 0.03)  # 3,000
    a.deposit(T + 1, -2150)
    a.quote(T + 2, "USDJPY", 150.0, 150.0)
    # 950 / 3,000 = 0.32; of 1,000 each, 950 / 0.6 = 1,583 carry one lot of 0.01
    assert [float(p["qty"]) for p in a.positions()] == [0.01]
    assert used(a) == 1000.0

"""What goes by age, and what ends with what: worked out by hand and run on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import EURUSD, GBPUSD, SECOND, USDJPY, T, refusals, status, used
from .compiled import Compiled
from .rules import read_rules

DAY = 24 * 3600 * SECOND


def test_a_margin_call_ends_after_a_stop_out_though_a_position_stays_open(kind: Any) -> None:
    a = kind({}, [EURUSD, USDJPY, GBPUSD], 2_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.submit("EURUSD", "buy", 1.0)  # 1,100
    a.submit("USDJPY", "buy", 0.1)  # 100
    a.quote(T + 1, "EURUSD", 1.086, 1.086)  # equity 600 of 1,200: called, EURUSD closed, 600 of 100 left
    a.quote(T + 2, "GBPUSD", 1.25, 1.25)
    told = [(e["type"], e["ts"] - T) for e in a.events]
    assert told == [("margin_call", 1), ("stop_out", 1), ("margin_call_cleared", 2)]


def test_day_orders_of_several_instruments_end_oldest_first(kind: Any) -> None:
    a = kind({}, [EURUSD, USDJPY], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.quote(T, "USDJPY", 150.0, 150.0)
    first = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    parent = a.submit("USDJPY", "buy", 0.1, type="limit", limit=149.0, tif="day")
    a.cancel(first)
    child = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="day", parent=parent)
    a.advance_to(T + DAY)  # the parent expires, and its child, in the place of the first, goes with it
    assert status(a, parent) == ("EXPIRED", "TIME")
    assert status(a, child) == ("CANCELED", "PARENT_CANCELED")


def test_day_orders_end_before_the_close_takes_its_orders(kind: Any) -> None:
    friday = T + 3 * DAY
    a = kind({"calendar": "fx"}, [EURUSD], 1_500)
    a.quote(friday, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09, tif="day")  # reserves 1,100 of the 1,500
    at_close = a.submit("EURUSD", "buy", 1.0, tif="cls")
    a.advance_to(friday + DAY)  # the day and the week end at one instant, 17:00 New York
    assert status(a, at_close)[0] == "FILLED"


def test_good_till_date_orders_end_oldest_first(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    gtd: dict[str, Any] = {"type": "limit", "limit": 1.09, "tif": "gtd", "expires": T + SECOND}
    first = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    parent = a.submit("EURUSD", "buy", 0.1, **gtd)
    a.cancel(first)
    child = a.submit("EURUSD", "buy", 0.1, parent=parent, **gtd)
    a.advance_to(T + SECOND)
    assert status(a, child) == ("CANCELED", "PARENT_CANCELED")


def test_orders_that_waited_for_a_quote_arrive_in_the_order_they_were_made(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    gone = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    older = a.submit("EURUSD", "buy", 0.1, waits=True)
    a.cancel(gone)
    younger = a.submit("EURUSD", "sell", 0.1, waits=True)
    assert a.fills == []
    a.quote(T + SECOND, "EURUSD", 1.2, 1.2)
    assert [f["order"] for f in a.fills] == [older, younger]


def test_children_wake_oldest_first(kind: Any) -> None:
    a = kind({}, [EURUSD], 200)
    a.quote(T, "EURUSD", 1.1, 1.1)
    gone = a.submit("EURUSD", "buy", 0.01, type="limit", limit=1.05)
    parent = a.submit("EURUSD", "buy", 0.01, type="limit", limit=1.1 - 0.0005)
    older = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, parent=parent)
    a.cancel(gone)
    younger = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, parent=parent)
    a.quote(T + SECOND, "EURUSD", 1.0995, 1.0995)  # 11.00 for the parent, 109.95 for each child: one can be had
    assert status(a, older) == ("ACCEPTED", "NONE")
    assert status(a, younger) == ("REJECTED", "NO_MONEY")


@pytest.mark.parametrize("tif", ["opg", "cls"])
@pytest.mark.parametrize("prices", [{"stop": 1.11}, {"stop": 1.11, "limit": 1.12}, {"trail": 0.01}])
def test_only_market_and_limit_orders_wait_for_the_opening_or_the_close(kind: Any, tif: str, prices: Any) -> None:
    type = "trailing_stop" if "trail" in prices else "stop_limit" if "limit" in prices else "stop"
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type=type, tif=tif, **prices)
    assert status(a, order) == ("REJECTED", "TYPE_FORBIDDEN")


def test_orders_for_a_ticket_end_when_it_is_closed(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    one, other = a.submit("EURUSD", "buy", 0.1), a.submit("EURUSD", "buy", 0.1)
    target = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.11, position=one)
    held = a.submit("EURUSD", "sell", 0.1, type="stop", stop=1.09, position=one, parent=target)
    for_other = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.11, position=other)
    a.close("EURUSD", qty=0.05, position=one)
    assert status(a, target)[0] == "ACCEPTED"
    a.close("EURUSD", position=one)
    assert status(a, target) == ("CANCELED", "POSITION_CLOSED")
    assert status(a, held) == ("CANCELED", "PARENT_CANCELED")
    assert status(a, for_other)[0] == "ACCEPTED"


def test_orders_for_a_ticket_end_with_its_stop_loss(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    ticket = a.submit("EURUSD", "buy", 0.1, sl=1.09)
    target = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.11, position=ticket)
    a.quote(T + SECOND, "EURUSD", 1.09, 1.09)
    assert status(a, target) == ("CANCELED", "POSITION_CLOSED")


def test_orders_for_a_ticket_end_when_it_is_closed_by_another(kind: Any) -> None:
    a = kind({"mode": "hedging"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    long, short = a.submit("EURUSD", "buy", 0.2), a.submit("EURUSD", "sell", 0.1)
    for_long = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.11, position=long)
    for_short = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, position=short)
    a.close_by(long, short)
    assert status(a, for_long)[0] == "ACCEPTED"
    assert status(a, for_short) == ("CANCELED", "POSITION_CLOSED")


def test_a_position_that_a_rollover_reopens_keeps_its_orders() -> None:
    a = Compiled({"mode": "hedging"}, [{**EURUSD, "swap_mode": "reopen_current", "swap_long": 5}], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    ticket = a.submit("EURUSD", "buy", 0.1)
    target = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.11, position=ticket)
    a.quote(T + DAY, "EURUSD", 1.1, 1.1)
    assert [p["price"] for p in a.positions()] == [1.10005]  # dearer by 5 points: it was closed and opened again
    assert status(a, target)[0] == "ACCEPTED"
    a.quote(T + DAY + 1, "EURUSD", 1.11, 1.11)
    assert status(a, target)[0] == "FILLED"


def test_on_a_netting_account_an_order_keeps_its_position_when_more_is_added(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 0.1)
    second = a.submit("EURUSD", "buy", 0.1)
    target = a.submit("EURUSD", "sell", 0.2, type="limit", limit=1.11, position=second)
    a.submit("EURUSD", "buy", 0.1)
    a.quote(T + SECOND, "EURUSD", 1.11, 1.11)
    assert status(a, target)[0] == "FILLED"
    again = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.12, position=1)
    a.submit("EURUSD", "sell", 0.3)  # closes 0.1 and opens 0.2 the other way: another position
    assert status(a, again) == ("CANCELED", "POSITION_CLOSED")


def test_the_trail_of_a_child_starts_when_its_parent_fills(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("EURUSD", "sell", 0.1, type="trailing_stop", trail=0.005, parent=parent, reduce_only=True)
    a.quote(T + SECOND, "EURUSD", 1.09, 1.09)  # from here the stop is 1.085; at 1.095 it would act at once
    a.quote(T + 2 * SECOND, "EURUSD", 1.086, 1.086)
    assert (status(a, parent)[0], status(a, child)[0]) == ("FILLED", "ACCEPTED")
    a.quote(T + 3 * SECOND, "EURUSD", 1.0849, 1.0849)
    assert [float(f["price"]) for f in a.fills] == [1.09, 1.0849]


def test_a_rebate_converts_as_a_gain(kind: Any) -> None:
    a = kind({"commission": {"maker": -0.0001}}, [USDJPY], 10_000)
    a.quote(T, "USDJPY", 149.0, 160.0)
    a.submit("USDJPY", "sell", 1.0, type="limit", limit=150.0)
    a.quote(T + SECOND, "USDJPY", 150.0, 160.0)
    # 100,000 * 150 * -0.0001 = -1,500 yen; dollars for yen are bought at 160: 9.375 -> 9.38 (at 150 it would be 10.00)
    assert [float(f["commission"]) for f in a.fills] == [-9.38]


FIXED = {"kind": "cfd", "symbol": "DE40", "calc_mode": "cfd", "initial_margin": 1000, "maintenance_margin": 500}


@pytest.mark.parametrize(("cash", "answer"), [(2000, "FILLED"), (1999.99, "REJECTED")])
def test_fixed_margin_of_a_hedge_is_checked_as_the_broker_prints_it(kind: Any, cash: float, answer: str) -> None:
    a = kind({"mode": "hedging"}, [{**FIXED, "hedged_margin": 500}], cash)
    a.quote(T, "DE40", 1000.0, 1000.0)
    a.submit("DE40", "buy", 1)
    assert used(a) == 500.0
    # 1 held: 500, 1 that it covers: 500, 1 uncovered: 1,000 (mt5-hedged-fixed-001); afterwards 500 + 500
    assert a.order(a.submit("DE40", "sell", 2))["status"] == answer
    assert used(a) == (1000.0 if answer == "FILLED" else 500.0)


@pytest.mark.parametrize(("cash", "answer"), [(1500, "FILLED"), (1499.99, "REJECTED")])
def test_fixed_margin_of_more_is_initial_for_what_is_new(kind: Any, cash: float, answer: str) -> None:
    for mode in ("netting", "hedging"):
        a = kind({"mode": mode}, [FIXED], cash)
        a.quote(T, "DE40", 1000.0, 1000.0)
        a.submit("DE40", "buy", 1)  # 1,000 to open, 500 to hold
        assert a.order(a.submit("DE40", "buy", 1))["status"] == answer  # 500 + 1,000
    a = kind({}, [FIXED], cash)
    a.quote(T, "DE40", 1000.0, 1000.0)
    a.submit("DE40", "buy", 1)
    assert a.order(a.submit("DE40", "sell", 2))["status"] == "FILLED"  # turned over: 1,000 for the one lot short
    assert used(a) == 500.0


def test_an_opening_needs_the_initial_margin_rate(kind: Any) -> None:
    for cash, answer in ((1100, "FILLED"), (1099.99, "REJECTED")):
        a = kind({}, [{**EURUSD, "margin_rates": {"buy": [1.0, 0.5]}}], cash)
        a.quote(T, "EURUSD", 1.1, 1.1)
        assert a.order(a.submit("EURUSD", "buy", 1.0))["status"] == answer  # 1,000 * 1.1 * 1.0
        assert used(a) == (550.0 if answer == "FILLED" else 0.0)


def test_a_refused_change_names_no_order_that_ended(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05)
    a.cancel(order)
    a.cancel(order)
    a.modify(order, limit=1.04)
    assert refusals(a) == ["UNKNOWN_ORDER", "UNKNOWN_ORDER"]


def drawn(seed: int) -> dict[str, Any]:
    return {"latency_ms": {"table": (100, 5000), "seed": seed}}


def seed_by_which(first: int, second: int) -> int:
    """A seed of the latency table by which requests 1 and 2 take these ms."""
    delays = (first * 10**6, second * 10**6)
    return next(s for s in range(100) if tuple(read_rules(drawn(s)).latency_of(n) for n in (1, 2)) == delays)


def test_orders_queue_in_the_order_in_which_they_arrive(kind: Any) -> None:
    a = kind(drawn(seed_by_which(5000, 100)), [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    slow = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    quick = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    a.quote(T + 10 * SECOND, "EURUSD", 1.09, 1.09, ask_size=0.1)
    assert (status(a, slow)[0], status(a, quick)[0]) == ("ACCEPTED", "FILLED")


def test_what_the_venue_has_not_heard_of_it_cannot_change(kind: Any) -> None:
    a = kind(drawn(seed_by_which(5000, 100)), [EURUSD], 10_000)  # a cancel of order 1 is request 1 + 1
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    a.cancel(order)
    a.modify(order, limit=1.05)
    a.advance_to(T + SECOND)
    assert refusals(a) == ["UNKNOWN_ORDER", "UNKNOWN_ORDER"]
    a.advance_to(T + 5 * SECOND)
    assert status(a, order)[0] == "ACCEPTED"

"""A broker elsewhere: what it says is booked, and nothing happens by itself. Worked out by hand, on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel import schema
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Reason, Venue

from .cases import EURUSD, SECOND, USDJPY, T, status, used

DAY = 24 * 3600 * SECOND


def started(outside: Any, cash: float = 10_000, **broker: Any) -> Any:
    a = outside(broker, [EURUSD, USDJPY], cash)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.quote(T, "USDJPY", 150.0, 150.0)
    return a


def figures(a: Any, *names: str) -> list[float]:
    return [round(float(a.account()[name]), 6) for name in names]


def test_an_order_stays_as_it_was_sent_until_the_broker_says_more(outside: Any) -> None:
    a = started(outside, calendar="fx", latency_ms=50)
    orders = [
        a.submit("EURUSD", "buy", 0.1),
        a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.2, tif="day"),
        a.submit("EURUSD", "buy", 0.1, type="stop", stop=1.05, tif="gtd", expires=T + SECOND),
        a.submit("EURUSD", "sell", 0.1, tif="ioc"),
        a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.05, tif="cls"),
    ]
    a.modify(orders[1], limit=1.15)
    a.cancel(orders[2])
    for n in range(1, 8):
        a.quote(T + n * DAY, "EURUSD", 1.1, 1.1)
    assert [status(a, id) for id in orders] == [("SUBMITTED", "NONE")] * 5
    assert a.fills == a.events == []
    assert used(a) == 0.0


def test_an_order_reserves_from_its_acceptance_and_fills_at_the_brokers_price(outside: Any) -> None:
    a = started(outside)
    order = a.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09, sl=1.07)
    a.order_event(T + 1, order, "ACCEPTED")
    assert used(a) == 1090.0  # 1,000 EUR at its own price
    a.fill(T + 2, order, "EURUSD", "buy", 0.4, 1.0899, commission=1.4)
    assert status(a, order)[0] == "PARTIALLY_FILLED"
    assert used(a) == 1089.96  # 400 EUR at 1.0899 = 435.96, and 0.6 of 1,090 = 654
    a.fill(T + 3, order, "EURUSD", "buy", 0.6, 1.0901, commission=2.1)
    assert status(a, order)[0] == "FILLED"
    assert used(a) == 1090.02  # (0.4 * 1.0899 + 0.6 * 1.0901) * 1,000
    assert figures(a, "balance", "equity") == [9996.5, 10994.5]  # + (1.1 - 1.09002) * 100,000 = 998
    assert float(a.positions()[0]["sl"]) == 1.07  # told for information: the broker triggers it
    a.quote(T + 4, "EURUSD", 1.06, 1.06)
    assert float(a.position("EURUSD")) == 1.0


def test_the_brokers_own_fill_closes_with_its_swap_and_commission(outside: Any) -> None:
    a = started(outside)
    order = a.submit("EURUSD", "buy", 1.0)
    a.fill(T + 1, order, "EURUSD", "buy", 1.0, 1.1)
    a.quote(T + 5 * DAY, "EURUSD", 1.09, 1.09)  # our own rollovers charge nothing
    assert figures(a, "equity") == [9000.0]
    a.fill(T + 5 * DAY + 1, 0, "EURUSD", "sell", 0.4, 1.0905, commission=1.4, swap=-7.505)
    # (1.0905 - 1.1) * 40,000 = -380; -7.505 -> -7.51 (half away from zero); 1.40
    assert figures(a, "balance") == [10_000 - 380 - 7.51 - 1.4]
    last = a.fills[-1]
    assert (float(last["pnl"]), float(last["swap"]), last["why"].name) == (-380.0, -7.51, "EXTERNAL")
    assert float(a.position("EURUSD")) == 0.6


def test_our_margin_call_is_a_prediction_and_our_stop_out_does_not_happen(outside: Any) -> None:
    a = started(outside, cash=1_500)
    a.fill(T + 1, a.submit("EURUSD", "buy", 1.0), "EURUSD", "buy", 1.0, 1.1)
    a.quote(T + 2, "EURUSD", 1.09, 1.09)  # 500 of 1,100: called, and below stop-out
    a.deposit(T + 3, 1_000.004)
    assert [(e["type"], e["ts"] - T) for e in a.events] == [
        ("margin_call", 2),
        ("deposit", 3),
        ("margin_call_cleared", 3),
    ]
    assert len(a.fills) == 1
    a.deposit(T + 4, 250, credit=True)
    assert figures(a, "balance", "equity") == [2500.0, 1750.0]


def test_links_are_the_brokers_business(outside: Any) -> None:
    a = started(outside)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("EURUSD", "sell", 0.1, type="limit", limit=1.12, parent=parent)
    twin = a.submit("EURUSD", "sell", 0.1, type="stop", stop=1.08, parent=parent, oco=child)
    for id in (parent, child, twin):
        a.order_event(T + 1, id, "ACCEPTED")
    a.fill(T + 2, parent, "EURUSD", "buy", 0.1, 1.09)
    a.fill(T + 3, child, "EURUSD", "sell", 0.1, 1.12)
    assert [status(a, id)[0] for id in (parent, child, twin)] == ["FILLED", "FILLED", "ACCEPTED"]
    a.order_event(T + 4, twin, "CANCELED", "OCO_FILLED")
    assert status(a, twin) == ("CANCELED", "OCO_FILLED")
    assert used(a) == 0.0


def test_the_brokers_own_position_has_a_number_of_its_own(outside: Any) -> None:
    a = started(outside, mode="hedging")
    first = a.submit("EURUSD", "buy", 0.1)
    a.fill(T + 1, 0, "EURUSD", "sell", 0.3, 1.1)  # opened by hand at the broker
    second = a.submit("EURUSD", "buy", 0.1)
    assert (first, [p["id"] for p in a.positions()], second) == (1, [2], 3)
    a.fill(T + 2, second, "EURUSD", "buy", 0.1, 1.1, position=2)  # the order closed a part of it
    assert [(p["id"], float(p["qty"])) for p in a.positions()] == [(2, 0.2)]
    a.fill(T + 3, 0, "EURUSD", "buy", 0.5, 1.1, position=2)  # and more than there is: the rest is another position
    assert [(p["id"], p["side"], float(p["qty"])) for p in a.positions()] == [(4, 1, 0.3)]
    assert float(a.position("EURUSD")) == 0.3  # -0.3 + 0.1 + 0.5


def test_a_fill_of_a_netting_account_turns_the_position_over(outside: Any) -> None:
    a = started(outside)
    a.fill(T + 1, 0, "EURUSD", "buy", 0.2, 1.1)
    a.fill(T + 2, 0, "EURUSD", "sell", 0.5, 1.101, commission=1.0)
    row = a.fills[-1]
    assert (float(row["pnl"]), float(row["closed_qty"])) == (20.0, 0.2)
    assert float(a.position("EURUSD")) == -0.3
    assert figures(a, "balance") == [10_019.0]


def test_a_late_fill_of_an_order_that_ended_is_booked_all_the_same(outside: Any) -> None:
    a = started(outside)
    order = a.submit("EURUSD", "buy", 0.1)
    a.order_event(T + 1, order, "CANCELED", "BY_REQUEST")
    a.fill(T + 2, order, "EURUSD", "buy", 0.1, 1.1)
    a.order_event(T + 3, order, "FILLED")
    assert status(a, order) == ("CANCELED", "BY_REQUEST")
    assert float(a.position("EURUSD")) == 0.1
    assert [(e["type"], e["reason"].name) for e in a.events] == [("order_refused", "UNKNOWN_ORDER")]


def test_a_trailing_stop_predicts_its_reserve_from_the_quote(outside: Any) -> None:
    a = started(outside)
    a.order_event(T + 1, a.submit("EURUSD", "buy", 0.5, type="trailing_stop", trail=0.01), "ACCEPTED")
    assert used(a) == 550.0


# ------------------------------------------------------------------------------------------------ the kernel alone


def engine(mode: str = "hedging") -> Engine:
    e = Engine(make_rules(Broker(mode=mode), [Instrument(**EURUSD)], Plan(venue=Venue.EXTERNAL)), 1e6)
    e.quote(T, 0, 1.1, 1.1)
    return e


def test_a_fill_without_room_for_its_position_is_refused_whole() -> None:
    e = engine()
    for n in range(64):
        e.post(T + n, schema.POST_FILL, side=1, qty=0.01, price=1.1)
    e.tape.drain()
    before = e.state.snapshot()
    e.post(T + 100, schema.POST_FILL, side=-1, qty=0.01, price=1.1, commission=5.0)
    events = e.tape.drain()["events"]
    assert [Reason(int(r)) for r in events["reason"]] == [Reason.POSITIONS_FULL]
    account = e.state.account.copy()
    e.state.restore(before)
    assert account == e.state.account
    e.post(T + 101, schema.POST_FILL, side=-1, qty=0.02, price=1.1, position=1)  # frees a row and needs one
    assert len(e.tape.drain()["fills"]) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"side": 1, "price": 1.1}, "a fill needs a qty above 0, was None"),
        ({"side": 1, "qty": 0.1, "price": -1.0}, "a fill needs a price above 0, was -1.0"),
        ({"side": 1, "qty": float("nan"), "price": 1.0}, "a fill needs a qty above 0, was nan"),
        ({"side": 1, "qty": 0.1, "price": 1.0, "instrument": 1}, "instrument number 1; this account has 1"),
        ({"qty": 0.1, "price": 1.0}, "a fill of the broker's own needs a side, 1 or -1, was None"),
    ],
)
def test_a_malformed_fill_raises_and_books_nothing(fields: dict[str, float], said: str) -> None:
    e = engine()
    before = e.state.snapshot()
    with pytest.raises(ValueError, match=said):
        e.post(T + 1, schema.POST_FILL, **fields)
    assert e.state.snapshot() == before


def test_requests_are_the_brokers_to_answer() -> None:
    e = engine()
    for n, side in enumerate((1, -1)):
        e.post(T + n, schema.POST_FILL, side=side, qty=0.1, price=1.1)
    e.tape.drain()
    assert (e.close_by(1, 2), e.cancel(7), e.modify(1, sl=1.0)) == (1, 7, 1)
    told = e.tape.drain()
    assert told.pop("asks")["id"].tolist() == [1, 7, 1]
    assert all(len(rows) == 0 for rows in told.values())
    assert e.net_qty(0) == 0.0


def test_the_swap_of_an_open_position_is_what_the_broker_says_it_is(outside: Any) -> None:
    """It is in equity while the position is open; the closing fill's own word replaces the closed part's share."""
    a = started(outside)
    a.submit("EURUSD", "buy", 0.4)
    a.fill(T, 1, "EURUSD", "buy", 0.4, 1.1)
    a.change(T + SECOND, 1, -3.0)
    a.change(T + DAY, 1, -9.0)  # so far, not more: a triple day
    assert swaps(a) == [-3.0, -6.0]
    assert float(a.account()["equity"]) == 10_000.0 - 9.0  # the quote stands at 1.1, where it was bought
    assert float(a.account()["balance"]) == 10_000.0
    a.submit("EURUSD", "sell", 0.1, position=1)
    a.fill(T + DAY, 2, "EURUSD", "sell", 0.1, 1.1, swap=-2.26, position=1)  # a quarter of 9.00 is 2.25
    assert swaps(a)[2:] == [-0.01]
    assert float(a.account()["balance"]) == 10_000.0 - 2.26
    assert float(a.positions()[0]["swap"]) == -6.75
    a.submit("EURUSD", "sell", 0.3, position=1)
    a.fill(T + DAY, 3, "EURUSD", "sell", 0.3, 1.1, swap=-6.75, position=1)
    assert swaps(a)[3:] == []
    assert float(a.account()["balance"]) == float(a.account()["equity"]) == 10_000.0 - 9.01
    a.change(T + DAY, 1, -1.0)
    assert [e["type"] for e in a.events][-1] == "order_refused"


def swaps(a: Any) -> list[float]:
    """Of every event that tells of swap, how much more it was."""
    return [float(e["amount"] if "amount" in e else e["a"]) for e in a.events if e["type"] == "swap"]


def test_our_limits_and_gates_deny_at_a_broker_elsewhere(outside: Any) -> None:
    a = started(outside, limits={"max_leverage": 3}, gates={"margin_level": 20})
    too_much = a.submit("EURUSD", "buy", 0.3)  # 33,000 of 10,000 is 3.3 times
    too_near = a.submit("USDJPY", "buy", 0.6, type="limit", limit=140.0)  # 600 in use: 10,000 is not 20 times that
    assert status(a, too_much) == ("DENIED", "LIMIT_LEVERAGE")
    assert status(a, too_near) == ("DENIED", "LIMIT_LEVERAGE")
    small = started(outside, gates={"margin_level": 20})
    assert status(small, small.submit("USDJPY", "buy", 0.6)) == ("DENIED", "GATE_MARGIN_LEVEL")
    assert status(small, small.submit("USDJPY", "buy", 0.5)) == ("SUBMITTED", "NONE")  # exactly 20 times


def test_our_watch_knows_the_hours_of_a_broker_elsewhere(outside: Any) -> None:
    """Started on a Saturday: it asks for the close once the market has opened, not before."""
    a = outside({"calendar": "fx", "gates": {"close_level": 5.0}}, [EURUSD], 4_000)
    saturday = T + 4 * DAY
    a.quote(saturday, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)
    a.fill(saturday, 1, "EURUSD", "buy", 1.0, 1.1)  # 4,000 is 3.6 times 1,100
    a.quote(saturday + DAY, "EURUSD", 1.1, 1.1)
    assert status(a, 1) == ("FILLED", "NONE")
    assert a.position("EURUSD") == 1
    assert [e["type"] for e in a.events] == []
    a.quote(saturday + DAY + DAY // 2, "EURUSD", 1.1, 1.1)  # Sunday 22:00 UTC: 17:00 New York
    assert [e["type"] for e in a.events] == ["gate_close"]
    assert status(a, 2) == ("SUBMITTED", "NONE")
    a.quote(saturday + DAY + DAY // 2 + SECOND, "EURUSD", 1.1, 1.1)  # asked for already
    assert [e["type"] for e in a.events] == ["gate_close"]


def test_margins_move_at_a_broker_elsewhere(outside: Any) -> None:
    a = started(outside, weekend_margin=3, margin_call_level=4)
    a.submit("EURUSD", "buy", 1.0)
    a.fill(T, 1, "EURUSD", "buy", 1.0, 1.1)
    assert used(a) == 1100.0
    a.advance_to(T + 4 * DAY)
    assert used(a) == 3300.0
    assert [e["type"] for e in a.events] == ["margin_changed", "margin_changed", "margin_call"]

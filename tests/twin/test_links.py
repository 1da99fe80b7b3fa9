"""Sizes, links, times: the twin against numbers worked out by hand; each case says its arithmetic."""

from __future__ import annotations

from typing import Any

from .cases import EURUSD, D, T, at, figures, refused, status, twin
from .clock import Sessions


def test_ioc_fok_and_sizes() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010, 0.5, 0.5)
    fok = t.submit("EURUSD", "buy", 0.6, tif="fok")
    killed = {"status": "CANCELED", "filled_qty": 0, "avg_price": None, "reason": "NOT_ENOUGH_SIZE"}
    assert t.order(fok) == killed | {"told": ["ACCEPTED", "CANCELED"]}
    ioc = t.submit("EURUSD", "buy", 0.6, tif="ioc")
    assert (t.order(ioc)["status"], t.order(ioc)["filled_qty"]) == ("CANCELED", D("0.5"))
    gtc = t.submit("EURUSD", "buy", 0.3)  # what was taken is gone until the next quote
    assert t.order(gtc)["status"] == "ACCEPTED"
    t.quote(T + 1, "EURUSD", 1.10000, 1.10020, 0.5, 0.2)
    assert (t.order(gtc)["status"], t.order(gtc)["filled_qty"]) == ("PARTIALLY_FILLED", D("0.2"))
    t.quote(T + 2, "EURUSD", 1.10000, 1.10030)
    # (0.2 * 1.10020 + 0.1 * 1.10030) / 0.3 = 0.330070 / 0.3
    assert t.order(gtc)["avg_price"] == D("0.330070") / D("0.3")


def test_iceberg_shows_its_part_of_every_quote() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    order = t.submit("EURUSD", "buy", 0.5, type="limit", limit=1.09500, display_qty=0.2)
    filled = []
    for n in range(3):
        t.quote(T + 1 + n, "EURUSD", 1.09490, 1.09500)
        filled.append(t.order(order)["filled_qty"])
    assert filled == [D("0.2"), D("0.4"), D("0.5")]


def test_one_cancels_the_other() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    a = t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09500, oco=2)  # names an order not yet sent
    b = t.submit("EURUSD", "buy", 0.1, type="stop", stop=1.10500)
    t.quote(T + 1, "EURUSD", 1.10500, 1.10510)
    assert (t.order(b)["status"], t.order(a)["status"], t.order(a)["reason"]) == ("FILLED", "CANCELED", "OCO_FILLED")
    assert refused(t, t.submit("EURUSD", "buy", 0.1, type="stop", stop=1.2, oco=a)) == "OCO_ENDED"


def test_children_wait_for_their_parent() -> None:
    t = twin(mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    entry = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
    stop = t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09000, parent=entry, reduce_only=True)
    target = t.submit("EURUSD", "sell", 1.0, type="limit", limit=1.09700, parent=entry, oco=stop, reduce_only=True)
    # the target would be marketable at 1.10000, were it not held
    t.quote(T + 1, "EURUSD", 1.10000, 1.10010)
    assert [t.order(x)["status"] for x in (stop, target)] == ["ACCEPTED", "ACCEPTED"]
    t.quote(T + 2, "EURUSD", 1.09490, 1.09500)
    assert t.order(entry)["status"] == "FILLED"
    t.quote(T + 3, "EURUSD", 1.09700, 1.09710)
    assert (t.order(target)["status"], t.order(stop)["status"]) == ("FILLED", "CANCELED")
    figures(t, balance="10200.00")  # 109,700 - 109,500
    entry = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
    child = t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09000, parent=entry)
    t.cancel(entry)
    assert t.order(child)["reason"] == "PARENT_CANCELED"
    assert refused(t, t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09, parent=entry)) == "PARENT_ENDED"


def test_a_child_reserves_its_margin_when_it_begins_to_work() -> None:
    for cash, ends in ((3300, "ACCEPTED"), (2190, "REJECTED")):
        t = twin(cash=cash)
        t.quote(T, "EURUSD", 1.10000, 1.10010)
        entry = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
        child = t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09000, parent=entry)
        figures(t, used_margin="1095.00")
        t.quote(T + 1, "EURUSD", 1.09490, 1.09500)
        # 1,095.00 of the position and 1,000 EUR at the stop's own 1.09000, which counts besides it: 2,185.00;
        # the position stands at -10.00, so 2,195.00 has to be there
        assert t.order(child)["status"] == ends


def test_a_parent_that_ends_partly_filled_cuts_its_children() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    entry = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
    child = t.submit("EURUSD", "sell", 1.0, type="limit", limit=1.09800, parent=entry)
    t.quote(T + 1, "EURUSD", 1.09490, 1.09500, ask_size=0.4)
    t.cancel(entry)
    t.quote(T + 2, "EURUSD", 1.09800, 1.09810)
    assert (t.order(child)["status"], t.order(child)["filled_qty"]) == ("FILLED", D("0.4"))


def test_reduce_only_never_opens() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    assert refused(t, t.submit("EURUSD", "sell", 1.0, reduce_only=True)) == "NOTHING_TO_REDUCE"
    t.submit("EURUSD", "buy", 0.3)
    t.submit("EURUSD", "sell", 1.0, reduce_only=True)
    assert (t.fills[-1]["qty"], t.position("EURUSD")) == (D("0.3"), D("0"))


def test_tickets() -> None:
    t = twin(mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    a = t.submit("EURUSD", "buy", 0.3)
    assert refused(t, t.submit("EURUSD", "sell", 0.3, position=9)) == "UNKNOWN_POSITION"
    assert refused(t, t.submit("EURUSD", "buy", 0.3, position=a)) == "NOT_OPPOSITE"
    assert refused(t, t.submit("EURUSD", "sell", 0.4, position=a)) == "CLOSE_QTY"
    pending = t.submit("EURUSD", "sell", 0.3, type="limit", limit=1.2, position=a)
    t.close("EURUSD", position=a)
    t.quote(T + 1, "EURUSD", 1.20000, 1.20010)
    assert (t.order(pending)["status"], t.order(pending)["reason"]) == ("CANCELED", "POSITION_CLOSED")


def test_latency_meets_a_later_quote() -> None:
    t = twin(latency_ms=80, feed_latency_ms=20)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    order = t.submit("EURUSD", "buy", 0.1)
    t.quote(T + 99_000_000, "EURUSD", 1.10100, 1.10110)
    assert t.order(order)["status"] == "SUBMITTED"
    t.quote(T + 100_000_000, "EURUSD", 1.10200, 1.10210)  # arrives on the quote that stood until now
    assert t.order(order)["avg_price"] == D("1.10110")
    t.cancel(order)
    t.advance_to(T + 300_000_000)
    assert (t.events[-1]["reason"].name, t.events[-1]["ts"]) == ("UNKNOWN_ORDER", T + 200_000_000)


def test_waiting_orders_take_the_next_quote() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    order = t.submit("EURUSD", "buy", 0.1, waits=True)
    assert t.order(order)["status"] == "SUBMITTED"
    t.quote(T + 1, "EURUSD", 1.10100, 1.10110)
    assert t.order(order)["avg_price"] == D("1.10110")


def test_day_and_gtd_orders_expire() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    day = t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="day")
    gtd = t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="gtd", expires=T + 5)
    assert (
        refused(t, t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, tif="gtd", expires=T)) == "EXPIRES_IN_PAST"
    )
    t.advance_to(T + 4)
    assert t.order(gtd)["status"] == "ACCEPTED"
    t.quote(T + 5, "EURUSD", 1.08, 1.08)  # expires before the quote that would have filled it
    assert (t.order(gtd)["status"], t.order(day)["status"]) == ("EXPIRED", "FILLED")
    day = t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, tif="day")
    t.advance_to(at("2024-01-02T21:59:59"))
    assert t.order(day)["status"] == "ACCEPTED"
    t.advance_to(at("2024-01-02T22:00:00"))
    assert (t.order(day)["status"], t.order(day)["reason"]) == ("EXPIRED", "TIME")


def test_sessions() -> None:
    fx = Sessions("fx")
    assert fx.open_at(at("2024-01-05T21:59:59"))
    assert not fx.open_at(at("2024-01-05T22:00:00"))
    assert fx.change_after(at("2024-01-05T22:00:00")) == at("2024-01-07T22:00:00")
    t = twin(calendar="fx")
    t.quote(at("2024-01-05T21:00:00"), "EURUSD", 1.10000, 1.10010)
    at_open = t.submit("EURUSD", "buy", 0.1, tif="opg")
    at_close = t.submit("EURUSD", "buy", 0.2, tif="cls")
    t.quote(at("2024-01-05T22:00:01"), "EURUSD", 1.10100, 1.10110)
    assert (t.order(at_close)["avg_price"], t.order(at_open)["status"]) == (D("1.10010"), "ACCEPTED")
    assert refused(t, t.submit("EURUSD", "buy", 0.1)) == "MARKET_CLOSED"
    t.quote(at("2024-01-07T22:00:00"), "EURUSD", 1.10200, 1.10210)
    assert t.order(at_open)["avg_price"] == D("1.10210")


def test_modify_is_checked_and_changes_nothing_if_refused() -> None:
    t = twin(cash=1200)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    order = t.submit("EURUSD", "buy", 1.0, type="stop", stop=1.10500)
    t.modify(order, stop=1.09000)
    t.modify(order, qty=2.0)
    assert [e["reason"].name for e in t.events] == ["PRICE_WRONG_SIDE", "NO_MONEY"]
    t.modify(order, stop=1.10200, qty=0.5)
    t.quote(T + 1, "EURUSD", 1.10200, 1.10210)
    assert (t.order(order)["filled_qty"], t.order(order)["avg_price"]) == (D("0.5"), D("1.10210"))
    t.modify(order, sl=1.10210)
    assert t.events[-1]["reason"].name == "SL_WRONG_SIDE"
    t.modify(order, sl=1.10100, tp=1.2)
    t.modify(order, tp=0)
    assert (t.positions()[0]["sl"], t.positions()[0]["tp"]) == (D("1.101"), None)


def test_a_child_has_whole_steps_of_its_own_instrument(kind: Any) -> None:
    """Of a coin's 0.015 a lot of FX has 0.01; of 0.005 nothing, and goes when no more can come."""
    coin = {"kind": "spot", "symbol": "BTCUSD"}
    a = kind({}, [coin, EURUSD], 100_000)
    a.quote(T, "BTCUSD", 40_000.0, 40_000.0)
    a.quote(T, "EURUSD", 1.1, 1.1)
    first = a.submit("BTCUSD", "buy", 0.015, type="stop", stop=40_010.0)
    second = a.submit("BTCUSD", "buy", 0.05, type="stop", stop=40_020.0)
    children = [a.submit("EURUSD", "buy", 0.04, parent=parent) for parent in (first, second)]
    a.quote(T + 1, "BTCUSD", 40_010.0, 40_010.0)
    a.quote(T + 2, "BTCUSD", 40_020.0, 40_020.0, ask_size=0.005)
    a.cancel(second)
    a.quote(T + 3, "EURUSD", 1.1, 1.1)
    assert [float(a.order(child)["filled_qty"]) for child in children] == [0.01, 0.0]
    assert status(a, children[1]) == ("CANCELED", "PARENT_CANCELED")

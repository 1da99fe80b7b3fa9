"""Prints: beside quotes they move nothing of ours; where an instrument has nothing else they are its quotes."""

from __future__ import annotations

from typing import Any

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan, Series
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call, Hears, Kind
from simcore.kernel.schema import BAR, RULES, SERIES_TERMS

from .cases import CFD, EURUSD, MINUTE, SECOND, USDJPY, T, status, used


def told(a: Any) -> list[tuple[str, int]]:
    return [(e["type"], e["ts"] - T) for e in a.events]


def test_a_print_beside_quotes_reaches_no_price(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1001)
    a.submit("EURUSD", "buy", 0.1, sl=1.09, tp=1.11)
    orders = [
        a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.095),
        a.submit("EURUSD", "sell", 0.1, type="stop", stop=1.095),
        a.submit("EURUSD", "sell", 0.1, type="trailing_stop", trail=0.002),
    ]
    before = a.account()
    for n, price in enumerate((1.05, 1.15, 1.08)):
        a.print(T + n + 1, "EURUSD", price)
    assert a.account() == before
    assert [status(a, id)[0] for id in orders] == ["ACCEPTED"] * 3
    a.quote(T + SECOND, "EURUSD", 1.0985, 1.0986)  # the trail stands at 1.098, where the quotes left it
    assert status(a, orders[2])[0] == "ACCEPTED"


def test_what_is_due_by_a_print_meets_the_quote_that_stands(kind: Any) -> None:
    a = kind({"latency_ms": 100}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1001)
    a.submit("EURUSD", "buy", 0.1)
    gtd = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, tif="gtd", expires=T + SECOND)
    a.print(T + 2 * SECOND, "EURUSD", 1.2)
    assert [(f["ts"] - T, float(f["price"])) for f in a.fills] == [(SECOND // 10, 1.1001)]
    assert status(a, gtd) == ("EXPIRED", "TIME")


def test_a_margin_call_is_told_with_a_print_too(kind: Any) -> None:
    a = kind({"stop_out_level": 0.2}, [EURUSD], 1_101)
    a.quote(T, "EURUSD", 1.1, 1.10001)
    a.submit("EURUSD", "buy", 1.0)  # equity 1,100.00, used 1,100.01
    a.print(T + 1, "EURUSD", 1.2)
    a.close("EURUSD")
    a.print(T + 2, "EURUSD", 1.2)
    assert told(a) == [("margin_call", 1), ("margin_call_cleared", 2)]


def test_a_stop_out_after_a_latency_comes_with_a_print(kind: Any) -> None:
    a = kind({"latency_ms": 100}, [EURUSD], 1_100)
    a.quote(T, "EURUSD", 1.1, 1.1)
    a.submit("EURUSD", "buy", 1.0)
    a.quote(T + 1, "EURUSD", 1.09, 1.1)  # it will meet this quote: 1,000 lost at once, 100 left of 1,100 used
    a.print(T + SECOND, "EURUSD", 1.2)
    assert [e["type"] for e in a.events] == ["margin_call", "stop_out"]
    assert [float(f["price"]) for f in a.fills] == [1.1, 1.09]


def test_an_order_that_waits_for_a_quote_does_not_take_a_print_for_one(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, waits=True)
    a.print(T + 1, "EURUSD", 1.2)
    assert status(a, order)[0] == "SUBMITTED"
    a.quote(T + 2, "EURUSD", 1.11, 1.11)
    assert float(a.fills[0]["price"]) == 1.11


def test_without_quotes_a_print_is_bid_and_ask_and_its_size_limits_nothing(kind: Any) -> None:
    a = kind({}, [CFD, USDJPY], 10_000, ["DE40"])
    a.print(T, "DE40", 1000.0, 0.1)
    a.submit("DE40", "buy", 2, sl=990.0, tp=1020.0)
    assert used(a) == 20.0  # 2 * 1,000 / 100
    waiting = a.submit("DE40", "buy", 1, waits=True)
    a.print(T + 1, "DE40", 1010.0)
    assert round(float(a.account()["equity"]), 6) == 10_020.0  # 2 * 10; the other bought at 1,010
    assert status(a, waiting)[0] == "FILLED"
    a.print(T + 2, "DE40", 980.0)  # through the stop loss: at the print
    assert [float(f["price"]) for f in a.fills] == [1000.0, 1010.0, 980.0]
    assert a.position("DE40") == 0  # netting: one position, one stop loss


def engine(prints_only: frozenset[int]) -> Engine:
    plan = Plan(hears=Hears.QUOTE | Hears.PRINT, series=[Series(0, MINUTE, 4)], prints_only=prints_only)
    return Engine(make_rules(Broker(), [Instrument(**EURUSD)], plan), 10_000)


def one_print(e: Engine, ts: int, price: float) -> list[int]:
    """Plays a print; returns the handlers it calls."""
    e.row(ts, 0, int(Kind.PRINT), price, price, 5.0)
    calls = []
    while (call := e.advance()) != Call.END:
        calls.append(call)
    return calls


def closed_bar(e: Engine) -> tuple[float, ...]:
    """Open, high, low, close and volume of the first bar that closed."""
    at = int(e.rules[: RULES.itemsize].view(RULES)["series_terms_at"][0])
    first = int(e.rules[at : at + SERIES_TERMS.itemsize].view(SERIES_TERMS)["bars_at"][0])
    row = e.state.buffer[first : first + BAR.itemsize].view(BAR)[0]
    return tuple(float(row[name]) for name in ("open", "high", "low", "close", "volume"))


def test_handlers_and_bars_of_prints_beside_quotes() -> None:
    e = engine(frozenset())
    assert e.quote(T, 0, 1.1, 1.2) == Call.QUOTE
    assert one_print(e, T + 1, 1.5) == [Call.PRINT]
    s = e.state.instruments[0]
    assert (s["bid"], s["ask"], s["last"], s["last_size"], s["ts"]) == (1.1, 1.2, 1.5, 5.0, T)
    assert one_print(e, T + MINUTE, 1.6) == [Call.PRINT]
    assert closed_bar(e) == (1.1, 1.1, 1.1, 1.1, 1.0)  # of bids; the print is in no bar


def test_handlers_and_bars_of_prints_alone() -> None:
    e = engine(frozenset({0}))
    assert one_print(e, T, 1.5) == [Call.QUOTE, Call.PRINT]
    assert one_print(e, T + 1, 1.4) == [Call.QUOTE, Call.PRINT]
    assert one_print(e, T + MINUTE, 1.6) == [Call.QUOTE, Call.PRINT]
    s = e.state.instruments[0]
    assert (s["bid"], s["ask"], s["last"], s["ts"]) == (1.6, 1.6, 1.6, T + MINUTE)
    assert closed_bar(e) == (1.5, 1.5, 1.4, 1.4, 2.0)

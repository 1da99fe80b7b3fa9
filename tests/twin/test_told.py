"""What a trader hears of an order, and limits that are met to the hair; worked by hand, on both accounts."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import EURUSD, USDJPY, T, status


@pytest.mark.parametrize("order", [{}, {"type": "limit", "limit": 1.2}, {"tif": "fok"}, {"tif": "ioc"}])
def test_an_order_refused_for_money_on_arrival_was_never_accepted(kind: Any, order: dict[str, Any]) -> None:
    a = kind({}, [EURUSD], 1_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    refused = a.submit("EURUSD", "buy", 1.0, **order)  # 100,000 x 1.1 / 100 = 1,100 of margin
    assert (a.order(refused)["told"], status(a, refused)[1]) == (["REJECTED"], "NO_MONEY")
    filled = a.submit("EURUSD", "buy", 0.9, **order)  # 990
    assert a.order(filled)["told"] == ["ACCEPTED", "FILLED"]


def test_an_order_refused_for_money_after_its_way_was_never_accepted(kind: Any) -> None:
    a = kind({"latency_ms": 100}, [EURUSD], 1_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 1.0)
    a.quote(T + 10**9, "EURUSD", 1.1, 1.1)
    assert a.order(order)["told"] == ["REJECTED"]


def test_what_finds_no_size_is_accepted_then_canceled_or_waits(kind: Any) -> None:
    a = kind({}, [EURUSD], 1_000)
    a.quote(T, "EURUSD", 1.1, 1.1, ask_size=0.05)
    told = [a.order(a.submit("EURUSD", "buy", 0.1, tif=tif))["told"] for tif in ("fok", "ioc", "gtc")]
    assert told == [["ACCEPTED", "CANCELED"], ["ACCEPTED", "PARTIALLY_FILLED", "CANCELED"], ["ACCEPTED"]]


def test_a_limit_is_reached_to_the_hair(kind: Any) -> None:
    a = kind({"limits": {"action": "adjust", "max_position_leverage": 2}}, [USDJPY], 10_000)
    a.quote(T, "USDJPY", 150.0, 150.0)  # 1.0 is 100,000 USD
    a.submit("USDJPY", "buy", 0.1)
    a.submit("USDJPY", "sell", 0.29, type="limit", limit=151.0)  # may come to 0.19 short: 19,000 of 20,000
    a.deposit(T, -1_000.0)  # 2 x 9,000 = 18,000 from now on
    order = a.submit("USDJPY", "buy", 0.2)  # 0.30 long; 0.19 long adds nothing to the 0.19 short counted already
    assert (status(a, order)[0], float(a.order(order)["filled_qty"])) == ("FILLED", 0.09)


def test_a_minimum_that_ends_on_half_a_cent_is_charged_once(kind: Any) -> None:
    a = kind({"commission": {"per_share": 0.00003, "min": 1.5, "currency": "EUR"}}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.09001, 1.09001, ask_size=0.1)
    a.submit("EURUSD", "buy", 0.2)  # 1.5 x 1.09001 = 1.635015: 1.64
    a.quote(T + 1, "EURUSD", 1.09, 1.09)  # 1.5 x 1.09 = 1.635: 1.64 in all, so nothing more
    assert [float(fill["commission"]) for fill in a.fills] == [1.64, 0.0]

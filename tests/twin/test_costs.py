"""Costs and financing: the twin against numbers worked out by hand; each case says its arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import CFD, EURUSD, SECOND, USDJPY, D, T, at, figures, twin
from .clock import Clock


def test_commission_has_a_minimum_per_order_and_a_cap() -> None:
    t = twin(
        {"kind": "stock", "symbol": "ACME"}, commission={"per_share": 0.005, "min": 1.0, "max_rate": 0.01}, leverage=1
    )
    t.quote(T, "ACME", 99.99, 100.00)
    t.submit("ACME", "buy", 1)  # 0.005, at least 1.00, at most 1 % of 100.00 = 1.00
    t.submit("ACME", "buy", 40)  # 0.20 -> 1.00
    t.quote(T + 1, "ACME", 9.99, 10.00)
    t.submit("ACME", "buy", 3)  # 0.015 -> 1.00 -> at most 0.30
    assert [f["commission"] for f in t.fills] == [D("1.00"), D("1.00"), D("0.30")]


def test_minimum_is_per_order_not_per_fill() -> None:
    t = twin({"kind": "stock", "symbol": "ACME"}, cash=100_000, commission={"per_share": 0.005, "min": 1.0}, leverage=1)
    t.quote(T, "ACME", 99.99, 100.00, ask_size=100)
    order = t.submit("ACME", "buy", 300)
    t.quote(T + 1, "ACME", 99.99, 100.00, ask_size=150)
    t.quote(T + 2, "ACME", 99.99, 100.00)
    # 100 shares: 0.50 -> 1.00; 250: 1.25 -> 0.25 more; 300: 1.50 -> 0.25 more
    assert [f["commission"] for f in t.fills] == [D("1.00"), D("0.25"), D("0.25")]
    assert t.order(order)["status"] == "FILLED"


def test_maker_and_taker() -> None:
    t = twin(CFD, commission={"maker": 0.0001, "taker": 0.0005})
    t.quote(T, "DE40", 1000.0, 1001.0)
    t.submit("DE40", "buy", 10)  # taker: 10,010 * 0.0005 = 5.005 -> 5.01
    t.submit("DE40", "buy", 10, type="limit", limit=999.0)
    t.quote(T + 1, "DE40", 998.0, 999.0)  # maker: 9,990 * 0.0001 = 0.999 -> 1.00
    assert [(f["commission"], f["maker"]) for f in t.fills] == [(D("5.01"), False), (D("1.00"), True)]


def test_commission_counts_in_the_margin_check() -> None:
    for cash, status in ((1103, "FILLED"), (1102, "REJECTED")):
        t = twin(cash=cash, commission={"per_lot": 2.5})
        t.quote(T, "EURUSD", 1.10000, 1.10010)
        # needs 1,100.10 + 2.50 = 1,102.60
        assert t.order(t.submit("EURUSD", "buy", 1.0))["status"] == status


def test_slippage_moves_market_and_stop_fills_only() -> None:
    t = twin(slippage={"fixed": 0.00002, "spread_share": 0.5})
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 0.1)  # 1.10010 + 0.00002 + 0.00005
    t.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09990)
    t.submit("EURUSD", "sell", 0.1, type="stop", stop=1.09985)
    t.quote(T + 1, "EURUSD", 1.09980, 1.09990)  # limit at 1.09990; stop at 1.09980 - 0.00007
    assert [f["price"] for f in t.fills] == [D("1.10017"), D("1.09990"), D("1.09973")]


def test_slippage_by_the_share_of_the_size() -> None:
    t = twin(CFD, slippage={"volume_share": 0.001})
    t.quote(T, "DE40", 999.0, 1000.0, 100, 100)
    t.submit("DE40", "buy", 25)
    assert t.fills[0]["price"] == D("1000.50")  # 1,000 * 0.001 * sqrt(25 / 100) = 0.50


def test_wednesday_charges_three_nights_and_the_weekend_none() -> None:
    t = twin({**EURUSD, "swap_long": -6.5}, mode="hedging")
    t.quote(at("2024-01-02T10:00:00"), "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 0.5)
    t.advance_to(at("2024-01-08T12:00:00"))
    nights = [(e["ts"], e["amount"]) for e in t.events if e["type"] == "swap"]
    # 0.5 lots * -6.5 points * 0.00001 * 100,000 = -3.25 a night, at 17:00 New York = 22:00 UTC in winter
    assert nights == [
        (at("2024-01-02T22:00:00"), D("-3.25")),
        (at("2024-01-03T22:00:00"), D("-9.75")),
        (at("2024-01-04T22:00:00"), D("-3.25")),
        (at("2024-01-05T22:00:00"), D("-3.25")),
    ]
    figures(t, balance="10000", unrealized_pnl="-24.50")  # -5.00 - 19.50


def test_rollover_follows_summer_time() -> None:
    clock = Clock("17:00 America/New_York")
    assert clock.after(at("2024-03-08T22:00:00")) == at("2024-03-09T22:00:00")  # the day before the clocks change
    assert clock.after(at("2024-03-09T22:00:00")) == at("2024-03-10T21:00:00")
    assert clock.after(at("2024-11-02T21:00:00")) == at("2024-11-03T22:00:00")
    assert clock.day(at("2024-01-03T22:00:00")).weekday() == 2


def test_rollover_at_midnight_belongs_to_the_day_that_ends() -> None:
    t = twin({**EURUSD, "swap_short": 1.0}, rollover="00:00 UTC")
    t.quote(at("2024-01-03T10:00:00"), "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "sell", 1.0)
    t.advance_to(at("2024-01-04T00:00:00"))
    assert t.events[-1]["amount"] == D("3.00")  # Wednesday ends: three nights


def test_swap_in_quote_currency_converts_at_the_worst_side() -> None:
    t = twin({**USDJPY, "swap_long": 9.0, "swap_short": -12.0}, mode="hedging")
    t.quote(T, "USDJPY", 150.000, 150.100)
    t.submit("USDJPY", "buy", 1.0)
    t.submit("USDJPY", "sell", 1.0)
    t.advance_to(T + 24 * 3600 * SECOND)
    # a point is 0.001 * 100,000 = 100 JPY: for a gain at the bid side / 150.100 = 0.6662 -> 0.67, for a loss at the
    # ask side / 150.000 = 0.6667 -> 0.67; 9 * 0.67 and -12 * 0.67 (unrounded it would be 6.00 and -8.00)
    assert [e["amount"] for e in t.events] == [D("6.03"), D("-8.04")]


def test_interest_swap() -> None:
    t = twin({**CFD, "swap_mode": "interest_current", "swap_long": -3.6})
    t.quote(T, "DE40", 1000.0, 1001.0)
    t.submit("DE40", "buy", 20)
    t.advance_to(T + 24 * 3600 * SECOND)
    assert t.events[0]["amount"] == D("-2.00")  # 20 * 1,000 * -3.6 / 100 / 360


@pytest.mark.parametrize(
    ("instrument", "price", "swap"),
    [
        # two coins: 2 * 0.001 at the ask side, 40,010
        ({"kind": "spot", "symbol": "BTCUSD", "swap_long": -0.001}, (40_000.0, 40_010.0), -80.02),
        # 2 * 4 EUR at the bid side, whatever its margin is counted in
        ({**EURUSD, "margin_currency": "USD", "calc_mode": "cfd_leverage", "swap_long": 4.0}, (1.1, 1.1002), 8.8),
    ],
)
def test_a_swap_in_base_currency_converts_by_the_pair(kind: Any, instrument: Any, price: Any, swap: float) -> None:
    a = kind({}, [{**instrument, "swap_mode": "currency_base"}], 100_000)
    a.quote(T, instrument["symbol"], *price)
    a.submit(instrument["symbol"], "buy", 2.0)
    a.advance_to(T + 24 * 3600 * SECOND)
    assert [round(float(p["swap"]), 6) for p in a.positions()] == [swap]

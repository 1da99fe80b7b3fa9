"""Exchange accounts on the twin and on the compiled account, by the platform's own examples and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import SECOND, T, status

RATES = {"buy": [0.1, 0.05], "sell": [0.1, 0.05], "buy_limit": 0.1, "sell_limit": 0.1}
SHARE = {"kind": "stock", "symbol": "LKOH", "margin_rates": RATES}
LOTS = {**SHARE, "contract_size": 1000, "qty_min": 0.1, "qty_increment": 0.1}


def opened(kind: Any, *instruments: dict[str, Any], cash: int = 1_000_000) -> Any:
    return kind({"mode": "exchange", "currency": "USD"}, instruments, cash)


def figures(a: Any, *names: str) -> list[float]:
    return [round(float(a.account()[name]), 6) for name in names]


ALL = ("balance", "equity", "used_margin")


def test_a_long_position_of_the_page(kind: Any) -> None:
    a = opened(kind, SHARE)
    a.quote(T, "LKOH", 150.0, 150.0)
    a.submit("LKOH", "buy", 1000)
    assert figures(a, *ALL) == [850_000, 1_000_000, 15_000]
    a.quote(T + SECOND, "LKOH", 50.0, 50.0)
    assert figures(a, *ALL) == [850_000, 900_000, 5_000]
    a.submit("LKOH", "buy", 20_000)
    assert figures(a, *ALL) == [-150_000, 900_000, 105_000]
    a.quote(T + 2 * SECOND, "LKOH", 7.8, 7.8)
    assert figures(a, *ALL) == [-150_000, 13_800, 16_380]  # maintenance 8,190: called, not stopped out
    assert status(a, a.submit("LKOH", "buy", 1)) == ("REJECTED", "NO_MONEY")
    a.quote(T + 3 * SECOND, "LKOH", 7.51, 7.51)
    # 157,710 - 150,000 = 7,710 below 5 % of 157,710 = 7,885.50: sold
    assert figures(a, *ALL) == [7_710, 7_710, 0]
    assert [e["type"] for e in a.events if not e.get("new")] == ["margin_call", "stop_out"]


@pytest.mark.parametrize(("price", "held"), [(7.52, 21_000), (7.51, 0)])
def test_it_is_stopped_out_where_the_maintenance_margin_exceeds_equity(kind: Any, price: float, held: int) -> None:
    # 21,000 * p - 150,000 < 0.05 * 21,000 * p below p = 150,000 / 19,950 = 7.5188
    a = opened(kind, SHARE)
    a.quote(T, "LKOH", 50.0, 50.0)
    a.submit("LKOH", "buy", 21_000)  # balance -50,000
    a.deposit(T + 1, -100_000)
    a.quote(T + SECOND, "LKOH", price, price)
    assert float(a.position("LKOH")) == held


def test_orders_count_by_their_worst_price(kind: Any) -> None:
    a = opened(kind, LOTS)
    a.quote(T, "LKOH", 100.0, 100.0)
    a.submit("LKOH", "buy", 1.0)
    for qty, limit in ((0.5, 80.0), (0.3, 60.0), (0.1, 40.0)):
        a.submit("LKOH", "buy", qty, type="limit", limit=limit)
    # 1,000 * (100 - 40) + 1,900 * 40 * 0.1 + (62,000 - 900 * 40) = 60,000 + 7,600 + 26,000
    assert figures(a, "used_margin", "balance") == [93_600, 900_000]
    a.submit("LKOH", "sell", 1.0, type="limit", limit=120.0)  # only closes what is held
    a.submit("LKOH", "buy", 1.0, type="stop", stop=110.0)  # stops reserve nothing
    assert figures(a, "used_margin") == [93_600]


def test_sell_limits_beside_a_short(kind: Any) -> None:
    a = opened(kind, LOTS)
    a.quote(T, "LKOH", 100.0, 100.0)
    a.submit("LKOH", "sell", 1.0)
    a.submit("LKOH", "sell", 0.5, type="limit", limit=120.0)
    # 1,000 * (120 - 100) + 1,500 * 120 * 0.1 + (500 * 120 - 60,000) = 20,000 + 18,000
    assert figures(a, "used_margin") == [38_000]
    a.submit("LKOH", "sell", 0.5, type="limit", limit=110.0)
    # 20,000 + 2,000 * 120 * 0.1 + (1,000 * 120 - 115,000) = 20,000 + 24,000 + 5,000
    assert figures(a, "used_margin") == [49_000]
    a.submit("LKOH", "buy", 2.0, type="limit", limit=90.0)
    # buying: -1,000 * (100 - 90) + (2,000 - 1,000) * 90 * 0.1 + 0 = -1,000: the selling side is larger
    assert figures(a, "used_margin") == [49_000]


def test_what_is_not_collateral_costs_equity(kind: Any) -> None:
    a = opened(kind, {**SHARE, "liquidity_rate": 0.0}, cash=10_000)
    a.quote(T, "LKOH", 10.0, 10.0)
    # 900 cost 9,000 and count nothing: 1,000 of equity against 900 of margin; 950 would leave 500 against 950
    assert status(a, a.submit("LKOH", "buy", 950)) == ("REJECTED", "NO_MONEY")
    assert status(a, a.submit("LKOH", "buy", 900)) == ("FILLED", "NONE")
    assert figures(a, *ALL) == [1_000, 1_000, 900]


def test_a_part_takes_its_share_of_what_was_paid(kind: Any) -> None:
    a = opened(kind, SHARE)
    a.quote(T, "LKOH", 10.0, 10.01)
    a.submit("LKOH", "buy", 3)  # 30.03
    a.submit("LKOH", "sell", 1)  # 10.00 for 10.01
    assert [round(float(t["pnl"]), 2) for t in a.trades] == [-0.01]
    assert figures(a, "balance", "equity") == [999_979.97, 999_999.97]
    a.submit("LKOH", "sell", 4)  # 2 closed at 20.00 for 20.02, 2 sold short for 20.00
    assert [round(float(t["pnl"]), 2) for t in a.trades] == [-0.01, -0.02]
    assert figures(a, "balance") == [1_000_019.97]
    assert float(a.position("LKOH")) == -2


def test_futures_stand_beside_shares(kind: Any) -> None:
    future = {
        "kind": "cfd", "symbol": "DE40", "calc_mode": "exch_futures", "initial_margin": 700, "maintenance_margin": 500,
        "contract_size": 10, "quote": "USD",
    }  # fmt: skip
    a = opened(kind, SHARE, future, cash=10_000)
    a.quote(T, "LKOH", 100.0, 100.0)
    a.quote(T, "DE40", 1000.0, 1000.0)
    a.submit("LKOH", "buy", 90)  # 9,000 paid, 900 of margin
    a.submit("DE40", "buy", 10)  # 7,000: nothing is paid
    assert figures(a, *ALL) == [1_000, 10_000, 7_900]
    a.quote(T + SECOND, "DE40", 954.5, 954.5)  # -4,550: 5,450 = 450 + 5,000 of maintenance margin, not below it
    assert [e["type"] for e in a.events] == ["margin_call"]
    a.quote(T + 2 * SECOND, "DE40", 954.4, 954.4)
    assert float(a.position("DE40")) == 0
    assert float(a.position("LKOH")) == 90

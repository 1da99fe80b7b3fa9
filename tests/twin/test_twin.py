"""The twin itself, against numbers worked out by hand: each case says its arithmetic and fails if its rule breaks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from .clock import Clock, Sessions, to_ns
from .engine import Twin

EURUSD = {"kind": "fx", "symbol": "EURUSD"}
USDJPY = {"kind": "fx", "symbol": "USDJPY"}
GBPUSD = {"kind": "fx", "symbol": "GBPUSD"}
EURGBP = {"kind": "fx", "symbol": "EURGBP"}
CFD = {"kind": "cfd", "symbol": "DE40"}
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def at(text: str) -> int:
    return to_ns(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


T = at("2024-01-02T10:00:00")  # a Tuesday


def D(text: str) -> Decimal:
    return Decimal(text)


def twin(*instruments: dict[str, Any], cash: int = 10_000, **broker: Any) -> Twin:
    return Twin({"mode": "netting", **broker}, instruments or (EURUSD,), cash)


def figures(t: Twin, **expected: str) -> None:
    got = t.account()
    assert {name: got[name] for name in expected} == {name: D(value) for name, value in expected.items()}


def refused(t: Twin, id: int) -> str:
    assert t.order(id)["status"] == "REJECTED"
    return str(t.order(id)["reason"])


# ------------------------------------------------------------------------------------------------ positions and money


def test_open_costs_the_spread_and_reserves_margin_at_the_ask() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, sl=1.09)
    # 100,000 * (1.10000 - 1.10010) = -10; margin 100,000 EUR / 100 = 1,000 EUR at the ask 1.10010
    figures(t, balance="10000", equity="9990.00", used_margin="1100.10", free_margin="8889.90")
    assert t.account()["margin_level"] == D("9990") / D("1100.10")


def test_margin_of_a_sale_converts_at_the_bid() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "sell", 1.0)
    figures(t, used_margin="1100.00", equity="9990.00")


def test_adding_averages_price_and_margin_rate() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    first = t.submit("EURUSD", "buy", 1.0)
    t.quote(T + 1, "EURUSD", 1.10200, 1.10210)
    t.submit("EURUSD", "buy", 0.5)
    (p,) = t.positions()
    # (1.10010 + 0.5 * 1.10210) / 1.5 = 1.651150 / 1.5 = 1.1007666..., eight decimals
    assert (p["id"], p["qty"], p["price"]) == (first, D("1.5"), D("1.10076667"))
    # margin 1.5 * 1,000 EUR * 1.1007666... = 1,651.15
    # long at 1.10076667 * 150,000 = 165,115.0005 -> 165,115.00; bid 1.10200 * 150,000 = 165,300.00; profit 185.00
    figures(t, used_margin="1651.15", unrealized_pnl="185.00")


def test_reducing_keeps_the_average_price() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, sl=1.09, tp=1.2)
    t.quote(T + 1, "EURUSD", 1.10110, 1.10120)
    t.submit("EURUSD", "sell", 0.4, sl=1.15)
    (p,) = t.positions()
    # sold 0.4 at 1.10110: 44,044.00 - 44,004.00 = 40.00; left 0.6 at 1.10010: 66,066.00 - 66,006.00 = 60.00
    # an order that only reduces does not touch SL and TP
    assert (p["qty"], p["price"], p["sl"], p["tp"]) == (D("0.6"), D("1.10010"), D("1.09"), D("1.2"))
    figures(t, balance="10040.00", unrealized_pnl="60.00", used_margin="660.06")


def test_reversal_is_one_fill_that_closes_and_opens() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, sl=1.09)
    t.quote(T + 1, "EURUSD", 1.10110, 1.10120)
    second = t.submit("EURUSD", "sell", 1.5)
    fill = t.fills[-1]
    # 110,110 - 110,010 = 100 on the lot closed; half a lot short at 1.10110, margin 500 EUR at the bid
    assert (len(t.fills), fill["qty"], fill["closed_qty"], fill["pnl"]) == (2, D("1.5"), D("1.0"), D("100.00"))
    (p,) = t.positions()
    assert (p["id"], p["side"], p["qty"], p["price"], p["sl"]) == (second, -1, D("0.5"), D("1.10110"), None)
    # short half a lot marked at the ask: 55,055.00 - 55,060.00 = -5.00
    figures(t, balance="10100.00", used_margin="550.55", unrealized_pnl="-5.00")
    assert [(x["qty"], x["pnl"]) for x in t.trades] == [(D("1.0"), D("100.00"))]


def test_hedge_needs_the_covered_contract_once() -> None:
    t = twin(mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    t.submit("EURUSD", "sell", 1.0)
    # covered 1 lot: 1,000 EUR at the rate of both legs, (1.10010 + 1.10000) / 2 = 1.10005
    figures(t, used_margin="1100.05", unrealized_pnl="-20.00")


def test_unequal_hedge_is_uncovered_plus_covered() -> None:
    t = twin({**EURUSD, "hedged_margin": 50_000}, mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    t.submit("EURUSD", "sell", 0.4)
    # uncovered 0.6 * 1,000 * 1.10010 = 660.06
    # covered 0.4 * 500 * (1.10010 + 0.4 * 1.10000) / 1.4 = 200 * 1.1000714... = 220.0142857
    figures(t, used_margin="880.07")


def test_larger_leg() -> None:
    t = twin({**EURUSD, "hedged_use_leg": True}, mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    t.submit("EURUSD", "sell", 0.4)
    figures(t, used_margin="1100.10")  # max(1,000 * 1.10010, 400 * 1.10000)


def test_free_hedge() -> None:
    t = twin({**EURUSD, "hedged_margin": 0}, mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    t.submit("EURUSD", "sell", 1.0)
    figures(t, used_margin="0", margin_level="Infinity")


def test_partial_close_takes_its_share_of_swap_and_entry_commission() -> None:
    t = twin({**EURUSD, "swap_long": -7.77}, mode="hedging", commission={"per_lot": 3.5})
    t.quote(at("2024-01-02T10:00:00"), "EURUSD", 1.10000, 1.10010)
    a = t.submit("EURUSD", "buy", 1.0)  # 3.50
    t.quote(at("2024-01-03T10:00:00"), "EURUSD", 1.10000, 1.10010)
    # Tuesday's rollover: -7.77 * 0.00001 * 100,000 = -7.77
    figures(t, balance="9996.50", unrealized_pnl="-17.77")
    t.close("EURUSD", 0.3, position=a)
    # exit 0.3 * 3.5 = 1.05; entry share 0.3 * 3.50 = 1.05; swap share 0.3 * -7.77 = -2.331 -> -2.33; profit -3.00
    trade = t.trades[-1]
    assert (trade["pnl"], trade["swap"], trade["commission"]) == (D("-3.00"), D("-2.33"), D("2.10"))
    figures(t, balance="9990.12", unrealized_pnl="-12.44")  # 9996.50 - 3.00 - 2.33 - 1.05; -7.00 - 5.44
    t.close("EURUSD", position=a)
    trade = t.trades[-1]
    assert (trade["pnl"], trade["swap"], trade["commission"]) == (D("-7.00"), D("-5.44"), D("4.90"))
    figures(t, balance="9975.23", equity="9975.23")  # - 7.00 - 5.44 - 2.45


def test_close_by_settles_at_the_other_open_price_without_commission() -> None:
    t = twin(mode="hedging", commission={"per_lot": 3})
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    a = t.submit("EURUSD", "buy", 1.0)
    t.quote(T + 1, "EURUSD", 1.10110, 1.10120)
    b = t.submit("EURUSD", "sell", 0.4)
    t.close_by(a, b)
    # 0.4 lots bought at 1.10010 and sold at 1.10110: +40.00; commission 3.00 + 1.20 at the openings, none here
    figures(t, balance="10035.80")
    (p,) = t.positions()
    assert (p["id"], p["qty"]) == (a, D("0.6"))
    assert sum(f["pnl"] for f in t.fills) == D("40.00")


def test_close_by_needs_two_opposite_tickets() -> None:
    t = twin(mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    a, b = t.submit("EURUSD", "buy", 1.0), t.submit("EURUSD", "buy", 1.0)
    t.close_by(a, b)
    t.close_by(a, 99)
    assert [e["reason"].name for e in t.events] == ["NOT_OPPOSITE", "UNKNOWN_POSITION"]


def test_profit_in_yen_converts_at_the_exit_price() -> None:
    t = twin(USDJPY)
    t.quote(T, "USDJPY", 150.000, 150.020)
    t.submit("USDJPY", "buy", 1.0)
    # margin: 100,000 USD / 100, no conversion; floating (150.000 - 150.020) * 100,000 = -2,000 JPY / 150.000 = -13.33
    figures(t, used_margin="1000.00", unrealized_pnl="-13.33")
    t.quote(T + 1, "USDJPY", 151.000, 151.020)
    t.close("USDJPY")
    figures(t, balance="10649.01")  # 98,000 JPY / 151.000 = 649.0066


def test_short_yen_converts_at_the_ask() -> None:
    t = twin(USDJPY)
    t.quote(T, "USDJPY", 150.000, 150.020)
    t.submit("USDJPY", "sell", 1.0)
    t.quote(T + 1, "USDJPY", 149.000, 149.020)
    t.close("USDJPY")
    figures(t, balance="10657.63")  # (150.000 - 149.020) * 100,000 = 98,000 JPY / 149.020 = 657.630


def test_take_profit_price_itself_converts() -> None:
    t = twin(USDJPY)
    t.quote(T, "USDJPY", 150.000, 150.020)
    t.submit("USDJPY", "buy", 1.0, tp=151.0)
    t.quote(T + 1, "USDJPY", 152.000, 152.020)
    figures(t, balance="10649.01")  # filled at 151.000: 98,000 / 151, not / 152 (644.74)


def test_cross_converts_through_another_pair_by_the_side_of_the_deal() -> None:
    t = twin(EURGBP, GBPUSD)
    t.quote(T, "GBPUSD", 1.25000, 1.25020)
    order = t.submit("EURGBP", "buy", 1.0)
    assert refused(t, order) == "NO_QUOTE"
    t.quote(T, "EURGBP", 0.85000, 0.85010)
    t.submit("EURGBP", "buy", 1.0)
    # margin: 1,000 EUR -> GBP -> USD at both asks: 0.85010 * 1.25020 = 1.06279502 -> 1,062.80
    # floating: -10.00 GBP, a long position converts at the ask: * 1.25020 = -12.502 -> -12.50
    figures(t, used_margin="1062.80", unrealized_pnl="-12.50")
    t.quote(T + 1, "GBPUSD", 1.26000, 1.26020)
    t.quote(T + 2, "EURGBP", 0.85110, 0.85120)
    # the margin rate stays; +100.00 GBP * 1.26020 = 126.02
    figures(t, used_margin="1062.80", unrealized_pnl="126.02")


def test_a_cfd_gain_converts_at_the_bid_and_a_loss_at_the_ask() -> None:
    t = twin({**CFD, "quote": "EUR", "margin_currency": "EUR"}, EURUSD)
    t.quote(T, "EURUSD", 1.10000, 1.10100)
    t.quote(T, "DE40", 16000.0, 16001.0)
    t.submit("DE40", "buy", 10)
    # margin 10 * 16,001 / 100 = 1,600.10 EUR at the ask 1.10100 = 1,761.7101; -10.00 EUR * 1.10100 = -11.01
    figures(t, used_margin="1761.71", unrealized_pnl="-11.01")
    t.quote(T + 1, "DE40", 16101.0, 16102.0)
    figures(t, unrealized_pnl="1100.00")  # +1,000.00 EUR * 1.10000


def test_no_conversion_is_refused() -> None:
    t = twin(EURGBP, GBPUSD)
    t.quote(T, "EURGBP", 0.85000, 0.85010)
    assert refused(t, t.submit("EURGBP", "buy", 1.0)) == "NO_CONVERSION"


def test_the_price_of_the_deal_converts_its_own_margin() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
    figures(t, used_margin="1100.10")  # reserved at the standing ask
    t.quote(T + 1, "EURUSD", 1.09480, 1.09490)
    figures(t, used_margin="1095.00")  # 1,000 EUR at 1.09500, not at the ask 1.09490


# ------------------------------------------------------------------------------------------------------------- costs


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
    assert clock.weekday(at("2024-01-03T22:00:00")) == 2


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


# --------------------------------------------------------------------------------------------------- orders and prices


def test_gap_through_a_stop_fills_at_the_gap() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, sl=1.09500)
    t.quote(T + 1, "EURUSD", 1.09000, 1.09010)
    assert t.fills[-1]["price"] == D("1.09000")
    figures(t, balance="8990.00", equity="8990.00")  # 109,000 - 110,010 = -1,010


def test_inside_a_bar_a_stop_fills_at_its_own_price_and_at_the_open_if_that_gapped() -> None:
    for opening, price in ((1.0980, "1.09500"), (1.0940, "1.09400")):
        t = twin()
        t.quote(T, "EURUSD", 1.10000, 1.10000)
        t.submit("EURUSD", "buy", 1.0, sl=1.09500)
        t.bar(T + MINUTE, "EURUSD", opening, 1.1000, 1.0900, 1.0950, "1min")
        assert t.fills[-1]["price"] == D(price)


def test_a_bar_that_spans_both_takes_the_stop() -> None:
    # open 1.1000, high 1.1020 is nearer than low 1.0950: the path touches the TP first
    for intrabar, price in (("worst", "1.09600"), ("path", "1.10200")):
        t = twin(intrabar=intrabar)
        t.quote(T, "EURUSD", 1.10000, 1.10000)
        t.submit("EURUSD", "buy", 1.0, sl=1.09600, tp=1.10200)
        t.bar(T + MINUTE, "EURUSD", 1.1000, 1.1020, 1.0950, 1.1000, "1min")
        assert (len(t.fills), t.fills[-1]["price"]) == (2, D(price))


def test_stop_losses_come_before_take_profits() -> None:
    t = twin(mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.submit("EURUSD", "buy", 1.0, tp=1.10500)
    t.submit("EURUSD", "sell", 1.0, sl=1.10500)
    t.quote(T + 1, "EURUSD", 1.10500, 1.10500)
    assert [f["why"].name for f in t.fills[2:]] == ["STOP_LOSS", "TAKE_PROFIT"]


def test_resting_limit_fills_at_its_own_price_unless_improved() -> None:
    for mode, price in (("limit", "1.09500"), ("improve", "1.09010")):
        t = twin(limit_fill=mode)
        t.quote(T, "EURUSD", 1.10000, 1.10010)
        t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
        t.quote(T + 1, "EURUSD", 1.09000, 1.09010)
        assert t.fills[-1]["price"] == D(price)


def test_a_quote_that_only_nears_the_limit_does_not_fill_it() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    order = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
    t.quote(T + 1, "EURUSD", 1.09495, 1.09501)
    assert t.order(order)["status"] == "ACCEPTED"
    t.quote(T + 2, "EURUSD", 1.09494, 1.09500)
    assert t.order(order)["status"] == "FILLED"


def test_marketable_limit_is_taker_or_refused() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.10500)
    assert (t.fills[0]["price"], t.fills[0]["maker"]) == (D("1.10010"), False)
    assert refused(t, t.submit("EURUSD", "buy", 1, type="limit", limit=1.1001, post_only=True)) == "POST_ONLY_CROSSES"
    t = twin(marketable_limit="reject")
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    assert refused(t, t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.10010)) == "PRICE_WRONG_SIDE"


def test_stop_limit_fills_within_its_limit_or_rests() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    near = t.submit("EURUSD", "buy", 0.1, type="stop_limit", stop=1.10100, limit=1.10150)
    far = t.submit("EURUSD", "buy", 0.1, type="stop_limit", stop=1.10100, limit=1.10110)
    t.quote(T + 1, "EURUSD", 1.10120, 1.10130)
    assert (t.order(near)["avg_price"], t.order(far)["status"]) == (D("1.10130"), "ACCEPTED")
    t.quote(T + 2, "EURUSD", 1.10090, 1.10100)
    assert t.order(far)["avg_price"] == D("1.10110")


def test_trailing_stop_order_follows_and_triggers() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    order = t.submit("EURUSD", "sell", 1.0, type="trailing_stop", trail=0.00100)  # stop 1.09900
    t.quote(T + 1, "EURUSD", 1.10300, 1.10310)  # stop 1.10200
    t.quote(T + 2, "EURUSD", 1.10201, 1.10211)
    assert t.order(order)["status"] == "ACCEPTED"
    t.quote(T + 3, "EURUSD", 1.10190, 1.10200)
    assert t.order(order)["avg_price"] == D("1.10190")


def test_trailing_stop_loss_only_tightens() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, trail=0.00100)
    t.quote(T + 1, "EURUSD", 1.10300, 1.10310)
    t.quote(T + 2, "EURUSD", 1.10210, 1.10220)
    assert t.positions()[0]["sl"] == D("1.10200")
    t.quote(T + 3, "EURUSD", 1.10200, 1.10210)
    assert (t.positions(), t.fills[-1]["price"]) == ([], D("1.10200"))


def test_sl_and_tp_must_lie_on_their_sides() -> None:
    t = twin({**EURUSD, "stops_level": 10})
    t.quote(T, "EURUSD", 1.10000, 1.10020)
    assert refused(t, t.submit("EURUSD", "buy", 1, sl=1.10000)) == "SL_WRONG_SIDE"
    assert refused(t, t.submit("EURUSD", "buy", 1, tp=1.10000)) == "TP_WRONG_SIDE"
    assert refused(t, t.submit("EURUSD", "sell", 1, sl=1.10020)) == "SL_WRONG_SIDE"
    assert refused(t, t.submit("EURUSD", "buy", 1, sl=1.09991)) == "STOPS_TOO_CLOSE"
    assert t.order(t.submit("EURUSD", "buy", 1, sl=1.09990))["status"] == "FILLED"
    assert refused(t, t.submit("EURUSD", "buy", 1, type="limit", limit=1.10011)) == "STOPS_TOO_CLOSE"
    assert refused(t, t.submit("EURUSD", "buy", 1, type="stop", stop=1.10020)) == "PRICE_WRONG_SIDE"


def test_quantities() -> None:
    t = twin(cash=10_000_000_000)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    for qty, reason in (
        (0, "QTY_NOT_POSITIVE"),
        (0.001, "QTY_BELOW_MIN"),
        (1000.01, "QTY_ABOVE_MAX"),
        (0.015, "QTY_OFF_GRID"),
    ):
        assert refused(t, t.submit("EURUSD", "buy", qty)) == reason


def test_margin_comes_last_and_counts_what_is_reserved() -> None:
    t = twin(cash=2000)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09000)  # reserves 1,000 EUR at the ask 1.10010
    figures(t, used_margin="1100.10", equity="2000")
    assert refused(t, t.submit("EURUSD", "buy", 1.0)) == "NO_MONEY"  # 2,200.20
    # the other direction costs nothing more: the larger side counts, and the limit is the larger
    assert t.order(t.submit("EURUSD", "sell", 1.0, type="limit", limit=1.11000))["status"] == "ACCEPTED"
    figures(t, used_margin="1100.10")
    assert refused(t, t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09)) == "NO_MONEY"  # stops are summed


def test_a_triggered_order_is_checked_again() -> None:
    t = twin(cash=2500)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    order = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)  # used 2,200.20 of 2,490
    t.quote(T + 1, "EURUSD", 1.09490, 1.09500)
    # equity 2,500 - 520 = 1,980 < 1,100.10 + 1,095.00
    assert refused(t, order) == "NO_MONEY_AT_TRIGGER"


def test_ioc_fok_and_sizes() -> None:
    t = twin()
    t.quote(T, "EURUSD", 1.10000, 1.10010, 0.5, 0.5)
    fok = t.submit("EURUSD", "buy", 0.6, tif="fok")
    assert t.order(fok) == {"status": "CANCELED", "filled_qty": 0, "avg_price": None, "reason": "NOT_ENOUGH_SIZE"}
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
    for cash, status in ((3300, "ACCEPTED"), (2190, "REJECTED")):
        t = twin(cash=cash)
        t.quote(T, "EURUSD", 1.10000, 1.10010)
        entry = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)
        child = t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09000, parent=entry)
        figures(t, used_margin="1100.10")
        t.quote(T + 1, "EURUSD", 1.09490, 1.09500)
        # 1,095.00 of the position and 1,000 EUR at the bid 1.09490 of the stop, which counts besides it: 2,189.90;
        # the position stands at -10.00, so 2,199.90 has to be there
        assert t.order(child)["status"] == status


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


# --------------------------------------------------------------------------------------------------------- liquidation


def test_margin_call_is_told_once_and_taken_back() -> None:
    t = twin(cash=2000, stop_out_level=0.1)
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.submit("EURUSD", "buy", 1.0)  # used 1,100
    for n, bid in enumerate((1.09101, 1.09100, 1.09000, 1.09200)):
        # equity 1,101 | 1,100 = 100 % | 1,000 | 1,200
        t.quote(T + 1 + n, "EURUSD", bid, bid)
    assert [(e["type"], e["ts"] - T) for e in t.events] == [("margin_call", 2), ("margin_call_cleared", 4)]


def test_stop_out_takes_orders_first_and_then_the_largest_loss_one_at_a_time() -> None:
    t = twin(EURUSD, GBPUSD, USDJPY, cash=4500, mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.quote(T, "GBPUSD", 1.25000, 1.25000)
    t.quote(T, "USDJPY", 150.000, 150.000)
    eur = t.submit("EURUSD", "buy", 1.0)  # 1,100.00
    gbp = t.submit("GBPUSD", "buy", 0.8)  # 1,000.00
    jpy = t.submit("USDJPY", "buy", 0.5)  # 500.00
    small = t.submit("EURUSD", "buy", 0.5, type="limit", limit=1.00000)  # 550.00
    large = t.submit("GBPUSD", "sell", 0.6, type="limit", limit=1.50000)  # 750.00
    figures(t, used_margin="3900.00", equity="4500.00")
    t.quote(T + 1, "GBPUSD", 1.23000, 1.23000)  # -1,600: equity 2,900, 74 %: margin call
    t.quote(T + 2, "EURUSD", 1.09055, 1.09055)
    # -945: equity 1,955 > 1,950 = 50 %
    assert [t.order(x)["status"] for x in (small, large)] == ["ACCEPTED", "ACCEPTED"]
    t.quote(T + 3, "EURUSD", 1.08700, 1.08700)
    # -1,300: equity 1,600 / 3,900 = 41 %: the largest order goes; 1,600 / 3,150 = 50.8 %: enough
    assert [t.order(x)["status"] for x in (small, large)] == ["ACCEPTED", "CANCELED"]
    t.quote(T + 4, "EURUSD", 1.08200, 1.08200)
    # -1,800: equity 1,100 / 3,150 = 35 %: the other order goes: 1,100 / 2,600 = 42 %; then EURUSD (-1,800 < -1,600):
    # 1,100 / 1,500 = 73 %: stop
    assert [(e["type"], e.get("order"), e.get("position")) for e in t.events] == [
        ("margin_call", None, None),
        ("stop_out_order", large, None),
        ("stop_out_order", small, None),
        ("stop_out", None, eur),
    ]
    assert [p["id"] for p in t.positions()] == [gbp, jpy]
    figures(t, balance="2700.00", equity="1100.00", used_margin="1500.00")
    assert t.order(small)["reason"] == "STOP_OUT"
    t.quote(T + 5, "GBPUSD", 1.21000, 1.21000)
    # -3,200: equity -500: GBPUSD goes; then -500 / 500: USDJPY goes, flat at -500
    assert (t.positions(), t.ledger.balance) == ([], D("-500.00"))


def test_stop_out_acts_at_the_level() -> None:
    for bid, left in ((1.08451, 1), (1.08450, 0)):
        t = twin(cash=2100)
        t.quote(T, "EURUSD", 1.10000, 1.10000)
        t.submit("EURUSD", "buy", 1.0)
        t.quote(T + 1, "EURUSD", bid, bid)  # 2,100 - 1,549 = 551 | 550 = 50 % of 1,100
        assert len(t.positions()) == left


def test_the_worst_position_is_judged_without_swap() -> None:
    t = twin({**EURUSD, "swap_long": -100}, GBPUSD, cash=2600, mode="hedging")
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.quote(T, "GBPUSD", 1.25000, 1.25000)
    t.submit("EURUSD", "buy", 1.0)  # 1,100; swap -100
    gbp = t.submit("GBPUSD", "buy", 1.0)  # 1,250
    t.advance_to(T + 24 * 3600 * SECOND)
    t.quote(T + 24 * 3600 * SECOND + 1, "EURUSD", 1.09390, 1.09390)  # -610 - 100
    t.quote(T + 24 * 3600 * SECOND + 2, "GBPUSD", 1.24280, 1.24280)  # -720: equity 1,170 / 2,350 = 49.8 %
    assert t.fills[-1]["symbol"] == "GBPUSD"
    assert gbp not in [p["id"] for p in t.positions()]


def test_negative_balance_is_compensated_after_a_stop_out_only() -> None:
    t = twin(cash=1200, negative_balance_protection=True)
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.submit("EURUSD", "buy", 1.0)
    t.quote(T + 1, "EURUSD", 1.08000, 1.08000)  # -2,000
    told = next(e for e in t.events if e["type"] == "balance_compensation")
    assert told["amount"] == D("800.00")
    figures(t, balance="0", equity="0")
    t = twin(cash=1200, negative_balance_protection=True)
    t.quote(T, "EURUSD", 1.10000, 1.10000)
    t.submit("EURUSD", "buy", 1.0, sl=1.09900)
    t.quote(T + 1, "EURUSD", 1.08000, 1.08000)
    figures(t, balance="-800.00")


def test_money_is_rounded_half_away_from_zero() -> None:
    t = twin(currency="USD")
    for text, rounded in (("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049999", "0.00"), ("1.004999999999", "1.01")):
        # the last is within a millionth of a cent of the half
        assert t.rules.money(D(text)) == D(rounded)


def test_yen_account_has_no_digits() -> None:
    t = twin(USDJPY, EURUSD, currency="JPY", cash=1_000_000)
    t.quote(T, "USDJPY", 150.000, 150.020)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 0.1)
    # margin 100 EUR at both asks: 100 * 1.10010 * 150.020 = 16,503.7002 -> 16,504
    # floating: money(11,000.0) - money(11,001.0) = -1 USD at the ask 150.020 -> -150
    figures(t, used_margin="16504", unrealized_pnl="-150")

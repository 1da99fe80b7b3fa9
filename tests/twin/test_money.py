"""Positions and money: the twin against numbers worked out by hand; each case says its arithmetic."""

from __future__ import annotations

from .cases import CFD, EURGBP, EURUSD, GBPUSD, USDJPY, D, T, at, figures, refused, twin


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
    figures(t, used_margin="1095.00")  # reserved at its own price
    t.quote(T + 1, "EURUSD", 1.09480, 1.09490)
    figures(t, used_margin="1095.00")  # 1,000 EUR at 1.09500, not at the ask 1.09490

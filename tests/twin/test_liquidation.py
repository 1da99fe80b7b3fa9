"""Margin call and stop-out: the twin against numbers worked out by hand; each case says its arithmetic."""

from __future__ import annotations

from .cases import EURUSD, GBPUSD, SECOND, USDJPY, D, T, figures, twin


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
    small = t.submit("EURUSD", "buy", 0.5, type="limit", limit=1.00000)  # 500.00: at its own price
    large = t.submit("GBPUSD", "sell", 0.6, type="limit", limit=1.50000)  # 900.00
    figures(t, used_margin="4000.00", equity="4500.00")
    t.quote(T + 1, "GBPUSD", 1.23000, 1.23000)  # -1,600: equity 2,900, 72.5 %: margin call
    t.quote(T + 2, "EURUSD", 1.09105, 1.09105)
    # -895: equity 2,005 > 2,000 = 50 %
    assert [t.order(x)["status"] for x in (small, large)] == ["ACCEPTED", "ACCEPTED"]
    t.quote(T + 3, "EURUSD", 1.08700, 1.08700)
    # -1,300: equity 1,600 / 4,000 = 40 %: the largest order goes; 1,600 / 3,100 = 51.6 %: enough
    assert [t.order(x)["status"] for x in (small, large)] == ["ACCEPTED", "CANCELED"]
    t.quote(T + 4, "EURUSD", 1.08200, 1.08200)
    # -1,800: equity 1,100 / 3,100 = 35 %: the other order goes: 1,100 / 2,600 = 42 %; then EURUSD (-1,800 < -1,600):
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

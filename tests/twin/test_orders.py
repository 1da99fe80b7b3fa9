"""Orders and prices: the twin against numbers worked out by hand; each case says its arithmetic."""

from __future__ import annotations

from .cases import EURUSD, MINUTE, D, T, figures, refused, twin


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
    t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09000)  # reserves 1,000 EUR at its 1.09
    figures(t, used_margin="1090.00", equity="2000")
    assert refused(t, t.submit("EURUSD", "buy", 1.0)) == "NO_MONEY"  # 2,190.10
    # the other direction costs 20.00 more: the larger side counts, 1,000 EUR at 1.11
    assert t.order(t.submit("EURUSD", "sell", 1.0, type="limit", limit=1.11000))["status"] == "ACCEPTED"
    figures(t, used_margin="1110.00")
    assert refused(t, t.submit("EURUSD", "sell", 1.0, type="stop", stop=1.09)) == "NO_MONEY"  # stops are summed


def test_a_triggered_order_is_checked_again() -> None:
    t = twin(cash=2500)
    t.quote(T, "EURUSD", 1.10000, 1.10010)
    t.submit("EURUSD", "buy", 1.0)
    order = t.submit("EURUSD", "buy", 1.0, type="limit", limit=1.09500)  # used 2,195.10 of 2,490
    t.quote(T + 1, "EURUSD", 1.09490, 1.09500)
    # equity 2,500 - 520 = 1,980 < 1,100.10 + 1,095.00
    assert refused(t, order) == "NO_MONEY_AT_TRIGGER"

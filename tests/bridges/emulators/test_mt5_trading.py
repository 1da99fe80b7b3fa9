"""Trading through the module: every action, what the books say afterwards, and what the server refuses."""

from __future__ import annotations

import pytest

import simcore as sc
from tests.bridges.emulators.floor import START, deal, netting, opened, quotes, terminal

FLAT = [(1.1, 1.1002)] * 8
LATER = START + 10_000


def test_a_deal_opens_a_position_and_its_books():
    mt5 = opened(terminal(*FLAT))
    done = deal(mt5, mt5.ORDER_TYPE_BUY, 0.5, sl=1.09, tp=1.12, magic=42, comment="first")
    assert (done.retcode, done.volume, done.price) == (mt5.TRADE_RETCODE_DONE, 0.5, 1.1002)
    (position,) = mt5.positions_get()
    assert (position.ticket, position.identifier, position.magic) == (done.order, done.order, 42)
    assert (position.price_open, position.price_current, position.sl, position.tp) == (1.1002, 1.1, 1.09, 1.12)
    assert position.profit == -10.0  # 2 points of 0.0001 on 50,000: 0.0002 * 50,000
    balance, entry = mt5.history_deals_get(0, LATER)
    assert (balance.type, balance.profit) == (mt5.DEAL_TYPE_BALANCE, 10_000.0)
    assert (entry.ticket, entry.order, entry.entry) == (done.deal, done.order, mt5.DEAL_ENTRY_IN)
    (order,) = mt5.history_orders_get(ticket=done.order)
    assert (order.state, order.comment, order.position_id) == (mt5.ORDER_STATE_FILLED, "first", done.order)
    account = mt5.account_info()
    # margin: 0.5 lots of 100,000 EUR at 1.1002, leverage 100
    assert (account.margin, account.profit, account.margin_free) == (550.1, -10.0, 9439.9)
    assert account.margin_level == pytest.approx(9990.0 / 550.1 * 100.0)


def test_hedging_holds_both_sides_and_closes_by_ticket():
    mt5 = opened(terminal(*FLAT))
    long = deal(mt5, mt5.ORDER_TYPE_BUY, 0.3)
    short = deal(mt5, mt5.ORDER_TYPE_SELL, 0.2)
    assert mt5.positions_total() == 2
    part = deal(mt5, mt5.ORDER_TYPE_SELL, 0.1, position=long.order)
    assert part.retcode == mt5.TRADE_RETCODE_DONE
    assert [p.volume for p in mt5.positions_get(ticket=long.order)] == [0.2]
    (out,) = mt5.history_deals_get(ticket=part.order)
    assert (out.entry, out.position_id, out.profit) == (mt5.DEAL_ENTRY_OUT, long.order, -2.0)  # 0.0002 * 10,000
    request = {"action": mt5.TRADE_ACTION_CLOSE_BY, "position": long.order, "position_by": short.order}
    assert mt5.order_send(request).retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.positions_total() == 0
    assert [d.entry for d in mt5.history_deals_get(0, LATER)[-2:]] == [mt5.DEAL_ENTRY_OUT_BY] * 2
    assert mt5.account_info().balance == 10_000.0 - 2.0 - 4.0  # 0.0002 * 20,000 for the pair


def test_netting_reverses_in_one_deal():
    mt5 = opened(terminal(*FLAT, broker=netting()))
    deal(mt5, mt5.ORDER_TYPE_BUY, 0.1)
    deal(mt5, mt5.ORDER_TYPE_SELL, 0.3)
    (position,) = mt5.positions_get()
    assert (position.type, position.volume, position.price_open) == (mt5.POSITION_TYPE_SELL, 0.2, 1.1)
    assert mt5.history_deals_get(0, LATER)[-1].entry == mt5.DEAL_ENTRY_INOUT
    assert mt5.account_info().margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_NETTING


@pytest.mark.parametrize(
    ("name", "price", "stoplimit"),
    [("BUY_LIMIT", 1.09, 0.0), ("SELL_LIMIT", 1.11, 0.0), ("BUY_STOP", 1.11, 0.0), ("SELL_STOP", 1.09, 0.0),
     ("BUY_STOP_LIMIT", 1.11, 1.105), ("SELL_STOP_LIMIT", 1.09, 1.095)],
)  # fmt: skip
def test_every_pending_order_is_listed_changed_and_removed(name, price, stoplimit):
    mt5 = opened(terminal(*FLAT))
    kind = getattr(mt5, f"ORDER_TYPE_{name}")
    request = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD", "volume": 0.1, "type": kind, "price": price,
               "stoplimit": stoplimit}  # fmt: skip
    placed = mt5.order_send(request)
    assert (placed.retcode, placed.deal) == (mt5.TRADE_RETCODE_DONE, 0)
    (order,) = mt5.orders_get(symbol="EURUSD")
    assert (order.ticket, order.type, order.price_open, order.price_stoplimit) == (placed.order, kind, price, stoplimit)
    assert (order.state, order.volume_current) == (mt5.ORDER_STATE_PLACED, 0.1)
    change = {"action": mt5.TRADE_ACTION_MODIFY, "order": placed.order, "price": price, "stoplimit": stoplimit}
    assert mt5.order_send(change).retcode == mt5.TRADE_RETCODE_NO_CHANGES
    moved = round(price + (0.001 if price > 1.1 else -0.001), 5)
    assert mt5.order_send(change | {"price": moved}).retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.orders_get(ticket=placed.order)[0].price_open == moved
    remove = {"action": mt5.TRADE_ACTION_REMOVE, "order": placed.order}
    assert mt5.order_send(remove).retcode == mt5.TRADE_RETCODE_DONE
    assert (mt5.orders_total(), mt5.orders_get()) == (0, ())
    assert mt5.history_orders_get(ticket=placed.order)[0].state == mt5.ORDER_STATE_CANCELED
    assert mt5.order_send(remove).retcode == mt5.TRADE_RETCODE_INVALID_ORDER


def test_a_pending_order_fills_expires_and_its_stop_closes():
    t = terminal(*[(1.1, 1.1002), (1.098, 1.0982), (1.096, 1.0962), (1.096, 1.0962)], every=60)
    mt5 = opened(t)
    request = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD", "volume": 0.1, "type": mt5.ORDER_TYPE_BUY_LIMIT,
               "price": 1.0985, "sl": 1.097, "magic": 9}  # fmt: skip
    taken = mt5.order_send(request)
    brief = mt5.order_send(
        request | {"price": 1.05, "sl": 0.0, "type_time": mt5.ORDER_TIME_SPECIFIED, "expiration": START + 90}
    )
    assert mt5.orders_get(ticket=brief.order)[0].time_expiration == START + 90
    t.step()
    (position,) = mt5.positions_get()
    assert (position.price_open, position.magic) == (1.0985, 9)  # at its own price
    t.step()
    assert mt5.positions_get() == ()
    assert mt5.history_orders_get(ticket=brief.order)[0].state == mt5.ORDER_STATE_EXPIRED
    out = mt5.history_deals_get(position=taken.order)[-1]
    # the stop at 1.097 was gapped over and fills at the bid: (1.096 - 1.0985) * 10,000
    assert (out.reason, out.price, out.profit, out.magic) == (mt5.DEAL_REASON_SL, 1.096, -25.0, 9)
    own = mt5.history_orders_get(ticket=out.order)[0]
    assert (own.reason, own.state) == (mt5.ORDER_REASON_SL, mt5.ORDER_STATE_FILLED)


def test_stops_are_changed_and_taken_away():
    mt5 = opened(terminal(*FLAT))
    opened_by = deal(mt5, mt5.ORDER_TYPE_BUY, 0.1, sl=1.09)
    change = {"action": mt5.TRADE_ACTION_SLTP, "symbol": "EURUSD", "position": opened_by.order, "sl": 1.095, "tp": 1.2}
    assert mt5.order_send(change).retcode == mt5.TRADE_RETCODE_DONE
    assert (mt5.positions_get()[0].sl, mt5.positions_get()[0].tp) == (1.095, 1.2)
    assert mt5.order_send(change).retcode == mt5.TRADE_RETCODE_NO_CHANGES
    assert mt5.order_send(change | {"sl": 1.15}).retcode == mt5.TRADE_RETCODE_INVALID_STOPS
    assert mt5.order_send(change | {"sl": 0.0}).retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.positions_get()[0].sl == 0.0
    assert mt5.order_send(change | {"position": 5}).retcode == mt5.TRADE_RETCODE_POSITION_CLOSED


def test_a_stop_out_is_the_brokers_deal():
    # 8 lots need 8,801.60 of margin; at the stop-out level of 50 per cent equity is 4,400.80: a loss of 5,599.20
    t = terminal((1.1, 1.1002), (1.0940, 1.0942), (1.0930, 1.0932))
    mt5 = opened(t)
    deal(mt5, mt5.ORDER_TYPE_BUY, 8.0)
    t.step()
    assert mt5.positions_total() == 1  # (1.0940 - 1.1002) * 800,000 = -4,960
    t.step()
    assert mt5.positions_total() == 0  # (1.0930 - 1.1002) * 800,000 = -5,760
    out = mt5.history_deals_get(0, LATER)[-1]
    assert (out.reason, out.profit) == (mt5.DEAL_REASON_SO, -5760.0)
    assert mt5.account_info().balance == 4240.0


@pytest.mark.parametrize(
    ("change", "retcode"),
    [
        ({"volume": 0.015}, 10014),
        ({"volume": 0.0}, 10014),
        ({"volume": 5000.0}, 10014),
        ({"volume": 100.0}, 10019),
        ({"sl": 1.2}, 10016),
        ({"type": 2}, 10013),
        ({"symbol": "NONE"}, 10013),
        ({"action": 99}, 10013),
        ({"type_filling": 2}, 10030),  # RETURN under market execution
        ({"type_filling": 3}, 10030),
        ({"position": 77}, 10036),
    ],
)
def test_what_the_server_refuses_has_its_code_and_leaves_no_trace(change, retcode):
    mt5 = opened(terminal(*FLAT))
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": 0.1, "type": mt5.ORDER_TYPE_BUY} | change
    assert mt5.order_check(request).retcode == retcode
    answer = mt5.order_send(request)
    assert (answer.retcode, answer.order, answer.deal) == (retcode, 0, 0)
    assert mt5.positions_get() == () == mt5.history_orders_get(0, LATER)
    assert mt5.last_error() == (1, "Success")


@pytest.mark.parametrize("change", [{"volume": "1"}, {"sl": float("nan")}, {"magic": 1.5}, {"lots": 1.0}])
def test_a_malformed_request_has_no_answer(change):
    mt5 = opened(terminal(*FLAT))
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1, **change) is None
    assert mt5.last_error() == (-2, f'Invalid "{next(iter(change))}" argument')


def test_a_request_by_its_fields_and_a_comment_that_is_too_long():
    mt5 = opened(terminal(*FLAT))
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": 0.1, "type": mt5.ORDER_TYPE_BUY}
    assert mt5.order_check(**request).retcode == 0
    assert mt5.order_send(**request, comment="x" * 29).retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.order_send(request, magic=7) is None
    assert mt5.last_error() == (-2, "Unnamed arguments not allowed")
    assert mt5.order_send(request | {"comment": "x" * 30}) is None
    assert mt5.last_error() == (-2, 'Invalid "comment" argument')
    assert mt5.positions_total() == 1


def test_the_price_of_an_answer_is_the_deals():
    mt5 = opened(terminal((108.012, 108.015), symbol="USDJPY"))
    assert mt5.Sell("USDJPY", 0.1).price == 108.012


def test_instant_execution_requotes_beyond_the_deviation():
    mt5 = opened(terminal(*FLAT, execution="instant"))
    asked = {"price": 1.1, "deviation": 19, "type_filling": mt5.ORDER_FILLING_RETURN}  # the ask is 20 points away
    requote = deal(mt5, mt5.ORDER_TYPE_BUY, 0.1, **asked)
    assert (requote.retcode, requote.ask) == (mt5.TRADE_RETCODE_REQUOTE, 1.1002)
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1, **asked | {"deviation": 20}).retcode == mt5.TRADE_RETCODE_DONE


def test_a_slow_broker_answers_when_the_order_has_arrived():
    t = terminal((1.1, 1.1002), (1.101, 1.1012), every=1, broker=sc.Broker.preset("mt5-hedging", latency_ms=1500))
    mt5 = opened(t)
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1).price == 1.1012
    assert t.venue.now == START * 10**9 + 1_500_000_000


def test_order_check_changes_nothing_and_equals_what_comes():
    mt5 = opened(terminal(*FLAT))
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": 0.1, "type": mt5.ORDER_TYPE_SELL}
    told = mt5.order_check(request)
    assert (told.retcode, told.comment, told.margin, told.margin_free) == (0, "Done", 110.0, 9890.0)
    assert mt5.positions_total() == 0
    mt5.order_send(request)
    assert mt5.account_info().margin == told.margin


def test_printed_examples_of_the_documentation(shared):
    import json

    cases = {case["id"]: case for case in json.loads((shared / "reference" / "broker_cases.json").read_text())["cases"]}
    for name, case in cases.items():
        given = case["inputs"]
        if case["kind"] == "mt5-calcmargin":
            price = given["implied_base_to_usd"] if given["symbol"].startswith(("EUR", "GBP")) else 0.97
            mt5 = opened(terminal((price, price), symbol=given["symbol"]))
            got = mt5.order_calc_margin(mt5.ORDER_TYPE_BUY, given["symbol"], given["lots"], price)
            assert got == case["expected"]["margin"], name
        elif case["kind"] == "mt5-calcprofit":
            side = 1 if given["action"] == "buy" else -1
            close = given.get("implied_close", 1.1)
            opening = round(close - side * given["points"] * given["point"], 6)
            mt5 = opened(terminal((close, close), symbol=given["symbol"]))
            got = mt5.order_calc_profit(0 if side > 0 else 1, given["symbol"], given["lots"], opening, close)
            assert got == case["expected"]["profit"], name


def test_the_books_example_of_order_check(shared):
    # MQL5 book, OrderCheck: XAUUSD 0.01 at 1899.97 on 15,565.22 of equity, contract 100, leverage 100 by CFD leverage
    gold = sc.Instrument.cfd("XAUUSD", contract_size=100.0)
    from bridges.emulators.mt5 import Terminal

    t = Terminal({"XAUUSD": quotes((1899.5, 1899.97))}, instruments=[gold], cash=15_565.22)
    mt5 = opened(t)
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "XAUUSD", "volume": 0.01, "type": mt5.ORDER_TYPE_BUY}
    told = mt5.order_check(request)
    assert (told.margin, told.margin_free, round(told.margin_level, 2)) == (19.0, 15_546.22, 81_922.21)


def test_the_shortcuts_of_the_package():
    mt5 = opened(terminal(*FLAT))
    assert mt5.Buy("EURUSD", 0.1).retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.Sell("EURUSD", 0.1, comment="x").retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.Close("EURUSD") is True
    assert mt5.Close("EURUSD") is False
    assert mt5.positions_total() == 0


def test_a_limit_behind_its_stop_and_a_filling_nobody_knows_are_refused():
    mt5 = opened(terminal(*FLAT))
    request = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD", "volume": 0.1, "price": 1.11}
    buy = request | {"type": mt5.ORDER_TYPE_BUY_STOP_LIMIT}
    codes = [mt5.order_send(buy | {"stoplimit": price}).retcode for price in (1.111, 1.11, 0.0, 1.109)]
    assert codes == [*[mt5.TRADE_RETCODE_INVALID_PRICE] * 3, mt5.TRADE_RETCODE_DONE]
    (order,) = mt5.orders_get()
    change = {"action": mt5.TRADE_ACTION_MODIFY, "order": order.ticket, "price": 1.112, "stoplimit": 1.113}
    assert mt5.order_send(change).retcode == mt5.TRADE_RETCODE_INVALID_PRICE
    limit = request | {"type": mt5.ORDER_TYPE_SELL_LIMIT, "type_filling": 9}
    assert mt5.order_send(limit).retcode == mt5.TRADE_RETCODE_INVALID_FILL


def test_an_order_may_be_given_an_end_and_lose_it_again():
    t = terminal(*FLAT, every=60)
    mt5 = opened(t)
    request = {"action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD", "volume": 0.1, "price": 1.05, "type": 2}
    placed = mt5.order_send(request)
    change = {"action": mt5.TRADE_ACTION_MODIFY, "order": placed.order, "price": 1.05}
    ends = change | {"type_time": mt5.ORDER_TIME_SPECIFIED, "expiration": START + 90}
    for one, wanted in ((ends, (mt5.ORDER_TIME_SPECIFIED, START + 90)), (change, (mt5.ORDER_TIME_GTC, 0))):
        assert mt5.order_send(one).retcode == mt5.TRADE_RETCODE_DONE
        (order,) = mt5.orders_get()
        assert (order.type_time, order.time_expiration) == wanted
    t.step(), t.step(), t.step()
    assert mt5.orders_total() == 1

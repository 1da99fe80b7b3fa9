"""Every code has a sentence, and every number the kernel leaves beside it stands in that sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simcore.brokers.happenings import describe_event
from simcore.brokers.reasons import sentence
from simcore.kernel import schema
from simcore.kernel.enums import EventKind, OrderType, Reason

TEN = 1_704_189_600_000_000_000.0  # 2024-01-02T10:00:00Z; a float holds it exactly, for it is 10**9 * a small integer

# reason -> numbers as the kernel passes them, and the sentence of a buy limit of 5 EURUSD on a USD account
SENTENCES = {
    Reason.NONE: ((), "nothing was refused"),
    Reason.QTY_NOT_POSITIVE: ((-1.0,), "quantity must be above zero, was -1"),
    Reason.QTY_BELOW_MIN: ((0.001, 0.01), "quantity 0.001 is below 0.01, the least of EURUSD"),
    Reason.QTY_ABOVE_MAX: ((1000.01, 1000.0), "quantity 1,000.01 is above 1,000, the most of EURUSD in one order"),
    Reason.QTY_OFF_GRID: ((0.015, 0.01), "quantity 0.015 is not a multiple of 0.01, the step of EURUSD"),
    Reason.NO_QUOTE: ((), "EURUSD has no quote yet"),
    Reason.MARKET_CLOSED: ((), "the market of EURUSD is closed"),
    Reason.PRICE_NOT_POSITIVE: ((-1.0,), "a price must be above zero, was -1.00000"),
    Reason.PRICE_WRONG_SIDE: ((1.2, 1.1001), "a buy limit must be below the ask 1.10010, was 1.20000"),
    Reason.STOPS_TOO_CLOSE: (
        (1.1, 1.1001, 0.0002),
        "price 1.10000 is only 0.00010 from 1.10010; EURUSD wants at least 0.00020",
    ),
    Reason.SL_WRONG_SIDE: ((1.11, 1.1), "the stop loss of a buy must be below 1.10000, was 1.11000"),
    Reason.TP_WRONG_SIDE: ((1.09, 1.1), "the take profit of a buy must be above 1.10000, was 1.09000"),
    Reason.EXPIRES_IN_PAST: (
        (TEN, TEN + 500_000_000.0),
        "expires at 2024-01-02T10:00:00Z, which is not after 2024-01-02T10:00:00.5Z",
    ),
    Reason.NO_MONEY: (
        (5500.5, 1000.0, 0.0, 0.0),
        "not enough money: buying 5 EURUSD needs 5,500.50 USD of margin, free margin is 1,000.00 USD",
    ),
    Reason.POST_ONLY_CROSSES: ((1.2, 1.1001), "post-only: a limit at 1.20000 would trade at once against 1.10010"),
    Reason.NOTHING_TO_REDUCE: ((5.0,), "reduce-only: no opposite position of EURUSD is there for 5 to reduce"),
    Reason.UNKNOWN_ORDER: ((7.0,), "order 7 is not working, and no open position came of it"),
    Reason.UNKNOWN_POSITION: ((7.0,), "position 7 is not open"),
    Reason.CLOSE_QTY: ((5.0, 2.0, 7.0), "closing 5 is more than the 2 that position 7 has left"),
    Reason.FROZEN: (
        (1.1001, 1.1, 0.0005),
        "its price 1.10000 is within the freeze level 0.00050 of the market, 1.10010: too late to change",
    ),
    Reason.NO_CONVERSION: ((), "a cross that converts EURUSD into USD has no quote yet"),
    Reason.NOT_OPPOSITE: ((7.0, 8.0), "positions 7 and 8 are not opposite positions of one instrument"),
    Reason.NOT_HEDGING: ((), "close by needs a hedging account; this one nets"),
    Reason.OCO_ENDED: ((7.0,), "its OCO twin, order 7, has ended already"),
    Reason.PARENT_ENDED: ((7.0,), "its parent, order 7, has ended and left no position"),
    Reason.TRAIL_NOT_POSITIVE: ((-0.001,), "the distance of a trailing stop must be above zero, was -0.00100"),
    Reason.TYPE_FORBIDDEN: ((), "only market and limit orders of EURUSD may wait for the opening or the close"),
    Reason.TRADE_DISABLED: ((), "trading of EURUSD is disabled"),
    Reason.LONG_ONLY: ((0.1,), "EURUSD may only be bought: buying 5 EURUSD would open 0.1 short"),
    Reason.SHORT_ONLY: ((5.0,), "EURUSD may only be sold: buying 5 EURUSD would open 5 long"),
    Reason.CLOSE_ONLY: ((5.0,), "positions of EURUSD may only be closed: buying 5 EURUSD would open 5"),
    Reason.INVALID_ORDER: ((32.0, 19.0), "EURUSD takes no tp; it takes market, limit, sl"),
    Reason.INVALID_FILL: (
        (1.0, 10.0),
        "filling fok is not taken by EURUSD; it takes ioc, return (what is left rests)",
    ),
    Reason.INVALID_EXPIRATION: ((2.0, 9.0), "EURUSD takes no order that lasts day; it takes gtc, specified_day"),
    Reason.LIMIT_ORDERS: ((2.0, 2.0), "2 pending orders are working, the account may have 2"),
    Reason.LIMIT_VOLUME: (
        (6.0, 5.0),
        "buying 5 EURUSD would make 6 on that side, position and orders; EURUSD allows 5",
    ),
    Reason.LIMIT_POSITIONS: ((2.0, 2.0), "2 positions are open or on order, the account may have 2"),
    Reason.FIFO_CLOSE: ((2.0, 1.0), "first in, first out: position 1 is older than 2 and must be closed before it"),
    Reason.HEDGE_PROHIBITED: ((0.3,), "hedging is prohibited: 0.3 of EURUSD are held on the other side"),
    Reason.NOT_WARM: ((3.0, 50.0), "not warm: 3 of 50 bars have closed"),
    Reason.BOOK_FULL: ((256.0, 0.0), "the book is full: size class S holds 256 orders; choose a larger class"),
    Reason.POSITIONS_FULL: ((1024.0, 1.0), "positions are full: size class M holds 1,024; choose a larger class"),
    Reason.REQUESTS_FULL: ((16384.0, 2.0), "too many requests are under way: size class L holds 16,384"),
    Reason.UNHEARD_FULL: (
        (4096.0, 0.0),
        "4,096 fills and order changes wait to be heard by on_fill and on_order; send less in one call",
    ),
    Reason.UNKNOWN_INSTRUMENT: ((3.0, 2.0), "there is no instrument number 3; this account has 2"),
    Reason.NOT_LIVE: ((), "the session is not live"),
    Reason.TOO_LATE: (
        (),
        "the session was away when it was to leave, too long for an order that opens at the market",
    ),
    Reason.NEVER_ARRIVED: ((), "its answer was lost, and the broker has no such order: it never arrived there"),
    Reason.TIMERS_FULL: ((64.0,), "all 64 timers are taken"),
    Reason.GATE_MARGIN_LEVEL: (
        (1.2908, 1.5, 9940.0, 7700.7),
        "gate: the margin level would be 129.08 %, less than 150.00 % (equity 9,940.00 USD, used margin 7,700.70 USD)",
    ),
    Reason.GATE_FREE_MARGIN: (
        (1000.0, 880.08, 1.2),
        "gate: free margin 1,000.00 USD is less than 1.2 times the 880.08 USD needed",
    ),
    Reason.LIMIT_LEVERAGE: (
        (11.001, 10.0, 10000.0, 110010.0),
        "limit: leverage would be 11.001 (notional 110,010.00 USD on equity 10,000.00 USD), the most is 10",
    ),
    Reason.LIMIT_CLASS_LEVERAGE: (
        (5.5, 5.0, 10000.0, 55000.0),
        "limit: leverage in the class of EURUSD would be 5.5 (notional 55,000.00 USD on equity 10,000.00 USD), the "
        "most is 5",
    ),
    Reason.LIMIT_POSITION_LEVERAGE: (
        (5.5, 5.0, 10000.0, 55000.0),
        "limit: leverage in EURUSD would be 5.5 (notional 55,000.00 USD on equity 10,000.00 USD), the most is 5",
    ),
    Reason.LIMIT_NOTIONAL: ((5e4, 4e4), "limit: notional would be 50,000.00 USD, the most is 40,000.00 USD"),
    Reason.LIMIT_CLASS_NOTIONAL: (
        (5e4, 4e4),
        "limit: notional in the class of EURUSD would be 50,000.00 USD, the most is 40,000.00 USD",
    ),
    Reason.LIMIT_POSITION_NOTIONAL: (
        (5e4, 4e4),
        "limit: notional in EURUSD would be 50,000.00 USD, the most is 40,000.00 USD",
    ),
    Reason.LIMIT_POSITION_QTY: ((3.5, 3.0), "limit: EURUSD would come to 3.5, the most is 3"),
    Reason.LIMIT_MARGIN: (
        (0.55, 0.5, 10000.0, 5500.0),
        "limit: used margin would be 55.00 % of equity (5,500.00 USD of 10,000.00 USD), the most is 50.00 %",
    ),
    Reason.LIMIT_FREE_MARGIN: (
        (7333.33, 2000.0, 2000.0),
        "limit: margin needed would be 7,333.33 USD, free margin is 2,000.00 USD",
    ),
    Reason.LIMIT_MAX_ORDERS: ((3.0, 2.0), "limit: there would be 3 pending orders, the most is 2"),
    Reason.LIMIT_MAX_POSITIONS: ((3.0, 2.0), "limit: there would be 3 open positions, the most is 2"),
    Reason.GATE_LEGS: ((2.0,), "gate: another of the 2 legs of this order was denied"),
    Reason.NOT_ENOUGH_SIZE: ((5.0, 2.0), "only 2 of 5 could be filled at once"),
    Reason.OCO_FILLED: ((), "its OCO twin filled"),
    Reason.PARENT_CANCELED: ((), "its parent ended without a fill"),
    Reason.BY_REQUEST: ((), "canceled on request"),
    Reason.TIME: ((TEN,), "its time ended at 2024-01-02T10:00:00Z"),
    Reason.STOP_OUT: (
        (500.0, 1000.0, 0.5),
        "deleted by stop-out: equity 500.00 USD was 50.00 % of used margin 1,000.00 USD",
    ),
    Reason.NO_MONEY_AT_TRIGGER: (
        (5500.5, 1000.0, 17.5, 0.0),
        "triggered without the money: buying 5 EURUSD needs 5,500.50 USD of margin and 17.50 USD of commission, "
        "free margin is 1,000.00 USD",
    ),
    Reason.POSITION_CLOSED: ((5.0,), "the position it was to close is gone, 5 was left to close"),
    Reason.CORPORATE_ACTION: ((0.1,), "canceled by the 1 for 10 split"),
}


def test_every_reason_has_its_sentence():
    assert set(SENTENCES) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
def test_a_reason_says_its_numbers(reason):
    numbers, text = SENTENCES[reason]
    words = {"symbol": "EURUSD", "currency": "USD", "side": 1, "qty": 5.0, "type": OrderType.LIMIT}
    assert sentence(reason, *numbers, **words) == text


@pytest.mark.parametrize(
    ("side", "type_", "where"),
    [(1, OrderType.LIMIT, "below the ask"), (-1, OrderType.LIMIT, "above the bid"),
     (1, OrderType.STOP, "above the ask"), (-1, OrderType.STOP, "below the bid")],
)  # fmt: skip
def test_the_side_of_a_price_follows_from_the_order(side, type_, where):
    assert where in sentence(Reason.PRICE_WRONG_SIDE, 1.2, 1.1, side=side, type=type_)


def test_a_broker_that_counts_units_says_so():
    text = sentence(Reason.QTY_BELOW_MIN, 0.1, 1.0, symbol="EURUSD", unit="EUR")
    assert text == "quantity 0.1 is below 1, the least of EURUSD; it counts units of EUR here, not lots of 100,000"


def test_a_sentence_does_without_the_words_it_is_not_given():
    assert sentence(Reason.SL_WRONG_SIDE, 1.2, 1.1) == "stop loss 1.20000 is on the wrong side of 1.10000"
    assert sentence(Reason.PRICE_WRONG_SIDE, 1.2, 1.1) == "price 1.20000 is on the wrong side of the market, 1.10000"
    assert sentence(Reason.NO_MONEY, 5.0, 1.0) == (
        "not enough money: trading needs 5.00 of margin, free margin is 1.00"
    )


def test_the_largest_class_is_not_told_to_grow():
    told = sentence(Reason.BOOK_FULL, 16_384.0, 2.0)
    assert told == "the book is full: size class L holds 16,384 orders; it is the largest, so let some end first"


def test_digits_are_the_instruments_and_the_accounts():
    text = sentence(Reason.NO_MONEY, 5500.0, 1000.0, symbol="USDJPY", currency="JPY", money_digits=0, side=-1, qty=0.1)
    assert text == "not enough money: selling 0.1 USDJPY needs 5,500 JPY of margin, free margin is 1,000 JPY"
    assert "150.000" in sentence(Reason.PRICE_NOT_POSITIVE, 150.0, digits=3)


def test_two_meanings_of_one_code():
    # on submit: more than the ticket has; on modify: not above what has filled already
    assert sentence(Reason.CLOSE_QTY, 1.0, 1.5) == "a quantity of 1 is not above the 1.5 filled already"
    # on submit: the ticket's own side; on close by: the two tickets
    assert sentence(Reason.NOT_OPPOSITE, 7.0) == "an order that closes position 7 must be of the other side"


# kind -> (order, position, reason, a, b, c, d) and its sentence
EVENTS = {
    EventKind.ORDER_REFUSED: (
        (9, 0, Reason.UNKNOWN_ORDER, 9.0, 0.0, 0.0, 0.0),
        "order 9 refused: order 9 is not working, and no open position came of it",
    ),
    EventKind.MARGIN_CALL: (
        (0, 0, 0, 1000.0, 1100.1, 0.909, 1.0),
        "margin call: equity 1,000.00 USD is 90.90 % of used margin 1,100.10 USD, at or below 100.00 %",
    ),
    EventKind.MARGIN_CALL_CLEARED: (
        (0, 0, 0, 1200.0, 0.0, math.inf, 1.0),
        "margin call cleared: equity 1,200.00 USD, no margin used",
    ),
    EventKind.STOP_OUT: (
        (0, 3, 0, 500.0, 1000.0, 0.5, -510.0),
        "stop-out of position 3 of EURUSD at -510.00 USD: equity 500.00 USD is 50.00 % of used margin 1,000.00 USD",
    ),
    EventKind.SWAP: (
        (0, 3, 0, -21.0, 3.0, -28.0, 0.0),
        "swap of position 3 of EURUSD, days 3: -21.00 USD, -28.00 USD so far",
    ),
    EventKind.DEPOSIT: (
        (0, 0, 0, -250.0, 9750.0, 50.0, 0.0),
        "withdrawal of 250.00 USD: balance 9,750.00 USD, credit 50.00 USD",
    ),
    EventKind.BALANCE_COMPENSATION: (
        (0, 0, 0, 120.5, 0.0, 0.0, 0.0),
        "negative balance: the broker adds 120.50 USD, balance is zero",
    ),
    EventKind.STOP_OUT_ORDER: (
        (4, 0, 0, 500.0, 1000.0, 0.5, 110.0),
        "stop-out deletes order 4 of EURUSD, which reserved 110.00 USD: "
        "equity 500.00 USD is 50.00 % of used margin 1,000.00 USD",
    ),
    EventKind.GATE_WARNING: (
        (0, 0, 0, 1400.0, 1000.0, 1.4, 1.5),
        "watch: equity 1,400.00 USD is 140.00 % of used margin 1,000.00 USD, below 150.00 %",
    ),
    EventKind.GATE_CLOSE: (
        (0, 3, 0, 900.0, 1000.0, 0.9, -75.0),
        "watch closes position 3 of EURUSD at -75.00 USD: equity 900.00 USD is 90.00 % of used margin 1,000.00 USD",
    ),
    EventKind.LIMIT_VIOLATED: (
        (7, 0, Reason.LIMIT_LEVERAGE, 11.001, 10.0, 10000.0, 110010.0),
        "limit: leverage would be 11.001 (notional 110,010.00 USD on equity 10,000.00 USD), the most is 10",
    ),
    EventKind.ORDER_ADJUSTED: (
        (7, 0, 0, 1.0, 0.9, 11.001, 10.0),
        "order 7 of EURUSD is cut from 1 to 0.9, which keeps every limit",
    ),
    EventKind.MARGIN_CHANGED: (
        (0, 0, 0, 1.0, 2.5, 2750.0, 9.0),
        "margin of EURUSD counts 2.5 times (weekend, news), 1 before: used margin 2,750.00 USD",
    ),
    EventKind.MARGIN_RATE: (
        (0, 3, 0, 1.1, 1.2, 1200.0, 0.0),
        "margin of position 3 of EURUSD converts at 1.2, 1.1 before: used margin 1,200.00 USD",
    ),
    EventKind.GATE_PASSED: (
        (7, 0, 0, 5.0, 1000.0, 200.0, 2.0),
        "gates: order 7 of EURUSD passes: it needs 200.00 USD for 2 legs of 1,000.00 USD free margin and leaves a "
        "margin level of 500.00 %",
    ),
    EventKind.POSITION_MODIFIED: (
        (3, 3, 0, 1.09, math.nan, 0.002, 0.0),
        "position 3 of EURUSD has stop loss 1.09000, take profit none, trail 0.00200",
    ),
    EventKind.SPLIT: ((0, 0, 0, 1.5, 101.0, 151.0, 7.0), "EURUSD splits 3 for 2: 101 become 151, 0.5 in cash"),
    EventKind.DIVIDEND: (
        (0, 0, 0, -47.5, 0.475, -100.0, 10_000.0),
        "EURUSD pays a dividend of 0.475 a share on -100: 47.50 USD paid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(EventKind), ids=lambda kind: kind.name)
def test_an_event_says_its_numbers(kind):
    (order, position, reason, a, b, c, d), text = EVENTS[kind]
    row = np.zeros(1, schema.EVENT)[0]
    row["kind"], row["order"], row["position"], row["reason"] = kind, order, position, int(reason)
    row["a"], row["b"], row["c"], row["d"] = a, b, c, d
    assert describe_event(row, symbol="EURUSD", currency="USD") == text


def test_a_margin_call_in_money_names_the_amount():
    row = np.zeros(1, schema.EVENT)[0]
    row["kind"], row["a"], row["b"], row["c"], row["d"] = EventKind.MARGIN_CALL, 900.0, 1000.0, 0.9, 950.0
    assert describe_event(row, currency="USD", levels="equity").endswith("at or below 950.00 USD")
    free = describe_event(row, currency="USD", levels="free_margin")
    assert free.startswith("margin call: free margin ")
    assert free.endswith("at or below 950.00 USD")


def test_a_split_and_a_dividend_of_nothing_held():
    row = {"kind": EventKind.SPLIT, "reason": 0, "order": 0, "position": 0, "a": 7.0, "b": 0.0, "c": 0.0, "d": 0.0}
    assert describe_event(row, symbol="AAPL") == "AAPL splits 7 for 1, none held"
    row |= {"kind": EventKind.DIVIDEND, "a": 0.0, "b": 0.47}
    assert describe_event(row, symbol="AAPL") == "AAPL pays a dividend of 0.47 a share, none held"


def test_a_split_says_why_it_canceled_what_was_partly_filled():
    assert (
        sentence(Reason.CORPORATE_ACTION, 2.0) == "canceled by the 2 for 1 split: it was partly filled with old shares"
    )

"""Why an order was refused or ended: each code as one sentence with its numbers.

These sentences are what a trader reads in `result.orders`, `result.events` and the output of scenarios; those of the
account are in `happenings`. How a template takes its numbers and words is in `wording`; a sentence does without the
words it is not given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simcore.brokers.conditions import EXPIRATIONS, FILLINGS, ORDERS, REST, named
from simcore.brokers.wording import NAN, Case, Figure, Template, written
from simcore.kernel.enums import OrderType, Reason
from simcore.kernel.schema import SIZES


def _below_min(case: Case) -> str:
    counts = f"; it counts units of {case.unit} here, not lots of 100,000" if case.unit else ""
    return f"quantity {{a:qty}} is below {{b:qty}}, the least of {{symbol}}{counts}"


def _wrong_side(case: Case) -> str:
    """Which side of the quote a limit or a stop belongs on."""
    if case.side == 0 or case.type is None:
        return "price {a:price} is on the wrong side of the market, {b:price}"
    name = "limit" if case.type == OrderType.LIMIT else "stop"
    below = (case.side > 0) == (name == "limit")
    quote = "ask" if case.side > 0 else "bid"
    where = f"{'below' if below else 'above'} the {quote}"
    return f"a {'buy' if case.side > 0 else 'sell'} {name} must be {where} {{b:price}}, was {{a:price}}"


def _protection(name: str, long_below: bool) -> Callable[[Case], str]:
    """A stop loss or take profit, and on which side of the price it belongs."""

    def template(case: Case) -> str:
        if case.side == 0:
            return f"{name} {{a:price}} is on the wrong side of {{b:price}}"
        where = "below" if (case.side > 0) == long_below else "above"
        return f"the {name} of a {'buy' if case.side > 0 else 'sell'} must be {where} {{b:price}}, was {{a:price}}"

    return template


def _too_close(case: Case) -> str:
    away = Figure(abs(case.a - case.b), case)
    return f"price {{a:price}} is only {away:price} from {{b:price}}; {{symbol}} wants at least {{c:price}}"


def _no_money(case: Case) -> str:
    """Margin needed, and the commission where there is one, against what is free."""
    commission = " and {c:money} of commission" if case.c > 0.0 else ""
    return f"not enough money: {{doing}} needs {{a:money}} of margin{commission}, free margin is {{b:money}}"


def _larger(case: Case) -> str:
    largest = case.b >= len(SIZES) - 1
    return "it is the largest, so let some end first" if largest else "choose a larger class"


def _close_qty(case: Case) -> str:
    if case.c > 0.0:
        return "closing {a:qty} is more than the {b:qty} that position {c:id} has left"
    return "a quantity of {a:qty} is not above the {b:qty} filled already"


def _frozen(case: Case) -> str:
    trigger = "its price {b:price}" if case.b == case.b else "its price"
    return f"{trigger} is within the freeze level {{c:price}} of the market, {{a:price}}: too late to change"


def _not_opposite(case: Case) -> str:
    if case.b > 0.0:
        return "positions {a:id} and {b:id} are not opposite positions of one instrument"
    return "an order that closes position {a:id} must be of the other side"


def _invalid_order(case: Case) -> str:
    return f"{{symbol}} takes no {named(case.a, ORDERS)}; it takes {named(case.b, ORDERS)}"


def _invalid_fill(case: Case) -> str:
    words = FILLINGS | {"return (what is left rests)": REST}
    return f"filling {named(case.a, words)} is not taken by {{symbol}}; it takes {named(case.b, words)}"


def _invalid_expiration(case: Case) -> str:
    return f"{{symbol}} takes no order that lasts {named(case.a, EXPIRATIONS)}; it takes {named(case.b, EXPIRATIONS)}"


def _leverage(what: str) -> str:
    return f"limit: {what} would be {{a:qty}} (notional {{d:money}} on equity {{c:money}}), the most is {{b:qty}}"


SENTENCES: Final[Mapping[Reason, Template]] = {
    Reason.NONE: "nothing was refused",
    Reason.QTY_NOT_POSITIVE: "quantity must be above zero, was {a:qty}",
    Reason.QTY_BELOW_MIN: _below_min,
    Reason.QTY_ABOVE_MAX: "quantity {a:qty} is above {b:qty}, the most of {symbol} in one order",
    Reason.QTY_OFF_GRID: "quantity {a:qty} is not a multiple of {b:qty}, the step of {symbol}",
    Reason.NO_QUOTE: "{symbol} has no quote yet",
    Reason.MARKET_CLOSED: "the market of {symbol} is closed",
    Reason.PRICE_NOT_POSITIVE: "a price must be above zero, was {a:price}",
    Reason.PRICE_WRONG_SIDE: _wrong_side,
    Reason.STOPS_TOO_CLOSE: _too_close,
    Reason.SL_WRONG_SIDE: _protection("stop loss", True),
    Reason.TP_WRONG_SIDE: _protection("take profit", False),
    Reason.EXPIRES_IN_PAST: "expires at {a:time}, which is not after {b:time}",
    Reason.NO_MONEY: _no_money,
    Reason.POST_ONLY_CROSSES: lambda case: (
        "post-only: a limit at {a:price} would trade at once against {b:price}"
        if case.a == case.a
        else "post-only is for limit and stop-limit orders; any other takes what is there"
    ),
    Reason.NOTHING_TO_REDUCE: "reduce-only: no opposite position of {symbol} is there for {a:qty} to reduce",
    Reason.UNKNOWN_ORDER: "order {a:id} is not working, and no open position came of it",
    Reason.UNKNOWN_POSITION: "position {a:id} is not open",
    Reason.CLOSE_QTY: _close_qty,
    Reason.FROZEN: _frozen,
    Reason.NO_CONVERSION: "a cross that converts {symbol} into {currency} has no quote yet",
    Reason.NOT_OPPOSITE: _not_opposite,
    Reason.NOT_HEDGING: "close by needs a hedging account; this one nets",
    Reason.OCO_ENDED: "its OCO twin, order {a:id}, has ended already",
    Reason.PARENT_ENDED: "its parent, order {a:id}, has ended and left no position",
    Reason.TRAIL_NOT_POSITIVE: "the distance of a trailing stop must be above zero, was {a:price}",
    Reason.TYPE_FORBIDDEN: "only market and limit orders of {symbol} may wait for the opening or the close",
    Reason.TRADE_DISABLED: "trading of {symbol} is disabled",
    Reason.LONG_ONLY: "{symbol} may only be bought: {doing} would open {a:qty} short",
    Reason.SHORT_ONLY: "{symbol} may only be sold: {doing} would open {a:qty} long",
    Reason.CLOSE_ONLY: "positions of {symbol} may only be closed: {doing} would open {a:qty}",
    Reason.INVALID_ORDER: _invalid_order,
    Reason.INVALID_FILL: _invalid_fill,
    Reason.INVALID_EXPIRATION: _invalid_expiration,
    Reason.LIMIT_ORDERS: "{a:count} pending orders are working, the account may have {b:count}",
    Reason.LIMIT_VOLUME: "{doing} would make {a:qty} on that side, position and orders; {symbol} allows {b:qty}",
    Reason.LIMIT_POSITIONS: "{a:count} positions are open or on order, the account may have {b:count}",
    Reason.FIFO_CLOSE: "first in, first out: position {b:id} is older than {a:id} and must be closed before it",
    Reason.HEDGE_PROHIBITED: "hedging is prohibited: {a:qty} of {symbol} are held on the other side",
    Reason.NOT_WARM: "not warm: {a:count} of {b:count} bars have closed",
    Reason.BOOK_FULL: lambda case: "the book is full: size class {b:size} holds {a:count} orders; " + _larger(case),
    Reason.POSITIONS_FULL: lambda case: "positions are full: size class {b:size} holds {a:count}; " + _larger(case),
    Reason.REQUESTS_FULL: "too many requests are under way: size class {b:size} holds {a:count}",
    Reason.UNHEARD_FULL: (
        "{a:count} fills and order changes wait to be heard by on_fill and on_order; send less in one call"
    ),
    Reason.UNKNOWN_INSTRUMENT: "there is no instrument number {a:id}; this account has {b:count}",
    Reason.NOT_LIVE: "the session is not live",
    Reason.TOO_LATE: "the session was away when it was to leave, too long for an order that opens at the market",
    Reason.NEVER_ARRIVED: "its answer was lost, and the broker has no such order: it never arrived there",
    Reason.TIMERS_FULL: "all {a:count} timers are taken",
    Reason.GATE_MARGIN_LEVEL: (
        "gate: the margin level would be {a:share}, less than {b:share} (equity {c:money}, used margin {d:money})"
    ),
    Reason.GATE_FREE_MARGIN: "gate: free margin {a:money} is less than {c:qty} times the {b:money} needed",
    Reason.GATE_LEGS: "gate: another of the {a:count} legs of this order was denied",
    Reason.LIMIT_LEVERAGE: _leverage("leverage"),
    Reason.LIMIT_CLASS_LEVERAGE: _leverage("leverage in the class of {symbol}"),
    Reason.LIMIT_POSITION_LEVERAGE: _leverage("leverage in {symbol}"),
    Reason.LIMIT_NOTIONAL: "limit: notional would be {a:money}, the most is {b:money}",
    Reason.LIMIT_CLASS_NOTIONAL: "limit: notional in the class of {symbol} would be {a:money}, the most is {b:money}",
    Reason.LIMIT_POSITION_NOTIONAL: "limit: notional in {symbol} would be {a:money}, the most is {b:money}",
    Reason.LIMIT_POSITION_QTY: "limit: {symbol} would come to {a:qty}, the most is {b:qty}",
    Reason.LIMIT_MARGIN: (
        "limit: used margin would be {a:share} of equity ({d:money} of {c:money}), the most is {b:share}"
    ),
    Reason.LIMIT_FREE_MARGIN: "limit: margin needed would be {a:money}, free margin is {b:money}",
    Reason.LIMIT_MAX_ORDERS: "limit: there would be {a:count} pending orders, the most is {b:count}",
    Reason.LIMIT_MAX_POSITIONS: "limit: there would be {a:count} open positions, the most is {b:count}",
    Reason.NOT_ENOUGH_SIZE: "only {b:qty} of {a:qty} could be filled at once",
    Reason.OCO_FILLED: "its OCO twin filled",
    Reason.PARENT_CANCELED: "its parent ended without a fill",
    Reason.BY_REQUEST: "canceled on request",
    Reason.TIME: "its time ended at {a:time}",
    Reason.STOP_OUT: "deleted by stop-out: equity {a:money} was {c:share} of used margin {b:money}",
    Reason.NO_MONEY_AT_TRIGGER: lambda case: _no_money(case).replace("not enough money", "triggered without the money"),
    Reason.CORPORATE_ACTION: lambda case: (
        "canceled by the {a:ratio} split" + ("" if case.a < 1.0 else ": it was partly filled with old shares")
    ),
    Reason.POSITION_CLOSED: "the position it was to close is gone, {a:qty} was left to close",
}


def sentence(
    reason: int,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    d: float = 0.0,
    *,
    symbol: str = "",
    currency: str = "",
    digits: int = 5,
    money_digits: int = 2,
    side: int = 0,
    qty: float = NAN,
    type: int | None = None,
    unit: str = "",
) -> str:
    """One sentence for a kernel Reason and its numbers.

    a to d are those of a row of the tape. digits are the price's decimals; side (1 buy, -1 sell), qty and type
    (OrderType) are the order's, where known; unit is the currency whose single units qty counts.
    """
    case = Case(
        a=a, b=b, c=c, d=d, symbol=symbol, currency=currency, digits=digits, money_digits=money_digits,
        side=side, qty=qty, type=type, unit=unit,
    )  # fmt: skip
    return written(SENTENCES[Reason(int(reason))], case)

"""order_check and order_send: a request read as the package reads it, and answered as a trade server answers.

A request that is malformed gives no answer (None, and last_error names the field); what the server refuses is a retcode
with the figures of the moment. Source of the retcodes: MQL5 Reference, "Trade Server Return Codes".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.books import Note
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.retcodes import COMMENTS, RETCODES
from bridges.emulators.mt5.structs import OrderCheckResult, OrderSendResult, Struct, TradeRequest
from bridges.emulators.mt5.symbols import filling_mode
from bridges.emulators.mt5.terminal import Terminal
from bridges.emulators.venue import Venue
from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce

Fields = dict[str, Any]
LONGEST_COMMENT: Final = 29  # more the package does not take; so measured by users, on several builds
KINDS: Final = {  # ORDER_TYPE_* -> what the account calls it, and its side
    c.ORDER_TYPE_BUY: (OrderType.MARKET, 1),
    c.ORDER_TYPE_SELL: (OrderType.MARKET, -1),
    c.ORDER_TYPE_BUY_LIMIT: (OrderType.LIMIT, 1),
    c.ORDER_TYPE_SELL_LIMIT: (OrderType.LIMIT, -1),
    c.ORDER_TYPE_BUY_STOP: (OrderType.STOP, 1),
    c.ORDER_TYPE_SELL_STOP: (OrderType.STOP, -1),
    c.ORDER_TYPE_BUY_STOP_LIMIT: (OrderType.STOP_LIMIT, 1),
    c.ORDER_TYPE_SELL_STOP_LIMIT: (OrderType.STOP_LIMIT, -1),
}
MEAN_DIGITS: Final = 10  # of the mean price of several deals; grids of prices have fewer
_TEXTS: Final = ("symbol", "comment")
_FLOATS: Final = ("volume", "price", "stoplimit", "sl", "tp")
_BITS: Final = {c.ORDER_FILLING_FOK: 1, c.ORDER_FILLING_IOC: 2, c.ORDER_FILLING_BOC: 4}
_FILLS: Final = {c.ORDER_FILLING_FOK: TimeInForce.FOK, c.ORDER_FILLING_IOC: TimeInForce.IOC}
_TIMES: Final = {c.ORDER_TIME_GTC: TimeInForce.GTC, c.ORDER_TIME_DAY: TimeInForce.DAY}
_END_OF_DAY: Final = 86_399


class Refused(Exception):
    """The server says no."""

    def __init__(self, retcode: int) -> None:
        super().__init__(retcode)
        self.retcode = retcode


def read_request(given: Any) -> Struct:
    """A dict or a TradeRequest with every field in its type; Failure names the first that is not."""
    if isinstance(given, TradeRequest):
        given = given._asdict()
    if not isinstance(given, Mapping):
        raise Failure(c.RES_E_INVALID_PARAMS, "Unnamed arguments not allowed")
    for name in given:
        if name not in TradeRequest.__match_args__:
            raise Failure(c.RES_E_INVALID_PARAMS, f'Invalid "{name}" argument')
    if len(str(given.get("comment") or "")) > LONGEST_COMMENT:
        raise Failure(c.RES_E_INVALID_PARAMS, 'Invalid "comment" argument')
    return TradeRequest(_value(name, given.get(name)) for name in TradeRequest.__match_args__)


def asked_for(request: Any, fields: Mapping[str, Any]) -> Struct:
    """The request of a call: one structure, or its fields by name, never both."""
    if fields and request is not None:
        raise Failure(c.RES_E_INVALID_PARAMS, "Unnamed arguments not allowed")
    return read_request(fields or request)


def _value(name: str, value: Any) -> Any:
    if value is None:
        return "" if name in _TEXTS else 0.0 if name in _FLOATS else 0
    if name in _TEXTS and isinstance(value, str):
        return value
    if name in _FLOATS and isinstance(value, int | float | np.number) and math.isfinite(value):
        return float(value)
    if name not in _TEXTS and name not in _FLOATS and isinstance(value, int | np.integer):
        return int(value)
    raise Failure(c.RES_E_INVALID_PARAMS, f'Invalid "{name}" argument')


# ---- order_send


def order_send(terminal: Terminal, request: Any = None, /, **fields: Any) -> Struct:
    """Do what a request asks for; the answer's retcode says what became of it."""
    asked = asked_for(request, fields)
    terminal.requests += 1
    deals = len(terminal.books.deals)
    terminal.books.refusals.clear()
    try:
        ticket, retcode = _act(terminal, asked)
    except Refused as refused:
        return _answer(terminal, asked, refused.retcode)
    made = [deal for deal in terminal.books.deals[deals:] if deal.order == ticket and ticket]
    if not made:
        return _answer(terminal, asked, retcode, order=ticket, volume=asked.volume)
    volume = round(sum(deal.volume for deal in made), 8)
    price = round(sum(deal.volume * deal.price for deal in made) / volume, MEAN_DIGITS)
    retcode = c.TRADE_RETCODE_DONE if volume >= asked.volume else c.TRADE_RETCODE_DONE_PARTIAL
    return _answer(terminal, asked, retcode, made[-1].ticket, ticket, volume, price)


def _answer(
    terminal: Terminal,
    asked: Struct,
    retcode: int,
    deal: int = 0,
    order: int = 0,
    volume: float = 0.0,
    price: float = 0.0,
) -> Struct:
    bid = ask = 0.0
    if asked.symbol in terminal.venue.numbers:
        _, bid, ask = terminal.venue.quote(asked.symbol)
    comment = COMMENTS.get(retcode, "")
    return OrderSendResult((retcode, deal, order, volume, price, bid, ask, comment, terminal.requests, 0, asked))


def _act(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    """Returns the ticket of the order and the retcode; Refused where the server says no."""
    if not terminal.trade_allowed:
        raise Refused(c.TRADE_RETCODE_CLIENT_DISABLES_AT)
    if asked.action not in ACTIONS:
        raise Refused(c.TRADE_RETCODE_INVALID)
    return ACTIONS[asked.action](terminal, asked)


def _refusals(terminal: Terminal) -> None:
    if terminal.books.refusals:
        raise Refused(RETCODES[terminal.books.refusals[-1]])


def _symbol(terminal: Terminal, asked: Struct) -> str:
    if asked.symbol not in terminal.venue.numbers:
        raise Refused(c.TRADE_RETCODE_INVALID)
    return str(asked.symbol)


def _deal(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    symbol, fields = _deal_fields(terminal, asked)
    ticket = _submit(terminal, symbol, fields, asked)
    return ticket, c.TRADE_RETCODE_PLACED


def _deal_fields(terminal: Terminal, asked: Struct) -> tuple[str, Fields]:
    """An order to trade at once."""
    symbol = _symbol(terminal, asked)
    if asked.type not in (c.ORDER_TYPE_BUY, c.ORDER_TYPE_SELL):
        raise Refused(c.TRADE_RETCODE_INVALID)
    side = KINDS[asked.type][1]
    _check_filling(terminal, asked)
    if terminal.execution == "instant":
        _check_price(terminal, asked, side)
    fields: Fields = {"side": side, "qty": asked.volume, "tif": _FILLS.get(asked.type_filling, TimeInForce.GTC)}
    if asked.position:
        fields["position"] = _position(terminal, asked.position)
    return symbol, fields | _stops(asked)


def _check_filling(terminal: Terminal, asked: Struct) -> None:
    """Market execution takes no RETURN, and nothing whose bit filling_mode lacks; elsewhere RETURN always goes."""
    if asked.type_filling == c.ORDER_FILLING_RETURN:
        if terminal.execution == "market":
            raise Refused(c.TRADE_RETCODE_INVALID_FILL)
        return
    one = terminal.venue.instruments[terminal.number(asked.symbol)]
    if not _BITS.get(asked.type_filling, 0) & filling_mode(one):
        raise Refused(c.TRADE_RETCODE_INVALID_FILL)


def _check_price(terminal: Terminal, asked: Struct, side: int) -> None:
    """Instant execution: the price asked for must be the market's, give or take the deviation."""
    _, bid, ask = terminal.venue.quote(asked.symbol)
    point = terminal.venue.instruments[terminal.number(asked.symbol)].price_increment
    if abs(asked.price - (ask if side > 0 else bid)) > (asked.deviation + 0.5) * point:
        raise Refused(c.TRADE_RETCODE_REQUOTE)


def _position(terminal: Terminal, ticket: int) -> int:
    """The account's id of an open position."""
    number = terminal.books.ids.get(ticket, 0)
    if number not in terminal.venue.positions()["id"]:
        raise Refused(c.TRADE_RETCODE_POSITION_CLOSED)
    return number


def _stops(asked: Struct) -> Fields:
    return {name: getattr(asked, name) for name in ("sl", "tp") if getattr(asked, name) != 0.0}


def _pending(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    symbol, fields = _pending_fields(terminal, asked)
    return _submit(terminal, symbol, fields, asked), c.TRADE_RETCODE_DONE


def _pending_fields(terminal: Terminal, asked: Struct) -> tuple[str, Fields]:
    """An order that waits for its price."""
    symbol = _symbol(terminal, asked)
    kind, side = KINDS.get(asked.type, (OrderType.MARKET, 0))
    if kind is OrderType.MARKET:
        raise Refused(c.TRADE_RETCODE_INVALID)
    if not asked.price > 0.0 or (kind is OrderType.STOP_LIMIT and not asked.stoplimit > 0.0):
        raise Refused(c.TRADE_RETCODE_INVALID_PRICE)
    fields: Fields = {"side": side, "qty": asked.volume} | _prices(kind, asked) | _stops(asked)
    return symbol, fields | _lifetime(terminal, asked)


def _prices(kind: OrderType, asked: Struct) -> Fields:
    if kind is OrderType.LIMIT:
        return {"limit": asked.price}
    if kind is OrderType.STOP:
        return {"stop": asked.price}
    return {"stop": asked.price, "limit": asked.stoplimit}


def _lifetime(terminal: Terminal, asked: Struct) -> Fields:
    if asked.type_time in _TIMES:
        return {"tif": _TIMES[asked.type_time]}
    if asked.type_time not in (c.ORDER_TIME_SPECIFIED, c.ORDER_TIME_SPECIFIED_DAY) or not asked.expiration:
        raise Refused(c.TRADE_RETCODE_INVALID_EXPIRATION)
    seconds = asked.expiration
    if asked.type_time == c.ORDER_TIME_SPECIFIED_DAY:
        seconds = seconds // 86_400 * 86_400 + _END_OF_DAY
    return {"tif": TimeInForce.GTD, "expires": terminal.time.instant(seconds)}


def _submit(terminal: Terminal, symbol: str, fields: Fields, asked: Struct) -> int:
    """Send an order and wait for the answer, as the call does; returns its ticket."""
    venue, books = terminal.venue, terminal.books
    number = venue.next_id
    books.notes[number] = Note(
        asked.magic, asked.comment[: terminal.kept_comment], asked.type_filling, asked.type_time, price=asked.price
    )
    venue.submit(symbol, **fields)
    for row in venue.working():  # a broker with a delay: the call blocks until the order has arrived
        if row["id"] == number and row["due"] > venue.now:
            venue.advance(int(row["due"]))
    _refusals(terminal)
    return books.ticket(number)


def _sltp(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    """Change stop loss and take profit of a position; 0 takes one away."""
    number = _position(terminal, asked.position) if asked.position else _only_position(terminal, asked)
    row = next(p for p in terminal.venue.positions() if p["id"] == number)
    wanted = {name: getattr(asked, name) for name in ("sl", "tp")}
    held = {name: 0.0 if row[name] != row[name] else float(row[name]) for name in wanted}
    if wanted == held:
        raise Refused(c.TRADE_RETCODE_NO_CHANGES)
    terminal.venue.modify(number, **wanted)
    _refusals(terminal)
    return 0, c.TRADE_RETCODE_DONE


def _only_position(terminal: Terminal, asked: Struct) -> int:
    k = terminal.venue.numbers.get(asked.symbol, -1)
    for row in terminal.venue.positions():
        if row["instrument"] == k:
            return int(row["id"])
    raise Refused(c.TRADE_RETCODE_POSITION_CLOSED)


def _working(terminal: Terminal, ticket: int) -> Any:
    number = terminal.books.ids.get(ticket, 0)
    for row in terminal.venue.working():
        if row["id"] == number and Status(int(row["status"])) in (Status.ACCEPTED, Status.PARTIALLY_FILLED):
            return row
    raise Refused(c.TRADE_RETCODE_INVALID_ORDER)


def _modify(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    """Change price, stops or end of a pending order."""
    row = _working(terminal, asked.order)
    kind = OrderType(int(row["type"]))
    wanted = _prices(kind, asked) if asked.price > 0.0 else {}
    wanted |= {name: getattr(asked, name) for name in ("sl", "tp")}
    if asked.type_time in (c.ORDER_TIME_SPECIFIED, c.ORDER_TIME_SPECIFIED_DAY):
        wanted["expires"] = _lifetime(terminal, asked)["expires"]
    held = {name: 0.0 if row[name] != row[name] else row[name].item() for name in wanted}
    if wanted == held:
        raise Refused(c.TRADE_RETCODE_NO_CHANGES)
    terminal.venue.modify(int(row["id"]), **wanted)
    _refusals(terminal)
    return asked.order, c.TRADE_RETCODE_DONE


def _remove(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    terminal.venue.cancel(int(_working(terminal, asked.order)["id"]))
    _refusals(terminal)
    return asked.order, c.TRADE_RETCODE_DONE


def _close_by(terminal: Terminal, asked: Struct) -> tuple[int, int]:
    a, b = _position(terminal, asked.position), _position(terminal, asked.position_by)
    terminal.venue.close_by(a, b)
    _refusals(terminal)
    return 0, c.TRADE_RETCODE_DONE


ACTIONS: Final[Mapping[int, Callable[[Terminal, Struct], tuple[int, int]]]] = {
    c.TRADE_ACTION_DEAL: _deal,
    c.TRADE_ACTION_PENDING: _pending,
    c.TRADE_ACTION_SLTP: _sltp,
    c.TRADE_ACTION_MODIFY: _modify,
    c.TRADE_ACTION_REMOVE: _remove,
    c.TRADE_ACTION_CLOSE_BY: _close_by,
}


# ---- order_check


def order_check(terminal: Terminal, request: Any = None, /, **fields: Any) -> Struct:
    """Whether a request would be taken (retcode 0), and the account's figures after it; nothing is sent."""
    asked = asked_for(request, fields)
    f = terminal.venue.figures
    used = f["used_margin"]
    try:
        used = _checked(terminal, asked)
        retcode, comment = 0, "Done"
    except Refused as refused:
        retcode, comment = refused.retcode, COMMENTS.get(refused.retcode, "")
    money = terminal.broker.money_digits
    profit = round(f["equity"] - f["balance"] - f["credit"], money)
    free, level = round(f["equity"] - used, money), 100.0 * f["equity"] / used if used > 0.0 else 0.0
    return OrderCheckResult((retcode, f["balance"], f["equity"], profit, used, free, level, comment, asked))


def _checked(terminal: Terminal, asked: Struct) -> float:
    """The used margin after a request, account currency; tried on a copy of the account."""
    venue = terminal.venue
    used = float(venue.figures["used_margin"])
    if asked.action not in (c.TRADE_ACTION_DEAL, c.TRADE_ACTION_PENDING):
        if asked.action not in ACTIONS:
            raise Refused(c.TRADE_RETCODE_INVALID)
        return used
    make = _deal_fields if asked.action == c.TRADE_ACTION_DEAL else _pending_fields
    symbol, fields = make(terminal, asked)
    trial = venue.fork()
    reasons: list[Reason] = []
    trial.hear = lambda news: reasons.extend(
        Reason(int(row["order"]["reason"]))
        for row in news.changes
        if Status(int(row["order"]["status"])) in (Status.REJECTED, Status.DENIED)
    )
    trial.submit(symbol, **fields)
    if reasons:
        raise Refused(RETCODES[reasons[-1]])
    if asked.action == c.TRADE_ACTION_PENDING or asked.position:
        return float(trial.figures["used_margin"])
    return _while_filling(venue, symbol, fields)


def _while_filling(venue: Venue, symbol: str, fields: Fields) -> float:
    """The margin a deal is checked with: at the standing price, what it opens at its initial margin."""
    _, bid, ask = venue.quote(symbol)
    side = fields["side"]
    price = ask if side > 0 else bid
    return float(venue.ask("used_with_fill", venue.numbers[symbol], side, fields["qty"], price))

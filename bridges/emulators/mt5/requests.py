"""order_send: a request answered as a trade server answers, with a retcode and the figures of the moment.

Source of the retcodes: MQL5 Reference, "Trade Server Return Codes"; of the sides of prices: the terminal's help, "Types
of orders".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.books import Note
from bridges.emulators.mt5.reading import asked_for
from bridges.emulators.mt5.retcodes import COMMENTS, RETCODES
from bridges.emulators.mt5.structs import OrderSendResult, Struct
from bridges.emulators.mt5.symbols import filling_mode
from bridges.emulators.mt5.terminal import Terminal
from simcore.kernel.enums import OrderType, Status, TimeInForce

Fields = dict[str, Any]
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
_BITS: Final = {c.ORDER_FILLING_FOK: 1, c.ORDER_FILLING_IOC: 2, c.ORDER_FILLING_BOC: 4}
_FILLS: Final = {c.ORDER_FILLING_FOK: TimeInForce.FOK, c.ORDER_FILLING_IOC: TimeInForce.IOC}
_TIMES: Final = {c.ORDER_TIME_GTC: TimeInForce.GTC, c.ORDER_TIME_DAY: TimeInForce.DAY}
_END_OF_DAY: Final = 86_399
_NEVER: Final = 4_102_444_800  # seconds, the year 2100: when an order expires that does not any more
FILLINGS: Final = (*_BITS, c.ORDER_FILLING_RETURN)


class Refused(Exception):
    """The server says no."""

    def __init__(self, retcode: int) -> None:
        super().__init__(retcode)
        self.retcode = retcode


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
    symbol, fields = deal_fields(terminal, asked)
    ticket = _submit(terminal, symbol, fields, asked)
    return ticket, c.TRADE_RETCODE_PLACED


def deal_fields(terminal: Terminal, asked: Struct) -> tuple[str, Fields]:
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
    symbol, fields = pending_fields(terminal, asked)
    return _submit(terminal, symbol, fields, asked), c.TRADE_RETCODE_DONE


def pending_fields(terminal: Terminal, asked: Struct) -> tuple[str, Fields]:
    """An order that waits for its price."""
    symbol = _symbol(terminal, asked)
    kind, side = KINDS.get(asked.type, (OrderType.MARKET, 0))
    if kind is OrderType.MARKET:
        raise Refused(c.TRADE_RETCODE_INVALID)
    if not asked.price > 0.0 or (kind is OrderType.STOP_LIMIT and not _is_beyond(asked, side)):
        raise Refused(c.TRADE_RETCODE_INVALID_PRICE)
    if asked.type_filling not in FILLINGS:
        raise Refused(c.TRADE_RETCODE_INVALID_FILL)
    fields: Fields = {"side": side, "qty": asked.volume} | _prices(kind, asked) | _stops(asked)
    return symbol, fields | _lifetime(terminal, asked)


def _is_beyond(asked: Struct, side: int) -> bool:
    """Whether a stop-limit's limit lies where a limit order may: below a stop that buys, above one that sells."""
    return bool(asked.stoplimit > 0.0 and side * (asked.price - asked.stoplimit) > 0.0)


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
    if kind is OrderType.STOP_LIMIT and not row["triggered"] and not _is_beyond(asked, int(row["side"])):
        raise Refused(c.TRADE_RETCODE_INVALID_PRICE)
    wanted = _prices(kind, asked) if asked.price > 0.0 else {}
    wanted |= {name: getattr(asked, name) for name in ("sl", "tp")}
    if asked.type_time in (c.ORDER_TIME_SPECIFIED, c.ORDER_TIME_SPECIFIED_DAY):
        wanted["expires"] = _lifetime(terminal, asked)["expires"]
    elif asked.type_time == c.ORDER_TIME_GTC and row["tif"] == TimeInForce.GTD:
        wanted["expires"] = terminal.time.instant(_NEVER)
    held = {name: 0.0 if row[name] != row[name] else row[name].item() for name in wanted}
    if wanted == held:
        raise Refused(c.TRADE_RETCODE_NO_CHANGES)
    terminal.venue.modify(int(row["id"]), **wanted)
    _refusals(terminal)
    if "expires" in wanted:
        terminal.books.notes[int(row["id"])].time = asked.type_time
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

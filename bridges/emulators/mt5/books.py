"""The terminal's books: orders, deals and positions as MetaTrader 5 keeps them, written from what the account tells.

Tickets of orders and deals are counted apart and never used twice; a position's ticket is that of the order that opened
it, or that turned it round (netting), its identifier stays. What the broker does by itself (stop loss, take profit,
stop-out) gets an order of its own in the history. An order that was refused at once leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.clock import ServerTime
from bridges.emulators.mt5.structs import Struct, TradeDeal, TradeOrder, TradePosition
from bridges.emulators.venue import News, Venue
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, Why

FIRST_ORDER: Final = 100_000_001
FIRST_DEAL: Final = 200_000_001
TYPES: Final = {
    (OrderType.MARKET, 1): c.ORDER_TYPE_BUY,
    (OrderType.MARKET, -1): c.ORDER_TYPE_SELL,
    (OrderType.LIMIT, 1): c.ORDER_TYPE_BUY_LIMIT,
    (OrderType.LIMIT, -1): c.ORDER_TYPE_SELL_LIMIT,
    (OrderType.STOP, 1): c.ORDER_TYPE_BUY_STOP,
    (OrderType.STOP, -1): c.ORDER_TYPE_SELL_STOP,
    (OrderType.STOP_LIMIT, 1): c.ORDER_TYPE_BUY_STOP_LIMIT,
    (OrderType.STOP_LIMIT, -1): c.ORDER_TYPE_SELL_STOP_LIMIT,
    (OrderType.TRAILING_STOP, 1): c.ORDER_TYPE_BUY_STOP,
    (OrderType.TRAILING_STOP, -1): c.ORDER_TYPE_SELL_STOP,
}
STATES: Final = {
    Status.SUBMITTED: c.ORDER_STATE_STARTED,
    Status.ACCEPTED: c.ORDER_STATE_PLACED,
    Status.PARTIALLY_FILLED: c.ORDER_STATE_PARTIAL,
    Status.FILLED: c.ORDER_STATE_FILLED,
    Status.CANCELED: c.ORDER_STATE_CANCELED,
    Status.EXPIRED: c.ORDER_STATE_EXPIRED,
    Status.REJECTED: c.ORDER_STATE_REJECTED,
    Status.DENIED: c.ORDER_STATE_REJECTED,
}
ALIVE: Final = (Status.SUBMITTED, Status.ACCEPTED, Status.PARTIALLY_FILLED)
OWN_ACTS: Final = {  # of the broker: reason of the order, of the deal, and what the comment begins with
    Why.STOP_LOSS: (c.ORDER_REASON_SL, c.DEAL_REASON_SL, "[sl {:.{}f}]"),
    Why.TAKE_PROFIT: (c.ORDER_REASON_TP, c.DEAL_REASON_TP, "[tp {:.{}f}]"),
    Why.STOP_OUT: (c.ORDER_REASON_SO, c.DEAL_REASON_SO, "[so]"),
    Why.ROLLOVER: (c.ORDER_REASON_CLIENT, c.DEAL_REASON_ROLLOVER, "rollover"),
}


@dataclass
class Note:
    """What a request said that the account has no use for."""

    magic: int = 0
    comment: str = ""
    filling: int = c.ORDER_FILLING_FOK
    time: int = c.ORDER_TIME_GTC
    reason: int = c.ORDER_REASON_EXPERT
    price: float = 0.0  # asked for
    position_by: int = 0  # the account's id


class Books:
    """Orders, deals and positions by ticket. `hear` takes the account's news."""

    def __init__(self, venue: Venue, time: ServerTime) -> None:
        self.venue, self.time = venue, time
        self.notes: dict[int, Note] = {}
        self.ids: dict[int, int] = {}  # ticket -> the account's id
        self.orders: list[Struct] = []  # ended
        self.deals: list[Struct] = []
        self.refusals: list[Reason] = []  # since the last request
        self._tickets: dict[int, int] = {}  # the account's id -> ticket
        self._counts = [FIRST_ORDER, FIRST_DEAL]
        self._updated: dict[int, int] = {}  # id of a position -> ns
        self._position: dict[int, int] = {}  # id of an order -> id of the position it traded
        self._held: dict[int, int] = {}  # instrument -> id of the position traded last
        self._first: dict[int, int] = {}  # id of a position that turned round -> id under which it began
        self._digits = [i.price_digits for i in venue.instruments]
        self._symbols = [i.symbol for i in venue.instruments]
        venue.hear = self.hear
        self._cash(venue.now, c.DEAL_TYPE_BALANCE, venue.cash, "")

    # ---- hearing

    def hear(self, news: News) -> None:
        """Enter what happened."""
        for row in news.fills:
            self._deal(row)
        for row in news.changes:
            if Status(int(row["order"]["status"])) not in ALIVE:
                self._end(row)
        for row in news.events:
            self._event(row)

    def ticket(self, number: int) -> int:
        """The ticket of one of the account's ids; 0 for none."""
        if number == 0:
            return 0
        if number not in self._tickets:
            self._tickets[number] = self._next(0)
            self.ids[self._tickets[number]] = number
        return self._tickets[number]

    def _identifier(self, position: int) -> int:
        """What names a position all its life; its ticket changes when a netting account turns it round."""
        return self.ticket(self._first.get(position, position))

    def _next(self, which: int) -> int:
        self._counts[which] += 1
        return self._counts[which] - 1

    def _deal(self, row: Any) -> None:
        why, number, position = Why(int(row["why"])), int(row["order"]), int(row["position"])
        note = self.notes.get(number) or self.notes.get(position) or Note()
        reason, comment, order = c.DEAL_REASON_EXPERT, note.comment, self.ticket(number)
        if why in OWN_ACTS:
            made_by, reason, text = OWN_ACTS[why]
            comment = text.format(float(row["price"]), self._digits[int(row["instrument"])])
            order = self._own_order(row, made_by, comment, note.magic)
        self._updated[position] = int(row["ts"])
        if number:
            self._position[number] = position
        closed, qty, k = float(row["closed_qty"]), float(row["qty"]), int(row["instrument"])
        entry = c.DEAL_ENTRY_IN if closed == 0.0 else c.DEAL_ENTRY_OUT if closed >= qty else c.DEAL_ENTRY_INOUT
        if entry == c.DEAL_ENTRY_INOUT:
            self._first[position] = self._first.get(self._held[k], self._held[k])
        self._held[k] = position
        self.deals.append(
            TradeDeal(
                (
                    self._next(1), order, *self._stamps(int(row["ts"])),
                    c.DEAL_TYPE_BUY if row["side"] > 0 else c.DEAL_TYPE_SELL,
                    c.DEAL_ENTRY_OUT_BY if why is Why.CLOSE_BY else entry,
                    note.magic, self._identifier(position), reason, qty, float(row["price"]),
                    0.0 - float(row["commission"]), float(row["swap"]), float(row["pnl"]), 0.0, self._symbols[k],
                    comment, "",
                )
            )
        )  # fmt: skip

    def _own_order(self, row: Any, reason: int, comment: str, magic: int) -> int:
        """The order the server writes for what it does by itself; returns its ticket."""
        ticket, stamps = self._next(0), self._stamps(int(row["ts"]))
        kind = c.ORDER_TYPE_BUY if row["side"] > 0 else c.ORDER_TYPE_SELL
        price, symbol = float(row["price"]), self._symbols[int(row["instrument"])]
        self.orders.append(
            TradeOrder(
                (
                    ticket, *stamps, *stamps, 0, kind, c.ORDER_TIME_GTC, c.ORDER_FILLING_FOK, c.ORDER_STATE_FILLED,
                    magic, self._identifier(int(row["position"])), 0, reason, float(row["qty"]), 0.0, price, 0.0, 0.0,
                    price, 0.0, symbol, comment, "",
                )
            )
        )  # fmt: skip
        return ticket

    def _end(self, row: Any) -> None:
        status = Status(int(row["order"]["status"]))
        if status in (Status.REJECTED, Status.DENIED):
            self.refusals.append(Reason(int(row["order"]["reason"])))
            if int(row["order"]["id"]) not in self._tickets:
                return
        self.orders.append(self.order(row["order"], done=int(row["at"])))

    def _event(self, row: Any) -> None:
        kind, ts = EventKind(int(row["kind"])), int(row["ts"])
        if kind is EventKind.ORDER_REFUSED:
            self.refusals.append(Reason(int(row["reason"])))
        elif kind is EventKind.POSITION_MODIFIED:
            self._updated[int(row["position"])] = ts
        elif kind is EventKind.DEPOSIT:
            self._cash(ts, c.DEAL_TYPE_BALANCE, float(row["a"]), "")
        elif kind is EventKind.BALANCE_COMPENSATION:
            self._cash(ts, c.DEAL_TYPE_CORRECTION, float(row["a"]), "so compensation")
        elif kind is EventKind.DIVIDEND and row["a"] != 0.0:
            self._cash(ts, c.DEAL_DIVIDEND, float(row["a"]), "dividend", self._symbols[int(row["instrument"])])

    def _cash(self, ts: int, kind: int, amount: float, comment: str, symbol: str = "") -> None:
        deal = (self._next(1), 0, *self._stamps(ts), kind, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, amount, 0.0)
        self.deals.append(TradeDeal((*deal, symbol, comment, "")))

    # ---- reading

    def working(self) -> list[Struct]:
        """Pending orders, oldest first."""
        return [self.order(row) for row in self.venue.working() if Status(int(row["status"])) in ALIVE]

    def positions(self) -> list[Struct]:
        """What is open, oldest first."""
        return [self.position(row) for row in self.venue.positions()]

    def order(self, o: Any, done: int = 0) -> Struct:
        """One order of the account, working or ended."""
        number, note = int(o["id"]), self.notes.get(int(o["id"]), Note())
        kind, side = OrderType(int(o["type"])), int(o["side"])
        became_limit = kind is OrderType.STOP_LIMIT and bool(o["triggered"])
        kind = OrderType.LIMIT if became_limit else kind
        price = {OrderType.MARKET: note.price, OrderType.LIMIT: o["limit"]}.get(kind, o["stop"])
        _, bid, ask = self.venue.quote(self._symbols[int(o["instrument"])])
        position = int(o["position"]) or self._position.get(number, 0)
        return TradeOrder(
            (
                self.ticket(number), *self._stamps(int(o["ts"])), *self._stamps(done),
                0 if note.time == c.ORDER_TIME_GTC else self.time.seconds(int(o["expires"])),
                TYPES[kind, side], note.time, note.filling,
                STATES[Status(int(o["status"]))], note.magic, self._identifier(position), self.ticket(note.position_by),
                note.reason, float(o["qty"]), _clean(o["qty"] - o["filled"]), given(price), given(o["sl"]),
                given(o["tp"]), ask if side > 0 else bid,
                given(o["limit"]) if kind is OrderType.STOP_LIMIT else 0.0,
                self._symbols[int(o["instrument"])], note.comment, "",
            )
        )  # fmt: skip

    def position(self, p: Any) -> Struct:
        """One open position."""
        number, symbol, side = int(p["id"]), self._symbols[int(p["instrument"])], int(p["side"])
        note, ticket = self.notes.get(number, Note()), self.ticket(number)
        _, bid, ask = self.venue.quote(symbol)
        money = self.venue.broker.money_digits
        return TradePosition(
            (
                ticket, *self._stamps(int(p["ts"])), *self._stamps(self._updated.get(number, int(p["ts"]))),
                c.POSITION_TYPE_BUY if side > 0 else c.POSITION_TYPE_SELL, note.magic, self._identifier(number),
                c.POSITION_REASON_EXPERT, float(p["qty"]), float(p["price"]), given(p["sl"]), given(p["tp"]),
                bid if side > 0 else ask, float(p["swap"]),
                round(self.venue.pnl(number) - float(p["swap"]), money), symbol, note.comment, "",
            )
        )  # fmt: skip

    def _stamps(self, ns: int) -> tuple[int, int]:
        return self.time.seconds(ns), self.time.milliseconds(ns)


def given(price: Any) -> float:
    """A price, or the 0.0 that stands for none."""
    return float(price) if np.isfinite(price) else 0.0


def _clean(qty: float) -> float:
    return round(float(qty), 8)

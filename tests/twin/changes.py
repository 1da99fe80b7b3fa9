"""Requests about what is already there: modify, cancel, close-by. A refusal is an event, and nothing changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, OrderType, Reason, Status, Why

from .account import Deal, Position
from .orders import Order, can_convert, price_refusal, protection_refusal, qty_refusal, sides_refusal
from .venue import Venue


class Changes:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.ledger, self.rules = venue, venue.account, venue.rules

    def refuse(self, reason: Reason, **about: Any) -> None:
        self.venue.tell(EventKind.ORDER_REFUSED, reason=reason, **about)

    def cancel(self, id: int) -> None:
        order = self.venue.orders.get(id)
        if order is None or not order.works:
            self.refuse(Reason.UNKNOWN_ORDER, order=id)
        else:
            self.venue.end(order, Status.CANCELED, Reason.BY_REQUEST)

    def modify(self, id: int, new: dict[str, Any]) -> None:
        """`id` is a working order, or the order that opened a position."""
        order, ticket = self.venue.orders.get(id), self.venue.ticket(id)
        if order is not None and order.works:
            self._modify_order(order, self._on_grid(order.symbol, new))
        elif ticket is not None:
            self._modify_position(id, ticket, self._on_grid(ticket.symbol, new))
        else:
            self.refuse(Reason.UNKNOWN_ORDER, order=id)

    def _on_grid(self, symbol: str, new: dict[str, Any]) -> dict[str, Any]:
        """Prices on the grid; a stop loss or take profit of 0 is taken away."""
        grid = self.ledger.terms[symbol].on_grid
        prices = {name: grid(v) if name in ("limit", "stop", "sl", "tp") else v for name, v in new.items()}
        return {name: None if name in ("sl", "tp") and v == 0 else v for name, v in prices.items()}

    def _modify_order(self, order: Order, new: dict[str, Any]) -> None:
        old, before = dict(vars(order)), self.venue.margin.used()
        vars(order).update(new)
        if order.type == OrderType.TRAILING_STOP and "trail" in new and order.extreme is not None:
            order.stop = self.ledger.terms[order.symbol].on_grid(order.extreme + order.side * new["trail"])
        reason = self._modified_refusal(order, before)
        if reason:
            vars(order).update(old)
            self.refuse(reason, order=order.id, symbol=order.symbol)
        elif self._crosses(order, new):
            self.venue.take(order)
            if order.works and not order.reduces:
                self.venue.margin.fix(order)

    def _crosses(self, order: Order, new: dict[str, Any]) -> bool:
        """A limit moved across the quote trades at once, as taker."""
        moved = "limit" in new and order.is_limit and not order.held
        return moved and self.venue.executes_now(order, self.ledger.quotes[order.symbol])

    def _modified_refusal(self, order: Order, used_before: Decimal) -> Reason:
        """The checks of a new order that a change can fail; its margin is reserved anew."""
        t, quote = self.ledger.terms[order.symbol], self.ledger.quotes[order.symbol]
        reason = price_refusal(self.venue, order, quote) or protection_refusal(order, quote, t)
        if not reason and order.expires and order.expires <= self.venue.now:
            reason = Reason.EXPIRES_IN_PAST
        reason = qty_refusal(order, t) or (Reason.CLOSE_QTY if order.qty <= order.filled else reason)
        if reason:
            return reason
        if order.reduces or order.held or order.type == OrderType.MARKET:
            return Reason.NONE
        if not can_convert(self.venue, order.symbol):
            return Reason.NO_CONVERSION
        self.venue.margin.fix(order)
        after = self.venue.margin.used()
        return Reason.NONE if after <= used_before or self.ledger.equity() >= after else Reason.NO_MONEY

    def _modify_position(self, id: int, p: Position, new: dict[str, Any]) -> None:
        t, against = self.ledger.terms[p.symbol], self.ledger.quotes[p.symbol].closing(p.side)
        reason = sides_refusal(p.side, against, new.get("sl"), new.get("tp"), t)
        if reason:
            self.refuse(reason, order=id, symbol=p.symbol)
            return
        p.sl, p.tp = new.get("sl", p.sl), new.get("tp", p.tp)
        if "trail" in new:
            p.trail, p.extreme = new["trail"], against
        self.venue.tell(EventKind.POSITION_MODIFIED, order=id, position=p.id, symbol=p.symbol)

    def close_by(self, a: int, b: int) -> None:
        """Two opposite tickets close each other: the first at the second's open price, the second at its own."""
        one, other = self.venue.ticket(a), self.venue.ticket(b)
        if not self.rules.hedging:
            self.refuse(Reason.NOT_HEDGING, position=a)
        elif one is None or other is None:
            self.refuse(Reason.UNKNOWN_POSITION, position=a)
        elif one.symbol != other.symbol or one.side == other.side:
            self.refuse(Reason.NOT_OPPOSITE, position=a, symbol=one.symbol)
        else:
            qty, price = min(one.qty, other.qty), other.price
            for p in (one, other):
                deal = Deal(self.venue.now, 0, p.symbol, -p.side, qty, price, why=Why.CLOSE_BY, ticket=p.id, tag=p.tag)
                deal.reduces = True
                self.venue.settle(deal)

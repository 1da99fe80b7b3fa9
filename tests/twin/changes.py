"""Requests about what is already there: modify, cancel, close-by. A refusal is an event, and nothing changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Why

from .account import Deal, Position, follow
from .conditions import adopt, kind_refusal, volume_refusal
from .orders import (
    AT_ONCE,
    SCHEDULED,
    Order,
    can_convert,
    expiry_refusal,
    is_frozen,
    price_refusal,
    protection_refusal,
    qty_refusal,
    sides_refusal,
)
from .venue import Venue


class Changes:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.ledger, self.rules = venue, venue.account, venue.rules

    def refuse(self, reason: Reason, **about: Any) -> None:
        self.venue.tell(EventKind.ORDER_REFUSED, reason=reason, **about)

    def cancel(self, id: int) -> None:
        order = self.venue.orders.get(id)
        if order is None or not order.works or order.due:
            self.refuse(Reason.UNKNOWN_ORDER, order=id)
        elif self._shut(order):
            self.refuse(Reason.MARKET_CLOSED, order=id, symbol=order.symbol)
        elif self._frozen(order):
            self.refuse(Reason.FROZEN, order=id, symbol=order.symbol)
        else:
            self.venue.end(order, Status.CANCELED, Reason.BY_REQUEST)

    def modify(self, id: int, new: dict[str, Any]) -> None:
        """`id` is a working order, or the order that opened a position."""
        order, ticket = self.venue.orders.get(id), self.venue.ticket(id)
        if order is not None and order.works:
            self._modify_order(order, new)
        elif ticket is not None:
            self._modify_position(id, ticket, self._on_grid(ticket.symbol, new))
        else:
            self.refuse(Reason.UNKNOWN_ORDER, order=id)

    def _closed(self, symbol: str) -> bool:
        """Whether nothing may be changed because the market is closed."""
        return symbol in self.venue.shut and not self.rules.changes_when_closed

    def _shut(self, order: Order) -> bool:
        return self._closed(order.symbol) and not order.waits and order.tif not in SCHEDULED

    def _frozen(self, order: Order) -> bool:
        if order.acts_at is None:
            return False
        market = self.ledger.quotes[order.symbol].opening(order.side)
        return self.ledger.terms[order.symbol].freezes(market, order.acts_at)

    def _on_grid(self, symbol: str, new: dict[str, Any]) -> dict[str, Any]:
        """Prices on the grid; a stop loss or take profit of 0 is taken away."""
        grid = self.ledger.terms[symbol].on_grid
        prices = {name: grid(v) if name in ("limit", "stop", "sl", "tp") else v for name, v in new.items()}
        return {name: None if name in ("sl", "tp") and v == 0 else v for name, v in prices.items()}

    def _modify_order(self, order: Order, new: dict[str, Any]) -> None:
        if order.due:  # not there yet
            self.refuse(Reason.UNKNOWN_ORDER, order=order.id)
            return
        if order.waits:  # checked when it arrives
            self.write(order, new)
            if "expires" in new:
                adopt(order, self.ledger.terms[order.symbol], self.venue.day)
            return
        if self._shut(order) or self._frozen(order):
            reason = Reason.MARKET_CLOSED if self._shut(order) else Reason.FROZEN
            self.refuse(reason, order=order.id, symbol=order.symbol)
            return
        old, before = dict(vars(order)), self.venue.margin.used()
        self.write(order, new)
        if "expires" in new:
            adopt(order, self.ledger.terms[order.symbol], self.venue.day)
        reason = self._modified_refusal(order, before, "qty" in new)
        if reason:
            vars(order).update(old)
            self.refuse(reason, order=order.id, symbol=order.symbol)
        elif order.limit != old["limit"] and self._crosses(order):
            self.venue.take(order)
            if order.works and order.tif in AT_ONCE:
                self.venue.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)
            elif order.works and not order.reduces:
                self.venue.margin.fix(order)

    def write(self, order: Order, new: dict[str, Any]) -> None:
        """Write what is given; prices its type does not have (any more) are left alone."""
        new = self._on_grid(order.symbol, new)
        stops = order.acts_as in (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
        limits = order.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        trails = order.acts_as == OrderType.TRAILING_STOP
        takes = {
            "limit": limits,
            "stop": stops,
            "trail": trails,
            "expires": order.tif in (TimeInForce.GTC, TimeInForce.GTD),
        }
        new = {name: value for name, value in new.items() if takes.get(name, True)}
        if "trail" in new and new["trail"] > 0 and order.extreme is not None:
            order.stop = self.ledger.terms[order.symbol].on_grid(order.extreme + order.side * new["trail"])
        if "expires" in new:
            order.tif = TimeInForce.GTD
        vars(order).update(new)

    def _crosses(self, order: Order) -> bool:
        """A limit moved across the quote trades at once, as taker."""
        if order.held or not order.is_limit or order.symbol in self.venue.shut:
            return False
        return self.venue.executes_now(order, self.ledger.quotes[order.symbol])

    def _modified_refusal(self, order: Order, used_before: Decimal, new_qty: bool) -> Reason:
        """The checks of a new order that a change can fail; its margin is reserved anew."""
        t, quote = self.ledger.terms[order.symbol], self.ledger.quotes[order.symbol]
        if order.qty <= 0:
            return Reason.QTY_NOT_POSITIVE
        reason = (
            expiry_refusal(order, self.venue.now)
            or kind_refusal(order, t)
            or price_refusal(self.venue, order, quote)
            or protection_refusal(order, quote, t)
            or qty_refusal(order, t)
        )
        if reason:
            return reason
        ticket = self.venue.ticket(order.position)
        if order.qty <= order.filled or (new_qty and ticket is not None and order.left > ticket.qty):
            return Reason.CLOSE_QTY
        reason = volume_refusal(self.venue, order) if new_qty and not order.held else Reason.NONE
        if reason:
            return reason
        if order.reduces or order.held or order.type == OrderType.MARKET:
            return Reason.NONE
        if not can_convert(self.venue, order.symbol):
            return Reason.NO_CONVERSION
        self.venue.margin.fix(order)
        after = self.venue.margin.used()
        return Reason.NONE if after <= used_before or self.ledger.free_equity() >= after else Reason.NO_MONEY

    def _modify_position(self, id: int, p: Position, new: dict[str, Any]) -> None:
        reason = self._position_refusal(p, new)
        if reason:
            self.refuse(reason, order=id, symbol=p.symbol)
            return
        p.sl, p.tp = new.get("sl", p.sl), new.get("tp", p.tp)
        if "trail" in new:
            p.trail, p.extreme = new["trail"], self.ledger.quotes[p.symbol].closing(p.side)
            follow(p, self.ledger.terms[p.symbol])
        if self.rules.fifo_close:
            trails = "trail" in new
            self.ledger.level_stops(p, sl=trails or "sl" in new, tp="tp" in new, trail=trails)
        self.venue.tell(EventKind.POSITION_MODIFIED, order=id, position=p.id, symbol=p.symbol)

    def _position_refusal(self, p: Position, new: dict[str, Any]) -> Reason:
        t, against = self.ledger.terms[p.symbol], self.ledger.quotes[p.symbol].closing(p.side)
        if self._closed(p.symbol):
            return Reason.MARKET_CLOSED
        if is_frozen(self.venue, p):
            return Reason.FROZEN
        if any(new.get(name) is not None and new[name] < 0 for name in ("sl", "tp")):
            return Reason.PRICE_NOT_POSITIVE
        if 0 < new.get("trail", 0) < t.stops_distance:
            return Reason.STOPS_TOO_CLOSE
        stops = {"sl"} if new.get("sl") is not None or new.get("trail", 0) > 0 else set()
        stops |= {"tp"} if new.get("tp") is not None else set()
        untaken = Reason.INVALID_ORDER if stops - set(t.takes) else Reason.NONE
        return sides_refusal(p.side, against, new.get("sl"), new.get("tp"), t) or untaken

    def close_by(self, a: int, b: int) -> None:
        """Two opposite tickets close each other: the first at the second's open price, the second at its own."""
        one, other = self.venue.ticket(a), self.venue.ticket(b)
        if not self.rules.hedging:
            self.refuse(Reason.NOT_HEDGING, position=a)
        elif one is None or other is None:
            self.refuse(Reason.UNKNOWN_POSITION, position=a)
        elif one.symbol != other.symbol or one.side == other.side:
            self.refuse(Reason.NOT_OPPOSITE, position=a, symbol=one.symbol)
        elif self.ledger.terms[one.symbol].trade_mode == "disabled":
            self.refuse(Reason.TRADE_DISABLED, position=a, symbol=one.symbol)
        elif "close_by" not in self.ledger.terms[one.symbol].takes:
            self.refuse(Reason.INVALID_ORDER, position=a, symbol=one.symbol)
        elif self.rules.fifo_close:
            self.refuse(Reason.FIFO_CLOSE, position=a, symbol=one.symbol)
        elif self._closed(one.symbol):
            self.refuse(Reason.MARKET_CLOSED, position=a, symbol=one.symbol)
        elif is_frozen(self.venue, one) or is_frozen(self.venue, other):
            self.refuse(Reason.FROZEN, position=a, symbol=one.symbol)
        else:
            qty, price = min(one.qty, other.qty), other.price
            for p in (one, other):
                deal = Deal(self.venue.now, 0, p.symbol, -p.side, qty, price, why=Why.CLOSE_BY, ticket=p.id, tag=p.tag)
                deal.reduces = True
                self.venue.settle(deal)

"""Splits and dividends on the twin: what a share becomes, what it pays, and what becomes of orders."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from simcore.kernel.enums import EventKind, OrderType, Reason, Status, Why

from .account import Deal, Position
from .orders import Order
from .terms import ONE, ZERO
from .venue import Venue

CENT = Decimal("0.01")
ORDER_PRICES = ("limit", "stop", "trail", "extreme", "sl", "tp")
POSITION_PRICES = ("sl", "tp", "trail", "extreme")


class Corporate:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.ledger = venue, venue.account

    def _orders(self, symbol: str) -> list[Order]:
        return [o for o in self.venue.orders.values() if o.symbol == symbol and o.works]

    def _positions(self, symbol: str) -> list[Position]:
        return [p for p in self.ledger.positions if p.symbol == symbol]

    def _net(self, symbol: str) -> Decimal:
        return sum((p.side * p.qty for p in self._positions(symbol)), ZERO)

    def _down(self, symbol: str, price: Decimal) -> Decimal:
        """To the grid below, an increment at least."""
        increment = self.ledger.terms[symbol].increment
        return max((price / increment).quantize(ONE, ROUND_FLOOR), ONE) * increment

    # ---------------------------------------------------------------------------------------------------------- split

    def split(self, symbol: str, new: Decimal, old: Decimal) -> None:
        t = self.ledger.terms[symbol]
        quote = self.ledger.quotes.get(symbol)
        if quote is not None:
            quote.bid, quote.ask = self._down(symbol, quote.bid * old / new), self._down(symbol, quote.ask * old / new)
            quote.bid_size = None if quote.bid_size is None else quote.bid_size * new / old
            quote.ask_size = None if quote.ask_size is None else quote.ask_size * new / old
        if symbol in self.ledger.lasts:
            self.ledger.lasts[symbol] *= old / new
        for order in reversed(self._orders(symbol)):  # children first
            if order.works and (new < old or order.filled > 0):
                self.venue.end(order, Status.CANCELED, Reason.CORPORATE_ACTION)
        for order in self._orders(symbol):
            for name in ORDER_PRICES:
                price = getattr(order, name)
                setattr(order, name, None if price is None else self._down(symbol, price * old / new))
            for name in ("qty", "display_qty", "allowed"):
                qty = getattr(order, name)
                whole = None if qty is None else qty * new / old // t.qty_increment * t.qty_increment
                setattr(order, name, whole)
        for p in self._positions(symbol):
            self._split_position(p, new, old)
        self.venue.tell(EventKind.SPLIT, symbol=symbol)

    def _split_position(self, p: Position, new: Decimal, old: Decimal) -> None:
        t = self.ledger.terms[p.symbol]
        p.qty, p.price = p.qty * new / old, p.price * old / new
        for name in POSITION_PRICES:
            price = getattr(p, name)
            setattr(p, name, None if price is None or price <= 0 else self._down(p.symbol, price * old / new))
        rest = p.qty % t.qty_increment
        if rest > t.qty_increment / 1_000_000:
            price = self.ledger.quotes[p.symbol].closing(p.side)
            deal = Deal(self.venue.now, 0, p.symbol, -p.side, rest, price, ticket=p.id, reduces=True, tag=p.tag)
            deal.why = Why.CASH_IN_LIEU
            self.venue.settle(deal)

    # ------------------------------------------------------------------------------------------------------- dividend

    def dividend(self, symbol: str, amount: Decimal) -> None:
        t, net = self.ledger.terms[symbol], self._net(symbol)
        cash = self.venue.rules.money(self.ledger.worst(net * t.contract_size * amount, t.quote)) if net else ZERO
        self.ledger.balance += cash
        quote = self.ledger.quotes.get(symbol)
        if quote is not None and min(quote.bid, quote.ask) >= amount + t.increment:
            quote.bid, quote.ask = self._down(symbol, quote.bid - amount), self._down(symbol, quote.ask - amount)
        if amount >= CENT:
            self._reduce(symbol, amount)
        self.venue.tell(EventKind.DIVIDEND, symbol=symbol, amount=cash)

    def _reduce(self, symbol: str, amount: Decimal) -> None:
        """Buy limits and sell stops go down; what protects a long is a sell stop, a short's target a buy limit."""
        for order in self._orders(symbol):
            reduced = (order.type == OrderType.LIMIT) == (order.side > 0)
            names = [*(("limit", "stop") if reduced else ()), "sl" if order.side > 0 else "tp"]
            for name in names:
                price = getattr(order, name)
                setattr(order, name, None if price is None else self._down(symbol, price - amount))
            if reduced and order.type == OrderType.TRAILING_STOP and order.extreme is not None:
                order.extreme -= amount
        for p in self._positions(symbol):
            name = "sl" if p.side > 0 else "tp"
            price = getattr(p, name)
            setattr(p, name, None if price is None else self._down(symbol, price - amount))
            if p.side > 0 and p.trail and p.extreme is not None:
                p.extreme -= amount

"""Margin that pending orders reserve, and whether an order or a fill can have its margin: the last of all checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import OrderType, Reason

from .exchange import effect
from .margin import Reserve
from .orders import AT_ONCE, Order, can_convert
from .terms import ZERO

if TYPE_CHECKING:
    from .venue import Venue


class Reserves:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.account, self.rules = venue, venue.account, venue.rules

    def reserves(self, without: Order | None = None) -> Iterator[Reserve]:
        """What the working orders ask for, at the price and conversion of their acceptance."""
        for o in self.venue.book:
            if o is not without:
                yield from self.reserve(o)

    def reserve(self, o: Order) -> Iterator[Reserve]:
        asks = not o.held and not o.reduces and o.type != OrderType.MARKET
        if asks and self.rules.pending_margin:
            price = o.price if o.price is not None else self.account.quotes[o.symbol].opening(o.side)
            yield Reserve(o.symbol, o.side, o.type, o.reserved, o.id, o.left, price)

    def shrunk(self, order: Order, qty: Decimal) -> Decimal:
        """What it reserves once `qty` of what is left has filled."""
        return self.rules.money(order.reserved * (order.left - qty) / order.left)

    def used(self) -> Decimal:
        return self.account.used_margin(self.reserves())

    def refusal(self, order: Order) -> Reason:
        """The last check of a new order: as the position it becomes now, or as the reserve it will hold."""
        if order.reduces or self.venue.would_be_held(order):
            return Reason.NONE
        at_once = self.venue.executes_now(order, self.account.quotes[order.symbol])
        at_once = at_once and (self.venue.available(order) > 0 or order.tif in AT_ONCE)
        return self.resting_refusal(order, at_once)

    def resting_refusal(self, order: Order, at_once: bool = False) -> Reason:
        """Whether an order that rests can have its margin; it is reserved where it can. At once: its fill will tell."""
        if order.type == OrderType.MARKET:
            return Reason.NONE
        if not can_convert(self.venue, order.symbol):
            return Reason.NONE if at_once else Reason.NO_CONVERSION
        self.fix(order)
        after = self.account.used_margin([*self.reserves(without=order), *self.reserve(order)])
        return Reason.NONE if at_once or self.enough(order, after, ZERO) else Reason.NO_MONEY

    def fix(self, o: Order) -> None:
        """Reserve margin for what is left of a pending order, at its price (else the quote) and today's conversion."""
        t = self.account.terms[o.symbol]
        price = o.price if o.price is not None else self.account.quotes[o.symbol].opening(o.side)
        rate = self.account.margin_rate(o.symbol, o.side, price)
        left = max(ZERO, o.left)  # a broker elsewhere may say it is smaller than what has filled
        o.reserved = self.rules.money(self.account.margin.order(t, o.side, o.type, left, price, rate))

    def enough(self, order: Order, used_after: Decimal, costs: Decimal) -> bool:
        """Margin that does not grow is always allowed; what the order itself had reserved does not count as used."""
        before = self.account.used_margin(self.reserves(without=order))
        return used_after <= before or self.account.free_equity() - costs - used_after >= 0

    def affordable(self, order: Order, qty: Decimal, price: Decimal, maker: bool) -> bool:
        """Whether margin allows the fill; what only reduces is always allowed."""
        if order.reduces:
            return True
        rest = [] if qty >= order.left or order.tif in AT_ONCE else list(self._rest(order, qty))
        deal = self.venue.deal_of(order, qty, price)
        used = self.account.margin_to_deal(deal, [*self.reserves(without=order), *rest])
        costs = self.venue.costs.commission(order, qty, price, maker, book=False)
        return self.enough(order, used, costs - effect(self.account, order.symbol, order.side, qty, price))

    def _rest(self, order: Order, qty: Decimal) -> Iterator[Reserve]:
        left = self.shrunk(order, qty)
        for r in self.reserve(order):
            yield replace(r, amount=left, qty=r.qty - qty)

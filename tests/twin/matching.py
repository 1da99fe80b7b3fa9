"""When waiting orders act: at which price a limit, a stop, an order for the open or the close meets a new quote.

Assumes: quotes move in steps (a stop fills at the gap), but between the points of a bar's path prices are continuous
(a stop fills at its own price).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simcore.kernel.enums import Kind, OrderType, Reason, Status, TimeInForce

from .account import Quote
from .orders import AT_ONCE, Order, marketable

if TYPE_CHECKING:
    from .venue import Venue

PATH_ROWS = (Kind.BAR_FIRST, Kind.BAR_SECOND, Kind.BAR_CLOSE)


class Matching:
    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def match(self, symbol: str, kind: Kind) -> None:
        """Pending orders of an instrument meet its new quote, oldest arrival first."""
        for order in list(self.venue.book):
            if order.symbol == symbol and order.works and not order.held:
                self.meet(order, kind in PATH_ROWS)
                if order.works and order.tif in AT_ONCE:  # a child that had waited for its parent
                    self.venue.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)

    def meet(self, order: Order, on_path: bool) -> None:
        quote = self.venue.account.quotes[order.symbol]
        if order.tif == TimeInForce.CLS or (order.tif == TimeInForce.OPG and not order.opened):
            return
        if order.tif == TimeInForce.OPG:
            self.scheduled(order)
        elif order.acts_as == OrderType.MARKET:
            self.venue.take(order)
        elif order.is_limit:
            self.rest(order, quote, on_path)
        else:
            self.trigger(order, quote, on_path)

    def scheduled(self, order: Order) -> None:
        """At the open or the close: what that one quote gives; the rest is over. An at-open limit has rested."""
        quote, opens = self.venue.account.quotes[order.symbol], order.tif == TimeInForce.OPG
        if order.held:
            return
        if order.type == OrderType.LIMIT and marketable(order, quote):
            no_money = Reason.NO_MONEY_AT_TRIGGER if opens else Reason.NO_MONEY
            self.venue.execute(order, quote.opening(order.side), maker=opens, no_money=no_money)
        elif order.type == OrderType.MARKET:
            self.venue.take(order)
        if order.works:
            self.venue.end(
                order, *((Status.CANCELED, Reason.NOT_ENOUGH_SIZE) if opens else (Status.EXPIRED, Reason.TIME))
            )

    def rest(self, order: Order, quote: Quote, on_path: bool) -> None:
        """A resting limit fills at its own price."""
        if not marketable(order, quote):
            return
        assert order.limit is not None
        price = order.limit
        if self.venue.rules.improve and not on_path:
            price = quote.opening(order.side)
        self.venue.execute(order, price, maker=True)

    def trigger(self, order: Order, quote: Quote, on_path: bool) -> None:
        """A stop, reached: at the quote, or at its own price inside a bar."""
        assert order.stop is not None
        market = quote.opening(order.side)
        if order.side * (market - order.stop) < 0:
            return
        order.triggered = True
        price = order.stop if on_path else market
        if order.type == OrderType.STOP_LIMIT:
            assert order.limit is not None
            if order.side * (order.limit - price) >= 0:
                self.venue.execute(order, price, maker=False)
        else:
            self.venue.execute(order, price, maker=False, slips=True)

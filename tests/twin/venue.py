"""The broker's side: when orders arrive, trigger and fill, and what a fill does to its relatives.

Assumes: quotes move in steps (a stop fills at the gap), but between the points of a bar's path prices are continuous
(a stop fills at its own price). What is taken from a quoted size is gone until the next quote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, Kind, OrderType, Reason, Status, TimeInForce, Why

from .account import Account, Deal, Position, Quote, Reserve
from .costs import Costs
from .orders import Order, can_convert, marketable, refusal
from .rules import ZERO, Rules

PATH_ROWS = (Kind.BAR_FIRST, Kind.BAR_SECOND, Kind.BAR_CLOSE)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
SCHEDULED = (TimeInForce.OPG, TimeInForce.CLS)


class Venue:
    def __init__(self, rules: Rules, account: Account, tell: Callable[..., None]) -> None:
        self.rules, self.account, self.tell = rules, account, tell
        self.costs = Costs(rules, account)
        self.orders: dict[int, Order] = {}  # every order ever
        self.book: list[Order] = []  # working and arrived, oldest arrival first
        self.fills: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.is_open = True
        self.now = 0
        self.rows = 0  # quotes so far

    # ------------------------------------------------------------------------------------------ what checks ask

    def convertible(self, symbol: str) -> bool:
        return can_convert(self, symbol)

    def ticket(self, id: int) -> Position | None:
        return next((p for p in self.account.positions if p.id == id), None)

    def reducible(self, order: Order) -> Decimal:
        """How much an order that only reduces would find."""
        deal = self._deal(order, Decimal("1e12"), ZERO)
        return sum((part for _, part in self.account.opposite(deal)), ZERO)

    def would_be_held(self, order: Order) -> bool:
        parent = self.orders.get(order.parent)
        return parent is not None and parent.works and parent.filled == 0

    def parent_lives(self, id: int) -> bool:
        parent = self.orders.get(id)
        opened = any(id in (p.id, p.last_order) for p in self.account.positions)
        return (parent is not None and parent.works) or opened

    # ---------------------------------------------------------------------------------------------------- margin

    def reserves(self, without: Order | None = None) -> Iterator[Reserve]:
        """What the working orders ask for, at the price and conversion of their acceptance."""
        for o in self.book:
            if o is not without:
                yield from self.reserve(o)

    def reserve(self, o: Order) -> Iterator[Reserve]:
        if o.held or o.reduces or o.type == OrderType.MARKET or not self.rules.pending_margin:
            return
        t = self.account.terms[o.symbol]
        amount = self.account.basic(t, o.left, o.margin_price, o.margin_rate) * t.order_rate(o.side, o.type)
        yield Reserve(o.symbol, o.side, o.type, amount, o.id)

    def used_margin(self) -> Decimal:
        return self.account.used_margin(self.reserves())

    def margin_refusal(self, order: Order) -> Reason:
        """The last check of a new order: as the position it becomes now, or as the reserve it will hold."""
        quote = self.account.quotes[order.symbol]
        if order.reduces:
            return Reason.NONE
        if not self.would_be_held(order) and self.executes_now(order, quote):
            price = quote.opening(order.side)
            if order.type == OrderType.MARKET:
                price = self.costs.slipped(order.symbol, order.side, order.qty, price)
            return Reason.NONE if self.affordable(order, order.qty, price, maker=False) else Reason.NO_MONEY
        order.margin_price = order.price or ZERO
        order.margin_rate = self.account.margin_rate(order.symbol, order.side)
        if self.would_be_held(order):
            return Reason.NONE
        after = self.account.used_margin([*self.reserves(), *self.reserve(order)])
        return Reason.NONE if self.enough(order, after, ZERO) else Reason.NO_MONEY

    def enough(self, order: Order, used_after: Decimal, commission: Decimal) -> bool:
        """Margin that does not grow is always allowed; what the order itself had reserved does not count as used."""
        before = self.account.used_margin(self.reserves(without=order))
        return used_after <= before or self.account.equity() - commission - used_after >= 0

    def affordable(self, order: Order, qty: Decimal, price: Decimal, maker: bool) -> bool:
        """Whether margin allows the fill; what only reduces is always allowed."""
        if order.reduces:
            return True
        trial = self.account.trial()
        trial.deal(self._deal(order, qty, price))
        rest = [] if qty >= order.left else list(self._rest(order, qty))
        used = trial.used_margin([*self.reserves(without=order), *rest])
        return self.enough(order, used, self.costs.commission(order, qty, price, maker, book=False))

    def _rest(self, order: Order, qty: Decimal) -> Iterator[Reserve]:
        order.filled += qty
        yield from list(self.reserve(order))
        order.filled -= qty

    # --------------------------------------------------------------------------------------------------- arrivals

    def executes_now(self, order: Order, quote: Quote) -> bool:
        """Whether a new order trades on arrival."""
        if order.tif in SCHEDULED:
            return False
        return order.type == OrderType.MARKET or (order.type == OrderType.LIMIT and marketable(order, quote))

    def arrive(self, order: Order) -> None:
        """The order reaches the venue: checked, accepted, and filled as far as it can be now."""
        order.due, order.waits = 0, False
        reason = refusal(self, order, self.now)
        if reason:
            self.refuse(order, reason)
            return
        order.status = Status.ACCEPTED
        order.held = self.would_be_held(order)
        parent = self.orders.get(order.parent)
        if parent is not None:
            order.allowed = parent.filled
        self.book.append(order)
        if not order.held and self.executes_now(order, self.account.quotes[order.symbol]):
            self.take(order)
        if (
            order.works
            and not order.held
            and order.tif in AT_ONCE
            and order.type in (OrderType.MARKET, OrderType.LIMIT)
        ):
            self.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)

    def refuse(self, order: Order, reason: Reason) -> None:
        self.end(order, Status.REJECTED, reason)
        self.tell(EventKind.ORDER_REFUSED, reason=reason, order=order.id, symbol=order.symbol)

    # ---------------------------------------------------------------------------------------------------- matching

    def match(self, symbol: str, kind: Kind) -> None:
        """Pending orders of an instrument meet its new quote, oldest arrival first."""
        for order in list(self.book):
            if order.symbol == symbol and order.works and not order.held:
                self.meet(order, kind in PATH_ROWS)

    def meet(self, order: Order, on_path: bool) -> None:
        quote = self.account.quotes[order.symbol]
        if order.tif == TimeInForce.CLS or (order.tif == TimeInForce.OPG and not order.opened):
            return
        if order.tif == TimeInForce.OPG:
            self.scheduled(order)
        elif order.type == OrderType.MARKET:
            self.take(order, rested=True)
        elif order.type == OrderType.LIMIT or (order.type == OrderType.STOP_LIMIT and order.triggered):
            self.rest(order, quote, on_path)
        elif order.triggered:
            self.take(order, rested=True)
        else:
            self.trigger(order, quote, on_path)

    def scheduled(self, order: Order) -> None:
        """At the open or the close: what the standing quote gives, the rest expires."""
        quote = self.account.quotes[order.symbol]
        if order.type == OrderType.MARKET or (order.type == OrderType.LIMIT and marketable(order, quote)):
            self.take(order, rested=True)
        if order.works:
            self.end(order, Status.EXPIRED, Reason.TIME)

    def rest(self, order: Order, quote: Quote, on_path: bool) -> None:
        """A resting limit fills at its own price."""
        if not marketable(order, quote):
            return
        assert order.limit is not None
        price = order.limit
        if self.rules.improve and not on_path:
            price = quote.opening(order.side)
        self.execute(order, price, maker=True, recheck=True)

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
                self.execute(order, price, maker=False, recheck=True)
        else:
            self.execute(order, price, maker=False, recheck=True, slips=True)
        if order.works and order.tif in AT_ONCE:
            self.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)

    def take(self, order: Order, rested: bool = False) -> None:
        """Trade against the standing quote."""
        price = self.account.quotes[order.symbol].opening(order.side)
        self.execute(order, price, maker=False, recheck=rested, slips=order.type != OrderType.LIMIT)

    # ------------------------------------------------------------------------------------------------------- fills

    def available(self, order: Order) -> Decimal:
        """How much may fill on this quote."""
        quote = self.account.quotes[order.symbol]
        size = quote.ask_size if order.side > 0 else quote.bid_size
        qty = order.left if size is None else min(order.left, size)
        if order.allowed is not None:
            qty = min(qty, order.allowed - order.filled)
        if order.display_qty > 0:
            used = order.shown_qty if order.shown == self.rows else ZERO
            qty = min(qty, order.display_qty - used)
        return qty

    def execute(self, order: Order, price: Decimal, maker: bool, recheck: bool, slips: bool = False) -> None:
        """Fill as much as the quote gives, after another look at the margin where the order had rested."""
        if order.reduces:
            found = self.reducible(order)
            if found == 0:
                self.end(order, Status.CANCELED, Reason.NOTHING_TO_REDUCE)
                return
            order.qty = order.filled + min(order.left, found)
        qty = self.available(order)
        if qty <= 0 or (order.tif == TimeInForce.FOK and qty < order.left):
            return
        if slips:
            price = self.costs.slipped(order.symbol, order.side, qty, price)
        if recheck and not self.affordable(order, qty, price, maker):
            self.refuse(order, Reason.NO_MONEY_AT_TRIGGER)
            return
        self.consume(order, qty)
        deal = self._deal(order, qty, price)
        deal.commission, deal.maker = self.costs.commission(order, qty, price, maker), maker
        self.settle(deal)
        order.filled, order.value = order.filled + qty, order.value + qty * price
        order.status = Status.FILLED if order.left == 0 else Status.PARTIALLY_FILLED
        self.after_fill(order)

    def consume(self, order: Order, qty: Decimal) -> None:
        quote = self.account.quotes[order.symbol]
        order.shown_qty = qty + (order.shown_qty if order.shown == self.rows else ZERO)
        order.shown = self.rows
        if order.side > 0 and quote.ask_size is not None:
            quote.ask_size -= qty
        if order.side < 0 and quote.bid_size is not None:
            quote.bid_size -= qty

    def _deal(self, o: Order, qty: Decimal, price: Decimal) -> Deal:
        return Deal(
            self.now, o.id, o.symbol, o.side, qty, price, ticket=o.position, reduces=o.reduces, sl=o.sl, tp=o.tp,
            trail=None if o.type == OrderType.TRAILING_STOP else o.trail, tag=o.tag,
        )  # fmt: skip

    def settle(self, deal: Deal) -> None:
        """Put a deal into the account; orders that wait for a ticket that is gone go too."""
        before = {p.id for p in self.account.positions}
        fill, trades = self.account.deal(deal)
        self.fills.append(fill)
        self.trades += trades
        for id in before - {p.id for p in self.account.positions}:
            for order in list(self.orders.values()):
                if order.works and order.position == id and order.id != deal.order:
                    self.end(order, Status.CANCELED, Reason.POSITION_CLOSED)

    def broker_closes(self, p: Position, price: Decimal, why: Why) -> None:
        """Stop loss, take profit, stop-out: the whole position, as an order of the broker's own."""
        own = Order(0, p.symbol, -p.side, OrderType.MARKET, p.qty)
        deal = Deal(self.now, 0, p.symbol, -p.side, p.qty, price, why=why, ticket=p.id, reduces=True, tag=p.tag)
        deal.commission = self.costs.commission(own, p.qty, price, maker=why == Why.TAKE_PROFIT)
        self.settle(deal)

    # --------------------------------------------------------------------------------------------------- relatives

    def after_fill(self, order: Order) -> None:
        if order.status == Status.FILLED:
            self.book = [o for o in self.book if o is not order]
        for other in list(self.orders.values()):
            linked = other.oco == order.id or (order.oco and order.oco == other.id)
            if other is not order and other.works and linked:
                self.end(other, Status.CANCELED, Reason.OCO_FILLED)
        for child in self.book:
            if child.parent == order.id:
                child.held, child.allowed = False, order.filled

    def end(self, order: Order, status: Status, reason: Reason) -> None:
        order.status, order.reason = status, reason
        self.book = [o for o in self.book if o is not order]
        if order.filled == 0:
            for child in list(self.book):
                if child.parent == order.id:
                    self.end(child, Status.CANCELED, Reason.PARENT_CANCELED)

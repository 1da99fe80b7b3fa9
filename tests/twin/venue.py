"""The broker's side: what becomes of an order on arrival, what a fill takes, and what it does to the order's relatives.

What is taken from a quoted size is gone until the next quote. When a waiting order acts says matching.py.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Why

from .account import Account, Deal, Position, Quote
from .clock import Clock
from .conditions import adopt, positions_refusal, side_refusal, volume_refusal
from .costs import Costs
from .matching import Matching
from .orders import AT_ONCE, SCHEDULED, Order, can_convert, marketable, refusal, start_trailing
from .reserves import Reserves
from .rules import Rules
from .terms import ZERO


class Venue:
    def __init__(self, rules: Rules, account: Account, tell: Callable[..., None]) -> None:
        self.rules, self.account, self.tell = rules, account, tell
        self.costs, self.margin, self.matching = Costs(rules, account), Reserves(self), Matching(self)
        self.day = Clock(rules.day_start)
        self.orders: dict[int, Order] = {}  # every order ever
        self.book: list[Order] = []  # working and arrived, oldest arrival first
        self.fills: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.shut: set[str] = set()  # instruments whose market is closed
        self.is_ours = True  # False: a broker elsewhere says what ends
        self.now = 0

    # ------------------------------------------------------------------------------------------ what checks ask

    def ticket(self, id: int) -> Position | None:
        """The position an order opened, or (netting) last added to."""
        return next((p for p in self.account.positions if id in (p.id, p.last_order)), None)

    def reducible(self, order: Order) -> Decimal:
        """How much an order that only reduces would find."""
        deal = self.deal_of(order, Decimal("1e12"), ZERO)
        return sum((part for _, part in self.account.opposite(deal)), ZERO)

    def would_be_held(self, order: Order) -> bool:
        parent = self.orders.get(order.parent)
        return parent is not None and parent.works and parent.filled == 0

    def parent_lives(self, id: int) -> bool:
        parent = self.orders.get(id)
        return (parent is not None and parent.works) or self.ticket(id) is not None

    # --------------------------------------------------------------------------------------------------- arrivals

    def executes_now(self, order: Order, quote: Quote) -> bool:
        """Whether a new order trades on arrival."""
        if order.tif in SCHEDULED:
            return False
        return order.type == OrderType.MARKET or (order.is_limit and marketable(order, quote))

    def arrive(self, order: Order) -> None:
        """The order reaches the venue: checked, accepted, and filled as far as it can be now."""
        order.due, order.waits = 0, False
        ticket = self.ticket(order.position)
        if order.closing and ticket is not None:
            order.qty = min(order.qty, ticket.qty)
        adopt(order, self.account.terms[order.symbol], self.day)
        reason = refusal(self, order, self.now)
        if reason:
            self.refuse(order, reason)
            return
        ticket = self.ticket(order.position)
        order.position = ticket.id if ticket is not None else 0
        order.held = self.would_be_held(order)
        parent = self.orders.get(order.parent)
        if parent is not None and parent.works:
            order.allowed = self._whole(order, parent.filled)
        self.book.append(order)
        if not order.held and self.executes_now(order, self.account.quotes[order.symbol]):
            self.take(order)
            if order.works and order.type == OrderType.LIMIT:
                self.margin.fix(order)
        if order.works:
            self.accept(order)
        if order.works and not order.held and order.tif in AT_ONCE:
            self.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)

    def accept(self, order: Order) -> None:
        """The trader hears it once: an order that trades on arrival is refused or accepted, never both."""
        if order.status == Status.SUBMITTED:
            order.becomes(Status.ACCEPTED)

    def refuse(self, order: Order, reason: Reason) -> None:
        self.end(order, Status.REJECTED, reason)
        self.tell(EventKind.ORDER_REFUSED, reason=reason, order=order.id, symbol=order.symbol, new=True)

    # ------------------------------------------------------------------------------------------------------- fills

    def take(self, order: Order, no_money: Reason = Reason.NO_MONEY) -> None:
        """Trade against the standing quote."""
        price = self.account.quotes[order.symbol].opening(order.side)
        self.execute(order, price, maker=False, slips=not order.is_limit, no_money=no_money)

    def available(self, order: Order) -> Decimal:
        """How much may fill on this quote."""
        quote = self.account.quotes[order.symbol]
        size = quote.ask_size if order.side > 0 else quote.bid_size
        step = self.account.terms[order.symbol].qty_increment
        qty = order.left if size is None else min(order.left, size // step * step)
        if order.allowed is not None:
            qty = min(qty, order.allowed - order.filled)
        if order.display_qty > 0:
            used = order.shown_qty if order.shown_on is quote else ZERO
            qty = min(qty, order.display_qty - used)
        return qty

    def execute(
        self,
        order: Order,
        price: Decimal,
        maker: bool,
        slips: bool = False,
        no_money: Reason = Reason.NO_MONEY_AT_TRIGGER,
    ) -> None:
        """Fill as much as the quote gives; an order that only reduces is cut to what is there, a fill a ticket."""
        if not order.reduces:
            self._fill(order, self.available(order), price, maker, slips, no_money)
            return
        if self.reducible(order) == 0:
            self.accept(order)
            gone = Reason.POSITION_CLOSED if order.position else Reason.NOTHING_TO_REDUCE
            self.end(order, Status.CANCELED, gone)
            return
        order.qty = order.filled + min(order.left, self.reducible(order))
        for ticket, part in self.account.opposite(self.deal_of(order, self.available(order), price)):
            if order.works:
                self._fill(order, part, price, maker, slips, no_money, ticket.id)

    def _fill(
        self, order: Order, qty: Decimal, price: Decimal, maker: bool, slips: bool, no_money: Reason, ticket: int = 0
    ) -> None:
        if order.tif == TimeInForce.FOK and self.available(order) < order.left:
            self.accept(order)
            self.end(order, Status.CANCELED, Reason.NOT_ENOUGH_SIZE)
        if qty <= 0 or not order.works:
            return
        if not order.reduces and not can_convert(self, order.symbol):
            self.refuse(order, Reason.NO_CONVERSION)
            return
        if slips:
            price = self.costs.slipped(order.symbol, order.side, qty, price)
        reason = side_refusal(self, order, qty) or positions_refusal(self, order)
        if reason:
            self.refuse(order, reason)
            return
        if not self.margin.affordable(order, qty, price, maker):
            self.refuse(order, no_money)
            return
        self.accept(order)
        deal = self.deal_of(order, qty, price)
        deal.commission, deal.maker = self.costs.commission(order, qty, price, maker), maker
        deal.ticket = ticket
        self.consume(order, qty)
        self.settle(deal)
        order.reserved = self.margin.shrunk(order, qty)
        order.filled, order.value = order.filled + qty, order.value + qty * price
        order.becomes(Status.FILLED if order.left == 0 else Status.PARTIALLY_FILLED)
        self.after_fill(order)

    def consume(self, order: Order, qty: Decimal) -> None:
        quote = self.account.quotes[order.symbol]
        order.shown_qty = qty + (order.shown_qty if order.shown_on is quote else ZERO)
        order.shown_on = quote
        if order.side > 0 and quote.ask_size is not None:
            quote.ask_size -= qty
        if order.side < 0 and quote.bid_size is not None:
            quote.bid_size -= qty

    def deal_of(self, o: Order, qty: Decimal, price: Decimal) -> Deal:
        return Deal(
            self.now, o.id, o.symbol, o.side, qty, price, ticket=o.position, reduces=o.reduces, sl=o.sl, tp=o.tp,
            trail=None if o.type == OrderType.TRAILING_STOP else o.trail, tag=o.tag,
        )  # fmt: skip

    def settle(self, deal: Deal) -> None:
        """Put a deal into the account and tell it; orders given for a ticket end with it."""
        before = [p.id for p in self.account.positions]
        fill, trades = self.account.deal(deal)
        self.fills.append(fill)
        self.trades += trades
        gone = set(before) - {p.id for p in self.account.positions}
        for order in list(self.book) if self.is_ours else []:
            if order.works and order.position in gone and order.id != deal.order:
                self.end(order, Status.CANCELED, Reason.POSITION_CLOSED)

    def broker_closes(self, p: Position, price: Decimal, why: Why, part: Decimal | None = None) -> None:
        """Stop loss, take profit, stop-out: the whole position or a part, as an order of the broker's own."""
        qty = p.qty if part is None else part
        own = Order(0, p.symbol, -p.side, OrderType.MARKET, qty)
        deal = Deal(self.now, 0, p.symbol, -p.side, qty, price, why=why, ticket=p.id, reduces=True, tag=p.tag)
        deal.commission = self.costs.commission(own, qty, price, maker=False)
        self.settle(deal)

    # --------------------------------------------------------------------------------------------------- relatives

    def after_fill(self, order: Order) -> None:
        if order.status == Status.FILLED:
            self.book = [o for o in self.book if o is not order]
        for other in list(self.orders.values()):
            linked = other.oco == order.id or (order.oco and order.oco == other.id)
            if other is not order and other.works and linked:
                self.end(other, Status.CANCELED, Reason.OCO_FILLED)
        for child in list(self.orders.values()):
            if child.parent == order.id and child.works:
                child.allowed = self._whole(child, order.filled)
                if child.held:
                    self.wake(child)

    def wake(self, child: Order) -> None:
        """Its parent filled: from now on it works, and reserves its margin."""
        child.held = False
        if child.type == OrderType.TRAILING_STOP:
            start_trailing(child, self.account.quotes[child.symbol], self.account.terms[child.symbol])
        reason = Reason.NONE
        if not child.reduces and child.type != OrderType.MARKET:
            reason = volume_refusal(self, child) or self.margin.resting_refusal(child)
        if reason:
            self.refuse(child, reason)

    def end(self, order: Order, status: Status, reason: Reason) -> None:
        order.becomes(status)
        order.reason = reason
        self.book = [o for o in self.book if o is not order]
        for child in list(self.orders.values()):
            if child.parent == order.id and child.works and status != Status.FILLED:
                self.lose_parent(child, order)

    def _whole(self, child: Order, qty: Decimal) -> Decimal:
        """What a child may have of its parent's quantity: its instrument may trade in larger steps."""
        step = self.account.terms[child.symbol].qty_increment
        return qty // step * step

    def lose_parent(self, child: Order, parent: Order) -> None:
        """The parent ended before it was full: the child may have what the parent got, or goes with it."""
        got = self._whole(child, parent.filled)
        if got == 0:
            self.end(child, Status.CANCELED, Reason.PARENT_CANCELED)
            return
        cut = child.qty - min(child.qty, got)
        if cut < child.left:
            child.reserved = self.margin.shrunk(child, cut)
        child.qty -= cut
        if child.left <= 0:
            self.end(child, Status.FILLED, Reason.NONE)

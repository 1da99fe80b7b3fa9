"""Our own gates and limits before an order is sent, and the watch over the level, by the words of their rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_FLOOR, Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from simcore.kernel.enums import EventKind, OrderType, Reason

from .account import NoConversion, Position
from .margin import Reserve
from .orders import Order, can_convert, marketable
from .terms import FOREX_MODES, ONE, ZERO, Terms, need, number

if TYPE_CHECKING:
    from .venue import Venue

SLACK = ONE + Decimal("1e-9")
Count = Callable[[Decimal], Decimal]  # what a limit counts, with so much of the order in


class Caps:
    def __init__(self, venue: Venue, worst: Callable[[], Position | None]) -> None:
        self.venue, self.account, self.rules, self.worst = venue, venue.account, venue.rules, worst
        self.warned = False
        self.legs: list[int] = []  # instants of the legs of the order being sent
        self.denied = False

    def refusal(self, order: Order) -> Reason:
        """Why we do not send an order; its qty may be cut."""
        if order.reduces or order.symbol not in self.account.quotes or order.left <= 0:
            return Reason.NONE
        return self._limits(order) or self._gates(order, self.venue.margin.used())

    def growth(self, order: Order, qty: Decimal) -> tuple[Decimal, Reason]:
        """The qty a working order may grow to, or why it may not."""
        if order.reduces or order.symbol not in self.account.quotes:
            return qty, Reason.NONE
        used = self.venue.margin.used()
        old, order.qty = order.qty, qty
        reason = self._limits(order)
        if not reason and order.qty > old:
            reason = self._gates(order, used)
        qty, order.qty = max(old, order.qty), old
        return qty, reason

    # ------------------------------------------------------------------------------------------------------ margin

    def _used_with(self, order: Order, qty: Decimal) -> Decimal:
        """Used margin with so much of the order filled at the quote, or waiting."""
        others = list(self.venue.margin.reserves(without=order))
        quote = self.account.quotes[order.symbol]
        price = quote.opening(order.side)
        if qty <= 0:
            return self.account.used_margin(others)
        try:
            if order.type == OrderType.MARKET:
                deal = self.venue.deal_of(order, qty, price)
                return self.account.margin_to_deal(deal, others)
            at = price if order.price is None else order.price
            rate = self.account.margin_rate(order.symbol, order.side, at)
            t = self.account.terms[order.symbol]
            amount = self.rules.money(self.account.margin.order(t, order.side, order.type, qty, at, rate))
        except NoConversion:
            return self.account.used_margin(others)
        amount = amount if self.rules.pending_margin else ZERO
        reserve = Reserve(order.symbol, order.side, order.type, amount, order.id, qty, at)
        return self.account.used_margin([*others, reserve])

    # ------------------------------------------------------------------------------------------------------- gates

    def _gates(self, order: Order, used: Decimal) -> Reason:
        """used: before the order, or before it grew."""
        level, factor = (number(self.rules.gates.get(name)) for name in ("margin_level", "free_margin_factor"))
        if (level is None and factor is None) or order.parent:
            return Reason.NONE
        after = self._used_with(order, order.left)
        if after <= used:
            return Reason.NONE
        to_come = self._legs_to_come()
        if not to_come:
            return Reason.GATE_LEGS
        needed, equity = self.rules.money((after - used) * to_come), self.account.equity()
        self.denied = True
        if level is not None and equity < level * (used + needed):
            return Reason.GATE_MARGIN_LEVEL
        if factor is not None and self.account.free_equity() - used < self.rules.money(needed * factor):
            return Reason.GATE_FREE_MARGIN
        self.denied = False
        self.venue.tell(EventKind.GATE_PASSED, order=order.id, symbol=order.symbol)
        return Reason.NONE

    def _legs_to_come(self) -> int:
        """Legs still to come, this one included; 0: one was denied."""
        n = self.rules.gates.get("legs", 1)
        if len(self.legs) == n or any(at != self.venue.now for at in self.legs):
            self.legs, self.denied = [], False
        self.legs.append(self.venue.now)
        return 0 if self.denied else n - len(self.legs) + 1

    def look(self) -> int:
        """The watch: warns once, and returns the ticket it wants closed."""
        warn, close = (number(self.rules.gates.get(name)) for name in ("warn_level", "close_level"))
        used, equity = self.venue.margin.used(), self.account.equity()
        if warn is None and close is None:
            return 0
        below = used > 0 and warn is not None and equity < warn * used
        if below and not self.warned:
            self.venue.tell(EventKind.GATE_WARNING)
        self.warned = below
        if used == 0 or close is None or equity >= close * used:
            return 0
        worst = self.worst()
        if worst is not None and self.rules.fifo_close:  # our close is an order like any other: the oldest first
            worst = next(p for p in self.account.positions if p.symbol == worst.symbol)
        closing = [o.position for o in self.venue.orders.values() if o.works and o.closing]
        if worst is None or worst.id in closing:
            return 0
        self.venue.tell(EventKind.GATE_CLOSE, position=worst.id, symbol=worst.symbol)
        return worst.id

    # ------------------------------------------------------------------------------------------------------ limits

    def _unit(self, symbol: str, side: int, price: Decimal) -> Decimal:
        """Value of one lot."""
        t = self.account.terms[symbol]
        try:
            if t.mode in FOREX_MODES:
                return t.contract_size * self.account.margin_rate(symbol, side, price)
            value = t.contract_size * price
            return value * self.account.profit_rate(t, side, ONE, price)
        except NoConversion:
            return ZERO

    def _exposure(self, symbol: str, order: Order | None, qty: Decimal) -> tuple[Decimal, Decimal]:
        """(lots, value) an instrument can come to."""
        quote = self.account.quotes.get(symbol)
        if quote is None:
            return ZERO, ZERO
        held = {1: ZERO, -1: ZERO}
        for p in self.account.positions:
            held[p.side] += p.qty if p.symbol == symbol else ZERO
        orders = {1: ZERO, -1: ZERO}
        for o in self.venue.orders.values():
            if o.symbol == symbol and o.works and o is not order and not o.reduces and not o.parent:
                orders[o.side] += o.left
        if order is not None:
            orders[order.side] += qty
        hold = {s: self._unit(symbol, s, quote.closing(s)) for s in (1, -1)}
        new = {s: self._unit(symbol, s, quote.opening(s)) for s in (1, -1)}
        if self.rules.hedging:
            value = sum((held[s] * hold[s] + orders[s] * new[s] for s in (1, -1)), ZERO)
            return sum((*held.values(), *orders.values()), ZERO), value
        ways = []
        for s in (1, -1):
            against = held[-s]
            if not against:
                ways.append((held[s] + orders[s], held[s] * hold[s] + orders[s] * new[s]))
            elif orders[s] <= against:
                ways.append((against - orders[s], (against - orders[s]) * hold[-s]))
            else:
                ways.append((orders[s] - against, (orders[s] - against) * new[s]))
        return max(lots for lots, _ in ways), max(value for _, value in ways)

    def _value(self, order: Order, qty: Decimal, asset_class: str | None = None) -> Decimal:
        """Notional of everything, or of a class."""
        return sum(
            (
                self._exposure(symbol, order if symbol == order.symbol else None, qty)[1]
                for symbol, t in self.account.terms.items()
                if asset_class in (None, t.asset_class)
            ),
            ZERO,
        )

    def _own(self, t: Terms) -> Mapping[str, Any]:
        """What holds for one instrument."""
        limits = self.rules.limits
        for pattern, own in limits.get("symbols", {}).items():
            if fnmatchcase(t.symbol, pattern):
                return dict(own)
        named = {"max_leverage": "max_position_leverage", "max_notional": "max_position_notional"}
        return {name: limits.get(field) for name, field in named.items()}

    def _all(self, order: Order) -> Iterator[tuple[Reason, Any, bool, Count]]:
        """(reason, limit or None, whether it is a multiple of equity, what it counts)."""
        t, limits = self.account.terms[order.symbol], self.rules.limits
        own, group = self._own(t), limits.get("classes", {}).get(t.asset_class, {})

        def value(qty: Decimal) -> Decimal:
            return self._value(order, qty)

        def of_class(qty: Decimal) -> Decimal:
            return self._value(order, qty, t.asset_class)

        def of_one(qty: Decimal) -> Decimal:
            return self._exposure(order.symbol, order, qty)[1]

        yield Reason.LIMIT_LEVERAGE, limits.get("max_leverage"), True, value
        yield Reason.LIMIT_CLASS_LEVERAGE, group.get("max_leverage"), True, of_class
        yield Reason.LIMIT_POSITION_LEVERAGE, own.get("max_leverage"), True, of_one
        yield Reason.LIMIT_NOTIONAL, limits.get("max_notional"), False, value
        yield Reason.LIMIT_CLASS_NOTIONAL, group.get("max_notional"), False, of_class
        yield Reason.LIMIT_POSITION_NOTIONAL, own.get("max_notional"), False, of_one
        lots: Count = lambda qty: self._exposure(order.symbol, order, qty)[0]  # noqa: E731
        yield Reason.LIMIT_POSITION_QTY, own.get("max_qty"), False, lots
        yield Reason.LIMIT_MARGIN, limits.get("max_margin"), True, lambda qty: self._used_with(order, qty)
        yield Reason.LIMIT_MAX_ORDERS, limits.get("max_orders"), False, lambda qty: self._pending(order, qty)
        yield Reason.LIMIT_MAX_POSITIONS, limits.get("max_positions"), False, lambda qty: self._tickets(order, qty)

    def _pending(self, order: Order, qty: Decimal) -> Decimal:
        pending = [o for o in self.venue.orders.values() if o.works and o is not order and o.type != OrderType.MARKET]
        return Decimal(len(pending) + (qty > 0 and order.type != OrderType.MARKET))

    def _tickets(self, order: Order, qty: Decimal) -> Decimal:
        fresh = self.rules.hedging or all(p.symbol != order.symbol for p in self.account.positions)
        return Decimal(len(self.account.positions) + (qty > 0 and fresh))

    def _broken(self, order: Order, qty: Decimal) -> list[Reason]:
        equity = max(self.account.equity(), ZERO)
        found = []
        for reason, limit, per_equity, count in self._all(order):
            if limit is not None:
                most = need(limit) * (equity if per_equity else ONE)
                after = count(qty)
                if after > most * SLACK and after > count(ZERO):
                    found.append(reason)
        return found

    def _short(self, order: Order, qty: Decimal) -> bool:
        """Whether so much of the order, and no more, could not have its margin."""
        quote = self.account.quotes[order.symbol]
        if not can_convert(self.venue, order.symbol):
            return False
        asked, order.qty = order.qty, order.filled + qty
        if order.type == OrderType.MARKET or (order.is_limit and marketable(order, quote)):
            price = quote.opening(order.side)
            if order.type == OrderType.MARKET:
                price = self.venue.costs.slipped(order.symbol, order.side, qty, price)
            short = not self.venue.margin.affordable(order, qty, price, maker=False)
        else:
            short = not self.venue.margin.enough(order, self._used_with(order, qty), ZERO)
        order.qty = asked
        return short

    def _limits(self, order: Order) -> Reason:
        adjusts = self.rules.limits.get("action", "reject") == "adjust"
        broken = self._broken(order, order.left)
        if (broken or adjusts) and self._short(order, order.left):
            broken.append(Reason.LIMIT_FREE_MARGIN)
        for reason in broken:
            self.venue.tell(EventKind.LIMIT_VIOLATED, reason=reason, order=order.id, symbol=order.symbol)
        final = [r for r in broken if r in (Reason.LIMIT_MAX_ORDERS, Reason.LIMIT_MAX_POSITIONS)]
        refused = next((r for r in final or broken if r != Reason.LIMIT_FREE_MARGIN), Reason.NONE)
        allowed = self._largest(order) if broken and not final and adjusts else ZERO
        if not allowed:
            return refused
        self.venue.tell(EventKind.ORDER_ADJUSTED, reason=broken[0], order=order.id, symbol=order.symbol)
        order.qty = order.filled + allowed
        return Reason.NONE

    def _largest(self, order: Order) -> Decimal:
        """The largest qty on the grid that breaks nothing, by halving."""
        t = self.account.terms[order.symbol]
        low, high = ZERO, (order.left / t.qty_increment + Decimal("1e-6")).quantize(ONE, ROUND_FLOOR)
        counts = (Reason.LIMIT_MAX_ORDERS, Reason.LIMIT_MAX_POSITIONS)
        while low < high:
            middle = (low + high + 1) // 2
            qty = middle * t.qty_increment
            if all(r in counts for r in self._broken(order, qty)) and not self._short(order, qty):
                low = middle
            else:
                high = middle - 1
        qty = low * t.qty_increment
        return qty if qty >= t.qty_min else ZERO

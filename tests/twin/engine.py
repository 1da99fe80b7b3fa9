"""Twin: the whole account in slow, obvious decimals; one event at a time, in the order of the rules.

Times are int64 ns UTC. Every event first advances time: what is due by then happens, in time order, on the quotes that
stood. Nothing here is shared with the compiled account but the names of its codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, Kind, OrderType, Status, TimeInForce

from .account import Account, Quote
from .caps import Caps
from .changes import Changes
from .clock import timeframe_ns
from .corporate import Corporate
from .due import Due
from .moving import Moving
from .orders import Order
from .protection import Protection, Range
from .regimes import day_of, least_margin, regulated, under
from .rules import read_rules
from .terms import ZERO, number, read_terms
from .venue import Venue

SIDES = {"buy": 1, "sell": -1, 1: 1, -1: -1}
PRICES = ("limit", "stop", "trail", "sl", "tp", "qty")


class Twin:
    clockwork = Due

    def __init__(
        self,
        broker: Mapping[str, Any],
        instruments: Sequence[Mapping[str, Any]],
        cash: Any,
        prints_only: Sequence[str] = (),
    ) -> None:
        """prints_only: symbols without quotes, whose prints stand for them."""
        self.prints_only = prints_only
        regime = broker.get("regime", "none")
        self.rules = regulated(read_rules(broker), regime)
        sides = broker.get("hedged_sides", 1)
        own = [read_terms(i, self.rules.currency, exchange=self.rules.exchange, sides=sides) for i in instruments]
        least = {t.symbol: least_margin(t, regime, day_of(broker)) for t in own}
        terms = {t.symbol: under(t, self.rules, least[t.symbol]) for t in own}
        self.ledger = Account(self.rules, terms, self.rules.money(Decimal(str(cash))))
        self.venue = Venue(self.rules, self.ledger, self._tell)
        self.protection, self.changes = Protection(self.venue), Changes(self.venue)
        self.corporate = Corporate(self.venue)
        self.caps = Caps(self.venue, self.protection.worst)
        self.moving = Moving(self.ledger, self._tell, least)
        self.due = self.clockwork(self.venue, self.changes, self.moving, self._watch)
        self.events: list[dict[str, Any]] = []
        self.last_id = self.n_requests = 0

    # ------------------------------------------------------------------------------------------------------- feed

    def quote(self, ts: int, symbol: str, bid: Any, ask: Any, bid_size: Any = None, ask_size: Any = None) -> None:
        self._row(ts, symbol, number(bid), number(ask), number(bid_size), number(ask_size), Kind.QUOTE, None)

    def print(self, ts: int, symbol: str, price: Any, size: Any = None) -> None:
        """A trade in the market: moves nothing of ours, unless the instrument has nothing but prints."""
        if symbol in self.prints_only:
            self._row(ts, symbol, number(price), number(price), None, None, Kind.PRINT, None)
        else:
            self._advance(ts)
            self.ledger.lasts[symbol] = Decimal(str(price))
            self._watch()
            self._look()

    def bar(self, ts: int, symbol: str, o: Any, h: Any, l: Any, c: Any, timeframe: str | int) -> None:  # noqa: E741
        """A bar stamped by its start: open, the nearer extreme (low on a tie), the other, close."""
        length = timeframe_ns(timeframe) if isinstance(timeframe, str) else timeframe
        first, high, low, last = (Decimal(str(x)) for x in (o, h, l, c))
        extremes = (high, low) if high - first < first - low else (low, high)
        times = (ts, ts + length // 3, ts + 2 * length // 3, ts + length - 1)
        kinds = (Kind.BAR_OPEN, Kind.BAR_FIRST, Kind.BAR_SECOND, Kind.BAR_CLOSE)
        for at, price, kind in zip(times, (first, *extremes, last), kinds, strict=True):
            self._row(at, symbol, price, price, None, None, kind, (low, high))

    def _row(
        self, ts: int, symbol: str, bid: Any, ask: Any, bid_size: Any, ask_size: Any, kind: Kind, bar: Range | None
    ) -> None:
        self._advance(ts)
        t = self.ledger.terms[symbol]
        self.ledger.quotes[symbol] = Quote(t.on_grid(bid), t.on_grid(ask), bid_size, ask_size, ts)
        if symbol not in self.venue.shut:
            self._match(symbol, kind, bar)
        self._watch()
        self._look()
        if symbol in self.moving.bars:
            self.moving.bars[symbol].take(ts, self.ledger.quotes[symbol].bid)
        for order in sorted(self.venue.orders.values(), key=lambda o: o.id):
            if order.works and order.waits and order.symbol == symbol:
                self._waited(order)

    def _waited(self, order: Order) -> None:
        self.venue.arrive(order)

    def _match(self, symbol: str, kind: Kind, bar: Range | None) -> None:
        self.protection.trail(symbol)
        self.protection.stop_losses(symbol, kind)
        self.protection.take_profits(symbol, kind, bar)
        self.venue.matching.match(symbol, kind)

    def deposit(self, ts: int, amount: Any, credit: bool = False) -> None:
        self._advance(ts)
        money = self.rules.money(Decimal(str(amount)))
        if credit:
            self.ledger.credit += money
        else:
            self.ledger.balance += money
        self._tell(EventKind.DEPOSIT, amount=money)
        self._watch()
        self._look()

    def split(self, ts: int, symbol: str, new: Any, old: Any = 1) -> None:
        """`new` shares for `old` ones."""
        self._advance(ts)
        self.corporate.split(symbol, Decimal(str(new)), Decimal(str(old)))
        self._watch()
        self._look()

    def dividend(self, ts: int, symbol: str, amount: Any) -> None:
        self._advance(ts)
        self.corporate.dividend(symbol, Decimal(str(amount)))
        self._watch()
        self._look()

    def advance_to(self, ts: int) -> None:
        """Only time passes."""
        self._advance(ts)
        self._watch()
        self._look()

    def _watch(self) -> None:
        """Whatever moved money, prices or time is followed by the margin call and the stop-out."""
        self.protection.margin_call()
        self.protection.stop_out()

    def _advance(self, ts: int) -> None:
        self.due.advance(ts, lambda: self._look(by_clock=True))

    def _look(self, *, by_clock: bool = False) -> None:
        """Our own watch: on every row, or when it is time."""
        if by_clock == bool(self.due.look_every):
            ticket = self.caps.look()
            if ticket:
                p = next(p for p in self.ledger.positions if p.id == ticket)
                self.submit(p.symbol, -p.side, p.qty, position=p.id, closing=True, tag=p.tag)

    # -------------------------------------------------------------------------------------------------------- acts

    def submit(self, symbol: str, side: Any, qty: Any, type: str = "market", tif: str = "gtc", **given: Any) -> int:
        """An order; it arrives now, after the latency, or (waits=True) with its instrument's next quote."""
        order = self._made(symbol, side, qty, type, tif, given)
        reason = self.caps.refusal(order)
        if reason:
            self.venue.end(order, Status.DENIED, reason)
            return order.id
        delay = self.rules.latency_of(order.id)
        if delay:
            order.due = self.venue.now + delay
            order.waits = False
        elif not order.waits:
            self.venue.arrive(order)
        return order.id

    def _made(self, symbol: str, side: Any, qty: Any, type: str, tif: str, given: Mapping[str, Any]) -> Order:
        t = self.ledger.terms[symbol]
        fields = {name: value for name, value in given.items() if value is not None}
        for name in ("limit", "stop", "trail", "sl", "tp", "display_qty"):
            if name in fields:
                fields[name] = number(fields[name])
        for name in ("limit", "stop", "sl", "tp"):
            if fields.get(name) is not None:
                fields[name] = t.on_grid(fields[name])
        self.last_id += 1
        kind, lasts = OrderType[type.upper()], TimeInForce[tif.upper()]
        order = Order(self.last_id, symbol, SIDES[side], kind, Decimal(str(qty)), lasts, **fields)
        self.venue.orders[order.id] = order
        return order

    def close(self, symbol: str, qty: Any = None, position: int | None = None) -> int:
        """Market orders against what is open, one a ticket, oldest first; the last id, or 0 if nothing is open."""
        left, last = number(qty), 0
        for p in [p for p in self.ledger.positions if p.symbol == symbol and position in (None, p.id, p.last_order)]:
            part = p.qty if left is None else min(left, p.qty)
            if part > 0:
                last = self.submit(symbol, -p.side, part, position=p.id, closing=True)
                left = left if left is None else left - part
        return last

    def modify(self, id: int, **changes: Any) -> None:
        given: dict[str, Any] = {k: number(v) if k in PRICES else v for k, v in changes.items() if v is not None}
        order = self.venue.orders.get(id)
        if order is not None and order.works and given.get("qty", ZERO) > order.qty:
            given["qty"], reason = self.caps.growth(order, given["qty"])
            if reason:
                self.changes.refuse(reason, order=id, symbol=order.symbol)
                return
        self._request("modify", id, id, given)

    def cancel(self, id: int) -> None:
        self._request("cancel", id, id)

    def close_by(self, a: int, b: int) -> None:
        self._request("close_by", a, a, b)

    def _request(self, what: str, about: int, *arguments: Any) -> None:
        self.n_requests += 1
        delay = self.rules.latency_of(self.last_id + about)
        if delay:
            self.due.requests.append((self.venue.now + delay, self.n_requests, what, arguments))
        else:
            getattr(self.changes, what)(*arguments)

    # --------------------------------------------------------------------------------------------------- readings

    def _tell(self, kind: EventKind, **about: Any) -> None:
        self.events.append({"ts": self.venue.now, "type": kind.name.lower(), **about})

    @property
    def fills(self) -> list[dict[str, Any]]:
        return self.venue.fills

    @property
    def trades(self) -> list[dict[str, Any]]:
        return self.venue.trades

    def account(self) -> dict[str, Decimal]:
        used, equity = self.venue.margin.used(), self.ledger.equity()
        return {
            "balance": self.ledger.balance,
            "credit": self.ledger.credit,
            "equity": equity,
            "used_margin": used,
            "free_margin": self.ledger.free_equity() - used,
            "margin_level": self.ledger.level(used),
            "unrealized_pnl": self.ledger.unrealized(),
        }

    def position(self, symbol: str) -> Decimal:
        return sum((p.side * p.qty for p in self.ledger.positions if p.symbol == symbol), ZERO)

    def positions(self) -> list[dict[str, Any]]:
        return [dict(vars(p)) for p in self.ledger.positions]

    def order(self, id: int) -> dict[str, Any]:
        o = self.venue.orders[id]
        figures = {"status": o.status.name, "filled_qty": o.filled, "avg_price": o.average, "reason": o.reason.name}
        return figures | {"told": [status.name for status in o.told]}

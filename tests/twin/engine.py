"""Twin: the whole account in slow, obvious decimals; one event at a time, in the order of the rules.

Times are int64 ns UTC. Every event first advances time: what is due by then happens, in time order, on the quotes that
stood. Nothing here is shared with the compiled account but the names of its codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import CalcMode, EventKind, Kind, OrderType, Reason, Status, SwapMode, TimeInForce

from .account import Account, Position, Quote
from .changes import Changes
from .clock import Clock, Sessions, timeframe_ns
from .orders import Order
from .protection import Protection, Range
from .rules import FOREX_MODES, ZERO, number, read_rules, read_terms
from .venue import Venue

NEVER = 1 << 62
BY_TICK = (CalcMode.FUTURES, CalcMode.CFD_INDEX)
SIDES = {"buy": 1, "sell": -1, 1: 1, -1: -1}
PRICES = ("limit", "stop", "trail", "sl", "tp", "qty")


class Twin:
    def __init__(self, broker: Mapping[str, Any], instruments: Sequence[Mapping[str, Any]], cash: Any) -> None:
        self.rules = read_rules(broker)
        terms = {i["symbol"]: read_terms(i, self.rules.currency) for i in instruments}
        self.ledger = Account(self.rules, terms, self.rules.money(Decimal(str(cash))))
        self.venue = Venue(self.rules, self.ledger, self._tell)
        self.protection, self.changes = Protection(self.venue), Changes(self.venue)
        self.events: list[dict[str, Any]] = []
        self.requests: list[tuple[int, int, str, tuple[Any, ...]]] = []  # due, number, what, arguments
        self.rollover, self.day = Clock(self.rules.rollover), Clock(self.rules.day_start)
        self.sessions = Sessions(self.rules.calendar)
        self.next_rollover = self.next_day = self.next_session = -1
        self.now = 0
        self.last_id = self.n_requests = 0

    # ------------------------------------------------------------------------------------------------------- feed

    def quote(self, ts: int, symbol: str, bid: Any, ask: Any, bid_size: Any = None, ask_size: Any = None) -> None:
        self._row(ts, symbol, number(bid), number(ask), number(bid_size), number(ask_size), Kind.QUOTE, None)

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
        if self.venue.is_open:
            self.protection.trail(symbol)
            self.protection.stop_losses(symbol, kind)
            self.protection.take_profits(symbol, kind, bar)
            self.venue.match(symbol, kind)
        self._watch()
        for order in sorted(self.venue.orders.values(), key=lambda o: o.id):
            if order.works and order.waits and order.symbol == symbol:
                self.venue.arrive(order)

    def deposit(self, ts: int, amount: Any) -> None:
        self._advance(ts)
        self.ledger.balance += self.rules.money(Decimal(str(amount)))
        self._tell(EventKind.DEPOSIT, amount=self.rules.money(Decimal(str(amount))))
        self._watch()

    def advance_to(self, ts: int) -> None:
        """Only time passes."""
        self._advance(ts)
        self._watch()

    def _watch(self) -> None:
        """Whatever moved money, prices or time is followed by the margin call and the stop-out."""
        self.protection.margin_call()
        self.protection.stop_out()

    # ------------------------------------------------------------------------------------------------- what is due

    def _advance(self, ts: int) -> None:
        if self.next_day < 0:
            self.venue.is_open = self.sessions.open_at(ts)
            self._schedule(ts)
        while (at := self._next_due()) <= ts:
            self.now = self.venue.now = at
            self._happen(at)
        self.now = self.venue.now = ts

    def _schedule(self, ts: int) -> None:
        if self.next_rollover <= ts:
            self.next_rollover = self.rollover.after(ts)
        if self.next_day <= ts:
            self.next_day = self.day.after(ts)
        if self.next_session <= ts:
            self.next_session = self.sessions.change_after(ts) or NEVER

    def _next_due(self) -> int:
        arrivals = [o.due for o in self.venue.orders.values() if o.works and o.due]
        expiries = [o.expires for o in self.venue.book if o.tif == TimeInForce.GTD]
        requests = [due for due, *_ in self.requests]
        return min([*arrivals, *expiries, *requests, self.next_day, self.next_session, self.next_rollover])

    def _happen(self, at: int) -> None:
        """Everything due at one instant, in the order of the rules."""
        for order in [o for o in self.venue.orders.values() if o.due == at and o.works]:
            if order.works:
                self.venue.arrive(order)
        due = sorted(r for r in self.requests if r[0] == at)
        self.requests = [r for r in self.requests if r[0] != at]
        for _, _, what, arguments in due:
            getattr(self.changes, what)(*arguments)
        for order in list(self.venue.book):
            if order.works and order.tif == TimeInForce.GTD and order.expires <= at:
                self.venue.end(order, Status.EXPIRED, Reason.TIME)
        if at == self.next_day:
            self._end_day()
        if at == self.next_session:
            self._change_session(at)
        if at == self.next_rollover:
            self._charge_swaps(at)
        self._schedule(at)

    def _end_day(self) -> None:
        """DAY orders expire; a market without sessions closes and opens here."""
        for order in list(self.venue.book):
            if order.works and order.tif == TimeInForce.DAY:
                self.venue.end(order, Status.EXPIRED, Reason.TIME)
        if self.sessions.always:
            self._close_market()
            self._open_market()

    def _close_market(self) -> None:
        """At-close orders take the last quote, instrument by instrument, oldest first."""
        for symbol in self.ledger.terms:
            for order in list(self.venue.book):
                if order.works and order.tif == TimeInForce.CLS and order.symbol == symbol:
                    self.venue.scheduled(order)

    def _open_market(self) -> None:
        for order in self.venue.book:
            order.opened = order.opened or (order.tif == TimeInForce.OPG and not order.held)

    def _change_session(self, at: int) -> None:
        opens = self.sessions.open_at(at)
        if opens:
            self._open_market()
        else:
            self._close_market()
        self.venue.is_open = opens

    def _charge_swaps(self, at: int) -> None:
        for p in self.ledger.positions:
            days = self.ledger.terms[p.symbol].swap_days[self.rollover.weekday(at)]
            amount = self._swap(p, days)
            if amount:
                p.swap += amount
                self._tell(EventKind.SWAP, position=p.id, symbol=p.symbol, amount=amount)

    def _swap(self, p: Position, days: Decimal) -> Decimal:
        """The swap of one rollover; in points, the value of a point is converted and rounded first."""
        t, money = self.ledger.terms[p.symbol], self.rules.money
        swap = t.swap_long if p.side > 0 else t.swap_short
        if t.swap_mode == SwapMode.DISABLED:
            return ZERO
        if t.swap_mode == SwapMode.POINTS:
            rate = self.ledger.rate(t.quote, "bid" if swap >= 0 else "ask")
            tick = t.tick_value if t.mode in BY_TICK else t.increment * t.contract_size
            return money(swap * money(tick * p.qty * rate) * days)
        if t.swap_mode in (SwapMode.INTEREST_CURRENT, SwapMode.INTEREST_OPEN):
            current = self.ledger.quotes[p.symbol].closing(p.side)
            price = current if t.swap_mode == SwapMode.INTEREST_CURRENT else p.price
            side = "bid" if p.side > 0 else "ask"
            cost, currency = t.contract_size * price, t.quote
            if t.mode in FOREX_MODES:
                cost, currency = t.contract_size, t.margin_currency
            elif t.mode in BY_TICK:
                cost *= t.tick_value / t.increment
            return money(cost * p.qty * swap / 100 / 360 * days * self.ledger.rate(currency, side))
        amount = swap * p.qty
        return money(self.ledger.worst(amount * days, self._swap_currency(p)))

    def _swap_currency(self, p: Position) -> str:
        t = self.ledger.terms[p.symbol]
        named = {
            SwapMode.CURRENCY_DEPOSIT: self.rules.currency,
            SwapMode.CURRENCY_BASE: t.base,
            SwapMode.CURRENCY_MARGIN: t.margin_currency,
        }
        return named.get(t.swap_mode) or t.quote

    # -------------------------------------------------------------------------------------------------------- acts

    def submit(self, symbol: str, side: Any, qty: Any, type: str = "market", tif: str = "gtc", **given: Any) -> int:
        """An order; it arrives now, after the latency, or (waits=True) with its instrument's next quote."""
        t = self.ledger.terms[symbol]
        fields = {name: value for name, value in given.items() if value is not None}
        for name in ("limit", "stop", "trail", "sl", "tp", "display_qty"):
            if name in fields:
                fields[name] = number(fields[name])
        for name in ("limit", "stop", "sl", "tp"):
            if fields.get(name) is not None:
                fields[name] = t.on_grid(fields[name])
        self.last_id += 1
        order = Order(
            self.last_id,
            symbol,
            SIDES[side],
            OrderType[type.upper()],
            Decimal(str(qty)),
            TimeInForce[tif.upper()],
            **fields,
        )
        self.venue.orders[order.id] = order
        if self.rules.latency:
            order.due = self.now + self.rules.latency
            order.waits = False
        elif not order.waits:
            self.venue.arrive(order)
        return order.id

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
        self._request("modify", id, {k: number(v) if k in PRICES else v for k, v in changes.items() if v is not None})

    def cancel(self, id: int) -> None:
        self._request("cancel", id)

    def close_by(self, a: int, b: int) -> None:
        self._request("close_by", a, b)

    def _request(self, what: str, *arguments: Any) -> None:
        self.n_requests += 1
        if self.rules.latency:
            self.requests.append((self.now + self.rules.latency, self.n_requests, what, arguments))
        else:
            getattr(self.changes, what)(*arguments)

    # --------------------------------------------------------------------------------------------------- readings

    def _tell(self, kind: EventKind, **about: Any) -> None:
        self.events.append({"ts": self.now, "type": kind.name.lower(), **about})

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
            "free_margin": equity - used,
            "margin_level": self.ledger.level(used),
            "unrealized_pnl": self.ledger.unrealized(),
        }

    def position(self, symbol: str) -> Decimal:
        return sum((p.side * p.qty for p in self.ledger.positions if p.symbol == symbol), ZERO)

    def positions(self) -> list[dict[str, Any]]:
        return [dict(vars(p)) for p in self.ledger.positions]

    def order(self, id: int) -> dict[str, Any]:
        o = self.venue.orders[id]
        return {"status": o.status.name, "filled_qty": o.filled, "avg_price": o.average, "reason": o.reason.name}

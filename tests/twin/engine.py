"""Twin: the whole account in slow, obvious decimals; one event at a time, in the order of the rules.

Times are int64 ns UTC. Every event first advances time: what is due by then happens, in time order, on the quotes that
stood. Nothing here is shared with the compiled account but the names of its codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, Kind, OrderType, Reason, Status, SwapMode, TimeInForce, Why

from .account import Account, Deal, Position, Quote, average_price
from .caps import Caps
from .changes import Changes
from .clock import SECOND, Clock, Sessions, timeframe_ns
from .corporate import Corporate
from .financing import REOPENING, days_charged, swap_of
from .moving import Moving
from .orders import Order
from .protection import Protection, Range
from .regimes import day_of, least_margin, regulated, under
from .rules import ZERO, number, read_rules, read_terms
from .venue import Venue

NEVER = 1 << 62
RATE_SLACK = Decimal("1e-12")
SIDES = {"buy": 1, "sell": -1, 1: 1, -1: -1}
PRICES = ("limit", "stop", "trail", "sl", "tp", "qty")


class Twin:
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
        seconds = self.rules.gates.get("watch_seconds")
        self.look_every = int(Decimal(str(seconds or 0)) * SECOND)
        self.next_look = NEVER
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
        if self.venue.is_open:
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
        self.venue.match(symbol, kind)

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

    # ------------------------------------------------------------------------------------------------- what is due

    def _advance(self, ts: int) -> None:
        if self.next_day < 0:
            self.venue.is_open = self.sessions.open_at(ts)
            self._schedule(ts)
            self.next_look = ts + self.look_every if self.look_every else NEVER
            self.now = self.venue.now = ts
            if self.moving.follow(ts):
                self._watch()
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
        clocks = [self.next_day, self.next_session, self.next_rollover, self.next_look]
        bars = [bars.end for bars in self.moving.bars.values() if bars.end]
        return min([*arrivals, *expiries, *requests, *clocks, *bars, self.moving.next_edge(self.now) or NEVER])

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
        renewed = at == self.next_rollover and self._renew_rates(at)
        moved = self.moving.follow(at)
        if self.moving.close_bars(at):
            moved = self.moving.follow(at) or moved
        if renewed or moved:
            self._watch()
        if at == self.next_look:
            self.next_look += self.look_every
            self._look(by_clock=True)
        self._schedule(at)

    def _end_day(self) -> None:
        """DAY orders expire; a market without sessions closes and opens here."""
        for order in list(self.venue.book):
            lasts = self.ledger.terms[order.symbol].gtc_mode
            daily = order.tif == TimeInForce.GTC and order.type != OrderType.MARKET and lasts != "gtc"
            if order.works and (order.tif == TimeInForce.DAY or daily):
                self.venue.end(order, Status.EXPIRED, Reason.TIME)
        for symbol, t in self.ledger.terms.items():
            if t.gtc_mode == "daily":
                self._drop_stops(symbol)
        if self.sessions.always:
            self._close_market()
            self._open_market()

    def _drop_stops(self, symbol: str) -> None:
        for p in self.ledger.positions:
            if p.symbol == symbol and (p.sl is not None or p.tp is not None or (p.trail or 0) > 0):
                p.sl = p.tp = None
                p.trail = ZERO
                self._tell(EventKind.POSITION_MODIFIED, order=p.id, position=p.id, symbol=symbol)

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
        day = self.rollover.day(at)
        number = {symbol: n for n, symbol in enumerate(self.ledger.terms)}
        for p in sorted(self.ledger.positions, key=lambda p: number[p.symbol]):  # oldest first, as the list has them
            t = self.ledger.terms[p.symbol]
            days = days_charged(self.rules, t, day)
            if t.swap_mode in REOPENING and days:
                self._reopen(p, days)
                continue
            amount = swap_of(self.ledger, p, day)
            if amount:
                p.swap += amount
                self._tell(EventKind.SWAP, position=p.id, symbol=p.symbol, amount=amount)

    def _reopen(self, p: Position, days: Decimal) -> None:
        """Closed at the day's last price and opened again, dearer by the swap's points: the same ticket."""
        t, quote = self.ledger.terms[p.symbol], self.ledger.quotes[p.symbol]
        kept = {name: getattr(p, name) for name in ("id", "last_order", "ts", "sl", "tp", "trail", "extreme", "tag")}
        last = quote.closing(p.side)
        start = quote.bid if t.swap_mode == SwapMode.REOPEN_BID else last
        points = (t.swap_long if p.side > 0 else t.swap_short) * days * t.increment
        again = average_price(t, start + p.side * points)
        out = Deal(self.now, 0, p.symbol, -p.side, p.qty, last, why=Why.ROLLOVER, ticket=p.id, reduces=True, tag=p.tag)
        back = Deal(self.now, p.id, p.symbol, p.side, p.qty, again, why=Why.ROLLOVER, tag=p.tag)
        for deal in (out, back):
            fill, trades = self.ledger.deal(deal)
            self.venue.fills.append(fill)
            self.venue.trades += trades
        vars(self.ledger.positions[-1]).update(kept)

    def _renew_rates(self, at: int) -> bool:
        """Positions take the day's conversion of margin, after working days."""
        day, renewed = self.rollover.day(at), False
        if not self.rules.margin_rates_daily or day.weekday() > 4 or day in self.rules.holidays:
            return False
        for p in self.ledger.positions:
            new = self.ledger.margin_rate(p.symbol, p.side, self.ledger.quotes[p.symbol].opening(p.side))
            if abs(new - p.margin_rate) > new * RATE_SLACK:
                p.margin_rate, renewed = new, True
                self._tell(EventKind.MARGIN_RATE, position=p.id, symbol=p.symbol)
        return renewed

    def _look(self, *, by_clock: bool = False) -> None:
        """Our own watch: on every row, or when it is time."""
        if by_clock == bool(self.look_every):
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
            order.due = self.now + delay
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
        given = {k: number(v) if k in PRICES else v for k, v in changes.items() if v is not None}
        order = self.venue.orders.get(id)
        if order is not None and order.works and (given.get("qty") or ZERO) > order.qty:
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
            self.requests.append((self.now + delay, self.n_requests, what, arguments))
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

"""What happens by itself when time passes: everything due, each at its own time, on the quotes that stood.

At one instant: arrivals of orders, then of requests, expiry, the end of the broker's day, sessions, rollover, margins
that move, our own watch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce

from .changes import Changes
from .clock import SECOND, Clock, Sessions
from .financing import Financing
from .moving import Moving
from .terms import ZERO, need
from .venue import Venue

NEVER = 1 << 62


class Due:
    def __init__(self, venue: Venue, changes: Changes, moving: Moving, watch: Callable[[], None]) -> None:
        """watch: looks for margin call and stop-out."""
        self.venue, self.ledger, self.rules = venue, venue.account, venue.rules
        self.changes, self.moving, self.watch = changes, moving, watch
        self.financing = Financing(venue)
        self.requests: list[tuple[int, int, str, tuple[Any, ...]]] = []  # due, number, what, arguments
        self.rollover, self.day = Clock(self.rules.rollover), Clock(self.rules.day_start)
        self.hours = {symbol: Sessions(t.calendar or self.rules.calendar) for symbol, t in self.ledger.terms.items()}
        self.next_rollover = self.next_day = self.next_session = -1
        self.look_every = int(need(self.rules.gates.get("watch_seconds") or 0) * SECOND)
        self.next_look = NEVER

    def advance(self, ts: int, look: Callable[[], None]) -> None:
        """To an instant. look: our own watch, where it has a clock."""
        if self.next_day < 0:
            self.venue.shut = {symbol for symbol, hours in self.hours.items() if not hours.open_at(ts)}
            self.schedule(ts)
            self.next_look = ts + self.look_every if self.look_every else NEVER
            self.venue.now = ts
            if self.moving.follow(ts):
                self.watch()
        while (at := self.next_due()) <= ts:
            self.venue.now = at
            self.happen(at)
            if at == self.next_look:
                self.next_look += self.look_every
                look()
            self.schedule(at)
        self.venue.now = ts

    def schedule(self, ts: int) -> None:
        if self.next_rollover <= ts:
            self.next_rollover = self.rollover.after(ts)
        if self.next_day <= ts:
            self.next_day = self.day.after(ts)
        if self.next_session <= ts:
            self.next_session = min(hours.change_after(ts) or NEVER for hours in self.hours.values())

    def next_due(self) -> int:
        arrivals = [o.due for o in self.venue.orders.values() if o.works and o.due]
        expiries = [o.expires for o in self.venue.book if o.tif == TimeInForce.GTD]
        requests = [due for due, *_ in self.requests]
        return min([*arrivals, *expiries, *requests, self.next_day, self.next_rollover, self.of_the_market()])

    def of_the_market(self) -> int:
        """When hours, margins or our own watch are due."""
        bars = [bars.end for bars in self.moving.bars.values() if bars.end]
        return min([self.next_session, self.next_look, *bars, self.moving.next_edge(self.venue.now) or NEVER])

    def happen(self, at: int) -> None:
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
            self._change_sessions(at)
        renewed = False
        if at == self.next_rollover:
            self.financing.charge(self.rollover.day(at))
            renewed = self.financing.renew_rates(self.rollover.day(at))
        self.move_margins(at, renewed)

    def move_margins(self, at: int, moved: bool = False) -> None:
        moved = self.moving.follow(at) or moved
        if self.moving.close_bars(at):
            moved = self.moving.follow(at) or moved
        if moved:
            self.watch()

    # ------------------------------------------------------------------------------------------- days and sessions

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
            if self.hours[symbol].always:
                self._close_market(symbol)
                self._open_market(symbol)

    def _drop_stops(self, symbol: str) -> None:
        for p in self.ledger.positions:
            if p.symbol == symbol and (p.sl is not None or p.tp is not None or (p.trail or 0) > 0):
                p.sl = p.tp = None
                p.trail = ZERO
                self.venue.tell(EventKind.POSITION_MODIFIED, order=p.id, position=p.id, symbol=symbol)

    def _close_market(self, symbol: str) -> None:
        """At-close orders take the last quote, oldest first."""
        for order in list(self.venue.book):
            if order.works and order.tif == TimeInForce.CLS and order.symbol == symbol:
                self.venue.matching.scheduled(order)

    def _open_market(self, symbol: str) -> None:
        for order in self.venue.book:
            waited = order.symbol == symbol and order.tif == TimeInForce.OPG and not order.held
            order.opened = order.opened or waited

    def _change_sessions(self, at: int) -> None:
        """Instrument by instrument, for each has its hours."""
        for symbol, hours in self.hours.items():
            opens = hours.open_at(at)
            if opens and symbol in self.venue.shut:
                self.venue.shut.remove(symbol)
                self._open_market(symbol)
            elif not opens and symbol not in self.venue.shut:
                self._close_market(symbol)
                self.venue.shut.add(symbol)


class DueElsewhere(Due):
    """The broker is elsewhere: hours, margins that move and our watch, but no order, day or rollover."""

    def next_due(self) -> int:
        return self.of_the_market()

    def happen(self, at: int) -> None:
        self.venue.shut = {symbol for symbol, hours in self.hours.items() if not hours.open_at(at)}
        self.move_margins(at)

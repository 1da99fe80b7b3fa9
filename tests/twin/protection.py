"""What protects a position, and what the broker does to protect itself: SL, TP, trailing, margin call, stop-out."""

from __future__ import annotations

from decimal import Decimal

from simcore.kernel.enums import CalcMode, EventKind, Kind, OrderType, Reason, Status, Why

from .account import Position, Quote, follow
from .exchange import requirement
from .matching import PATH_ROWS
from .terms import ONE, ZERO, Terms
from .venue import Venue

Range = tuple[Decimal, Decimal]  # low, high of the bar being played


class Protection:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.account, self.rules = venue, venue.account, venue.rules
        self.in_call = False

    # ---------------------------------------------------------------------------------------------- on every quote

    def trail(self, symbol: str) -> None:
        """Trailing stop losses and trailing-stop orders follow the best price."""
        quote, t = self.account.quotes[symbol], self.account.terms[symbol]
        for p in self.account.positions:
            if p.symbol == symbol and p.trail is not None and p.trail > 0:
                price = quote.closing(p.side)
                if p.extreme is None or p.side * (price - p.extreme) > 0:
                    p.extreme = price
                    follow(p, t)
        for o in self.venue.book:
            if o.symbol == symbol and o.type == OrderType.TRAILING_STOP and not o.held and not o.triggered:
                price = quote.opening(o.side)
                assert o.trail is not None
                assert o.extreme is not None
                assert o.stop is not None
                if o.side * (price - o.extreme) < 0:
                    o.extreme = price
                    stop = t.on_grid(price + o.side * o.trail)
                    o.stop = stop if o.side * (stop - o.stop) < 0 else o.stop

    def stop_losses(self, symbol: str, kind: Kind) -> None:
        """All stop losses before any take profit, oldest first; at the quote, or at their own price inside a bar."""
        quote = self.account.quotes[symbol]
        for p in [p for p in self.account.positions if p.symbol == symbol]:
            price = quote.closing(p.side)
            if p.sl is not None and p.side * (price - p.sl) <= 0:
                self._stop(p, p.sl if kind in PATH_ROWS else price)

    def _stop(self, p: Position, price: Decimal) -> None:
        price = self.venue.costs.slipped(p.symbol, -p.side, p.qty, price)
        self.venue.broker_closes(p, price, Why.STOP_LOSS)

    def take_profits(self, symbol: str, kind: Kind, bar: Range | None) -> None:
        quote = self.account.quotes[symbol]
        for p in [p for p in self.account.positions if p.symbol == symbol]:
            price = quote.closing(p.side)
            if p.tp is None or p.side * (price - p.tp) < 0:
                continue
            if kind in PATH_ROWS and bar is not None and self._stop_is_in(p, bar):
                assert p.sl is not None
                self._stop(p, p.sl)
                continue
            improved = self.rules.improve and kind not in PATH_ROWS
            self.venue.broker_closes(p, price if improved else p.tp, Why.TAKE_PROFIT)

    def _stop_is_in(self, p: Position, bar: Range) -> bool:
        """The worst case: the bar also spans the stop loss, so the stop loss it is."""
        return not self.rules.follows_path and p.sl is not None and bar[0] <= p.sl <= bar[1]

    # ------------------------------------------------------------------------------------------------ after it

    def _at_or_below(self, threshold: Decimal | None) -> bool:
        used = self.venue.margin.used()
        if threshold is None or used == 0:
            return False
        if self.rules.levels_are == "percent":
            return self.account.level(used) <= threshold
        return self.account.equity() - (used if self.rules.levels_are == "free_margin" else ZERO) <= threshold

    def margin_call(self) -> None:
        called = self._at_or_below(self.rules.call_level)
        if self.rules.exchange:
            called = self.rules.call_level is not None and self._needs_more(kept=False)
        if called and not self.in_call:
            self.venue.tell(EventKind.MARGIN_CALL)
        if self.in_call and not called:
            self.venue.tell(EventKind.MARGIN_CALL_CLEARED)
        self.in_call = called

    def _needs_more(self, *, kept: bool) -> bool:
        """Exchange accounts: what is held needs more than equity, at the initial or the maintenance rate."""
        return self.account.equity() < requirement(self.account, kept=kept)

    def _stopped_out(self) -> bool:
        if self.rules.exchange:
            return self.rules.stop_out_level is not None and self._needs_more(kept=True)
        uncovered = self.venue.margin.used() > 0 or not self.account.positions
        if self.rules.stop_out_fully_hedged and not uncovered and self.account.equity() < 0:
            return True
        return self._at_or_below(self.rules.stop_out_level)

    def _goes_on(self) -> bool:
        """Once something was closed: to the last position, or to the level that is aimed at."""
        used, target = self.venue.margin.used(), self.rules.stop_out_target
        return self.rules.stop_out_closes_all or (target is not None and used > 0 and self.account.level(used) < target)

    def stop_out(self) -> None:
        """One forced action, look again: the largest reserved order first, then the worst position."""
        closed = False
        while self._stopped_out() or (closed and self._goes_on()):
            if self.rules.stop_out_closes_all or not self._drop_order():
                if not self._close_worst():
                    break
                closed = True
        ruined = closed and not self.account.positions and self.account.balance < 0
        if ruined and self.rules.negative_balance_protection:
            self.venue.tell(EventKind.BALANCE_COMPENSATION, amount=-self.account.balance)
            self.account.balance = Decimal(0)
            if self.rules.withdraw_credit and self.account.credit > 0:
                self.venue.tell(EventKind.DEPOSIT, amount=-self.account.credit)
                self.account.credit = Decimal(0)

    def _drop_order(self) -> bool:
        times = self.account.multiples
        reserves = sorted(self.venue.margin.reserves(), key=lambda r: (-r.amount * times.get(r.symbol, ONE), r.order))
        if not reserves or reserves[0].amount <= 0:
            return False
        order = self.venue.orders[reserves[0].order]
        self.venue.end(order, Status.CANCELED, Reason.STOP_OUT)
        self.venue.tell(EventKind.STOP_OUT_ORDER, order=order.id, symbol=order.symbol)
        return True

    def worst(self) -> Position | None:
        """The position that a forced close takes first; None where none can be closed."""
        trading = [p for p in self.account.positions if p.symbol not in self.venue.shut]
        candidates = [p for p in trading if self._sells(self.account.terms[p.symbol])]
        if self.rules.fifo_close:
            candidates = [p for p in candidates if p is self._first_in_turn(p.symbol)]
        return min(candidates, key=lambda p: (self._result(p), p.id), default=None)

    def _close_worst(self) -> bool:
        worst = self.worst()
        if worst is None:
            return False
        quote: Quote = self.account.quotes[worst.symbol]
        self.venue.tell(EventKind.STOP_OUT, position=worst.id, symbol=worst.symbol)
        self.venue.broker_closes(worst, quote.closing(worst.side), Why.STOP_OUT, self._forced_part(worst))
        return True

    def _sells(self, t: Terms) -> bool:
        return t.trade_mode != "disabled" and t.mode != CalcMode.SERV_COLLATERAL

    def _result(self, p: Position) -> Decimal:
        """What closing it would bring, without swap and commission."""
        return self.account.result(p, p.qty, self.account.quotes[p.symbol].closing(p.side))

    def _first_in_turn(self, symbol: str) -> Position:
        """FIFO: the oldest losing position of an instrument, else its oldest."""
        mine = [p for p in self.account.positions if p.symbol == symbol]
        return next((p for p in mine if self._result(p) < 0), mine[0])

    def _forced_part(self, p: Position) -> Decimal:
        """All of it; what one deal may have; or the least that brings the level back."""
        t, target = self.account.terms[p.symbol], self.rules.stop_out_target
        if target is None:
            most = t.qty_max if self.rules.stop_out_splits and not self.rules.hedging else None
            return p.qty if most is None else min(p.qty, most)
        wanted, part = self.account.equity() / target, max(t.qty_min, t.qty_increment)
        while part < p.qty and self._used_without(p, part) > wanted:
            part += t.qty_increment
        return part if p.qty - part >= t.qty_min else p.qty

    def _used_without(self, p: Position, part: Decimal) -> Decimal:
        whole, p.qty = p.qty, p.qty - part
        used = self.venue.margin.used()
        p.qty = whole
        return used

"""The twin of an account whose broker is elsewhere: it books what the broker says, and predicts margin only.

Our own limits, gates and watch are as anywhere.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simcore.kernel.enums import EventKind, Kind, Reason, Status, Why

from .account import Deal, Position
from .due import DueElsewhere
from .engine import PRICES, SIDES, Twin
from .orders import AT_ONCE, Order
from .protection import Range
from .terms import ZERO, number


class ExternalTwin(Twin):
    clockwork = DueElsewhere

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.ledger.new_id = self._next_id
        self.venue.is_ours = False

    def _next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    # ------------------------------------------------------------- nothing of the broker's happens by itself

    def submit(self, symbol: str, side: Any, qty: Any, type: str = "market", tif: str = "gtc", **given: Any) -> int:
        order = self._made(symbol, side, qty, type, tif, given)
        order.waits = order.waits and not self.rules.latency_of(order.id)
        reason = self.caps.refusal(order)
        if reason:
            self.venue.end(order, Status.DENIED, reason)
        else:
            self.venue.book.append(order)
        return order.id

    def _waited(self, order: Order) -> None:
        order.waits = False  # it leaves

    def _request(self, what: str, about: int, *arguments: Any) -> None:
        pass

    def _advance(self, ts: int) -> None:
        super()._advance(max(ts, self.venue.now))

    def _match(self, symbol: str, kind: Kind, bar: Range | None) -> None:
        pass

    def _watch(self) -> None:
        self.protection.margin_call()

    # -------------------------------------------------------------------------------------- what the broker says

    def order_event(self, ts: int, order: int, status: str, reason: str = "NONE") -> None:
        """The broker's word on an order of ours."""
        self._advance(ts)
        known = self.venue.orders.get(order)
        if known is None or not known.works:
            self._tell(EventKind.ORDER_REFUSED, reason=Reason.UNKNOWN_ORDER, order=order)
        else:
            self._hear(known, Status[status], Reason[reason])
        self._watch()
        self._look()

    def _hear(self, order: Order, status: Status, reason: Reason) -> None:
        order.becomes(status)
        if not order.works:
            order.reason = reason
            self.venue.book.remove(order)
        elif status == Status.ACCEPTED and not order.reserved and next(self.venue.margin.reserve(order), None):
            self.venue.margin.fix(order)

    def fill(
        self,
        ts: int,
        order: int,
        symbol: str,
        side: Any,
        qty: Any,
        price: Any,
        commission: Any = 0,
        swap: Any = 0,
        position: int = 0,
    ) -> None:
        """A fill of an order of ours, or (0, or one that ended) the broker's own."""
        self._advance(ts)
        known: Order | None = self.venue.orders.get(order)
        known = known if known is not None and known.works else None
        exact = [Decimal(str(x)) for x in (qty, price, commission, swap)]
        deal = Deal(self.venue.now, order, symbol, SIDES[side], exact[0], exact[1], self.rules.money(exact[2]))
        deal.swap, deal.ticket, deal.why = self.rules.money(exact[3]), position, Why.EXTERNAL
        if known is not None:
            deal.symbol, deal.side, deal.why = known.symbol, known.side, Why.ORDER
            deal.sl, deal.tp, deal.tag = known.sl, known.tp, known.tag
            deal.ticket = position or self._ticket_of(known)
        deal.ticket = self._closes(deal)
        self._correct(deal)
        self.venue.settle(deal)
        if known is not None:
            self._book(known, deal)
        self._watch()
        self._look()

    def _correct(self, deal: Deal) -> None:
        """The swap of what a deal closes is what it names: where we had another share of it, that is told."""
        for p in self.ledger.positions:
            if p.id == deal.ticket:
                part = min(deal.qty, p.qty)
                share = p.swap if part == p.qty else self.rules.money(p.swap * part / p.qty)
                self._accrue(p, (deal.swap or ZERO) - share)

    def _accrue(self, p: Position, amount: Decimal) -> None:
        if amount:
            p.swap += amount
            self._tell(EventKind.SWAP, position=p.id, symbol=p.symbol, amount=amount)

    def change(self, ts: int, position: int, swap: Any = None, **stops: Any) -> None:
        """The broker's word on a position: its swap so far, and stops (0: none)."""
        self._advance(ts)
        held = self.venue.ticket(position)
        if held is None:
            self._tell(EventKind.ORDER_REFUSED, reason=Reason.UNKNOWN_ORDER, order=position)
        else:
            told = held.swap if swap is None else self.rules.money(Decimal(str(swap)))
            self._accrue(held, told - held.swap)
            for name, price in stops.items():
                setattr(held, name, Decimal(str(price)) if price else None)
            if stops:
                self._tell(EventKind.POSITION_MODIFIED, order=position)
        self._watch()
        self._look()

    def order_change(self, ts: int, order: int, **changes: Any) -> None:
        """The broker changed an order of ours; of one that opened a position, its stops."""
        known = self.venue.orders.get(order)
        if known is None or not known.works:
            self.change(ts, order, **{name: changes[name] for name in ("sl", "tp") if name in changes})
            return
        self._advance(ts)
        self.changes.write(known, {k: number(v) if k in PRICES else v for k, v in changes.items()})
        if known.reserved:
            self.venue.margin.fix(known)
        self._watch()
        self._look()

    def _ticket_of(self, order: Order) -> int:
        """What an order closes: the ticket it names, or on a hedging account the oldest that it can reduce."""
        if order.position or not (order.reduces and self.rules.hedging):
            return order.position
        opposite = (p.id for p in self.ledger.positions if p.symbol == order.symbol and p.side == -order.side)
        return next(opposite, 0)

    def _closes(self, deal: Deal) -> int:
        """The position a deal closes: the ticket it names, or whatever is opposite on a netting account; -1: none."""
        opposite = [p for p in self.ledger.positions if p.symbol == deal.symbol and p.side == -deal.side]
        if self.rules.hedging:
            opposite = [p for p in opposite if deal.ticket in (p.id, p.last_order)]
        return opposite[0].id if opposite else -1

    def _book(self, order: Order, deal: Deal) -> None:
        if order.reserved:
            keeps = order.left > deal.qty and order.tif not in AT_ONCE
            order.reserved = self.venue.margin.shrunk(order, deal.qty) if keeps else ZERO
        order.filled, order.value = order.filled + deal.qty, order.value + deal.qty * deal.price
        order.becomes(Status.PARTIALLY_FILLED if order.left > 0 else Status.FILLED)
        if not order.works:
            self.venue.book.remove(order)

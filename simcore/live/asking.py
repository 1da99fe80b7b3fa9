"""Asking: what the strategy wants changed of what it sent: modify, cancel, close by the opposite ticket.

What has not left is changed here, at once. What has is the broker's to change: its word changes our account. When the
session may not send, a cancel leaves all the same, anything else does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from simcore.kernel.enums import Status
from simcore.kernel.schema import CANCEL, CLOSE_BY, MODIFY, POST_CHANGE
from simcore.live.booking import Booking
from simcore.live.bridge import Ack, Bridge, Change, Intent, Outcome, Rejected, Unknown

PRICED: Final = ("qty", "limit", "stop", "sl", "tp")
Trailed = Callable[[int, Any, float, dict[str, Any]], None]


class Asking:
    """Requests to one bridge. `sent`: the orders that left; `trailed`: plays a trail the broker has not."""

    def __init__(self, bridge: Bridge, booking: Booking, symbols: list[str], sent: dict[int, Intent]) -> None:
        self.bridge, self.booking, self.symbols, self.sent = bridge, booking, symbols, sent
        self.desk, self.who = booking.desk, booking.who
        self.trailed: Trailed = lambda number, o, distance, terms: None

    def done_here(self, row: Any, number: int) -> bool:
        """Whether the n-th request was about an order that has not left: then it is changed where it is."""
        order, action = int(row["id"]), int(row["action"])
        held = self.booking.order(order)
        if held is None or order in self.sent or action == CLOSE_BY or int(held["status"]) != Status.SUBMITTED:
            return False
        self.desk.journal.note("asked", self.desk.now, ask=number, order=order, text="the order had not left yet")
        if action == CANCEL:
            self.booking.status(order, Status.CANCELED, self.desk.now)
        else:
            given: dict[str, Any] = {name: float(row[name]) for name in PRICED if row[name] == row[name]}
            given |= {"expires": int(row["expires"])} if row["expires"] else {}
            self.desk.post(self.desk.now, POST_CHANGE, order=order, **given)
        return True

    def is_too_late(self, row: Any, number: int, may: bool) -> bool:
        """Whether a request waited until nothing but a cancel may leave."""
        if may or int(row["action"]) == CANCEL:
            return False
        self.desk.journal.note("not asked", self.desk.now, ask=number, order=int(row["id"]), reason="NOT_LIVE")
        return True

    def go(self, row: Any, number: int) -> None:
        """Ask the broker."""
        order, now = int(row["id"]), self.desk.now
        outcome = self._asked(row, order, int(row["action"]))
        self.desk.journal.note("asked", now, ask=number, order=order)
        if isinstance(outcome, Rejected | Unknown):
            self.desk.journal.note("refused", now, order=order, text=outcome.text)

    def _asked(self, row: Any, number: int, action: int) -> Outcome:
        held = self.booking.order(number)
        if action == CLOSE_BY:
            tickets = [self.who.ticket_of_position(one) for one in (number, int(row["other"]))]
            return self.bridge.close_by(*tickets) if all(tickets) else Rejected("one of the positions is not there")
        if held is None and action == CANCEL:
            return Rejected("the order has ended already")
        k = int(held["instrument"]) if held is not None else self._instrument(number)
        ticket = self.who.tickets.get(number, "") if held is not None else self.who.ticket_of_position(number)
        if not ticket or k < 0:
            return Rejected("the broker has no such order or position of ours")
        if action == CANCEL:
            return self.bridge.cancel(ticket, self.symbols[k])
        assert action == MODIFY
        wanted: dict[str, Any] = {name: float(row[name]) for name in PRICED}
        self.trailed(number, held, float(row["trail"]), wanted)
        if not row["expires"] and all(value != value for value in wanted.values()):
            return Ack(ticket)  # no more than a trail, which the broker has nothing to hear of
        wanted |= {"expires": int(row["expires"])}
        return self.bridge.modify(Change(ticket=ticket, symbol=self.symbols[k], is_position=held is None, **wanted))

    def _instrument(self, position: int) -> int:
        row = self.booking.position(position)
        return int(row["instrument"]) if row is not None else -1

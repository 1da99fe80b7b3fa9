"""Order kinds a broker has not, played here: children of a bracket, OCO twins, trailing stops.

Nothing is kept but what stands in the account and in the journal, so that all of it survives a restart. A child waits
here until its parent has a fill, and then leaves for as much as the parent filled; it ends with a parent that ended
without one. With the first fill of an order its OCO twin is canceled. A trailing stop leaves as a stop and is moved
when the price has gone its way by an increment (see trailing). An order that only reduces (netting) leaves while there
is something to reduce, and is canceled when there is nothing any more; one that rests is not made smaller. All of that
needs us to be there: while we are away no twin is canceled and no stop moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.kernel.enums import OrderType, Reason, Status
from simcore.live.bridge import Intent
from simcore.live.capabilities import Capabilities
from simcore.live.sending import Sending
from simcore.live.trailing import Trailing

ALIVE = (int(Status.SUBMITTED), int(Status.ACCEPTED), int(Status.PARTIALLY_FILLED))


class Emulation:
    """The kinds that `capabilities` lacks, for one way out."""

    def __init__(self, sending: Sending, capabilities: Capabilities) -> None:
        self._sending, self._can = sending, capabilities
        self._filled = sending.who.filled
        sending.waits = self.waits
        sending.shaped, sending.may_reduce = self.shaped, self.may_reduce
        self._ended: dict[int, int] = {}  # order that has nothing to reduce any more -> when it was canceled
        self.trailing = Trailing(sending, capabilities, self._orders)

    def _orders(self) -> list[Any]:
        state = self._sending.desk.engine.state
        table = state.orders[: state.head["high_orders"]]
        held = (table[at].copy() for at in np.flatnonzero(table["id"]))
        return [row for row in held if row["status"] in ALIVE]

    # ---- what leaves, and when

    def waits(self, o: Any) -> bool:
        """Whether an order stays here: a child whose parent has no fill yet, one whose OCO twin has."""
        if o["oco"] and not self._can.oco and self._filled.get(int(o["oco"])):
            return True
        return bool(o["parent"]) and not self._can.brackets and not self._filled.get(int(o["parent"]))

    def shaped(self, intent: Intent, o: Any) -> Intent:
        """An order in a form the broker knows: a trailing stop as a stop, a child as large as its parent's fill."""
        changed: dict[str, Any] = {}
        if intent.type is OrderType.TRAILING_STOP and OrderType.TRAILING_STOP not in self._can.order_types:
            changed = {"type": OrderType.STOP, "stop": o["stop"] if o["stop"] == o["stop"] else self.trailing.wanted(o)}
        if o["parent"] and not self._can.brackets:
            changed["qty"] = min(intent.qty, self._filled.get(int(o["parent"]), intent.qty))
        if o["reduce_only"] and intent.type is OrderType.MARKET and self._net(o) * o["side"] < 0.0:
            changed["qty"] = min(intent.qty, abs(self._net(o)))
        return intent._replace(**changed) if changed else intent

    def may_reduce(self, o: Any) -> bool:
        """Whether there is something to reduce, or a market order on its way opens it; the broker would open."""
        if not o["reduce_only"] or "reduce_only" in self._can.flags:
            return True
        if self._net(o) * o["side"] < 0.0:
            return True
        return any(
            one["type"] == OrderType.MARKET and one["side"] == -o["side"] and not one["reduce_only"]
            for one in self._orders()
            if one["instrument"] == o["instrument"]
        )  # fmt: skip

    def _net(self, o: Any) -> float:
        return float(self._sending.desk.engine.net_qty(int(o["instrument"])))

    # ---- what follows from what happened

    def links(self, may: Callable[[], bool]) -> None:
        """Let children go whose parents filled, cancel twins of what filled and what has nothing to reduce."""
        if not self._sending.linked:
            return
        now = self._sending.desk.now
        for o in self._orders():
            number, twin = int(o["id"]), int(o["oco"])
            if self._stays(o) and self._filled.get(int(o["parent"])):
                self._sending.order(o, may())
            ticket = self._sending.who.tickets.get(number, "")
            if ticket and self._ended.get(number) != now and not self.may_reduce(o):
                self._ended[number] = now
                self._sending.cancel(ticket, self._symbol(o))
            if not self._can.oco and (self._filled.get(twin) or self._is_twin_of_filled(number, o)):
                self._cancel(number, o)

    def orphans(self) -> int:
        """End children whose parents ended without a fill; returns how many. What was asked of them goes before."""
        if not self._sending.linked:
            return 0
        alive, now = {int(o["id"]): o for o in self._orders()}, self._sending.desk.now
        left = [n for n, o in alive.items() if self._stays(o) and int(o["parent"]) not in alive]
        left = [n for n in left if not self._filled.get(int(alive[n]["parent"]))]
        for number in left:
            self._sending.booking.status(number, Status.CANCELED, now, reason=int(Reason.PARENT_CANCELED))
        return len(left)

    def _stays(self, o: Any) -> bool:
        """Whether a child is kept here."""
        return bool(o["parent"]) and not self._can.brackets and int(o["id"]) not in self._sending.sent

    def _symbol(self, o: Any) -> str:
        return self._sending.symbols[int(o["instrument"])]

    def _is_twin_of_filled(self, number: int, o: Any) -> bool:
        return any(other == number and self._filled.get(first) for first, other in self._sending.twins.items())

    def _cancel(self, number: int, o: Any) -> None:
        ticket = self._sending.who.tickets.get(number, "")
        if self._filled.get(number):
            return  # it filled too: the broker was faster than we
        if ticket:
            self._sending.cancel(ticket, self._symbol(o))
        else:
            now = self._sending.desk.now
            self._sending.booking.status(number, Status.CANCELED, now, reason=int(Reason.OCO_FILLED))

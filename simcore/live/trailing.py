"""Trailing stops a broker has not, moved by the session: of orders, and the stop losses of positions.

A stop follows the price at its distance and never goes back. What the broker was asked for last is remembered, so that
two quotes of one poll cannot move a stop back and forth. The distance of a position's trail stands in the journal, so
a session that went on after a restart goes on moving it. While we are away no stop moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from simcore.kernel.enums import OrderType
from simcore.kernel.schema import POST_CHANGE
from simcore.live.bridge import Ack, Change
from simcore.live.capabilities import Capabilities
from simcore.live.journal import Journal
from simcore.live.records import NOTES
from simcore.live.sending import Sending

TRAILING: Final = int(OrderType.TRAILING_STOP)


class Trailing:
    """The stops of one session that trail; `orders` lists its living orders."""

    def __init__(self, sending: Sending, capabilities: Capabilities, orders: Callable[[], list[Any]]) -> None:
        self._sending, self._orders = sending, orders
        self._orders_trail_there = OrderType.TRAILING_STOP in capabilities.order_types
        self._distances: dict[int, tuple[int, float]] = {}  # position -> its side, and how far its stop loss stays away
        self._asked: dict[int, float] = {}  # order or position -> the stop asked for last
        sending.asking.trailed = self.asked

    def learn(self, journal: Journal) -> None:
        """What trailed before this process began."""
        for chunk in journal.chunks(kinds=(NOTES,)):
            for note in chunk.rows:
                if note["what"] == "trail":
                    self._keep(note["position"], note["side"], note["distance"])

    def wanted(self, o: Any) -> float:
        """Where the stop of a trailing order belongs by now."""
        return self._beside(int(o["instrument"]), int(o["side"]), float(o["trail"]))

    def _beside(self, k: int, side: int, distance: float) -> float:
        """A stop that buys (+1) above the ask, one that sells (-1) below the bid."""
        s = self._sending.desk.engine.state.instruments[k]
        return self._sending.on_grid(k, float(s["ask"] if side > 0 else s["bid"]) + side * distance)

    # ---- what the strategy asks for

    def asked(self, number: int, o: Any, distance: float, terms: dict[str, Any]) -> None:
        """A change with a trail (nan: none given) in terms a broker without trails knows; o: None for a position."""
        self._asked.pop(number, None)
        if distance != distance:
            return
        now = self._sending.desk.now
        if o is not None:
            if int(o["type"]) == TRAILING:
                side = int(o["side"])
                moved = float(o["stop"]) + side * (distance - float(o["trail"]))
                terms["stop"] = self._sending.on_grid(int(o["instrument"]), moved)
                self._sending.desk.post(now, POST_CHANGE, order=number, trail=distance)
            return
        p = self._sending.booking.position(number)
        if p is None:
            return
        side = int(p["side"])
        self._sending.desk.journal.note("trail", now, position=number, side=side, distance=distance)
        self._keep(number, side, distance)
        if distance > 0.0:
            there = float(p["sl"]) if terms["sl"] != terms["sl"] else terms["sl"]
            stop = self._beside(int(p["instrument"]), -side, distance)
            if not (there and side * (there - stop) >= 0.0):
                terms["sl"] = stop

    def _keep(self, position: int, side: int, distance: float) -> None:
        if distance > 0.0:
            self._distances[position] = side, distance
        else:
            self._distances.pop(position, None)

    # ---- what prices do

    def move(self, k: int, may: Callable[[], bool]) -> None:
        """After a quote of an instrument: its stops that the price has gone away from."""
        booking, who = self._sending.booking, self._sending.who
        for number, (side, distance) in list(self._distances.items()):
            p = booking.position(number)
            if p is None or p["side"] != side:
                del self._distances[number]
            elif p["instrument"] == k:
                stop, ticket = self._beside(k, -side, distance), who.ticket_of_position(number)
                if self._is_better(number, side, float(p["sl"]), stop) and ticket and may():
                    self._change(number, stop, Change(ticket=ticket, symbol=self._name(k), is_position=True, sl=stop))
        if self._orders_trail_there:
            return
        for o in self._orders():
            number, ticket = int(o["id"]), who.tickets.get(int(o["id"]), "")
            if int(o["type"]) == TRAILING and int(o["instrument"]) == k and ticket:
                stop = self.wanted(o)
                if self._is_better(number, -int(o["side"]), float(o["stop"]), stop) and may():
                    self._change(number, stop, Change(ticket=ticket, symbol=self._name(k), stop=stop))

    def _is_better(self, number: int, way: int, held: float, stop: float) -> bool:
        """Whether a stop has come closer: upwards where way is 1."""
        known = [price for price in (held, self._asked.get(number, held)) if price == price]
        return all(way * (stop - price) > 1e-12 for price in known)

    def _change(self, number: int, stop: float, change: Change) -> None:
        self._asked[number] = stop
        if not isinstance(self._sending.move(change), Ack):
            del self._asked[number]  # refused or lost: the next quote asks again

    def _name(self, k: int) -> str:
        return self._sending.symbols[k]

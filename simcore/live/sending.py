"""Sending: what the strategy asked for leaves for the broker, once, and only when it is written down.

An order leaves when the session is LIVE; otherwise it is DENIED, with the reason NOT_LIVE. Before it goes, its intent
and every event before it are on the disk. The answer is an acknowledgement, a refusal, or unknown: then it is looked up
by its client id until the broker knows it, or has not heard of it for `grace` seconds; it is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce
from simcore.kernel.schema import CANCEL, CLOSE_BY, MODIFY, RULES, TERMS
from simcore.live.booking import Booking
from simcore.live.bridge import Ack, Bridge, Change, Intent, Outcome, Rejected, Unknown
from simcore.live.journal import CHANGES, NOTES, Journal


class Sending:
    """The way out of one session."""

    def __init__(
        self, bridge: Bridge, booking: Booking, symbols: list[str], clock: Callable[[], int], grace: float = 5.0
    ) -> None:
        self.bridge, self.booking, self.symbols, self.clock = bridge, booking, symbols, clock
        self.desk, self.who = booking.desk, booking.who
        self.grace = round(grace * 1e9)
        self.sent: dict[int, Intent] = {}  # everything that left
        self.unknown: dict[int, int] = {}  # order -> when its answer was lost, by our clock
        self.twins: dict[int, int] = {}  # order -> the one it names as its OCO twin
        self.linked: set[int] = set()  # orders with a parent or a twin
        self.waits: Callable[[Any], bool] = lambda o: False  # whether an order stays here for now
        self.trailed: Callable[[int, Any, float, dict[str, Any]], None] = lambda number, o, distance, terms: None
        self.shaped: Callable[[Intent, Any], Intent] = lambda intent, o: intent  # the form it leaves in

    def learn(self, journal: Journal) -> None:
        """What left before this process began."""
        for chunk in journal.chunks(kinds=(NOTES,)):
            for note in chunk.rows:
                if note["what"] == "intent":
                    self.sent[note["order"]] = _intent(note)
        for chunk in journal.chunks(kinds=(CHANGES,)):
            orders = chunk.rows["order"]
            for o in orders[(orders["oco"] != 0) | (orders["parent"] != 0)]:
                self._link(o)

    # ---- orders

    def order(self, row: Any, may: bool) -> None:
        """Send a new order of ours, or deny it."""
        number = int(row["id"])
        held = self.booking.order(number)
        if number in self.sent or held is None or Status(int(held["status"])) is not Status.SUBMITTED:
            return
        self._link(held)
        if self.waits(held):
            return
        now = int(self.desk.engine.state.head["now"])
        cannot = self._cannot(held)
        if cannot:
            self.desk.journal.note("refused", now, order=number, text=cannot)
            self.booking.status(number, Status.DENIED, now, reason=int(Reason.TYPE_FORBIDDEN))
            return
        if not may:
            self.booking.status(number, Status.DENIED, now, reason=int(Reason.NOT_LIVE))
            return
        intent = self.shaped(self._make(held), held)
        self.desk.journal.note("intent", now, **_plain(intent))
        self.desk.journal.flush()
        self.sent[number] = intent
        self._answer(number, self.bridge.submit(intent), now)

    def _link(self, o: Any) -> None:
        """Remember what an order hangs together with."""
        number, twin = int(o["id"]), int(o["oco"])
        if twin:
            self.twins[number] = twin
        if twin or o["parent"]:
            self.linked.add(number)

    def _cannot(self, o: Any) -> str:
        """What the broker has not and nobody can play for it; "" where it takes the order."""
        can, tif = self.bridge.capabilities, TimeInForce(int(o["tif"]))
        if tif not in can.tifs:
            return f"the broker has no orders that are {tif.name.lower()}"
        for name in ("post_only", "display_qty"):
            if o[name] and name not in can.flags:
                return f"the broker has no {name} orders"
        return ""

    def _make(self, o: Any) -> Intent:
        number = int(o["id"])
        return Intent(
            order=number, client_id=self.who.client_id(number), symbol=self.symbols[int(o["instrument"])],
            side=int(o["side"]), qty=float(o["qty"]), type=OrderType(int(o["type"])), limit=float(o["limit"]),
            stop=float(o["stop"]), sl=float(o["sl"]), tp=float(o["tp"]), tif=TimeInForce(int(o["tif"])),
            expires=int(o["expires"]), position=self.who.ticket_of_position(int(o["position"])),
            reduce_only=bool(o["reduce_only"]),
        )  # fmt: skip

    def _answer(self, number: int, outcome: Outcome, now: int) -> None:
        if isinstance(outcome, Ack):
            self.unknown.pop(number, None)
            self.booking.status(number, Status.ACCEPTED, now, ticket=outcome.ticket)
        elif isinstance(outcome, Rejected):
            self.unknown.pop(number, None)
            self.desk.journal.note("rejected", now, order=number, text=outcome.text)
            self.booking.status(number, Status.REJECTED, now, reason=int(outcome.reason))
        else:
            self.lost(number, outcome, now)

    def lost(self, number: int, outcome: Unknown, now: int) -> None:
        """The answer to an order was lost: from now on it is looked for."""
        self.unknown[number] = self.clock()
        self.who.unanswered.add(number)
        self.desk.journal.note("unknown", now, order=number, text=outcome.text)
        self.booking.status(number, Status.UNKNOWN, now)

    def look(self) -> None:
        """Look for orders whose answer was lost."""
        for number, since in list(self.unknown.items()):
            found = self.bridge.find(self.sent[number])
            now = int(self.desk.engine.state.head["now"])
            if found is not None:
                del self.unknown[number]
                self.who.unanswered.discard(number)
                self.desk.journal.note("found", now, order=number, ticket=found.ticket, status=found.status.name)
                self.who.match(number, found.ticket)
                self.booking.update(found)
            elif self.clock() - since >= self.grace:
                del self.unknown[number]
                self.who.unanswered.discard(number)
                self.desk.journal.note("never arrived", now, order=number)
                self.booking.status(number, Status.REJECTED, now, reason=int(Reason.UNKNOWN_ORDER))

    # ---- changes

    def ask(self, row: Any, may: bool) -> None:
        """Pass on a modify, a cancel (that one always) or a close-by."""
        number, action = int(row["id"]), int(row["action"])
        now = int(self.desk.engine.state.head["now"])
        if not may and action != CANCEL:
            self.desk.journal.note("not asked", now, order=number, reason="NOT_LIVE")
            return
        outcome = self._asked(row, number, action)
        if isinstance(outcome, Rejected | Unknown):
            self.desk.journal.note("refused", now, order=number, text=outcome.text)

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
        wanted: dict[str, Any] = {name: float(row[name]) for name in ("qty", "limit", "stop", "sl", "tp")}
        self.trailed(number, held, float(row["trail"]), wanted)
        if not row["expires"] and all(value != value for value in wanted.values()):
            return Ack(ticket)  # no more than a trail, which the broker has nothing to hear of
        wanted |= {"expires": int(row["expires"])}
        return self.bridge.modify(Change(ticket=ticket, symbol=self.symbols[k], is_position=held is None, **wanted))

    def on_grid(self, k: int, price: float) -> float:
        """A price on an instrument's grid, as the account puts it there."""
        rules = self.desk.engine.rules
        at = int(rules[: RULES.itemsize].view(RULES)["terms_at"][0]) + k * TERMS.itemsize
        t = rules[at : at + TERMS.itemsize].view(TERMS)[0]
        scale, step = float(t["price_scale"]), float(t["price_step"])
        return round(price * scale / step) * step / scale

    def _instrument(self, position: int) -> int:
        row = self.booking.position(position)
        return int(row["instrument"]) if row is not None else -1


def _plain(intent: Intent) -> dict[str, Any]:
    """An intent as JSON holds it: nan as null."""
    return {name: None if value != value else value for name, value in vars(intent).items()}


def _intent(note: dict[str, Any]) -> Intent:
    given: dict[str, Any] = {name: note[name] for name in Intent.__dataclass_fields__}
    given = {name: float("nan") if value is None else value for name, value in given.items()}
    return Intent(**given | {"type": OrderType(given["type"]), "tif": TimeInForce(given["tif"])})

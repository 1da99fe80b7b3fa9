"""Sending: what the strategy asked for leaves for the broker, once, and only when it is written down.

An order leaves when the session is LIVE; otherwise it is DENIED, with the reason NOT_LIVE. Before it goes, its intent
and every event before it are on the disk. The answer is an acknowledgement, a refusal, or unknown: then it is looked up
by its client id until the broker knows it, or has not heard of it for `grace` seconds; it is never sent again.

Where the broker's rates leave no room, requests wait, cancels and closes before the others, and the journal says so.
What waited when the process died goes on waiting in the next one; an order older than `grace` is DENIED instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce
from simcore.kernel.schema import CANCEL, CLOSE_BY, MODIFY, ORDER, POST_CHANGE
from simcore.live.booking import Booking
from simcore.live.bridge import Ack, Bridge, Change, Intent, Outcome, Rejected, Unknown
from simcore.live.journal import ASKS, CHANGES, NOTES, Journal
from simcore.live.margins import terms_of
from simcore.live.rates import Budget

PRICED = ("qty", "limit", "stop", "sl", "tp")


class Waiting(NamedTuple):
    """A request on its way out: an order of ours, or the n-th ask of the session."""

    urgent: bool  # a cancel, or what closes
    order: int = 0
    ask: int = 0
    row: Any = None


class Sending:
    """The way out of one session."""

    def __init__(
        self,
        bridge: Bridge,
        booking: Booking,
        symbols: list[str],
        clock: Callable[[], int],
        grace: float,
        budget: Budget,
    ) -> None:
        self.bridge, self.booking, self.symbols, self.clock = bridge, booking, symbols, clock
        self.desk, self.who, self.budget = booking.desk, booking.who, budget
        self.grace = round(grace * 1e9)
        self.sent: dict[int, Intent] = {}  # every order that left
        self.unknown: dict[int, int] = {}  # order -> when its answer was lost, by our clock
        self.twins: dict[int, int] = {}  # order -> the one it names as its OCO twin
        self.linked: set[int] = set()  # orders with a parent or a twin
        self.waiting: list[Waiting] = []
        self.requests = 0  # that went out
        self._asks = 0  # that were asked for
        self._old: set[int] = set()  # orders of the process before this one that never left
        self.waits: Callable[[Any], bool] = lambda o: False  # whether an order stays here for now
        self.trailed: Callable[[int, Any, float, dict[str, Any]], None] = lambda number, o, distance, terms: None
        self.shaped: Callable[[Intent, Any], Intent] = lambda intent, o: intent  # the form it leaves in

    def learn(self, journal: Journal) -> None:
        """What left before this process began, and what was still waiting then."""
        done: set[int] = set()
        for chunk in journal.chunks(kinds=(NOTES,)):
            for note in chunk.rows:
                if note["what"] == "intent":
                    self.sent[note["order"]] = _intent(note)
                elif "ask" in note:
                    done.add(note["ask"])
        for chunk in journal.chunks(kinds=(CHANGES,)):
            orders = chunk.rows["order"]
            for o in orders[(orders["oco"] != 0) | (orders["parent"] != 0)]:
                self._link(o)
        for chunk in journal.chunks(kinds=(ASKS,)):
            for row in chunk.rows:
                self._asks += 1
                if self._asks not in done:
                    self.waiting.append(Waiting(True, ask=self._asks, row=row.copy()))
        orders = self.desk.engine.state.orders
        for row in orders[(orders["id"] > 0) & (orders["status"] == int(Status.SUBMITTED))]:
            if int(row["id"]) not in self.sent:
                self._old.add(int(row["id"]))
                self.waiting.append(Waiting(_closes(row), order=int(row["id"])))

    # ---- orders

    def order(self, row: Any, may: bool) -> None:
        """Send a new order of ours, deny it, or let it wait."""
        number = int(row["id"])
        held = self.booking.order(number)
        if number in self.sent or held is None or Status(int(held["status"])) is not Status.SUBMITTED:
            return
        self._link(held)
        if self.waits(held):
            return
        cannot = self._cannot(held)
        if cannot:
            self.desk.journal.note("refused", self.desk.now, order=number, text=cannot)
            self.booking.status(number, Status.DENIED, self.desk.now, reason=int(Reason.TYPE_FORBIDDEN))
        elif not may:
            self.booking.status(number, Status.DENIED, self.desk.now, reason=int(Reason.NOT_LIVE))
        elif not self.waiting and number not in self._old and self.budget.take():
            self._go(Waiting(_closes(held), order=number))  # as `drain` would, and nothing is in its way
        elif all(one.order != number for one in self.waiting):
            self._wait(Waiting(_closes(held), order=number), may)

    def _link(self, o: Any) -> None:
        """Remember what an order hangs together with."""
        number, twin = int(o["id"]), int(o["oco"])
        if twin:
            self.twins[number] = twin
        if twin or o["parent"]:
            self.linked.add(number)

    def ask(self, row: Any, may: bool) -> None:
        """Pass on a modify, a cancel (that one always) or a close-by."""
        self._asks += 1
        self._wait(Waiting(int(row["action"]) != MODIFY, ask=self._asks, row=row.copy()), may)

    def _wait(self, one: Waiting, may: bool) -> None:
        self.waiting.append(one)
        self.drain(may)
        if any(two is one for two in self.waiting):
            seconds = round(self.budget.wait(), 3)
            self.desk.journal.note("queued", self.desk.now, order=one.order, request=one.ask, seconds=seconds)

    def drain(self, may: bool) -> None:
        """Let go what waits, urgent requests first, as far as the broker's rates leave room."""
        while self.waiting:
            n = next((n for n, one in enumerate(self.waiting) if one.urgent), 0)
            one = self.waiting[n]
            if self._is_settled(one, may):
                self._drop(one)
            elif self.budget.take():
                self._drop(one)
                self._go(one)
            else:
                return

    def _drop(self, one: Waiting) -> None:
        self.waiting = [two for two in self.waiting if two is not one]

    def _is_settled(self, one: Waiting, may: bool) -> bool:
        """Whether there is nothing to send any more: it ended meanwhile, may not leave, or can be done here."""
        if one.ask:
            return self._is_done_here(one) or self._is_too_late(one, may)
        held = self.booking.order(one.order)
        if held is None or one.order in self.sent or self.waits(held):
            return True
        old = one.order in self._old and self.desk.now - int(held["ts"]) > self.grace
        if may and not old:
            return False
        if old:
            self.desk.journal.note("too old to send", self.desk.now, order=one.order)
        self.booking.status(one.order, Status.DENIED, self.desk.now, reason=int(Reason.NOT_LIVE))
        return True

    def _is_done_here(self, one: Waiting) -> bool:
        """Whether a request was about an order that has not left: then it is changed where it is."""
        number, action = int(one.row["id"]), int(one.row["action"])
        held = self.booking.order(number)
        if held is None or number in self.sent or action == CLOSE_BY:
            return False
        if int(held["status"]) != Status.SUBMITTED:
            return False
        self.desk.journal.note("asked", self.desk.now, ask=one.ask, order=number, text="the order had not left yet")
        if action == CANCEL:
            self.waiting = [two for two in self.waiting if two.order != number]
            self.booking.status(number, Status.CANCELED, self.desk.now)
        else:
            given: dict[str, Any] = {name: float(one.row[name]) for name in PRICED if one.row[name] == one.row[name]}
            given |= {"expires": int(one.row["expires"])} if one.row["expires"] else {}
            self.desk.post(self.desk.now, POST_CHANGE, order=number, **given)
        return True

    def _is_too_late(self, one: Waiting, may: bool) -> bool:
        """Whether a request waited until nothing but a cancel may leave."""
        if may or int(one.row["action"]) == CANCEL:
            return False
        self.desk.journal.note("not asked", self.desk.now, ask=one.ask, order=int(one.row["id"]), reason="NOT_LIVE")
        return True

    def _go(self, one: Waiting) -> None:
        self.requests += 1
        if one.ask:
            self._asked_for(one)
            return
        held = self.booking.order(one.order)
        intent = self.shaped(self._make(held), held)
        now = self.desk.now
        self.desk.journal.note("intent", now, **_plain(intent))
        self.desk.journal.flush()
        self.sent[one.order] = intent
        self._answer(one.order, self.bridge.submit(intent), now)

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
        given = dict(zip(ORDER.names or (), o.item(), strict=True))  # all at once: an order waits for it
        number = given["id"]
        return Intent(
            order=number, client_id=self.who.client_id(number), symbol=self.symbols[given["instrument"]],
            side=given["side"], qty=given["qty"], type=OrderType(given["type"]), limit=given["limit"],
            stop=given["stop"], sl=given["sl"], tp=given["tp"], tif=TimeInForce(given["tif"]),
            expires=given["expires"], position=self.who.ticket_of_position(given["position"]),
            reduce_only=bool(given["reduce_only"]),
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
            found = self.bridge.find(self.sent[number], self.who.taken(number))
            now = self.desk.now
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
                self._never_arrived(number, now)

    def _never_arrived(self, number: int, now: int) -> None:
        """An order the broker has not: rejected, or where nothing at all happened since it was made, sent after all."""
        held = self.booking.order(number)
        if held is not None and int(held["ts"]) == now and Status(int(held["status"])) is Status.SUBMITTED:
            del self.sent[number]
            at = next((n for n, one in enumerate(self.waiting) if one.order > number), len(self.waiting))
            self.waiting.insert(at, Waiting(_closes(held), order=number))  # before what was made after it
        else:
            self.booking.status(number, Status.REJECTED, now, reason=int(Reason.UNKNOWN_ORDER))

    # ---- changes

    def _asked_for(self, one: Waiting) -> None:
        number, now = int(one.row["id"]), self.desk.now
        outcome = self._asked(one.row, number, int(one.row["action"]))
        self.desk.journal.note("asked", now, ask=one.ask, order=number)
        if isinstance(outcome, Rejected | Unknown):
            self.desk.journal.note("refused", now, order=number, text=outcome.text)

    def cancel(self, ticket: str, symbol: str) -> Outcome:
        """Take an order out at once: a twin of what filled cannot wait."""
        self.budget.take()
        return self.bridge.cancel(ticket, symbol)

    def move(self, change: Change) -> Outcome:
        """Change an order if there is room for it now; who asks will ask again."""
        return self.bridge.modify(change) if self.budget.take() else Rejected("there is no room for requests now")

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

    def on_grid(self, k: int, price: float) -> float:
        """A price on an instrument's grid, as the account puts it there."""
        t = terms_of(self.desk, k)
        scale, step = float(t["price_scale"]), float(t["price_step"])
        return round(price * scale / step) * step / scale

    def _instrument(self, position: int) -> int:
        row = self.booking.position(position)
        return int(row["instrument"]) if row is not None else -1


def _closes(o: Any) -> bool:
    return bool(o["closing"] or o["position"] or o["reduce_only"])


def _plain(intent: Intent) -> dict[str, Any]:
    """An intent as JSON holds it: nan as null."""
    return {name: None if value != value else value for name, value in vars(intent).items()}


def _intent(note: dict[str, Any]) -> Intent:
    given: dict[str, Any] = {name: note[name] for name in Intent.__dataclass_fields__}
    given = {name: float("nan") if value is None else value for name, value in given.items()}
    return Intent(**given | {"type": OrderType(given["type"]), "tif": TimeInForce(given["tif"])})

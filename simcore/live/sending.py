"""Sending: what the strategy asked for leaves for the broker, once, and only when it is written down.

An order leaves when the session is LIVE; otherwise it is DENIED, NOT_LIVE. Before it goes, its intent and every event
before it are on the disk. The answer is an acknowledgement, a refusal, or unknown: then it is looked up by its client
id until the broker knows it, or has not heard of it for `grace` seconds: then it is REJECTED, NEVER_ARRIVED, and not
sent again. Of an order whose intent is the last that is known of it (the process died there) the same is asked; where
the broker never got it, it is as one that had not left.

What had not left when the process died, or was decided on prices that were missed, leaves when the session is LIVE,
but for an order that would open at the market more than `grace` seconds after it was decided: it is DENIED, TOO_LATE
(see intents). An order made in on_bar before its own instrument has ticked waits for that quote, as in a backtest.
Where the broker's rates leave no room, requests wait, cancels and closes before the others, and the journal says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from simcore.kernel.enums import Reason, Status
from simcore.kernel.schema import MODIFY
from simcore.live.asking import Asking
from simcore.live.booking import Booking
from simcore.live.bridge import Ack, Bridge, Change, Intent, Outcome, Rejected, Unknown
from simcore.live.intents import closes, intent_of, kinds_of, make, opens_now, plain
from simcore.live.journal import Journal
from simcore.live.margins import terms_of
from simcore.live.rates import Budget
from simcore.live.records import ASKS, CHANGES, NOTES


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
        self.asking = Asking(bridge, booking, symbols, self.sent)
        self.unknown: dict[int, int] = {}  # order -> when its answer was lost, by our clock
        self.twins: dict[int, int] = {}  # order -> the one it names as its OCO twin
        self.linked: set[int] = set()  # orders with a parent or a twin, or that only reduce
        self.waiting: list[Waiting] = []
        self.requests = 0  # that went out
        self._asks = 0  # that were asked for
        self._known: dict[tuple[str, ...], str] = {}  # kinds of orders -> what the broker lacks for them
        self._ready: dict[int, int] = {}  # order -> when it could leave, where it had to wait for its quote
        self._before = 0  # the last order that was made before the session was LIVE
        self.waits: Callable[[Any], bool] = lambda o: False  # whether an order stays here for now
        self.may_reduce: Callable[[Any], bool] = lambda o: True  # whether there is something for it, if it only reduces
        self.shaped: Callable[[Intent, Any], Intent] = lambda intent, o: intent  # the form it leaves in

    def learn(self, journal: Journal) -> None:
        """What left before this process began, and what was still waiting then."""
        done: set[int] = set()
        for chunk in journal.chunks(kinds=(NOTES,)):
            for note in chunk.rows:
                if note["what"] == "intent":
                    self.sent[note["order"]] = intent_of(note)
                elif "ask" in note:
                    done.add(note["ask"])
        for chunk in journal.chunks(kinds=(CHANGES,)):
            orders = chunk.rows["order"]
            for row in chunk.rows[(orders["status"] == int(Status.SUBMITTED)) & (chunk.rows["at"] > orders["ts"])]:
                self._ready[int(row["order"]["id"])] = int(row["at"])
            for o in orders[(orders["oco"] != 0) | (orders["parent"] != 0) | (orders["reduce_only"] != 0)]:
                self._link(o)
        for chunk in journal.chunks(kinds=(ASKS,)):
            for row in chunk.rows:
                self._asks += 1
                if self._asks not in done:
                    self.waiting.append(Waiting(True, ask=self._asks, row=row.copy()))
        orders = self.desk.engine.state.orders
        for row in orders[(orders["id"] > 0) & (orders["status"] == int(Status.SUBMITTED))]:
            if int(row["id"]) not in self.sent and not self.stays(row):
                self.waiting.append(Waiting(closes(row), order=int(row["id"])))

    def begin(self) -> None:
        """The session is LIVE from now on."""
        self._known.clear()  # what an account can do is known anew with every connection
        self._before = int(self.desk.engine.state.account["last_order_id"])

    # ---- orders

    def order(self, row: Any, may: bool, at: int = 0) -> None:
        """Send a new order of ours, deny it, or let it wait. at: when it could leave, if that is after it was made."""
        number = int(row["id"])
        held = self.booking.fields(number) if number not in self.sent else None
        if held is None or held["status"] != Status.SUBMITTED:
            return
        self._link(held)
        if at > held["ts"]:
            self._ready[number] = at
        if self.stays(held):
            return
        cannot = self._cannot(held)
        if cannot:
            self.desk.journal.note("refused", self.desk.now, order=number, text=cannot)
            self.booking.status(number, Status.DENIED, self.desk.now, reason=int(Reason.TYPE_FORBIDDEN))
        elif not may:
            self.booking.status(number, Status.DENIED, self.desk.now, reason=int(Reason.NOT_LIVE))
        elif not self.waiting and not self._is_late(held) and self.budget.take():
            self._send(held)  # as `drain` would, and nothing is in its way
        elif all(one.order != number for one in self.waiting):
            self._wait(Waiting(closes(held), order=number), may)

    def stays(self, o: Any) -> bool:
        """Whether an order stays here for now: for its instrument's next quote, or for another order."""
        return bool(o["waits"]) or self.waits(o)

    def _is_late(self, o: Any) -> bool:
        """Whether an order was decided while the session was away, and is too old by now for what it is."""
        return o["id"] <= self._before and self._age(o) > self.grace and opens_now(o)

    def _age(self, o: Any) -> int:
        return self.desk.now - self._ready.get(int(o["id"]), int(o["ts"]))

    def _link(self, o: Any) -> None:
        """Remember what an order hangs together with."""
        number, twin = int(o["id"]), int(o["oco"])
        if twin:
            self.twins[number] = twin
        if twin or o["parent"] or o["reduce_only"]:
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
        """Let go what waits, as far as the rates leave room; where that is not for all, what is urgent first."""
        while self.waiting:
            scarce = self.budget.room() < len(self.waiting)
            n = next((n for n, one in enumerate(self.waiting) if one.urgent), 0) if scarce else 0
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
            return self.asking.done_here(one.row, one.ask) or self.asking.is_too_late(one.row, one.ask, may)
        held = self.booking.order(one.order)
        if held is None or one.order in self.sent or self.stays(held):
            return True
        late = self._is_late(held)
        if may and not late:
            return False
        if late:
            self.desk.journal.note("too late", self.desk.now, order=one.order, seconds=round(self._age(held) / 1e9, 3))
        reason = Reason.TOO_LATE if late else Reason.NOT_LIVE
        self.booking.status(one.order, Status.DENIED, self.desk.now, reason=int(reason))
        return True

    def _go(self, one: Waiting) -> None:
        if one.ask:
            self.requests += 1
            self.asking.go(one.row, one.ask)
        else:
            self._send(self.booking.fields(one.order))

    def _send(self, o: Any) -> None:
        """An order leaves, when it is on the disk."""
        number, now = o["id"], self.desk.now
        if not self.may_reduce(o):
            self.booking.status(number, Status.REJECTED, now, reason=int(Reason.NOTHING_TO_REDUCE))
            return
        self.requests += 1
        ticket = self.who.ticket_of_position(o["position"])
        intent = self.shaped(make(o, self.symbols[o["instrument"]], self.who.client_id(number), ticket), o)
        self.desk.journal.note("intent", now, **plain(intent))
        self.desk.journal.flush()
        self.sent[number] = intent
        self._answer(number, self.bridge.submit(intent), now)

    def _cannot(self, o: Any) -> str:
        """What the broker has not and nobody can play for it; "" where it takes the order."""
        kinds = kinds_of(o)
        if kinds not in self._known:
            lacks = (self.bridge.capabilities.lacks(kind) for kind in kinds)
            self._known[kinds] = next((f"the broker has no {what}" for what in lacks if what), "")
        return self._known[kinds]

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
        """An order the broker has not: refused, or where the process died before an answer, as one that never left."""
        held = self.booking.order(number)
        if held is not None and Status(int(held["status"])) is Status.SUBMITTED:
            del self.sent[number]
            at = next((n for n, one in enumerate(self.waiting) if one.order > number), len(self.waiting))
            self.waiting.insert(at, Waiting(closes(held), order=number))  # before what was made after it
        else:
            self.booking.status(number, Status.REJECTED, now, reason=int(Reason.NEVER_ARRIVED))

    # ---- changes

    def cancel(self, ticket: str, symbol: str) -> Outcome:
        """Take an order out at once: a twin of what filled cannot wait."""
        self.budget.take()
        return self.bridge.cancel(ticket, symbol)

    def move(self, change: Change) -> Outcome:
        """Change an order if there is room for it now; who asks will ask again."""
        return self.bridge.modify(change) if self.budget.take() else Rejected("there is no room for requests now")

    def on_grid(self, k: int, price: float) -> float:
        """A price on an instrument's grid, as the account puts it there."""
        t = terms_of(self.desk, k)
        scale, step = float(t["price_scale"]), float(t["price_step"])
        return round(price * scale / step) * step / scale

"""Booking: what a broker says becomes posts of the account, each thing once.

Fills carry the account: a trade that is booked is never booked again, in whatever order and however often it comes. An
order's update changes its status and terms alone; that it is filled is believed when the fills are there. What somebody
else did at the same account (a close by hand, the broker's stop-out) is booked as the broker's own fill, so that the
position stays the sum of the fills.
"""

from __future__ import annotations

import struct
from typing import Any, Final, Literal

import numpy as np

from simcore.kernel.enums import Status, Why
from simcore.kernel.schema import ORDER, POST_CASH, POST_CHANGE, POST_CREDIT, POST_FILL, POST_ORDER
from simcore.live.bridge import Cash, Fill, OrderUpdate, Position
from simcore.live.desk import Desk
from simcore.live.errors import Halted
from simcore.live.identity import Identity
from simcore.live.journal import Journal
from simcore.live.margins import rules_of
from simcore.live.records import NOTES, POSTS

ALIVE: Final = (Status.SUBMITTED, Status.ACCEPTED, Status.PARTIALLY_FILLED, Status.UNKNOWN)
ENDED: Final = (Status.CANCELED, Status.EXPIRED, Status.REJECTED)
MANY: Final = 64  # rows
SMALL: Final = 1e-9  # lots
TERMS: Final = ("limit", "stop", "sl", "tp")
_NAMES: Final = ORDER.names or ()
_FIELDS: Final = struct.Struct("<" + "".join("d" if ORDER[name].kind == "f" else "q" for name in _NAMES))
Policy = Literal["adopt", "ignore", "halt"]


class Booking:
    """Posts to one desk; `numbers` maps symbols to instruments, `first` is when the session began.

    `policy`: what becomes of what somebody else did at the account (see reconcile).
    """

    def __init__(
        self, desk: Desk, who: Identity, numbers: dict[str, int], first: int = 0, policy: Policy = "adopt"
    ) -> None:
        self.desk, self.who, self.numbers, self.first, self.policy = desk, who, numbers, first, policy
        self.away = False  # whether what is booked now is what was missed: then it is explained
        self.explained: list[str] = []  # differences, in words, that nobody was told yet
        self.doubts: dict[str, int] = {}  # symbol -> since when its position is not what its trades make it
        self._began = float("nan")  # equity when the session was live first
        self._paid = 0.0  # in or out since then
        self._least = 0.5 / float(rules_of(desk)["money_scale"])  # of money that counts

    def learn(self, journal: Journal) -> None:
        """With what the session began, and what was paid in or out since."""
        for chunk in journal.chunks(kinds=(NOTES, POSTS)):
            for row in chunk.rows:
                if chunk.kind == NOTES:
                    if row["what"] == "began":
                        self._began = float(row["equity"])
                elif row["post"]["kind"] in (POST_CASH, POST_CREDIT) and self._began == self._began:
                    self._paid += float(row["post"]["amount"])

    def begin(self) -> None:
        """The session is live: its losses count from here, over every restart."""
        if self._began != self._began:
            self._began = self._equity
            self.note("began", f"the session begins with an equity of {self._began:,.2f}", equity=self._began)

    def lost(self) -> float:
        """What trading lost since the session began; money paid in or out is no loss."""
        return self._began + self._paid - self._equity if self._began == self._began else 0.0

    @property
    def _equity(self) -> float:
        return float(self.desk.engine.figures()["equity"])

    def note(self, what: str, text: str, **more: Any) -> None:
        """Write a difference down, in words."""
        self.explained.append(text)
        self.desk.journal.note(what, self.desk.now, text=text, **more)

    def is_old(self, told: Fill | Cash) -> bool:
        """Whether it was there before the session began, and so is in the money it began with."""
        return told.ts_event <= self.first

    # ---- what stands

    def order(self, number: int) -> Any:
        """The row of a living order of ours; None where it has ended."""
        state = self.desk.engine.state
        return _row(state.orders[: state.head["high_orders"]], number)

    def fields(self, number: int) -> dict[str, Any] | None:
        """The same, read all at once: an order that leaves waits for it."""
        row = self.order(number)
        return dict(zip(_NAMES, _FIELDS.unpack_from(row), strict=True)) if row is not None else None

    def position(self, number: int) -> Any:
        """The row of an open position; None where it is closed."""
        state = self.desk.engine.state
        return _row(state.positions[: state.head["high_positions"]], number)

    # ---- what happened

    def fill(self, told: Fill) -> bool:
        """Book an execution; False where it was booked before, is of no instrument of this session, or left out."""
        if told.trade in self.who.trades or told.symbol not in self.numbers or self.is_old(told):
            return False
        if not self.is_ours(told) and not self._adopts_trade(told):
            return False
        self.who.trades.add(told.trade)
        if self.away and self.is_ours(told):
            self.note("missed fill", missed(self.who, told), trade=told.trade)
        order = self.who.known(told.ticket, told.client_id if not told.closes else "")
        order = order if order or not told.closes else self.who.order_of(told.client_id)
        self.who.match(order, told.ticket)
        held = self.who.positions.get(told.position, 0) if told.closes else 0
        row = self.position(held)
        turns = row is not None and told.qty > row["qty"] + SMALL  # what is above opens the other way, under a new id
        self.desk.post(
            told.ts_event, POST_FILL, ts_recv=told.ts_recv, trade=told.trade, ticket=told.ticket, order=order,
            instrument=self.numbers[told.symbol], side=told.side, qty=told.qty, price=told.price,
            commission=told.commission, swap=told.swap, reason=int(told.why),
            position=held if row is not None else 0,
        )  # fmt: skip
        self.who.fill(order, told.qty)
        if not told.closes or turns:
            self._opened(told, order)
        return True

    def is_ours(self, told: Fill) -> bool:
        """Whether a trade is of an order of ours, or closes a position of ours."""
        return bool(self.who.known(told.ticket, told.client_id)) or told.position in self.who.positions

    def _adopts_trade(self, told: Fill) -> bool:
        return self.adopts(f"{trade(told)} is none of ours", "booked as the broker's own", trade=told.trade)

    def adopts(self, text: str, booked: str, **known: str) -> bool:
        """Whether what somebody else did is booked, as the policy has it; Halted where that ends the session.

        known: by what the broker knows it, such as trade=; it is noted once.
        """
        (number,) = known.values()
        if self.policy == "halt":
            raise Halted(text)
        if self.policy == "adopt":
            self.note("adopted", f"{text}: {booked}", **known)
        elif number not in self.who.ignored:
            self.who.ignored.add(number)
            self.note("ignored", f"{text}: left out", **known)
        return self.policy == "adopt"

    def _opened(self, told: Fill, order: int) -> None:
        """Remember under which name the broker holds what was opened."""
        number = order or int(self.desk.engine.state.account["last_order_id"])
        if told.position and self.position(number) is not None:
            self.who.match_position(number, told.position)
            self.desk.journal.note("position", told.ts_event, position=number, ticket=told.position)

    def update(self, told: OrderUpdate) -> None:
        """Book an order's status and terms."""
        number = self.who.known(told.ticket, told.client_id)
        row = self.order(number)
        if row is None:
            return
        self.who.match(number, told.ticket)
        status = Status(int(row["status"]))
        if told.status in ENDED:
            if self.away:
                text = f"order {number} is {told.status.name} at the broker, here it was {status.name}"
                self.note("order changed", text, order=number, ticket=told.ticket)
            self.status(number, told.status, told.ts_event, told.ts_recv, told.ticket, int(told.reason))
            return
        if status in (Status.SUBMITTED, Status.UNKNOWN) and told.status in ALIVE:
            self.status(number, Status.ACCEPTED, told.ts_event, told.ts_recv, told.ticket)
            row = self.order(number)
        changed = {name: getattr(told, name) for name in TERMS if _differs(row[name], getattr(told, name))}
        changed = {name: 0.0 if value != value else value for name, value in changed.items()}
        if told.expires and told.expires != int(row["expires"]):
            changed["expires"] = told.expires
        if _differs(row["qty"], told.qty) and told.qty > row["filled"]:
            changed["qty"] = told.qty
        self._change(told, number, changed, f"order {number} has other terms")

    def status(
        self, number: int, status: Status, ts: int, ts_recv: int | None = None, ticket: str = "", reason: int = 0
    ) -> None:
        """Book a status of an order that is still alive here."""
        if self.order(number) is not None:
            self.who.match(number, ticket)
            self.desk.post(
                ts, POST_ORDER, ts_recv=ts_recv, ticket=ticket, order=number, status=int(status), reason=reason
            )

    def position_terms(self, told: Position) -> None:
        """Book stops of a position that were changed, and its swap so far."""
        number = self.who.positions.get(told.ticket, 0)
        row = self.position(number)
        if row is None:
            return
        changed = {name: getattr(told, name) for name in ("sl", "tp") if _differs(row[name], getattr(told, name))}
        changed = {name: 0.0 if value != value else value for name, value in changed.items()}
        if abs(row["swap"] - told.swap) > self._least:
            changed["swap"] = told.swap
        self._change(told, number, changed, f"position {number} has other terms")

    def _change(self, told: OrderUpdate | Position, number: int, changed: dict[str, Any], what: str) -> None:
        """Book terms that are others now."""
        if changed:
            if self.away:
                self.note("terms changed", f"{what} at the broker: {terms(changed)}", order=number)
            self.desk.post(
                told.ts_event, POST_CHANGE, ts_recv=told.ts_recv, ticket=told.ticket, order=number, **changed
            )

    def cash(self, told: Cash) -> None:
        """Book money that came or went without a trade, once."""
        name = f"cash {told.id}"
        if name not in self.who.trades and told.amount and not self.is_old(told):
            self.who.trades.add(name)
            kind, word = (POST_CREDIT, "credit") if told.credit else (POST_CASH, "money")
            self.desk.post(told.ts_event, kind, ts_recv=told.ts_recv, trade=name, amount=told.amount)
            self._paid += told.amount
            way = "came in" if told.amount > 0.0 else "went out"
            why = f" ({told.text})" if told.text else ""
            self.note("cash", f"{abs(told.amount):,.2f} of {word} {way} without a trade{why}: booked", trade=name)


def _row(table: Any, number: int) -> Any:
    if len(table) > MANY:
        found = np.flatnonzero(table["id"] == number)
        return table[found[0]] if number and len(found) else None
    ids = table["id"].tolist()  # of a few rows numpy's own search takes longer
    return table[ids.index(number)] if number and number in ids else None


def missed(who: Identity, told: Fill) -> str:
    """A fill of ours that was not heard when it happened, in words."""
    order = who.orders.get(told.ticket, 0) if told.closes else who.known(told.ticket, told.client_id)
    if order and not told.closes:
        return f"order {order} was filled and we did not hear it: {trade(told)}"
    if order:
        return f"position {who.positions.get(told.position, 0)} was closed by order {order} unheard: {trade(told)}"
    by = "by hand or by another program" if told.why is Why.EXTERNAL else f"by {told.why.name.lower()}"
    return f"position {who.positions.get(told.position, 0)} was closed {by} unheard: {trade(told)}"


def trade(told: Fill) -> str:
    """A fill in words."""
    side = "buy" if told.side > 0 else "sell"
    return f"{side} {told.qty:g} {told.symbol} at {told.price:g} (trade {told.trade})"


def terms(changed: dict[str, Any]) -> str:
    """Terms in words; 0 is none."""
    return ", ".join(f"{name} {value:g}" if value else f"no {name}" for name, value in changed.items())


def _differs(ours: float, theirs: float) -> bool:
    return not (ours == theirs or (ours != ours and theirs != theirs))

"""Reconcile: our account against the broker's, at every start and now and then, with a reason for each difference.

In this order: fills that were missed (each booked once), orders (sent and never answered; changed or ended meanwhile),
positions, money. What is left unexplained after that was done by somebody else at the same account, and `policy` says
what becomes of it: "adopt" books it as the broker's own, "ignore" leaves it out, "halt" ends the session. Nothing is
ever invented: what is adopted is a trade the broker lists, or its own figure of a position or of money, and says so.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from simcore.kernel.enums import Status
from simcore.kernel.schema import POST_FILL
from simcore.live.booking import Booking
from simcore.live.bridge import Bridge, Cash, Fill, Position
from simcore.live.sending import Sending

Policy = Literal["adopt", "ignore", "halt"]
HOUR: Final = 3_600_000_000_000
SMALL: Final = 1e-9


class Halted(Exception):
    """A difference that nobody may repair: one sentence."""


def reconcile(bridge: Bridge, booking: Booking, sending: Sending, policy: Policy) -> None:
    """Bring our account to where the broker's is. Raises Halted, or BridgeError where the connection is gone."""
    missed_fills(bridge, booking, policy)
    orders(bridge, booking, sending)
    positions(bridge, booking, policy)
    figures(bridge, booking)


def figures(bridge: Bridge, booking: Booking) -> None:
    """Write the broker's own figures beside ours: what `verify` holds our margin model against."""
    theirs, ours = bridge.account(), booking.desk.engine.figures()
    names = ("balance", "equity", "used_margin")
    told = {name: getattr(theirs, name) for name in names} | {f"own_{name}": ours[name] for name in names}
    note(booking, "account", **told)


def note(booking: Booking, what: str, **more: Any) -> None:
    """Write a difference down."""
    booking.desk.journal.note(what, int(booking.desk.engine.state.head["now"]), **more)


def missed_fills(bridge: Bridge, booking: Booking, policy: Policy) -> None:
    """Executions the journal does not hold."""
    for told in bridge.fills(max(int(booking.desk.engine.state.head["now"]) - HOUR, 0)):
        if isinstance(told, Cash):
            continue
        if told.trade in booking.who.trades or told.symbol not in booking.numbers or booking.is_old(told):
            continue
        if not ours(booking, told):
            if policy == "halt":
                raise Halted(
                    f"trade {told.trade} of {told.qty:g} {told.symbol} at the broker is none of this session's"
                )
            if policy == "ignore":
                continue
        note(booking, "missed fill", trade=told.trade, symbol=told.symbol, qty=told.qty * told.side, price=told.price)
        booking.fill(told)


def ours(booking: Booking, told: Fill) -> bool:
    """Whether a trade is of an order of ours, or closes a position of ours."""
    return bool(booking.who.known(told.ticket, told.client_id)) or told.position in booking.who.positions


def orders(bridge: Bridge, booking: Booking, sending: Sending) -> None:
    """Orders we believe to be alive: found working, found ended, or to be looked for."""
    working = {update.ticket: update for update in bridge.orders()}
    for update in working.values():
        booking.update(update)
    table = booking.desk.engine.state.orders
    for row in [row.copy() for row in table if row["id"] > 0]:
        number = int(row["id"])
        ticket = booking.who.tickets.get(number, "")
        if ticket in working or number not in sending.sent or booking.order(number) is None:
            continue
        found = bridge.find(sending.sent[number])
        if found is not None:
            note(booking, "order changed while away", order=number, ticket=found.ticket, status=found.status.name)
            booking.who.match(number, found.ticket)
            booking.update(found)
        elif Status(int(row["status"])) in (Status.SUBMITTED, Status.UNKNOWN):
            sending.unknown.setdefault(number, sending.clock())


def positions(bridge: Bridge, booking: Booking, policy: Policy) -> None:
    """Net position of every instrument: the broker's list is right."""
    theirs: dict[str, list[Position]] = {}
    for held in bridge.positions():
        theirs.setdefault(held.symbol, []).append(held)
        booking.stops(held)
    for symbol, k in booking.numbers.items():
        net = sum(held.side * held.qty for held in theirs.get(symbol, ()))
        gap = net - booking.desk.engine.net_qty(k)
        if abs(gap) < SMALL:
            continue
        unknown = [held for held in theirs.get(symbol, ()) if held.ticket not in booking.who.positions]
        if policy == "halt":
            raise Halted(f"the broker holds {net:+g} {symbol}, this session {net - gap:+g}")
        if policy == "ignore":
            continue
        adopt(booking, k, symbol, gap, unknown)


def adopt(booking: Booking, k: int, symbol: str, gap: float, unknown: list[Position]) -> None:
    """Book positions the broker holds and we do not know, at its own prices; Halted where that explains not all."""
    for held in unknown:
        note(booking, "adopted", symbol=symbol, qty=held.side * held.qty, price=held.price, ticket=held.ticket)
        booking.desk.post(
            held.ts_event, POST_FILL, ts_recv=held.ts_recv, trade=f"position {held.ticket}", order=0, instrument=k,
            side=held.side, qty=held.qty, price=held.price,
        )  # fmt: skip
        number = int(booking.desk.engine.state.account["last_order_id"])
        booking.who.match_position(number, held.ticket)
        booking.desk.journal.note("position", held.ts_event, position=number, ticket=held.ticket)
        gap -= held.side * held.qty
    if abs(gap) >= SMALL:
        raise Halted(f"the broker holds {gap:+g} {symbol} more than its trades explain; nothing was made up")

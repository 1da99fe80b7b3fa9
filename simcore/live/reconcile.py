"""Reconcile: our account against the broker's, at every start and now and then, with a reason for each difference.

In this order: fills and money that were missed (each booked once), orders (sent and never answered; changed or ended
meanwhile), positions. What somebody else did at the same account is up to the session's `policy`: "adopt" books it as
the broker's own, "ignore" leaves it out, "halt" ends the session. Nothing is ever invented: what is adopted is a trade
the broker lists, or its own figure of a position, and says so. A position of ours that the broker's trades do not
explain (a split, a close it does not list) ends the session under any policy, once it stayed so for a while.
"""

from __future__ import annotations

from typing import Final

from simcore.kernel.enums import Status
from simcore.kernel.schema import POST_FILL
from simcore.live.booking import Booking, Policy
from simcore.live.bridge import Bridge, BridgeError, Cash, Position
from simcore.live.errors import Halted
from simcore.live.margins import margins
from simcore.live.sending import Sending

__all__ = ["Policy", "reconcile"]
HOUR: Final = 3_600_000_000_000
SMALL: Final = 1e-9
PATIENCE: Final = 30_000_000_000  # ns for a broker's lists to agree with each other


def reconcile(bridge: Bridge, booking: Booking, sending: Sending, since: int) -> None:
    """Bring our account to where the broker's is; `since`: when both were known to agree, ns UTC.

    Raises Halted, or BridgeError where the connection is gone or the broker's lists do not agree with each other yet.
    """
    missed(bridge, booking, max(since - HOUR, 0))
    orders(bridge, booking, sending)
    positions(bridge, booking, sending)
    figures(bridge, booking)


def figures(bridge: Bridge, booking: Booking) -> None:
    """Write the broker's own figures beside ours: what `verify` holds our margin model against."""
    theirs, ours = bridge.account(), booking.desk.engine.figures()
    names = ("balance", "equity", "used_margin")
    told = {name: getattr(theirs, name) for name in names} | {f"own_{name}": ours[name] for name in names}
    asked = margins(bridge, booking.desk, list(booking.numbers))
    booking.desk.journal.note("account", booking.desk.now, **told, margins=asked)


def missed(bridge: Bridge, booking: Booking, since: int) -> None:
    """Executions and money the journal does not hold."""
    for told in bridge.fills(since):
        if isinstance(told, Cash):
            booking.cash(told)
        else:
            booking.fill(told)


def orders(bridge: Bridge, booking: Booking, sending: Sending) -> None:
    """Orders we believe to be alive: found working, found ended, or to be looked for."""
    working = {update.ticket: update for update in bridge.orders()}
    for update in working.values():
        booking.update(update)
    table = booking.desk.engine.state.orders
    for row in [row.copy() for row in table if row["id"] > 0]:
        number, status = int(row["id"]), Status(int(row["status"]))
        ticket = booking.who.tickets.get(number, "")
        if ticket in working or number not in sending.sent or booking.order(number) is None:
            continue
        found = bridge.find(sending.sent[number], booking.who.taken(number))
        if found is not None:
            booking.who.match(number, found.ticket)
            booking.update(found)
        elif status in (Status.SUBMITTED, Status.UNKNOWN):
            sending.unknown.setdefault(number, sending.clock())


def positions(bridge: Bridge, booking: Booking, sending: Sending) -> None:
    """Net position of every instrument: the broker's list is right."""
    theirs: dict[str, list[Position]] = {}
    for held in bridge.positions():
        theirs.setdefault(held.symbol, []).append(held)
        booking.position_terms(held)
    for symbol, k in booking.numbers.items():
        rows = theirs.get(symbol, [])
        gap = sum(held.side * held.qty for held in rows) - booking.desk.engine.net_qty(k)
        who = booking.who  # a position with our mark whose fill is not listed yet is no foreign one
        foreign = [one for one in rows if one.ticket not in who.positions and not who.order_of(one.client_id)]
        if foreign and (abs(gap) >= SMALL or bridge.capabilities.hedging):
            gap -= found(booking, k, foreign)
        if abs(gap) < SMALL:
            booking.doubts.pop(symbol, None)
        else:
            unexplained(booking, sending, symbol, gap)


def found(booking: Booking, k: int, foreign: list[Position]) -> float:
    """Somebody else's positions, by the policy; the net quantity that they explain."""
    net = 0.0
    for held in foreign:
        net += held.side * held.qty
        text = f"the broker holds {held.side * held.qty:+g} {held.symbol} (ticket {held.ticket}), none of ours"
        if not booking.adopts(text, f"booked at its price of {held.price:g}", ticket=held.ticket):
            continue
        booking.desk.post(
            held.ts_event, POST_FILL, ts_recv=held.ts_recv, trade=f"position {held.ticket}", order=0, instrument=k,
            side=held.side, qty=held.qty, price=held.price,
        )  # fmt: skip
        number = int(booking.desk.engine.state.account["last_order_id"])
        booking.who.match_position(number, held.ticket)
        booking.desk.journal.note("position", held.ts_event, position=number, ticket=held.ticket)
    return net


def unexplained(booking: Booking, sending: Sending, symbol: str, gap: float) -> None:
    """A position that no trade of the broker's makes: its lists may be late, so it is looked at again for a while."""
    now = sending.clock()
    text = f"the broker holds {gap:+g} {symbol} more than its trades explain (a split? a trade it does not list?)"
    if now - booking.doubts.setdefault(symbol, now) < PATIENCE:
        raise BridgeError(f"{text}; looking again")
    raise Halted(f"{text}; nothing was made up: look at the terminal, then begin a new session")

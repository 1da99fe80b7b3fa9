"""An order at the venue's door: checked, accepted, held or working, and filled as far as the standing quote allows."""

from simcore.kernel import tell
from simcore.kernel.afford import money_for_order
from simcore.kernel.book import (
    HELD_CLOSE,
    HELD_OPEN,
    HELD_PARENT,
    acts_as,
    find_order,
    find_position,
    has_arrived,
    is_alive,
    sweep,
)
from simcore.kernel.bounds import rebound
from simcore.kernel.check import entry_quote, prices, quantity, validity
from simcore.kernel.conditions import adopt, within_limits
from simcore.kernel.endings import end_order
from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce
from simcore.kernel.execution import accept, execute
from simcore.kernel.jit import kernel
from simcore.kernel.money import whole_units
from simcore.kernel.reserve import reserve, reserves, start_trail
from simcore.kernel.schema import instrument, order, position, terms

MARKET, LIMIT, TRAILING = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.TRAILING_STOP)
GTD, IOC, FOK = int(TimeInForce.GTD), int(TimeInForce.IOC), int(TimeInForce.FOK)
OPG, CLS = int(TimeInForce.OPG), int(TimeInForce.CLS)
CANCELED, REJECTED = int(Status.CANCELED), int(Status.REJECTED)
NOT_ENOUGH_SIZE = int(Reason.NOT_ENOUGH_SIZE)


@kernel
def due_at(state, due):
    if due < state.next_due:
        state.next_due = due


@kernel
def settle(state, rules, k):
    """After an answer inside a call: rows freed, bounds anew. The margin is watched on the next row."""
    sweep(state, rules)
    rebound(state, rules, k)


@kernel
def check_order(state, rules, o, i):
    """The broker's checks of order row i, up to the margin of pending orders."""
    found = validity(state, rules, o)
    if found[0] == 0:
        found = prices(state, rules, o)
    if found[0] == 0:
        found = quantity(rules, o)
    if found[0] == 0:
        found = within_limits(state, rules, o, i)
    if found[0] == 0 and reserves(o) and o.held != HELD_PARENT and not takes(state, o):
        found = money_for_order(state, rules, o, 0)
    return found


@kernel
def takes(state, o):
    """True where an order meets the standing quote at once instead of resting."""
    return o.held == 0 and (o.type == MARKET or is_marketable(state, o))


@kernel
def is_marketable(state, o):
    s = instrument(state, o.instrument)
    return acts_as(o) == LIMIT and o.side * (o.limit - entry_quote(s, o.side)) >= 0.0


@kernel
def hold(state, rules, o):
    """Why an accepted order does not work yet: its parent, the opening, the close."""
    if o.parent > 0:
        j = find_order(state, rules, o.parent)
        if j > 0:
            filled = order(state, rules, j).filled
            o.allowed = whole_units(terms(rules, o.instrument), filled)
            if filled <= 0.0:
                o.held = HELD_PARENT
    if o.held == 0 and o.tif == OPG:
        o.held = HELD_OPEN
    elif o.held == 0 and o.tif == CLS:
        o.held = HELD_CLOSE


@kernel
def wait_no_more(state, o):
    """The quote that an order waited for is here."""
    if o.waits == 1:
        o.waits = 0
        instrument(state, o.instrument).n_waits -= 1


@kernel
def leave(state, tape, o):
    """An order for a broker elsewhere has waited: the tape, which bridges read, tells of it again."""
    wait_no_more(state, o)
    tell.change_on_tape(state, tape, o, 0.0, 0.0, 0.0, 0.0)


@kernel
def arrive(state, rules, tape, i):
    """Order row i reaches the venue: checked, accepted, and filled as far as the standing quote allows."""
    o = order(state, rules, i)
    s = instrument(state, o.instrument)
    o.due = 0
    wait_no_more(state, o)
    if o.closing == 1 and o.position > 0:
        cut_to_position(state, rules, o)
    adopt(rules, terms(rules, o.instrument), o)
    has_arrived(state, rules, i)
    hold(state, rules, o)
    if o.type == TRAILING and s.ts > 0 and o.held != HELD_PARENT:
        start_trail(state, rules, o)
    why, a, b, c, d = check_order(state, rules, o, i)
    if why != 0:
        o.held = 0
        end_order(state, rules, tape, i, REJECTED, why, a, b, c, d)
        return
    if o.position > 0:
        o.position = position(state, rules, find_position(state, rules, o.position)).id
    if o.tif == GTD:
        due_at(state, o.expires)
    if takes(state, o):
        take(state, rules, tape, i)
        return
    if reserves(o) and o.held != HELD_PARENT:
        reserve(state, rules, o)
    accept(state, rules, tape, i)
    if o.held == 0 and (o.tif == IOC or o.tif == FOK):
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, 0.0, 0.0, 0.0)


@kernel
def cut_to_position(state, rules, o):
    """close() sent with latency: what is left of the ticket now."""
    i = find_position(state, rules, o.position)
    if i > 0 and position(state, rules, i).qty < o.qty:
        o.qty = position(state, rules, i).qty


@kernel
def meet_standing(state, rules, tape, i):
    """Order row i takes what the standing quote has for it."""
    o = order(state, rules, i)
    execute(state, rules, tape, i, entry_quote(instrument(state, o.instrument), o.side), 0, o.type == MARKET, False)


@kernel
def take(state, rules, tape, i):
    """A market order, or a limit that crosses, takes the standing quote; what is left rests or is canceled."""
    o = order(state, rules, i)
    meet_standing(state, rules, tape, i)
    if is_alive(o) and o.filled <= 0.0 and o.tif != IOC and reserves(o):  # nothing was there: it rests
        why, a, b, c, d = money_for_order(state, rules, o, i)
        if why != 0:
            end_order(state, rules, tape, i, REJECTED, why, a, b, c, d)
            return
        reserve(state, rules, o)
    if is_alive(o):
        accept(state, rules, tape, i)
    if is_alive(o) and o.tif == IOC:
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, o.filled, 0.0, 0.0)

"""How an order ends, and what ends with it: its children, and the orders given for a ticket that is gone.

Where a broker is the venue (EXTERNAL) nothing ends with anything: the broker says what ended.
"""

from simcore.kernel import tell
from simcore.kernel.book import at_venue, is_alive
from simcore.kernel.enums import Reason, Status, Venue
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import money, whole_units
from simcore.kernel.schema import instrument, order, terms

FILLED, CANCELED = int(Status.FILLED), int(Status.CANCELED)
PARENT_CANCELED, POSITION_CLOSED = int(Reason.PARENT_CANCELED), int(Reason.POSITION_CLOSED)
SIMULATED = int(Venue.SIMULATED)


@kernel
def end_order(state, rules, tape, i, status, reason, a, b, c, d):
    """Order row i is over: release its margin, tell, and cancel the children of a parent that never filled."""
    o = order(state, rules, i)
    o.status = status
    o.reason = reason
    state.n_dead += 1
    if o.margin != 0.0:
        o.margin = 0.0
        refresh_margin(state, rules, o.instrument)
    tell.change(state, rules, tape, i, a, b, c, d)
    if status != FILLED and rules.venue == SIMULATED:
        end_children(state, rules, tape)


@kernel
def ended_parent(state, rules, child):
    """Row of the parent of `child` that ended before it was full and is not swept yet; 0 = none."""
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if o.id == child.parent and not is_alive(o) and o.status != FILLED:
            return i
    return 0


@kernel
def end_children(state, rules, tape):
    """Children of parents that ended, and theirs."""
    again = True
    while again:
        again = False
        for j in range(1, state.high_orders + 1):
            child = order(state, rules, j)
            if child.parent > 0 and is_alive(child):
                i = ended_parent(state, rules, child)
                if i > 0 and end_child(state, rules, tape, j, order(state, rules, i)):
                    again = True


@kernel
def end_child(state, rules, tape, j, parent):
    """The parent ended before it was full: its child (row j) may have what the parent got, or ends (True)."""
    child = order(state, rules, j)
    got = whole_units(terms(rules, child.instrument), parent.filled)
    if got <= 0.0:
        child.status = CANCELED
        child.reason = PARENT_CANCELED
    else:
        cut_child(state, rules, child, min(child.qty, got))
        if child.filled < child.qty:
            return False
        child.status = FILLED
    state.n_dead += 1
    if child.margin != 0.0:
        child.margin = 0.0
        refresh_margin(state, rules, child.instrument)
    tell.change(state, rules, tape, j, float(parent.id), 0.0, 0.0, 0.0)
    return True


@kernel
def cut_child(state, rules, child, qty):
    """The child may have `qty` in all, and reserves margin for no more than that."""
    left = child.qty - child.filled
    before = child.qty
    child.qty = qty
    if qty < before and child.margin != 0.0 and qty > child.filled:
        child.margin = money(rules, child.margin * ((qty - child.filled) / left))
        refresh_margin(state, rules, child.instrument)


@kernel
def end_ticket_orders(state, rules, tape, k, ticket, closer):
    """Position `ticket` of instrument k is gone: what was given for it ends, but for order `closer` that closed it."""
    if rules.venue != SIMULATED:
        return
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if o.position == ticket and o.id != closer and at_venue(o):
            end_order(state, rules, tape, i, CANCELED, POSITION_CLOSED, o.qty - o.filled, 0.0, 0.0, 0.0)
        i = o.next

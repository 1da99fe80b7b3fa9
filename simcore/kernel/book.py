"""Rows of orders and positions: taking, linking, finding and freeing them.

Each instrument has a list of its positions, oldest first, and one of its orders, first arrival first, so that what
happens on one quote happens in the order of age. A finished order stays linked until `sweep`, because lists are walked
while orders end one another (OCO, brackets).
"""

from simcore.kernel.enums import OrderType, Status, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.schema import instrument, order, position

ACCEPTED, PARTIAL = int(Status.ACCEPTED), int(Status.PARTIALLY_FILLED)
IOC, FOK, OPG = int(TimeInForce.IOC), int(TimeInForce.FOK), int(TimeInForce.OPG)
SUBMITTED, UNKNOWN = int(Status.SUBMITTED), int(Status.UNKNOWN)
MARKET, LIMIT, STOP_LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP_LIMIT)
HELD_PARENT, HELD_OPEN, HELD_CLOSE = 1, 2, 3  # what an accepted order waits for


@kernel
def is_alive(o):
    return o.id > 0 and (o.status == ACCEPTED or o.status == PARTIAL or o.status == SUBMITTED or o.status == UNKNOWN)


@kernel
def is_working(o):
    """At the venue and able to fill."""
    return o.id > 0 and (o.status == ACCEPTED or o.status == PARTIAL) and o.held == 0


@kernel
def is_at_once(o):
    """True for an order that one quote fills or ends: IOC and FOK (a child that woke up), at the open."""
    return o.tif == IOC or o.tif == FOK or o.tif == OPG


@kernel
def at_venue(o):
    """Alive and arrived, working or held."""
    return is_alive(o) and o.due == 0 and o.waits == 0


@kernel
def reduces(o):
    """True for an order that can only close."""
    return o.position > 0 or o.reduce_only == 1 or o.closing == 1


@kernel
def acts_as(o):
    """The type an order is by now: with its stop reached, a stop-limit is a limit, any other stop a market order."""
    if o.triggered == 0:
        return o.type
    return LIMIT if o.type == STOP_LIMIT else MARKET


@kernel
def new_order(state, rules, k):
    """Row number of a free order row, linked last in k's list; 0 when the book is full."""
    i = 1
    while i <= state.high_orders and order(state, rules, i).id > 0:
        i += 1
    if i > rules.n_orders:
        return 0
    if i > state.high_orders:
        state.high_orders = i
    o = order(state, rules, i)
    s = instrument(state, k)
    o.instrument = k
    link_last(state, rules, s, o, i)
    s.n_orders += 1
    state.account.n_orders += 1
    return i


@kernel
def link_last(state, rules, s, o, i):
    """Order row i becomes the last of its instrument's list."""
    o.next = 0
    o.prev = s.last_order
    if s.last_order > 0:
        order(state, rules, s.last_order).next = i
    else:
        s.first_order = i
    s.last_order = i


@kernel
def unlink(state, rules, s, o):
    if o.prev > 0:
        order(state, rules, o.prev).next = o.next
    else:
        s.first_order = o.next
    if o.next > 0:
        order(state, rules, o.next).prev = o.prev
    else:
        s.last_order = o.prev
    o.next = 0  # a freed row keeps no trace of who stood beside it: equal accounts are equal bytes
    o.prev = 0


@kernel
def has_arrived(state, rules, i):
    """Order row i reached the venue: from now on it is the youngest there."""
    o = order(state, rules, i)
    state.account.n_arrived += 1
    o.age = state.account.n_arrived
    if o.next > 0:
        s = instrument(state, o.instrument)
        unlink(state, rules, s, o)
        link_last(state, rules, s, o, i)


@kernel
def free_order(state, rules, i):
    o = order(state, rules, i)
    s = instrument(state, o.instrument)
    unlink(state, rules, s, o)
    if o.waits == 1:
        s.n_waits -= 1
        o.waits = 0
    s.n_orders -= 1
    state.account.n_orders -= 1
    o.id = 0
    if i == state.high_orders:
        while state.high_orders > 0 and order(state, rules, state.high_orders).id == 0:
            state.high_orders -= 1


@kernel
def sweep(state, rules):
    """Free the rows of orders that ended, once no list is being walked."""
    if state.n_dead > 0 and state.walking == 0:
        for i in range(state.high_orders, 0, -1):
            o = order(state, rules, i)
            if o.id > 0 and not is_alive(o):
                free_order(state, rules, i)
        state.n_dead = 0


@kernel
def find_order(state, rules, order_id):
    """Row of a living order; 0 = none."""
    if order_id > 0:
        for i in range(1, state.high_orders + 1):
            o = order(state, rules, i)
            if o.id == order_id and is_alive(o):
                return i
    return 0


@kernel
def new_position(state, rules, k):
    """Row number of a free position row, linked last; 0 when full."""
    i = 1
    while i <= state.high_positions and position(state, rules, i).id > 0:
        i += 1
    if i > rules.n_positions:
        return 0
    if i > state.high_positions:
        state.high_positions = i
    p = position(state, rules, i)
    s = instrument(state, k)
    p.instrument = k
    p.next = 0
    p.prev = s.last_position
    if s.last_position > 0:
        position(state, rules, s.last_position).next = i
    else:
        s.first_position = i
    s.last_position = i
    s.n_positions += 1
    state.account.n_positions += 1
    return i


@kernel
def free_position(state, rules, i):
    p = position(state, rules, i)
    s = instrument(state, p.instrument)
    if p.prev > 0:
        position(state, rules, p.prev).next = p.next
    else:
        s.first_position = p.next
    if p.next > 0:
        position(state, rules, p.next).prev = p.prev
    else:
        s.last_position = p.prev
    s.n_positions -= 1
    state.account.n_positions -= 1
    p.id = 0
    if i == state.high_positions:
        while state.high_positions > 0 and position(state, rules, state.high_positions).id == 0:
            state.high_positions -= 1


@kernel
def find_position(state, rules, ticket):
    """Row of the position that order `ticket` opened, or (netting) last added to; 0 = none."""
    if ticket > 0:
        for i in range(1, state.high_positions + 1):
            p = position(state, rules, i)
            if p.id > 0 and (p.id == ticket or p.last_order == ticket):
                return i
    return 0


@kernel
def opposite_qty(state, rules, k, side, ticket):
    """How much an order of this side could reduce: of the ticket, or of every opposite position."""
    total = 0.0
    i = instrument(state, k).first_position
    while i > 0:
        p = position(state, rules, i)
        if p.side != side and (ticket == 0 or p.id == ticket or p.last_order == ticket):
            total += p.qty
        i = p.next
    return total

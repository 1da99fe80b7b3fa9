"""Margin reserved by pending orders: at acceptance, when a child wakes up, for what a fill left over."""

from simcore.kernel.check import OK, money_for_order, reduces, reserve_for
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin

MARKET = int(OrderType.MARKET)
OPG, CLS = int(TimeInForce.OPG), int(TimeInForce.CLS)
HELD_PARENT, HELD_OPEN, HELD_CLOSE = 1, 2, 3  # what an accepted order waits for


@kernel
def reserves(o):
    """True for an order that opens something later: it has to have the margin all the while."""
    return o.type != MARKET and not reduces(o)


@kernel
def reserve(state, rules, o):
    """Reserve the margin of what is left of a pending order, at its price and today's conversion."""
    o.margin, o.margin_rate = reserve_for(state, rules, o, o.qty - o.filled)
    refresh_margin(state, rules, o.instrument)


@kernel
def wake(state, rules, o, i):
    """A held child (row i) works from now on and needs its margin as any pending order does; returns OK or why not."""
    o.held = HELD_OPEN if o.tif == OPG else HELD_CLOSE if o.tif == CLS else 0
    if not reserves(o):
        return OK
    found = money_for_order(state, rules, o, i)
    if found[0] == 0:
        reserve(state, rules, o)
    return found

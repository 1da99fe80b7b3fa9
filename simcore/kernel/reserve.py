"""When an order begins to work: the margin it reserves from then on, and where its trail starts."""

from simcore.kernel.afford import money_for_order, reserve_for
from simcore.kernel.book import HELD_CLOSE, HELD_OPEN, reduces
from simcore.kernel.check import OK, entry_quote
from simcore.kernel.conditions import within_volume
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import on_grid
from simcore.kernel.schema import instrument, terms

MARKET, TRAILING = int(OrderType.MARKET), int(OrderType.TRAILING_STOP)
OPG, CLS = int(TimeInForce.OPG), int(TimeInForce.CLS)


@kernel
def reserves(o):
    """True for an order that opens something later: it has to have the margin all the while."""
    return o.type != MARKET and not reduces(o)


@kernel
def reserve(state, rules, o):
    """Reserve the margin of what is left of a pending order, at its price and today's conversion."""
    left = max(0.0, o.qty - o.filled)  # a broker elsewhere may say it is smaller than what has filled
    o.margin, o.margin_rate = reserve_for(state, rules, o, left)
    refresh_margin(state, rules, o.instrument)


@kernel
def start_trail(state, rules, o):
    """A trailing stop starts at its distance from the standing quote, or at the stop it was given."""
    o.extreme = entry_quote(instrument(state, o.instrument), o.side)
    if o.stop != o.stop and o.trail > 0.0:
        o.stop = on_grid(terms(rules, o.instrument), o.extreme + o.side * o.trail)


@kernel
def wake(state, rules, o, i):
    """A held child (row i) works from now on and needs its margin as any pending order does; returns OK or why not."""
    o.held = HELD_OPEN if o.tif == OPG else HELD_CLOSE if o.tif == CLS else 0
    if o.type == TRAILING:
        start_trail(state, rules, o)
    if not reserves(o):
        return OK
    found = within_volume(state, rules, o, i)
    if found[0] == 0:
        found = money_for_order(state, rules, o, i)
    if found[0] == 0:
        reserve(state, rules, o)
    return found

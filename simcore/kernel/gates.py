"""Our own gates before each order, and the watch that closes before the broker does. Off by default.

Gate 1: the margin level an order would leave. Gate 2: free margin before the order against what it needs, times a
factor. An order of several legs (as many opening orders, sent at one instant) is checked as one: each leg for all that
are still to come, taken to need what it needs; with one leg denied the others are denied too. What only reduces passes,
and so does an order that needs no more margin; a flat account has no level to fail, so what counts is the level its
first order would leave. The watch warns once while the level is below warn_level, and below close_level closes the
position with the largest loss, one at a look: on every tick, or every so many seconds on the quotes that stand then.
Every decision, a pass too, is an event with its numbers. Source: the product's margin guide (spec 004), with
its errors corrected (reference, errors 1 to 10): the level is equity / margin, free margin is equity - margin.
"""

from simcore.kernel import tell
from simcore.kernel.afford import reserve_for, waits_at
from simcore.kernel.book import find_order, is_alive, reduces
from simcore.kernel.check import OK, entry_quote
from simcore.kernel.convert import margin_rate
from simcore.kernel.enums import EventKind, OrderType, Reason
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import worst_position
from simcore.kernel.margin import NO_FILL, NO_RESERVE, used_after
from simcore.kernel.money import money
from simcore.kernel.revalue import closing_price, equity, free_equity, gross
from simcore.kernel.schema import instrument, order, position

GATE_LEVEL, GATE_FREE = int(Reason.GATE_MARGIN_LEVEL), int(Reason.GATE_FREE_MARGIN)
GATE_LEGS, PASSED = int(Reason.GATE_LEGS), int(EventKind.GATE_PASSED)
WARNING, CLOSE = int(EventKind.GATE_WARNING), int(EventKind.GATE_CLOSE)
MARKET = int(OrderType.MARKET)


@kernel
def used_with(state, rules, o, qty):
    """Used margin of the account with `qty` of order o in: filled at the quote (market), or waiting (pending)."""
    k = o.instrument
    price = entry_quote(instrument(state, k), o.side)
    row = find_order(state, rules, o.id)
    if o.type == MARKET or qty <= 0.0:
        fill = (o.side, qty, price, margin_rate(state, rules, k, o.side, price))
        return used_after(state, rules, k, fill, row, NO_RESERVE)
    extra = (o.side, o.type, reserve_for(state, rules, o, qty)[0], qty, waits_at(state, o))
    return used_after(state, rules, k, NO_FILL, row, extra)


@kernel
def legs_to_come(state, rules):
    """How many legs of the order that is being sent are still to come, this one included; 0 = one was denied."""
    if state.gate_ts != state.now or state.gate_legs >= rules.gate_legs:
        state.gate_ts = state.now
        state.gate_legs = 0
        state.gate_denied = 0
    state.gate_legs += 1
    return rules.gate_legs - state.gate_legs + 1 if state.gate_denied == 0 else 0


@kernel
def weigh(state, rules, tape, o, used, after, legs):
    """Both gates, for `legs` orders like this one; a pass is told with its numbers."""
    needed = money(rules, (after - used) * legs)
    has = equity(state, rules)
    free = money(rules, free_equity(state, rules) - used)
    level = has / (used + needed)
    if rules.gate_level > 0.0 and has < rules.gate_level * (used + needed):
        return GATE_LEVEL, level, rules.gate_level, has, used + needed
    if rules.gate_factor > 0.0 and free < money(rules, needed * rules.gate_factor):
        return GATE_FREE, free, needed, rules.gate_factor, float(legs)
    tell.event(state, tape, PASSED, 0, o.id, 0, o.instrument, level, free, needed, float(legs))
    return OK


@kernel
def gate(state, rules, tape, o):
    """Whether order o may be sent: OK, or the reason and its numbers."""
    if rules.gate_level <= 0.0 and rules.gate_factor <= 0.0:
        return OK
    if reduces(o) or o.parent > 0 or instrument(state, o.instrument).ts == 0 or not o.qty > 0.0:
        return OK
    used = state.account.used_margin
    after = used_with(state, rules, o, o.qty - o.filled)
    if after <= used:
        return OK
    legs = legs_to_come(state, rules)
    if legs == 0:
        return GATE_LEGS, float(rules.gate_legs), 0.0, 0.0, 0.0
    found = weigh(state, rules, tape, o, used, after, legs)
    if found[0] != 0:
        state.gate_denied = 1
    return found


@kernel
def is_closing(state, rules, ticket):
    """True while a close of this ticket is under way."""
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if o.position == ticket and o.closing == 1 and is_alive(o):
            return True
    return False


@kernel
def look(state, rules, tape):
    """The watch: warns, and returns the ticket it wants closed; 0 = none."""
    a = state.account
    if rules.gate_warn <= 0.0 and rules.gate_close <= 0.0:
        return 0
    has = equity(state, rules)
    used = a.used_margin
    if used <= 0.0 or has >= rules.gate_warn * used:
        state.gate_warned = 0
    elif state.gate_warned == 0:
        state.gate_warned = 1
        tell.event(state, tape, WARNING, 0, 0, 0, 0, has, used, has / used, rules.gate_warn)
    if used <= 0.0 or has >= rules.gate_close * used:
        return 0
    i = worst_position(state, rules)
    if i > 0 and rules.fifo_close == 1:  # our close is an order like any other: the oldest first
        i = instrument(state, position(state, rules, i).instrument).first_position
    if i == 0 or is_closing(state, rules, position(state, rules, i).id):
        return 0
    p = position(state, rules, i)
    s = instrument(state, p.instrument)
    result = gross(state, rules, p.instrument, p.side, p.price, closing_price(s, p.side), p.qty)
    tell.event(state, tape, CLOSE, 0, 0, p.id, p.instrument, has, used, has / used, result)
    return p.id

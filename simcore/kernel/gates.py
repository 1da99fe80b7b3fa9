"""Our own gates before each order, our own limits, and the watch that closes before the broker does. Off by default.

Gate 1: the margin level an order would leave. Gate 2: free margin before the order against what it needs, times a
factor; of an order with several legs sent at one instant, each is checked for all that are still to come. Limit:
notional of everything held over equity; beyond it the order is refused, or its qty cut to the largest allowed. What
only reduces passes, and so does an order that needs no margin; a flat account has no level to fail. The watch warns
once while the level is between warn_level and close_level, and below close_level closes the position with the largest
loss, one at a look. Every decision is an event with its numbers. Source: the product's margin guide (spec 004), with
its errors corrected (reference, errors 1 to 10): the level is equity / margin, free margin is equity - margin.
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import is_alive
from simcore.kernel.check import OK, entry_quote, reduces, reserve_for
from simcore.kernel.convert import is_forex, margin_rate, profit_rate
from simcore.kernel.enums import EventKind, OrderType, Reason
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import worst_position
from simcore.kernel.margin import NO_FILL, NO_RESERVE, used_after
from simcore.kernel.money import money, round_down_qty
from simcore.kernel.revalue import closing_price, equity, gross
from simcore.kernel.schema import instrument, order, position, terms

GATE_LEVEL, GATE_FREE = int(Reason.GATE_MARGIN_LEVEL), int(Reason.GATE_FREE_MARGIN)
LIMIT_LEVERAGE = int(Reason.LIMIT_LEVERAGE)
ADJUSTED, VIOLATED = int(EventKind.ORDER_ADJUSTED), int(EventKind.LIMIT_VIOLATED)
WARNING, CLOSE = int(EventKind.GATE_WARNING), int(EventKind.GATE_CLOSE)
MARKET = int(OrderType.MARKET)


@kernel
def used_with(state, rules, o):
    """Used margin of the account with order o in: filled at the quote (market), or waiting (pending)."""
    k = o.instrument
    price = entry_quote(instrument(state, k), o.side)
    if o.type == MARKET:
        fill = (o.side, o.qty, price, margin_rate(state, rules, k, o.side, price))
        return used_after(state, rules, k, fill, 0, NO_RESERVE)
    at = o.stop if o.limit != o.limit else o.limit
    if at != at:
        at = price
    extra = (o.side, o.type, reserve_for(state, rules, o, o.qty)[0], o.qty, at)
    return used_after(state, rules, k, NO_FILL, 0, extra)


@kernel
def legs_to_come(state, rules):
    """How many legs of the order that is being sent are still to come, this one included."""
    if state.gate_ts != state.now:
        state.gate_ts = state.now
        state.gate_legs = 0
    state.gate_legs += 1
    return max(1, rules.gate_legs - state.gate_legs + 1)


@kernel
def gate(state, rules, o):
    """Whether order o may be sent: OK, or the reason and its numbers."""
    if rules.gate_level <= 0.0 and rules.gate_factor <= 0.0:
        return OK
    if reduces(o) or o.parent > 0 or instrument(state, o.instrument).ts == 0:
        return OK
    used = state.account.used_margin
    after = used_with(state, rules, o)
    if after <= used:
        return OK
    legs = legs_to_come(state, rules)
    needed = money(rules, (after - used) * legs)
    has = equity(state, rules)
    if rules.gate_level > 0.0 and has < rules.gate_level * (used + needed):
        return GATE_LEVEL, has / (used + needed), rules.gate_level, has, used + needed
    if rules.gate_factor > 0.0 and money(rules, has - used) < money(rules, needed * rules.gate_factor):
        return GATE_FREE, money(rules, has - used), needed, rules.gate_factor, float(legs)
    return OK


@kernel
def notional_of(state, rules, k, side, qty, price):
    """Value of qty in account currency."""
    t = terms(rules, k)
    if is_forex(t):
        return qty * t.contract_size * margin_rate(state, rules, k, side, price)
    return qty * t.contract_size * price * profit_rate(state, rules, k, side, 1.0, price)


@kernel
def notional(state, rules):
    """Value of everything held, long and short added up, account currency."""
    total = 0.0
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        if p.id > 0:
            s = instrument(state, p.instrument)
            total += notional_of(state, rules, p.instrument, p.side, p.qty, s.bid if p.side > 0 else s.ask)
    return total


@kernel
def limit(state, rules, tape, o):
    """The user's leverage limit: OK, or why not; may cut the order's qty and then says so."""
    if rules.max_leverage <= 0.0 or reduces(o) or instrument(state, o.instrument).ts == 0:
        return OK
    k = o.instrument
    price = entry_quote(instrument(state, k), o.side)
    unit = notional_of(state, rules, k, o.side, 1.0, price)
    held = notional(state, rules)
    has = equity(state, rules)
    room = rules.max_leverage * has - held
    if unit <= 0.0 or unit * o.qty <= room + 1e-9 * has:
        return OK
    wanted = money(rules, held + unit * o.qty)
    actual = math.floor(wanted / has * 1e6 + 0.5) / 1e6 if has > 0.0 else math.inf
    tell.event(state, tape, VIOLATED, LIMIT_LEVERAGE, o.id, 0, k, actual, rules.max_leverage, has, wanted)
    allowed = round_down_qty(terms(rules, k), room / unit) if room > 0.0 else 0.0
    if rules.limits_adjust == 1 and allowed > 0.0:
        tell.event(state, tape, ADJUSTED, LIMIT_LEVERAGE, o.id, 0, k, o.qty, allowed, actual, rules.max_leverage)
        o.qty = allowed
        return OK
    return LIMIT_LEVERAGE, actual, rules.max_leverage, has, wanted


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
    if rules.gate_every > 0:
        if state.now < state.next_gate:
            return 0
        state.next_gate = state.now + rules.gate_every
        state.next_due = min(state.next_due, state.next_gate)
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
    if i == 0 or is_closing(state, rules, position(state, rules, i).id):
        return 0
    p = position(state, rules, i)
    s = instrument(state, p.instrument)
    result = gross(state, rules, p.instrument, p.side, p.price, closing_price(s, p.side), p.qty)
    tell.event(state, tape, CLOSE, 0, 0, p.id, p.instrument, has, used, has / used, result)
    return p.id

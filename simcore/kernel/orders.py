"""Sending orders: from the draft to the order, and on its way to the venue. (modify, cancel, close by: amend.py)

An order without latency is answered inside the call, on the standing quote. With latency it is under way until its due
time and meets the quote that stands then. An order made in on_bar for an instrument that has not ticked since the bar's
end waits for that instrument's next quote; where the broker is elsewhere, it leaves with it. Every order gets an id,
refused ones too; a refusal is a status with a reason code and the numbers of its sentence, never an exception.
"""

import math

from simcore.kernel import tell
from simcore.kernel.arrival import arrive, due_at, settle
from simcore.kernel.book import new_order, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.caps import limit
from simcore.kernel.chance import draw
from simcore.kernel.check import OK
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Venue
from simcore.kernel.gates import gate
from simcore.kernel.jit import kernel
from simcore.kernel.money import on_grid, snap_qty
from simcore.kernel.schema import instrument, order, position, terms

MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
GTC, GTD = int(TimeInForce.GTC), int(TimeInForce.GTD)
SUBMITTED, DENIED, SIMULATED = int(Status.SUBMITTED), int(Status.DENIED), int(Venue.SIMULATED)
NOT_WARM, UNKNOWN_INSTRUMENT = int(Reason.NOT_WARM), int(Reason.UNKNOWN_INSTRUMENT)
ORDER_REFUSED = int(EventKind.ORDER_REFUSED)
BOOK_FULL, UNHEARD_FULL = int(Reason.BOOK_FULL), int(Reason.UNHEARD_FULL)
NAN, INF = math.nan, math.inf


@kernel
def latency(rules, number):
    """ns until request `number` arrives: constant, or a row of the table drawn by a hash of number and seed."""
    if rules.n_latency == 0:
        return rules.latency
    return rules.latency + rules.latency_table[draw(number, rules.latency_seed) % rules.n_latency]


@kernel
def must_wait(state, k):
    """True in on_bar, where instrument k has not ticked since the bar ended."""
    return state.bar_end > 0 and instrument(state, k).ts < state.bar_end


@kernel
def order_type(d):
    """The type follows from which prices are given."""
    if d.trail == d.trail:
        return TRAILING
    if d.limit == d.limit:
        return STOP_LIMIT if d.stop == d.stop else LIMIT
    return STOP if d.stop == d.stop else MARKET


@kernel
def fresh_order(state, rules, o, d, order_id):
    """The draft becomes an order row; prices and qty go on the grid."""
    t = terms(rules, d.instrument)
    o.id = order_id
    o.ts = state.now
    o.due = 0
    o.waits = 0
    o.age = 0
    o.status = SUBMITTED
    o.reason = 0
    o.side = d.side
    o.type = order_type(d)
    o.tif = GTD if d.expires != 0 and d.tif == GTC else d.tif
    o.qty = d.qty
    o.filled = 0.0
    o.value = 0.0
    o.limit = on_grid(t, d.limit)
    o.stop = on_grid(t, d.stop)
    o.trail = d.trail
    o.extreme = 0.0
    o.sl = on_grid(t, d.sl)
    o.tp = on_grid(t, d.tp)
    o.expires = d.expires
    o.oco = d.oco
    o.parent = d.parent
    o.allowed = INF
    o.held = 0
    o.triggered = 0
    o.post_only = d.post_only
    o.reduce_only = d.reduce_only
    o.display_qty = d.display_qty
    o.shown = 0.0
    o.position = d.position
    o.closing = d.closing
    o.tag = d.tag
    o.margin = 0.0
    o.margin_rate = 0.0
    o.rate_cost = 0.0
    o.commission = 0.0


@kernel
def denied(state, rules, d):
    """What we ourselves refuse before the broker hears of it; gates and limits look at the order itself."""
    if d.instrument < 0 or d.instrument >= rules.n_instruments:
        return UNKNOWN_INSTRUMENT, float(d.instrument), float(rules.n_instruments), 0.0, 0.0
    heard = instrument(state, d.instrument).bars
    if rules.warmup > 0 and heard < rules.warmup:
        return NOT_WARM, float(heard), float(rules.warmup), 0.0, 0.0
    return OK


@kernel
def clear_draft(d):
    """The draft is spent: equal programs leave equal bytes."""
    d.id = 0
    d.instrument = 0
    d.side = 0
    d.tif = 0
    d.qty = 0.0
    d.limit = 0.0
    d.stop = 0.0
    d.trail = 0.0
    d.sl = 0.0
    d.tp = 0.0
    d.expires = 0
    d.oco = 0
    d.parent = 0
    d.post_only = 0
    d.reduce_only = 0
    d.display_qty = 0.0
    d.position = 0
    d.closing = 0
    d.tag = 0


@kernel
def refuse_draft(state, rules, tape, d, order_id, found):
    """Denied without a row in the book: there is no such instrument, or no room for it or for what is heard of it."""
    why, a, b, c, w = found
    if why == UNKNOWN_INSTRUMENT:
        tell.event(state, tape, ORDER_REFUSED, why, order_id, 0, d.instrument, a, b, c, w)
        return
    fresh_order(state, rules, d, d, order_id)
    d.status = DENIED
    d.reason = why
    tell.change_on_tape(state, tape, d, a, b, c, w)
    if why != UNHEARD_FULL:
        tell.order_notice(state, rules, d)
    d.ts, d.status, d.reason, d.type, d.allowed = 0, 0, 0, 0, 0.0  # the rest is cleared with every draft


@kernel
def submit(state, rules, tape):
    """Send the order drafted in state.draft; returns its id."""
    a = state.account
    d = state.draft
    a.last_order_id += 1
    order_id = a.last_order_id
    why, x, y, z, w = denied(state, rules, d)
    if why != UNKNOWN_INSTRUMENT and tell.is_crowded(state, rules):
        why, x, y, z, w = UNHEARD_FULL, float(rules.n_unheard), float(rules.size), 0.0, 0.0
    i = 0
    if why != UNKNOWN_INSTRUMENT and why != UNHEARD_FULL:
        i = new_order(state, rules, d.instrument)
    if i == 0:
        if why == 0:
            why, x, y = BOOK_FULL, float(rules.n_orders), float(rules.size)
        refuse_draft(state, rules, tape, d, order_id, (why, x, y, z, w))
        clear_draft(d)
        return order_id
    o = order(state, rules, i)
    fresh_order(state, rules, o, d, order_id)
    clear_draft(d)
    if why != 0:
        end_order(state, rules, tape, i, DENIED, why, x, y, z, w)
        sweep(state, rules)
        return order_id
    why, x, y, z, w = limit(state, rules, tape, o)
    if why == 0:
        why, x, y, z, w = gate(state, rules, tape, o)
    if why != 0:
        end_order(state, rules, tape, i, DENIED, why, x, y, z, w)
        sweep(state, rules)
        return order_id
    delay = latency(rules, order_id)
    if delay == 0 and must_wait(state, o.instrument):
        o.waits = 1
        instrument(state, o.instrument).n_waits += 1
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
        rebound(state, rules, o.instrument)
    elif rules.venue != SIMULATED:
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    elif delay > 0:
        o.due = state.now + delay
        due_at(state, o.due)
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    else:
        k = o.instrument
        arrive(state, rules, tape, i)
        settle(state, rules, k)
    return order_id


@kernel
def close(state, rules, tape, k, qty, ticket):
    """Close `qty` (nan = all) of instrument k, or of one ticket; market orders. Returns the last order's id, or 0."""
    i = instrument(state, k).first_position
    last = 0
    left = qty
    while i > 0:
        p = position(state, rules, i)
        following = p.next
        if ticket == 0 or p.id == ticket or p.last_order == ticket:
            part = p.qty if not (left < p.qty) else left
            if part > 0.0:
                last = send_close(state, rules, tape, p, part)
                left = snap_qty(terms(rules, k), left - part) if left == left else left
        i = following
    return last


@kernel
def send_close(state, rules, tape, p, qty):
    """One closing market order for position p."""
    d = state.draft
    clear_draft(d)
    d.instrument = p.instrument
    d.side = -p.side
    d.qty = qty
    d.limit = NAN
    d.stop = NAN
    d.trail = NAN
    d.sl = NAN
    d.tp = NAN
    d.tag = p.tag
    d.position = p.id
    d.closing = 1
    return submit(state, rules, tape)

"""What a strategy may ask for: submit, modify, cancel, close, close by.

A request without latency is answered inside the call, on the standing quote. With latency it is under way until its due
time and meets the quote that stands then. An order made in on_bar for an instrument that has not ticked since the bar's
end waits for that instrument's next quote. Every order gets an id, refused ones too; a refusal is a status with a
reason code and the numbers of its sentence, never an exception.
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import find_order, find_position, is_alive, new_order, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.check import (
    OK,
    entry_quote,
    money_for_order,
    prices,
    quantity,
    validity,
)
from simcore.kernel.enums import EventKind, Mode, OrderType, Reason, Status, TimeInForce, Venue, Why
from simcore.kernel.execution import end_order, execute
from simcore.kernel.jit import kernel
from simcore.kernel.money import on_grid, snap_qty
from simcore.kernel.reserve import HELD_CLOSE, HELD_OPEN, HELD_PARENT, reserve, reserves
from simcore.kernel.schema import instrument, order, position, terms

MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
GTC, GTD, IOC, FOK = int(TimeInForce.GTC), int(TimeInForce.GTD), int(TimeInForce.IOC), int(TimeInForce.FOK)
OPG, CLS = int(TimeInForce.OPG), int(TimeInForce.CLS)
SUBMITTED, ACCEPTED, CANCELED = int(Status.SUBMITTED), int(Status.ACCEPTED), int(Status.CANCELED)
DENIED, REJECTED = int(Status.DENIED), int(Status.REJECTED)
HEDGING, SIMULATED = int(Mode.HEDGING), int(Venue.SIMULATED)
NOT_WARM, BOOK_FULL, REQUESTS_FULL = int(Reason.NOT_WARM), int(Reason.BOOK_FULL), int(Reason.REQUESTS_FULL)
UNKNOWN_ORDER, UNKNOWN_POSITION = int(Reason.UNKNOWN_ORDER), int(Reason.UNKNOWN_POSITION)
NOT_ENOUGH_SIZE, BY_REQUEST, FROZEN = int(Reason.NOT_ENOUGH_SIZE), int(Reason.BY_REQUEST), int(Reason.FROZEN)
NOT_HEDGING, NOT_OPPOSITE = int(Reason.NOT_HEDGING), int(Reason.NOT_OPPOSITE)
UNKNOWN_INSTRUMENT, CLOSE_QTY = int(Reason.UNKNOWN_INSTRUMENT), int(Reason.CLOSE_QTY)
CLOSED_BY = int(Why.CLOSE_BY)
ORDER_REFUSED, POSITION_MODIFIED = int(EventKind.ORDER_REFUSED), int(EventKind.POSITION_MODIFIED)
NAN, INF = math.nan, math.inf


@kernel
def latency(rules, number):
    """ns until request `number` arrives: constant, or a row of the table drawn by a hash of number and seed."""
    if rules.n_latency == 0:
        return rules.latency
    x = number * 0x9E3779B97F4A7C1 + rules.latency_seed * 0x5851F42D4C957F2D
    x ^= (x >> 31) & 0x1FFFFFFFF
    x *= 0x14057B7EF767814F
    x ^= (x >> 29) & 0x7FFFFFFFF
    return rules.latency + rules.latency_table[(x & 0x7FFFFFFFFFFF) % rules.n_latency]


@kernel
def must_wait(state, k):
    """True in on_bar, where instrument k has not ticked since the bar ended."""
    return state.bar_end > 0 and instrument(state, k).ts < state.bar_end


@kernel
def due_at(state, due):
    if due < state.next_due:
        state.next_due = due


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
    o.status = SUBMITTED
    o.reason = 0
    o.side = d.side
    o.type = order_type(d)
    o.tif = GTD if d.expires > 0 and d.tif == GTC else d.tif
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
    o.position = d.position
    o.closing = d.closing
    o.tag = d.tag
    o.margin = 0.0
    o.margin_rate = 0.0
    o.rate_cost = 0.0
    o.commission = 0.0


@kernel
def denied(state, rules, d):
    """What we ourselves refuse before the broker hears of it. (Gates and limits come here.)"""
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
def submit(state, rules, tape):
    """Send the order drafted in state.draft; returns its id."""
    a = state.account
    d = state.draft
    a.last_order_id += 1
    order_id = a.last_order_id
    why, x, y, z, w = denied(state, rules, d)
    i = 0
    if why != UNKNOWN_INSTRUMENT:
        i = new_order(state, rules, d.instrument)
    if i == 0:
        if why == 0:
            why, x, y = BOOK_FULL, float(rules.n_orders), float(rules.size)
        tell.event(state, tape, ORDER_REFUSED, why, order_id, 0, d.instrument, x, y, z, w)
        clear_draft(d)
        return order_id
    o = order(state, rules, i)
    fresh_order(state, rules, o, d, order_id)
    clear_draft(d)
    if why != 0:
        end_order(state, rules, tape, i, DENIED, why, x, y, z, w)
        sweep(state, rules)
        return order_id
    delay = latency(rules, order_id)
    if rules.venue != SIMULATED:
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    elif delay > 0:
        o.due = state.now + delay
        due_at(state, o.due)
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    elif must_wait(state, o.instrument):
        o.waits = 1
        instrument(state, o.instrument).n_waits += 1
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
        rebound(state, rules, o.instrument)
    else:
        k = o.instrument
        arrive(state, rules, tape, i)
        settle(state, rules, k)
    return order_id


@kernel
def settle(state, rules, k):
    """After an answer inside a call: rows freed, bounds anew. The margin is watched on the next row."""
    sweep(state, rules)
    rebound(state, rules, k)


@kernel
def check_order(state, rules, o):
    """The broker's checks up to the margin of pending orders."""
    found = validity(state, rules, o)
    if found[0] == 0:
        found = prices(state, rules, o)
    if found[0] == 0:
        found = quantity(rules, o)
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
    return o.type == LIMIT and o.side * (o.limit - entry_quote(s, o.side)) >= 0.0


@kernel
def hold(state, rules, o):
    """Why an accepted order does not work yet: its parent, the opening, the close."""
    if o.parent > 0:
        j = find_order(state, rules, o.parent)
        if j > 0:
            o.allowed = order(state, rules, j).filled
            if o.allowed <= 0.0:
                o.held = HELD_PARENT
    if o.held == 0 and o.tif == OPG:
        o.held = HELD_OPEN
    elif o.held == 0 and o.tif == CLS:
        o.held = HELD_CLOSE


@kernel
def arrive(state, rules, tape, i):
    """Order row i reaches the venue: checked, accepted, and filled as far as the standing quote allows."""
    o = order(state, rules, i)
    s = instrument(state, o.instrument)
    o.due = 0
    if o.waits == 1:
        o.waits = 0
        s.n_waits -= 1
    if o.closing == 1 and o.position > 0:
        cut_to_position(state, rules, o)
    hold(state, rules, o)
    if o.type == TRAILING and s.ts > 0:
        start_trail(rules, s, o)
    why, a, b, c, d = check_order(state, rules, o)
    if why != 0:
        o.held = 0
        end_order(state, rules, tape, i, REJECTED, why, a, b, c, d)
        return
    o.status = ACCEPTED
    if o.tif == GTD:
        due_at(state, o.expires)
    at_once = takes(state, o)
    if reserves(o) and not at_once and o.held != HELD_PARENT:
        reserve(state, rules, o)
    tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    if at_once:
        take(state, rules, tape, i)
    elif o.held == 0 and (o.tif == IOC or o.tif == FOK):
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, 0.0, 0.0, 0.0)


@kernel
def cut_to_position(state, rules, o):
    """close() sent with latency: what is left of the ticket now."""
    i = find_position(state, rules, o.position)
    if i > 0 and position(state, rules, i).qty < o.qty:
        o.qty = position(state, rules, i).qty


@kernel
def start_trail(rules, s, o):
    """A trailing stop starts from the standing quote; a stop given is where it starts."""
    o.extreme = s.ask if o.side > 0 else s.bid
    if o.stop != o.stop and o.trail > 0.0:
        o.stop = on_grid(terms(rules, o.instrument), o.extreme + o.side * o.trail)


@kernel
def take(state, rules, tape, i):
    """A market order, or a limit that crosses, takes the standing quote; what is left rests or is canceled."""
    o = order(state, rules, i)
    s = instrument(state, o.instrument)
    execute(state, rules, tape, i, entry_quote(s, o.side), 0, o.type == MARKET, False)
    if is_alive(o) and o.filled <= 0.0 and o.tif != IOC and reserves(o):  # nothing was there: it rests
        why, a, b, c, d = money_for_order(state, rules, o, i)
        if why != 0:
            end_order(state, rules, tape, i, REJECTED, why, a, b, c, d)
        else:
            reserve(state, rules, o)
    if is_alive(o) and o.tif == IOC:
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, o.filled, 0.0, 0.0)


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

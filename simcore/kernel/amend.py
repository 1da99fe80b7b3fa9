"""Changing one's mind: modify, cancel, close by.

A request without latency is answered inside the call; with latency it travels in the requests table and meets the order
as it stands then. A refusal is an event with a reason code and its numbers; what was asked for stays as it was.
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import find_order, find_position, is_alive, is_working, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.check import (
    OK,
    entry_quote,
    money_for_order,
    prices,
    protection,
    quantity,
)
from simcore.kernel.enums import EventKind, Mode, OrderType, Reason, Status, Venue, Why
from simcore.kernel.execution import end_order
from simcore.kernel.fills import apply_fill
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import money, on_grid, slack
from simcore.kernel.orders import clear_draft, due_at, latency, settle, take, takes
from simcore.kernel.reserve import HELD_PARENT, reserve, reserves
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import CANCEL, CLOSE_BY, MODIFY, instrument, order, position, request, terms

MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
CANCELED, HEDGING, SIMULATED = int(Status.CANCELED), int(Mode.HEDGING), int(Venue.SIMULATED)
REQUESTS_FULL, UNKNOWN_ORDER = int(Reason.REQUESTS_FULL), int(Reason.UNKNOWN_ORDER)
UNKNOWN_POSITION, BY_REQUEST, FROZEN = int(Reason.UNKNOWN_POSITION), int(Reason.BY_REQUEST), int(Reason.FROZEN)
NOT_HEDGING, NOT_OPPOSITE, CLOSE_QTY = int(Reason.NOT_HEDGING), int(Reason.NOT_OPPOSITE), int(Reason.CLOSE_QTY)
ORDER_REFUSED, POSITION_MODIFIED = int(EventKind.ORDER_REFUSED), int(EventKind.POSITION_MODIFIED)
CLOSED_BY, NO_MONEY = int(Why.CLOSE_BY), int(Reason.NO_MONEY)
NAN = math.nan


@kernel
def refused(state, tape, reason, order_id, k, a, b, c):
    tell.event(state, tape, ORDER_REFUSED, reason, order_id, 0, k, a, b, c, 0.0)
    return 0


@kernel
def ask_later(state, rules, tape, action, order_id, other, d):
    """Put a modify, cancel or close-by on its way; True where it has latency (or cannot be taken)."""
    delay = latency(rules, state.account.last_order_id + order_id)
    if delay <= 0:
        return False
    for i in range(rules.n_requests):
        q = request(state, rules, i)
        if q.due == 0:
            if i >= state.high_requests:
                state.high_requests = i + 1
            q.due = state.now + delay
            q.action = action
            q.id = order_id
            q.other = other
            q.qty = d.qty
            q.limit = d.limit
            q.stop = d.stop
            q.trail = d.trail
            q.sl = d.sl
            q.tp = d.tp
            q.expires = d.expires
            due_at(state, q.due)
            return True
    refused(state, tape, REQUESTS_FULL, order_id, 0, float(rules.n_requests), float(rules.size), 0.0)
    return True


@kernel
def modify(state, rules, tape):
    """Change the order or position draft.id by what the draft gives (nan = as it is). Returns the id, or 0 refused."""
    d = state.draft
    order_id = d.id
    done = order_id
    if rules.venue == SIMULATED and not ask_later(state, rules, tape, MODIFY, order_id, 0, d):
        done = apply_modify(state, rules, tape, d)
    clear_draft(d)
    return done


@kernel
def trigger_price(o):
    """The price at which a pending order acts."""
    return o.limit if o.type == LIMIT or o.triggered == 1 else o.stop


@kernel
def within(t, distance):
    """True where a distance is within freeze_level."""
    return t.freeze_level > 0.0 and distance <= t.freeze_level + slack(t)


@kernel
def frozen(t, s, o):
    """True within freeze_level of the price at which the order acts."""
    return o.type != MARKET and within(t, abs(entry_quote(s, o.side) - trigger_price(o)))


@kernel
def apply_modify(state, rules, tape, d):
    """d is the draft or an arrived request: both name id, qty, limit, stop, trail, sl, tp, expires."""
    i = find_order(state, rules, d.id)
    if i == 0:
        return modify_position(state, rules, tape, d)
    o = order(state, rules, i)
    k = o.instrument
    t = terms(rules, k)
    s = instrument(state, k)
    if frozen(t, s, o):
        return refused(state, tape, FROZEN, d.id, k, entry_quote(s, o.side), trigger_price(o), t.freeze_level)
    old = (o.qty, o.limit, o.stop, o.trail, o.sl, o.tp, o.expires, o.margin)
    change_order(t, o, d)
    before = state.account.used_margin
    o.margin = 0.0
    refresh_margin(state, rules, k)
    found = modified(state, rules, o)
    if found[0] == NO_MONEY and money(rules, found[4] + found[1]) <= before:
        found = OK  # needs no more than it did
    if found[0] != 0:
        o.qty, o.limit, o.stop, o.trail, o.sl, o.tp, o.expires, o.margin = old
        refresh_margin(state, rules, k)
        return refused(state, tape, found[0], d.id, k, found[1], found[2], found[3])
    at_once = o.type == LIMIT and is_working(o) and takes(state, o)
    if reserves(o) and o.held != HELD_PARENT and not at_once:
        reserve(state, rules, o)
    if o.expires > 0:
        due_at(state, o.expires)
    tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    if at_once:
        take(state, rules, tape, i)
    settle(state, rules, k)
    return d.id


@kernel
def change_order(t, o, d):
    if d.qty == d.qty:
        o.qty = d.qty
    if d.limit == d.limit and (o.type == LIMIT or o.type == STOP_LIMIT):
        o.limit = on_grid(t, d.limit)
    if d.stop == d.stop and o.type != LIMIT and o.type != MARKET:
        o.stop = on_grid(t, d.stop)
    if d.trail == d.trail and o.type == TRAILING:
        o.trail = d.trail
    if d.sl == d.sl:
        o.sl = on_grid(t, d.sl) if d.sl != 0.0 else NAN
    if d.tp == d.tp:
        o.tp = on_grid(t, d.tp) if d.tp != 0.0 else NAN
    if d.expires > 0:
        o.expires = d.expires


@kernel
def modified(state, rules, o):
    """The checks a changed order has to pass again."""
    found = quantity(rules, o)
    if found[0] == 0 and o.qty <= o.filled:
        return CLOSE_QTY, o.qty, o.filled, 0.0, 0.0
    if found[0] == 0 and not (o.type == STOP_LIMIT and o.triggered == 1):
        found = prices(state, rules, o)
    if found[0] == 0 and reserves(o) and o.held != HELD_PARENT and not takes(state, o):
        found = money_for_order(state, rules, o, 0)
    return found


@kernel
def modify_position(state, rules, tape, d):
    """Stop loss, take profit and trail of a position, named by the order that opened it; 0 takes one away."""
    i = find_position(state, rules, d.id)
    if i == 0:
        return refused(state, tape, UNKNOWN_ORDER, d.id, 0, float(d.id), 0.0, 0.0)
    p = position(state, rules, i)
    t = terms(rules, p.instrument)
    s = instrument(state, p.instrument)
    price = closing_price(s, p.side)
    sl = on_grid(t, d.sl)
    tp = on_grid(t, d.tp)
    found = protection(t, p.side, price, sl if sl != 0.0 else NAN, tp if tp != 0.0 else NAN)
    if found[0] != 0:
        return refused(state, tape, found[0], d.id, p.instrument, found[1], found[2], found[3])
    if within(t, abs(price - p.sl)) or within(t, abs(price - p.tp)):
        return refused(state, tape, FROZEN, d.id, p.instrument, price, p.sl, t.freeze_level)
    if sl == sl:
        p.sl = sl if sl != 0.0 else NAN
    if tp == tp:
        p.tp = tp if tp != 0.0 else NAN
    if d.trail == d.trail:
        p.trail = d.trail if d.trail > 0.0 else 0.0
        p.extreme = price
        if d.trail > 0.0:
            moved = on_grid(t, price - p.side * d.trail)
            if not (p.side * (p.sl - moved) >= 0.0):
                p.sl = moved
    tell.event(state, tape, POSITION_MODIFIED, 0, d.id, p.id, p.instrument, p.sl, p.tp, p.trail, 0.0)
    rebound(state, rules, p.instrument)
    return d.id


@kernel
def cancel(state, rules, tape, order_id):
    """Cancel a working order; returns its id, or 0 refused."""
    d = state.draft
    clear_draft(d)
    if rules.venue != SIMULATED or ask_later(state, rules, tape, CANCEL, order_id, 0, d):
        return order_id
    return apply_cancel(state, rules, tape, order_id)


@kernel
def apply_cancel(state, rules, tape, order_id):
    i = find_order(state, rules, order_id)
    if i == 0:
        return refused(state, tape, UNKNOWN_ORDER, order_id, 0, float(order_id), 0.0, 0.0)
    o = order(state, rules, i)
    t = terms(rules, o.instrument)
    s = instrument(state, o.instrument)
    if is_working(o) and frozen(t, s, o):
        at = trigger_price(o)
        return refused(state, tape, FROZEN, order_id, o.instrument, entry_quote(s, o.side), at, t.freeze_level)
    end_order(state, rules, tape, i, CANCELED, BY_REQUEST, 0.0, 0.0, 0.0, 0.0)
    sweep(state, rules)
    return order_id


@kernel
def cancel_all(state, rules, tape, k):
    """Cancel every living order of instrument k; returns how many were asked for."""
    n = 0
    for i in range(state.high_orders, 0, -1):
        if i <= state.high_orders:
            o = order(state, rules, i)
            if o.instrument == k and is_alive(o):
                cancel(state, rules, tape, o.id)
                n += 1
    return n


@kernel
def close_by(state, rules, tape, a, b):
    """Close ticket a by the opposite ticket b (hedging). Returns a, or 0 refused."""
    d = state.draft
    clear_draft(d)
    if ask_later(state, rules, tape, CLOSE_BY, a, b, d):
        return a
    return apply_close_by(state, rules, tape, a, b)


@kernel
def apply_close_by(state, rules, tape, a, b):
    from_row = find_position(state, rules, a)
    by_row = find_position(state, rules, b)
    if rules.mode != HEDGING:
        return refused(state, tape, NOT_HEDGING, a, 0, 0.0, 0.0, 0.0)
    if from_row == 0 or by_row == 0:
        return refused(state, tape, UNKNOWN_POSITION, a, 0, float(a if from_row == 0 else b), 0.0, 0.0)
    p = position(state, rules, from_row)
    q = position(state, rules, by_row)
    if p.instrument != q.instrument or p.side == q.side:
        return refused(state, tape, NOT_OPPOSITE, a, p.instrument, float(a), float(b), 0.0)
    k = p.instrument
    close_pair(state, rules, tape, p, q)
    rebound(state, rules, k)
    return a


@kernel
def close_pair(state, rules, tape, p, q):
    """p closes at q's open price, q at its own: one result, no spread (MetaTrader 5 "close by")."""
    qty = min(p.qty, q.qty)
    k = p.instrument
    price, p_id, q_id, p_side, tag = q.price, p.id, q.id, p.side, p.tag
    apply_fill(state, rules, tape, k, -p_side, qty, price, 0, p_id, CLOSED_BY, 0, tag, 0.0, 0.0)
    apply_fill(state, rules, tape, k, p_side, qty, price, 0, q_id, CLOSED_BY, 0, tag, 0.0, 0.0)

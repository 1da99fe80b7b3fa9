"""Requests about what is there already, and two of them: cancel and close by. (modify: modify.py)

A request without latency is answered inside the call; with latency it travels in the requests table and meets the order
as it stands then. What the venue has not heard of yet it cannot cancel. A refusal is an event with a reason code and
its numbers; what was asked for stays as it was.
"""

import math

from simcore.kernel import tell
from simcore.kernel.arrival import due_at, settle
from simcore.kernel.book import acts_as, at_venue, find_order, find_position, is_alive, is_working
from simcore.kernel.check import entry_quote, frozen_at, is_scheduled
from simcore.kernel.conditions import CLOSE_BY_BIT, DISABLED, FIFO_CLOSE, INVALID_ORDER, TRADE_DISABLED
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, Mode, OrderType, Reason, Status, Venue, Why
from simcore.kernel.fills import NO_COSTS, apply_fill
from simcore.kernel.jit import kernel
from simcore.kernel.money import within
from simcore.kernel.orders import clear_draft, latency
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import CANCEL, CLOSE_BY, instrument, order, position, request, terms

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
CANCELED, HEDGING, SIMULATED = int(Status.CANCELED), int(Mode.HEDGING), int(Venue.SIMULATED)
REQUESTS_FULL, UNKNOWN_ORDER = int(Reason.REQUESTS_FULL), int(Reason.UNKNOWN_ORDER)
UNKNOWN_POSITION, BY_REQUEST, FROZEN = int(Reason.UNKNOWN_POSITION), int(Reason.BY_REQUEST), int(Reason.FROZEN)
NOT_HEDGING, NOT_OPPOSITE = int(Reason.NOT_HEDGING), int(Reason.NOT_OPPOSITE)
MARKET_CLOSED, UNHEARD_FULL = int(Reason.MARKET_CLOSED), int(Reason.UNHEARD_FULL)
ORDER_REFUSED, CLOSED_BY = int(EventKind.ORDER_REFUSED), int(Why.CLOSE_BY)
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
    number = 1
    for i in range(state.high_requests):
        q = request(state, rules, i)
        if q.due > 0 and q.number >= number:
            number = q.number + 1
    for i in range(rules.n_requests):
        q = request(state, rules, i)
        if q.due == 0:
            if i >= state.high_requests:
                state.high_requests = i + 1
            q.due = state.now + delay
            q.number = number
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
def trigger_price(o):
    """The price at which a pending order acts; nan for what is a market order by now."""
    kind = acts_as(o)
    return o.limit if kind == LIMIT else o.stop if kind != MARKET else NAN


@kernel
def frozen(t, s, o):
    """True within freeze_level of the price at which a working order acts."""
    return is_working(o) and within(t, abs(entry_quote(s, o.side) - trigger_price(o)))


@kernel
def is_shut(state, rules, o):
    """True where an order at the venue may not be changed because its market is closed."""
    closed = instrument(state, o.instrument).closed == 1 and rules.changes_when_closed == 0
    return closed and at_venue(o) and not is_scheduled(o)


@kernel
def is_refused_unheard(state, rules, tape, order_id):
    """True where too much waits to be heard for another request; it is refused then."""
    if not tell.is_crowded(state, rules):
        return False
    refused(state, tape, UNHEARD_FULL, order_id, 0, float(rules.n_unheard), float(rules.size), 0.0)
    return True


@kernel
def cancel(state, rules, tape, order_id):
    """Cancel a working order; returns its id, or 0 refused."""
    d = state.draft
    clear_draft(d)
    if is_refused_unheard(state, rules, tape, order_id):
        return 0
    if rules.venue != SIMULATED:
        return tell.ask(state, tape, CANCEL, order_id, 0, d)
    if ask_later(state, rules, tape, CANCEL, order_id, 0, d):
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
    if o.due > 0:
        return refused(state, tape, UNKNOWN_ORDER, order_id, 0, float(order_id), 0.0, 0.0)
    if is_shut(state, rules, o):
        return refused(state, tape, MARKET_CLOSED, order_id, o.instrument, 0.0, 0.0, 0.0)
    if frozen(t, s, o):
        at = trigger_price(o)
        return refused(state, tape, FROZEN, order_id, o.instrument, entry_quote(s, o.side), at, t.freeze_level)
    end_order(state, rules, tape, i, CANCELED, BY_REQUEST, 0.0, 0.0, 0.0, 0.0)
    settle(state, rules, o.instrument)
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
    if is_refused_unheard(state, rules, tape, a):
        return 0
    if rules.venue != SIMULATED:
        return tell.ask(state, tape, CLOSE_BY, a, b, d)
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
    t = terms(rules, k)
    if t.trade_mode == DISABLED:
        return refused(state, tape, TRADE_DISABLED, a, k, 0.0, 0.0, 0.0)
    if (t.orders & CLOSE_BY_BIT) == 0:
        return refused(state, tape, INVALID_ORDER, a, k, float(CLOSE_BY_BIT), float(t.orders), 0.0)
    if rules.fifo_close == 1:  # one of the two cannot be the oldest
        oldest = position(state, rules, instrument(state, k).first_position).id
        return refused(state, tape, FIFO_CLOSE, a, k, float(q.id if p.id == oldest else p.id), float(oldest), 0.0)
    s = instrument(state, k)
    if s.closed == 1 and rules.changes_when_closed == 0:
        return refused(state, tape, MARKET_CLOSED, a, k, 0.0, 0.0, 0.0)
    for r in (p, q):
        near = frozen_at(t, s, r)
        if near == near:
            return refused(state, tape, FROZEN, a, k, closing_price(s, r.side), near, t.freeze_level)
    close_pair(state, rules, tape, p, q)
    settle(state, rules, k)
    return a


@kernel
def close_pair(state, rules, tape, p, q):
    """p closes at q's open price, q at its own: one result, no spread (MetaTrader 5 "close by")."""
    qty = min(p.qty, q.qty)
    k = p.instrument
    price, p_id, q_id, p_side, tag = q.price, p.id, q.id, p.side, p.tag
    apply_fill(state, rules, tape, k, -p_side, qty, price, 0, p_id, CLOSED_BY, 0, tag, NO_COSTS)
    apply_fill(state, rules, tape, k, p_side, qty, price, 0, q_id, CLOSED_BY, 0, tag, NO_COSTS)

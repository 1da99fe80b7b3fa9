"""Changing an order or a position.

A changed order passes the checks of a new one again, as the type it is by now, and reserves its margin anew. A limit
that was moved across the quote takes what the quote still has; nothing else trades because of a change. What has not
arrived yet is only changed: it is checked when it arrives.
"""

import math

from simcore.kernel import tell
from simcore.kernel.afford import money_for_order
from simcore.kernel.amend import ask_later, frozen, is_refused_unheard, is_shut, refused, trigger_price
from simcore.kernel.arrival import due_at, is_marketable, meet_standing, settle
from simcore.kernel.book import HELD_PARENT, acts_as, at_venue, find_order, find_position, is_alive, is_working
from simcore.kernel.bounds import rebound
from simcore.kernel.caps import limit
from simcore.kernel.check import (
    OK,
    entry_quote,
    frozen_at,
    is_late,
    is_scheduled,
    prices,
    protection,
    quantity,
)
from simcore.kernel.conditions import SL_BIT, TP_BIT, adopt, taken, within_volume
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Venue
from simcore.kernel.execution import level_stops
from simcore.kernel.gates import gate
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import GRID_TOLERANCE, money, nearer_than, on_grid
from simcore.kernel.orders import clear_draft
from simcore.kernel.reserve import reserve, reserves
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import MODIFY, instrument, order, position, terms

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
GTC, GTD = int(TimeInForce.GTC), int(TimeInForce.GTD)
IOC, FOK = int(TimeInForce.IOC), int(TimeInForce.FOK)
CANCELED, SIMULATED = int(Status.CANCELED), int(Venue.SIMULATED)
UNKNOWN_ORDER, FROZEN, NO_MONEY = int(Reason.UNKNOWN_ORDER), int(Reason.FROZEN), int(Reason.NO_MONEY)
MARKET_CLOSED = int(Reason.MARKET_CLOSED)
CLOSE_QTY, QTY_NOT_POSITIVE = int(Reason.CLOSE_QTY), int(Reason.QTY_NOT_POSITIVE)
EXPIRES_IN_PAST, NOT_ENOUGH_SIZE = int(Reason.EXPIRES_IN_PAST), int(Reason.NOT_ENOUGH_SIZE)
INVALID_ORDER = int(Reason.INVALID_ORDER)
STOPS_TOO_CLOSE, PRICE_NOT_POSITIVE = int(Reason.STOPS_TOO_CLOSE), int(Reason.PRICE_NOT_POSITIVE)
POSITION_MODIFIED, ORDER_REFUSED = int(EventKind.POSITION_MODIFIED), int(EventKind.ORDER_REFUSED)
NAN = math.nan


@kernel
def modify(state, rules, tape):
    """Change the order or position draft.id by what the draft gives (nan = as it is). Returns the id, or 0 refused."""
    d = state.draft
    order_id = d.id
    done = order_id
    if is_refused_unheard(state, rules, tape, order_id) or is_too_large(state, rules, tape, d):
        done = 0
    elif rules.venue != SIMULATED:
        tell.ask(state, tape, MODIFY, order_id, 0, d)
    elif not ask_later(state, rules, tape, MODIFY, order_id, 0, d):
        done = apply_modify(state, rules, tape, d)
    clear_draft(d)
    return done


@kernel
def is_too_large(state, rules, tape, d):
    """Whether our own limits and gates refuse a qty that grows, which is told; they may cut it."""
    i = find_order(state, rules, d.id)
    if i == 0 or not d.qty > order(state, rules, i).qty:
        return False
    why, a, b, c, x = larger(state, rules, tape, order(state, rules, i), d)
    if why != 0:
        tell.event(state, tape, ORDER_REFUSED, why, d.id, 0, order(state, rules, i).instrument, a, b, c, x)
    return why != 0


@kernel
def larger(state, rules, tape, o, d):
    """Our own limits and gates, for a qty that grows: OK, or why not; may cut the new qty."""
    old = o.qty
    o.qty = d.qty
    found = limit(state, rules, tape, o)
    d.qty = max(o.qty, old)
    if found[0] == 0 and d.qty > old:
        found = gate(state, rules, tape, o)
    o.qty = old
    return found


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
    if o.due > 0:  # it drew a longer latency than this request: the venue has not heard of it
        return refused(state, tape, UNKNOWN_ORDER, d.id, 0, float(d.id), 0.0, 0.0)
    if is_shut(state, rules, o):
        return refused(state, tape, MARKET_CLOSED, d.id, k, 0.0, 0.0, 0.0)
    if frozen(t, s, o):
        return refused(state, tape, FROZEN, d.id, k, entry_quote(s, o.side), trigger_price(o), t.freeze_level)
    old = (o.qty, o.limit, o.stop, o.trail, o.sl, o.tp, o.expires, o.tif, o.margin)
    change_order(t, o, d)
    if d.expires != 0:
        adopt(rules, t, o)
    if at_venue(o):
        found = recheck(state, rules, o, i, d)
        if found[0] != 0:
            o.qty, o.limit, o.stop, o.trail, o.sl, o.tp, o.expires, o.tif, o.margin = old
            refresh_margin(state, rules, k)
            return refused(state, tape, found[0], d.id, k, found[1], found[2], found[3])
        if reserves(o) and o.held != HELD_PARENT:
            reserve(state, rules, o)
        if o.tif == GTD:
            due_at(state, o.expires)
    tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    moved = o.limit != old[1] and o.limit == o.limit
    if moved and is_working(o) and at_venue(o) and not is_scheduled(o) and s.closed == 0 and is_marketable(state, o):
        take_moved(state, rules, tape, i)
    settle(state, rules, k)
    return d.id


@kernel
def take_moved(state, rules, tape, i):
    """A limit moved across the quote takes what the quote still has; what is left reserves anew."""
    o = order(state, rules, i)
    meet_standing(state, rules, tape, i)
    if is_alive(o) and (o.tif == IOC or o.tif == FOK):
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, o.filled, 0.0, 0.0)
    elif is_alive(o) and reserves(o):
        reserve(state, rules, o)


@kernel
def change_order(t, o, d):
    """Write what d gives into o; a price that an order of its type has no more is left alone."""
    kind = acts_as(o)
    if d.qty == d.qty:
        o.qty = d.qty
    if d.limit == d.limit and (o.type == LIMIT or o.type == STOP_LIMIT):
        o.limit = on_grid(t, d.limit)
    if d.trail == d.trail and kind == TRAILING:
        o.trail = d.trail
        if d.trail > 0.0 and o.extreme > 0.0:  # it has started
            o.stop = on_grid(t, o.extreme + o.side * d.trail)
    if d.stop == d.stop and kind != LIMIT and kind != MARKET:
        o.stop = on_grid(t, d.stop)
    if d.sl == d.sl:
        o.sl = on_grid(t, d.sl) if d.sl != 0.0 else NAN
    if d.tp == d.tp:
        o.tp = on_grid(t, d.tp) if d.tp != 0.0 else NAN
    if d.expires != 0 and (o.tif == GTC or o.tif == GTD):
        o.tif = GTD
        o.expires = d.expires


@kernel
def recheck(state, rules, o, i, d):
    """The checks of a new order, for a changed one at the venue; margin against what it needed before."""
    before = state.account.used_margin
    o.margin = 0.0
    refresh_margin(state, rules, o.instrument)
    if not o.qty > 0.0:
        return QTY_NOT_POSITIVE, o.qty, 0.0, 0.0, 0.0
    if is_late(state, o):
        return EXPIRES_IN_PAST, float(o.expires), float(state.now), 0.0, 0.0
    found = taken(terms(rules, o.instrument), o)
    if found[0] == 0:
        found = prices(state, rules, o)
    if found[0] == 0:
        found = quantity(rules, o)
    if found[0] == 0:
        found = room(state, rules, o, d)
    if found[0] == 0 and d.qty == d.qty:
        found = within_volume(state, rules, o, i)
    if found[0] == 0 and reserves(o) and o.held != HELD_PARENT:
        found = money_for_order(state, rules, o, 0)
        if found[0] == NO_MONEY and money(rules, found[4] + found[1]) <= before:
            found = OK  # needs no more than it did
    return found


@kernel
def room(state, rules, o, d):
    """A changed qty is above what filled, and no more than the ticket it closes has left."""
    if o.qty <= o.filled:
        return CLOSE_QTY, o.qty, o.filled, 0.0, 0.0
    i = find_position(state, rules, o.position)
    if i > 0 and d.qty == d.qty:
        p = position(state, rules, i)
        if o.qty - o.filled > p.qty + GRID_TOLERANCE * terms(rules, o.instrument).qty_increment:
            return CLOSE_QTY, o.qty, p.qty, float(o.position), 0.0
    return OK


@kernel
def modify_position(state, rules, tape, d):
    """Stop loss, take profit and trail of a position, named by the order that opened it; 0 takes one away."""
    i = find_position(state, rules, d.id)
    if i == 0:
        return refused(state, tape, UNKNOWN_ORDER, d.id, 0, float(d.id), 0.0, 0.0)
    p = position(state, rules, i)
    k = p.instrument
    t = terms(rules, k)
    s = instrument(state, k)
    price = closing_price(s, p.side)
    if s.closed == 1 and rules.changes_when_closed == 0:
        return refused(state, tape, MARKET_CLOSED, d.id, k, 0.0, 0.0, 0.0)
    near = frozen_at(t, s, p)
    if near == near:
        return refused(state, tape, FROZEN, d.id, k, price, near, t.freeze_level)
    sl = on_grid(t, d.sl)
    tp = on_grid(t, d.tp)
    found = position_prices(t, p.side, price, sl, tp, d.trail)
    if found[0] == 0:
        found = stops_taken(t, sl, tp, d.trail)
    if found[0] != 0:
        return refused(state, tape, found[0], d.id, k, found[1], found[2], found[3])
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
    if rules.fifo_close == 1:
        level_stops(state, rules, k, i, sl == sl or d.trail == d.trail, tp == tp, d.trail == d.trail)
    tell.event(state, tape, POSITION_MODIFIED, 0, d.id, p.id, k, p.sl, p.tp, p.trail, 0.0)
    rebound(state, rules, k)
    return d.id


@kernel
def stops_taken(t, sl, tp, trail):
    """Whether the instrument takes a stop loss, a take profit; 0 takes one away, which is always possible."""
    bits = SL_BIT if sl > 0.0 or trail > 0.0 else 0
    if tp > 0.0:
        bits |= TP_BIT
    if (bits & ~t.orders) != 0:
        return INVALID_ORDER, float(bits & ~t.orders), float(t.orders), 0.0, 0.0
    return OK


@kernel
def position_prices(t, side, price, sl, tp, trail):
    """Whether a position may have this stop loss, take profit and trail; 0 takes one away."""
    for given in (sl, tp):
        if given < 0.0:
            return PRICE_NOT_POSITIVE, given, 0.0, 0.0, 0.0
    if trail > 0.0 and nearer_than(t, trail, t.stops_level):
        return STOPS_TOO_CLOSE, price - side * trail, price, t.stops_level, 0.0
    return protection(t, side, price, sl if sl != 0.0 else NAN, tp if tp != 0.0 else NAN)

"""What ends with time: orders with their time or the broker's day, sessions of the market, stops that live for a day.

DAY orders end with the broker's day. At-close orders take the last quote of the session (of the day, without a
calendar), at-open orders the first one after the next opening.
"""

import math

from simcore.kernel import tell
from simcore.kernel.arrival import is_marketable, meet_standing, settle
from simcore.kernel.book import HELD_CLOSE, HELD_OPEN, at_venue, is_alive, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.conditions import lives_a_day
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.schema import (
    instrument,
    order,
    position,
    session,
    terms,
)

NAN = math.nan
STOPS_TOO = 1  # gtc_mode: stop losses and take profits end with the day, not only orders
POSITION_MODIFIED = int(EventKind.POSITION_MODIFIED)
EXPIRED, TIME = int(Status.EXPIRED), int(Reason.TIME)
DAY_TIF, GTD, MARKET = int(TimeInForce.DAY), int(TimeInForce.GTD), int(OrderType.MARKET)


@kernel
def next_session(state, rules):
    state.next_session = 0
    for k in range(rules.n_instruments):
        t = terms(rules, k)
        s = instrument(state, k)
        if t.n_sessions > 0 and s.session < t.n_sessions:
            row = session(rules, t, s.session)
            at = row.open if s.closed == 1 else row.close
            if state.next_session == 0 or at < state.next_session:
                state.next_session = at


@kernel
def oldest_over(state, rules, tif):
    """Row of the oldest order at the venue of this time in force whose time is over; 0 = none."""
    best = 0
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        over = o.tif == GTD and o.expires <= state.now if tif == GTD else lives_a_day(rules, o)
        if over and at_venue(o):
            if best == 0 or o.age < order(state, rules, best).age:
                best = i
    return best


@kernel
def expire(state, rules, tape, tif):
    """GTD orders end at their time, DAY orders with the broker's day, oldest first."""
    i = oldest_over(state, rules, tif)
    while i > 0:
        at = order(state, rules, i).expires if tif == GTD else state.now
        end_order(state, rules, tape, i, EXPIRED, TIME, float(at), 0.0, 0.0, 0.0)
        i = oldest_over(state, rules, tif)
    sweep(state, rules)


@kernel
def closing(state, rules, tape, k):
    """The day or session of instrument k ends: at-close orders, oldest first, take the last quote or expire."""
    state.walking += 1
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if is_alive(o) and o.held == HELD_CLOSE:
            o.held = 0
            if o.type == MARKET or is_marketable(state, o):
                meet_standing(state, rules, tape, i)
            if is_alive(o):
                end_order(state, rules, tape, i, EXPIRED, TIME, float(state.now), 0.0, 0.0, 0.0)
        i = o.next
    state.walking -= 1
    settle(state, rules, k)


@kernel
def opening(state, rules, k):
    """At-open orders of instrument k take its next quote."""
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if o.held == HELD_OPEN:
            o.held = 0
        i = o.next
    rebound(state, rules, k)


@kernel
def drop_stops(state, rules, tape, k):
    """Stop losses and take profits of instrument k live for a day (MetaTrader 5, SYMBOL_ORDERS_DAILY)."""
    i = instrument(state, k).first_position
    while i > 0:
        p = position(state, rules, i)
        if p.sl == p.sl or p.tp == p.tp or p.trail > 0.0:
            p.sl = NAN
            p.tp = NAN
            p.trail = 0.0
            tell.event(state, tape, POSITION_MODIFIED, 0, p.id, p.id, k, NAN, NAN, 0.0, 0.0)
        i = p.next
    rebound(state, rules, k)


@kernel
def days(state, rules, tape):
    """The broker's day ends: instruments without a calendar close and open in one instant."""
    if state.now >= state.next_day:
        expire(state, rules, tape, DAY_TIF)
        for k in range(rules.n_instruments):
            if terms(rules, k).gtc_mode == STOPS_TOO:
                drop_stops(state, rules, tape, k)
            if terms(rules, k).n_sessions == 0 and instrument(state, k).n_orders > 0:
                closing(state, rules, tape, k)
                opening(state, rules, k)


@kernel
def sessions(state, rules, tape):
    if state.next_session == 0 or state.now < state.next_session:
        return
    for k in range(rules.n_instruments):
        t = terms(rules, k)
        s = instrument(state, k)
        while t.n_sessions > 0 and s.session < t.n_sessions:
            row = session(rules, t, s.session)
            if s.closed == 1:
                if row.open > state.now:
                    break
                s.closed = 0
                opening(state, rules, k)
            else:
                if row.close > state.now:
                    break
                closing(state, rules, tape, k)
                s.closed = 1
                s.session += 1
    next_session(state, rules)

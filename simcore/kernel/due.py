"""What happens by itself when time passes: everything due at or before a row, in time order, on the quote that stood.

At one instant: arrivals of orders, then of requests, expiry, the end of the day and sessions, rollover, margins that
the clock changes, timers, bars and what their volatility changes, our own watch, the equity sample. A margin that
changed by itself is followed by margin call and stop-out at once. DAY orders end with the broker's day. At-close orders
take the last quote of the session (of the day, without a calendar), at-open orders the first one after the next
opening. Where a broker is the venue (EXTERNAL) it says itself what expires and what financing costs: timers, bars,
samples, the market's hours, the predicted margin and our own watch come from here.
"""

import math

from simcore.kernel import tell
from simcore.kernel.amend import apply_cancel, apply_close_by
from simcore.kernel.arrival import arrive, is_marketable, meet_standing, settle
from simcore.kernel.bars import close_bars
from simcore.kernel.book import HELD_CLOSE, HELD_OPEN, at_venue, find_position, is_alive, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.clock import next_local
from simcore.kernel.conditions import lives_a_day
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, Hears, OrderType, Reason, Status, TimeInForce, Venue
from simcore.kernel.financing import roll_over
from simcore.kernel.gates import look
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import watch
from simcore.kernel.modify import apply_modify
from simcore.kernel.orders import send_close
from simcore.kernel.revalue import equity
from simcore.kernel.schema import (
    CANCEL,
    MODIFY,
    instrument,
    margin_window,
    order,
    position,
    request,
    series,
    session,
    terms,
    timer,
)
from simcore.kernel.windows import by_clock, by_volatility

NEVER = 2**62
NAN = math.nan
STOPS_TOO = 1  # gtc_mode: stop losses and take profits end with the day, not only orders
POSITION_MODIFIED = int(EventKind.POSITION_MODIFIED)
TIMER_BIT = int(Hears.TIMER)
EXPIRED, TIME, SIMULATED = int(Status.EXPIRED), int(Reason.TIME), int(Venue.SIMULATED)
DAY_TIF, GTD, MARKET = int(TimeInForce.DAY), int(TimeInForce.GTD), int(OrderType.MARKET)


@kernel
def sooner(best, ts, now):
    """The earlier of two times, of those still to come."""
    return ts if now < ts < best else best


@kernel
def schedule(state, rules):
    """The earliest time at which something is due."""
    best = NEVER
    now = state.now
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if is_alive(o):
            if o.due > 0:
                best = sooner(best, o.due, now)
            elif o.tif == GTD and o.waits == 0:
                best = sooner(best, o.expires, now)
    for i in range(state.high_requests):
        best = sooner(best, request(state, rules, i).due, now)
    for i in range(state.high_timers):
        best = sooner(best, timer(state, rules, i).at, now)
    for i in range(rules.n_series):
        best = sooner(best, series(state, rules, i).end, now)
    best = sooner(best, state.next_rollover, now)
    best = sooner(best, state.next_day, now)
    best = sooner(best, state.next_session, now)
    best = sooner(best, state.next_gate, now)
    if state.window < rules.n_windows:
        best = sooner(best, margin_window(rules, state.window).at, now)
    return sooner(best, state.next_sample, now)


@kernel
def start_clock(state, rules, ts):
    """The first row of a run: nothing before it is made up for."""
    state.now = ts
    state.next_rollover = next_local(rules.rollover_zone, rules.rollover_time, ts)
    state.next_day = next_local(rules.day_zone, rules.day_time, ts)
    if rules.sample_every > 0:
        state.next_sample = (ts // rules.sample_every + 1) * rules.sample_every
    if rules.gate_every > 0:
        state.next_gate = ts + rules.gate_every
    for k in range(rules.n_instruments):
        t = terms(rules, k)
        s = instrument(state, k)
        if t.n_sessions > 0:
            while s.session < t.n_sessions and session(rules, t, s.session).close <= ts:
                s.session += 1
            s.closed = 0 if s.session < t.n_sessions and session(rules, t, s.session).open <= ts else 1
    next_session(state, rules)
    state.next_due = ts  # what was sent before the first row arrives with it


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
def arrivals(state, rules, tape):
    """Orders whose latency is over, earliest first, then by id."""
    while True:
        best = 0
        for i in range(1, state.high_orders + 1):
            o = order(state, rules, i)
            if is_alive(o) and 0 < o.due <= state.now:
                first = order(state, rules, best if best > 0 else i)
                if best == 0 or o.due < first.due or (o.due == first.due and o.id < first.id):
                    best = i
        if best == 0:
            return
        k = order(state, rules, best).instrument
        arrive(state, rules, tape, best)
        settle(state, rules, k)


@kernel
def requests(state, rules, tape):
    while True:
        best = -1
        for i in range(state.high_requests):
            q = request(state, rules, i)
            if 0 < q.due <= state.now:
                first = request(state, rules, best if best >= 0 else i)
                if best < 0 or q.due < first.due or (q.due == first.due and q.number < first.number):
                    best = i
        if best < 0:
            return
        q = request(state, rules, best)
        q.due = 0
        if q.action == MODIFY:
            apply_modify(state, rules, tape, q)
        elif q.action == CANCEL:
            apply_cancel(state, rules, tape, q.id)
        else:
            apply_close_by(state, rules, tape, q.id, q.other)


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


@kernel
def of_orders(state, rules, tape):
    """What happens to orders and positions at the venue at state.now."""
    arrivals(state, rules, tape)
    requests(state, rules, tape)
    expire(state, rules, tape, GTD)
    days(state, rules, tape)
    sessions(state, rules, tape)
    if state.now >= state.next_rollover:
        roll_over(state, rules, tape)


@kernel
def keep_watch(state, rules, tape):
    """Our own watch over the margin level: what it wants closed is an order like any other."""
    ticket = look(state, rules, tape)
    if ticket > 0:
        p = position(state, rules, find_position(state, rules, ticket))
        send_close(state, rules, tape, p, p.qty)


@kernel
def watch_ticks(state, rules, tape):
    """The watch that looks whenever something happened; one with a clock of its own is due."""
    if rules.gate_every == 0:
        keep_watch(state, rules, tape)


@kernel
def due(state, rules, tape, ts):
    """Everything due at or before ts, each at its own time."""
    if state.next_day == 0:
        start_clock(state, rules, ts)
    while state.next_due <= ts:
        if state.next_due > state.now:
            state.now = state.next_due
        if rules.venue == SIMULATED:
            of_orders(state, rules, tape)
        else:
            sessions(state, rules, tape)
        if state.now >= state.next_day:
            state.next_day = next_local(rules.day_zone, rules.day_time, state.now)
        if state.now >= state.next_rollover:
            state.next_rollover = next_local(rules.rollover_zone, rules.rollover_time, state.now)
        by_clock(state, rules, tape)
        for i in range(state.high_timers):
            if 0 < timer(state, rules, i).at <= state.now:
                state.wake |= TIMER_BIT
        close_bars(state, rules)
        if rules.spike_fast > 0:
            by_volatility(state, rules, tape)
        if state.margin_moved == 1:
            state.margin_moved = 0
            watch(state, rules, tape)
        if 0 < state.next_gate <= state.now:
            state.next_gate += ((state.now - state.next_gate) // rules.gate_every + 1) * rules.gate_every
            keep_watch(state, rules, tape)
        if 0 < state.next_sample <= state.now:
            tell.sample(state, tape, equity(state, rules))
            state.next_sample = (ts // rules.sample_every + 1) * rules.sample_every
        state.next_due = schedule(state, rules)

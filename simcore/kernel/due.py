"""What happens by itself when time passes: everything due at or before a row, in time order, on the quote that stood.

At one instant: arrivals of orders, then of requests, expiry, the end of the day and sessions, rollover, margins that
the clock changes, timers, bars and what their volatility changes, our own watch, the equity sample. A margin that
changed by itself is followed by margin call and stop-out at once. Where a broker is the venue (EXTERNAL) it says itself
what expires and what financing costs: timers, bars, samples, the market's hours, the predicted margin and our own watch
come from here. What ends with the day and the session is in days.py.
"""

from simcore.kernel import tell
from simcore.kernel.amend import apply_cancel, apply_close_by
from simcore.kernel.arrival import arrive, settle
from simcore.kernel.bars import close_bars
from simcore.kernel.book import find_position, is_alive
from simcore.kernel.clock import next_local
from simcore.kernel.days import days, expire, next_session, sessions
from simcore.kernel.enums import Hears, TimeInForce, Venue
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
TIMER_BIT = int(Hears.TIMER)
SIMULATED, GTD = int(Venue.SIMULATED), int(TimeInForce.GTD)


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

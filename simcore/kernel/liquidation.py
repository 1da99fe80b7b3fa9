"""Margin call and stop-out, as MetaTrader 5 documents them ("Group Settings", Server API "Request Processing").

The margin call flags the account and stops nothing. Stop-out acts while the level is at or below stop_out_level, one
action at a time, the level re-computed after each: first the pending order with the largest reserved margin, until none
reserves any; then the position with the lowest gross profit (without swap and commission), at the quote; instruments
whose market is closed are skipped. Ties: the older id. OANDA v20 closes every position instead (stop_out_closes).
With no margin used the level is infinite and nothing acts. After forced closes that leave nothing open,
negative-balance protection lifts the balance to zero. Read 2026-11-21 (reference A9, A10).
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import is_alive, sweep
from simcore.kernel.bounds import margin_bounds
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, Mode, Reason, Status, Venue, Why
from simcore.kernel.execution import close_qty
from simcore.kernel.jit import kernel
from simcore.kernel.revalue import closing_price, equity, gross
from simcore.kernel.schema import instrument, order, position, terms

MARGIN_CALL, CLEARED = int(EventKind.MARGIN_CALL), int(EventKind.MARGIN_CALL_CLEARED)
STOP_OUT, STOP_OUT_ORDER = int(EventKind.STOP_OUT), int(EventKind.STOP_OUT_ORDER)
COMPENSATION = int(EventKind.BALANCE_COMPENSATION)
CANCELED, BY_STOP_OUT, WHY_STOP_OUT = int(Status.CANCELED), int(Reason.STOP_OUT), int(Why.STOP_OUT)
SIMULATED, HEDGING = int(Venue.SIMULATED), int(Mode.HEDGING)


@kernel
def at_or_below(rules, now_equity, used, level):
    """True where the margin level (or equity, in money mode) is at or below `level`."""
    if rules.stop_out_money == 1:
        return used > 0.0 and now_equity <= level
    return used > 0.0 and level > 0.0 and now_equity <= level * used


@kernel
def level_of(now_equity, used):
    return now_equity / used if used > 0.0 else math.inf


@kernel
def largest_order(state, rules):
    """Row of the pending order that reserves most; 0 = none reserves anything."""
    best = 0
    most = 0.0
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if is_alive(o) and (o.margin > most or (o.margin == most and best > 0 and o.id < order(state, rules, best).id)):
            best = i
            most = o.margin
    return best


@kernel
def worst_position(state, rules):
    """Row of the position with the lowest gross profit in an open market; 0 = none can be closed."""
    best = 0
    lowest = math.inf
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        if p.id > 0 and instrument(state, p.instrument).closed == 0:
            price = closing_price(instrument(state, p.instrument), p.side)
            result = gross(state, rules, p.instrument, p.side, p.price, price, p.qty)
            if result < lowest or (result == lowest and p.id < position(state, rules, best).id):
                best = i
                lowest = result
    return best


@kernel
def forced_qty(rules, t, p):
    """How much one forced close takes: all of it; of a real netting account at most what one deal may have."""
    if rules.stop_out_splits == 1 and rules.mode != HEDGING and p.qty > t.qty_max:
        return t.qty_max
    return p.qty


@kernel
def stop_out(state, rules, tape, now_equity):
    """Actions until the level is above stop_out_level or nothing is left to do; returns equity then."""
    a = state.account
    forced = False
    while at_or_below(rules, now_equity, a.used_margin, rules.stop_out_level) or (forced and rules.stop_out_all == 1):
        level = level_of(now_equity, a.used_margin)
        i = largest_order(state, rules) if rules.stop_out_all == 0 else 0
        if i > 0:
            o = order(state, rules, i)
            tell.event(
                state, tape, STOP_OUT_ORDER, 0, o.id, 0, o.instrument, now_equity, a.used_margin, level, o.margin
            )
            end_order(state, rules, tape, i, CANCELED, BY_STOP_OUT, now_equity, a.used_margin, level, 0.0)
            sweep(state, rules)
        else:
            i = worst_position(state, rules)
            if i == 0:
                break
            p = position(state, rules, i)
            s = instrument(state, p.instrument)
            price = closing_price(s, p.side)
            result = gross(state, rules, p.instrument, p.side, p.price, price, p.qty)
            tell.event(state, tape, STOP_OUT, 0, 0, p.id, p.instrument, now_equity, a.used_margin, level, result)
            a.n_stop_outs += 1
            forced = True
            close_qty(state, rules, tape, i, forced_qty(rules, terms(rules, p.instrument), p), price, WHY_STOP_OUT)
            sweep(state, rules)
        now_equity = equity(state, rules)
    if forced and a.n_positions == 0 and a.balance < 0.0 and rules.negative_balance_protection == 1:
        tell.event(state, tape, COMPENSATION, 0, 0, 0, 0, -a.balance, 0.0, 0.0, 0.0)
        a.balance = 0.0
        now_equity = equity(state, rules)
    return now_equity


@kernel
def track(rules, a, now_equity):
    """Highest equity, deepest fall, lowest margin level: exact per tick where rules.track asks for it."""
    if rules.track == 1:
        if now_equity > a.peak_equity:
            a.peak_equity = now_equity
        if a.peak_equity - now_equity > a.max_drawdown:
            a.max_drawdown = a.peak_equity - now_equity
        level = level_of(now_equity, a.used_margin)
        if a.min_margin_level == 0.0 or level < a.min_margin_level:
            a.min_margin_level = level


@kernel
def watch(state, rules, tape):
    """Revalue, call, stop out, and set every price bound anew."""
    a = state.account
    now_equity = equity(state, rules)
    track(rules, a, now_equity)
    if at_or_below(rules, now_equity, a.used_margin, rules.margin_call_level):
        if a.in_call == 0:
            a.in_call = 1
            a.n_margin_calls += 1
            level = level_of(now_equity, a.used_margin)
            tell.event(state, tape, MARGIN_CALL, 0, 0, 0, 0, now_equity, a.used_margin, level, rules.margin_call_level)
    elif a.in_call == 1:
        a.in_call = 0
        level = level_of(now_equity, a.used_margin)
        tell.event(state, tape, CLEARED, 0, 0, 0, 0, now_equity, a.used_margin, level, rules.margin_call_level)
    if rules.venue == SIMULATED and at_or_below(rules, now_equity, a.used_margin, rules.stop_out_level):
        now_equity = stop_out(state, rules, tape, now_equity)
    margin_bounds(state, rules, now_equity)
    called = at_or_below(rules, now_equity, a.used_margin, rules.margin_call_level)
    if called != (a.in_call == 1) and state.now < state.next_due:  # a stop-out changed it: the next row tells
        state.next_due = state.now

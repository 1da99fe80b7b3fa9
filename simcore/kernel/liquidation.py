"""Margin call and stop-out, as MetaTrader 5 documents them ("Group Settings", Server API "Request Processing").

The margin call flags the account and stops nothing. Stop-out acts while the level is at or below stop_out_level, one
action at a time, the level re-computed after each: first the pending order with the largest reserved margin, until none
reserves any; then the position with the lowest gross profit (without swap and commission), at the quote; instruments
whose market is closed, or not traded, are skipped. On FIFO accounts the oldest losing position of each instrument is
asked. Ties: the older id. OANDA v20 closes every position instead (stop_out_closes), Trading 212 parts, until the level
is back at stop_out_target. With no margin used the level is infinite and nothing acts, unless stop_out_hedged: then
covered positions go once equity is below zero. After forced closes that leave nothing open, negative-balance protection
lifts the balance to zero, and where the broker says so the credit goes. Read 2026-11-21 (reference A9, A10, H).
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import is_alive, sweep
from simcore.kernel.bounds import margin_bounds
from simcore.kernel.conditions import DISABLED
from simcore.kernel.endings import end_order
from simcore.kernel.enums import CalcMode, EventKind, Mode, Reason, Status, StopOutMoney, Venue, Why
from simcore.kernel.execution import close_qty
from simcore.kernel.jit import kernel
from simcore.kernel.margin import NO_FILL, NO_RESERVE, requirement, used_after
from simcore.kernel.money import GRID_TOLERANCE, money, snap_qty, steps_of
from simcore.kernel.revalue import closing_price, equity, result_at
from simcore.kernel.schema import instrument, order, position, terms

MARGIN_CALL, CLEARED = int(EventKind.MARGIN_CALL), int(EventKind.MARGIN_CALL_CLEARED)
STOP_OUT, STOP_OUT_ORDER = int(EventKind.STOP_OUT), int(EventKind.STOP_OUT_ORDER)
COMPENSATION, DEPOSIT = int(EventKind.BALANCE_COMPENSATION), int(EventKind.DEPOSIT)
CANCELED, BY_STOP_OUT, WHY_STOP_OUT = int(Status.CANCELED), int(Reason.STOP_OUT), int(Why.STOP_OUT)
COLLATERAL = int(CalcMode.SERV_COLLATERAL)
EQUITY, NEVER = int(StopOutMoney.EQUITY), -1e18  # a level nobody reaches, as brokers.rules writes it
SIMULATED, HEDGING, EXCHANGE = int(Venue.SIMULATED), int(Mode.HEDGING), int(Mode.EXCHANGE)


@kernel
def at_or_below(rules, now_equity, used, level):
    """True where the margin level is at or below `level`; in money mode, where equity or free margin is."""
    if rules.stop_out_money > 0:
        counts = now_equity if rules.stop_out_money == EQUITY else money(rules, now_equity - used)
        return used > 0.0 and counts <= level
    return used > 0.0 and now_equity <= level * used


@kernel
def is_called(state, rules, now_equity):
    """True while the account is in margin call; an exchange account, where what it holds needs more than equity."""
    if rules.mode == EXCHANGE:
        return rules.margin_call_level > NEVER and now_equity < requirement(state, rules, False)
    return at_or_below(rules, now_equity, state.account.used_margin, rules.margin_call_level)


@kernel
def is_stopped_out(state, rules, now_equity):
    """True while the broker takes action."""
    a = state.account
    if rules.mode == EXCHANGE:
        return rules.stop_out_level > NEVER and now_equity < requirement(state, rules, True)
    if rules.stop_out_hedged == 1 and a.used_margin <= 0.0 and a.n_positions > 0 and now_equity < 0.0:
        return True
    return at_or_below(rules, now_equity, a.used_margin, rules.stop_out_level)


@kernel
def goes_on(state, rules, now_equity):
    """True where a stop-out that has closed something is not done yet, though the level is above."""
    if rules.stop_out_all == 1:
        return True
    used = state.account.used_margin
    return rules.stop_out_target > 0.0 and used > 0.0 and now_equity < rules.stop_out_target * used


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
        needs = o.margin * (1.0 + instrument(state, o.instrument).margin_more) if is_alive(o) else 0.0
        if needs > most or (needs == most and best > 0 and o.id < order(state, rules, best).id):
            best = i
            most = needs
    return best


@kernel
def result_of(state, rules, p):
    """Gross profit of a position at its closing side, without swap and commission."""
    return result_at(state, rules, p, closing_price(instrument(state, p.instrument), p.side))


@kernel
def can_be_sold(t):
    """False for what a stop-out leaves alone: instruments that are not traded, collateral."""
    return t.trade_mode != DISABLED and t.calc_mode != COLLATERAL


@kernel
def oldest_losing(state, rules, k):
    """FIFO: row of the oldest position of instrument k that loses, of the oldest where none does."""
    first = instrument(state, k).first_position
    i = first
    while i > 0:
        if result_of(state, rules, position(state, rules, i)) < 0.0:
            return i
        i = position(state, rules, i).next
    return first


@kernel
def worst_position(state, rules):
    """Row of the position with the lowest gross profit that can be closed; 0 = none can."""
    best = 0
    lowest = math.inf
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        k = p.instrument
        if p.id > 0 and instrument(state, k).closed == 0 and can_be_sold(terms(rules, k)):
            if rules.fifo_close == 1 and i != oldest_losing(state, rules, k):
                continue
            result = result_of(state, rules, p)
            if result < lowest or (result == lowest and p.id < position(state, rules, best).id):
                best = i
                lowest = result
    return best


@kernel
def part_to_target(state, rules, t, p):
    """The smallest part of p whose close brings the level to stop_out_target; all of it where no part does."""
    wanted = equity(state, rules) / rules.stop_out_target
    whole = p.qty
    low = max(1.0, steps_of(t, t.qty_min)) - 1.0
    high = steps_of(t, p.qty)
    while low + 1.0 < high:
        middle = math.floor((low + high) * 0.5)
        p.qty = snap_qty(t, whole - middle * t.qty_increment)
        if used_after(state, rules, p.instrument, NO_FILL, 0, NO_RESERVE) <= wanted:
            high = middle
        else:
            low = middle
        p.qty = whole
    part = snap_qty(t, high * t.qty_increment)
    left = snap_qty(t, p.qty - part)
    return part if left >= t.qty_min - GRID_TOLERANCE * t.qty_increment else p.qty


@kernel
def forced_qty(state, rules, t, p):
    """How much one forced close takes: all of it, or what brings the level back; netting: what one deal may have."""
    if rules.stop_out_target > 0.0:
        return part_to_target(state, rules, t, p)
    if rules.stop_out_splits == 1 and rules.mode != HEDGING and p.qty > t.qty_max:
        return t.qty_max
    return p.qty


@kernel
def stop_out(state, rules, tape, now_equity):
    """Actions until the level is above stop_out_level or nothing is left to do; returns equity then."""
    a = state.account
    forced = False
    while is_stopped_out(state, rules, now_equity) or (forced and goes_on(state, rules, now_equity)):
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
            price = closing_price(instrument(state, p.instrument), p.side)
            result = result_of(state, rules, p)
            tell.event(state, tape, STOP_OUT, 0, 0, p.id, p.instrument, now_equity, a.used_margin, level, result)
            a.n_stop_outs += 1
            forced = True
            close_qty(
                state, rules, tape, i, forced_qty(state, rules, terms(rules, p.instrument), p), price, WHY_STOP_OUT
            )
            sweep(state, rules)
        now_equity = equity(state, rules)
    if forced and a.n_positions == 0 and a.balance < 0.0 and rules.negative_balance_protection == 1:
        tell.event(state, tape, COMPENSATION, 0, 0, 0, 0, -a.balance, 0.0, 0.0, 0.0)
        a.balance = 0.0
        if rules.withdraws_credit == 1 and a.credit > 0.0:
            tell.event(state, tape, DEPOSIT, 0, 0, 0, 0, -a.credit, 0.0, 0.0, 0.0)
            a.credit = 0.0
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
    if is_called(state, rules, now_equity):
        if a.in_call == 0:
            a.in_call = 1
            a.n_margin_calls += 1
            level = level_of(now_equity, a.used_margin)
            tell.event(state, tape, MARGIN_CALL, 0, 0, 0, 0, now_equity, a.used_margin, level, rules.margin_call_level)
    elif a.in_call == 1:
        a.in_call = 0
        level = level_of(now_equity, a.used_margin)
        tell.event(state, tape, CLEARED, 0, 0, 0, 0, now_equity, a.used_margin, level, rules.margin_call_level)
    if rules.venue == SIMULATED and is_stopped_out(state, rules, now_equity):
        now_equity = stop_out(state, rules, tape, now_equity)
    margin_bounds(state, rules, now_equity)
    called = is_called(state, rules, now_equity)
    if called != (a.in_call == 1) and state.now < state.next_due:  # a stop-out changed it: the next row tells
        state.next_due = state.now

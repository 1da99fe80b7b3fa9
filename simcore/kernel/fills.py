"""The one place where a fill touches money.

Netting: the opposite part closes at the average open price, what is left opens the other way; adding averages price
and margin conversion by qty. Hedging: a ticket named is closed, anything else opens or adds to the ticket of its order.
A closed part books its gross profit and its share of accrued swap to the balance; commission is booked with the fill.
What an exchange account pays in full (spot.py) moves the balance by its price; its profit is what it brought less cost.
Orders that were given for a ticket end with it.
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import find_position, free_position, new_position
from simcore.kernel.convert import margin_rate, profit_rate
from simcore.kernel.endings import end_ticket_orders
from simcore.kernel.enums import EventKind, Mode, Why
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import average_price, money, snap_qty
from simcore.kernel.revalue import gross
from simcore.kernel.schema import instrument, position, terms
from simcore.kernel.spot import deal_value, is_spot

HEDGING, ROLLOVER, SWAP = int(Mode.HEDGING), int(Why.ROLLOVER), int(EventKind.SWAP)
NAN = math.nan
NO_COSTS = (0.0, 0.0, NAN)


@kernel
def accrue(state, rules, tape, p, amount, days):
    """So much more swap of position p, for so many days (0: a broker's word)."""
    if amount != 0.0:
        p.swap = money(rules, p.swap + amount)
        state.account.swap = money(rules, state.account.swap + amount)
        tell.event(state, tape, SWAP, 0, 0, p.id, p.instrument, amount, days, p.swap, 0.0)


@kernel
def close_part(state, rules, tape, i, qty, price, order_id, why, commission, told_swap):
    """Close `qty` of position row i at price; returns (qty, pnl, swap) booked. told_swap: a broker's word, or nan."""
    p = position(state, rules, i)
    a = state.account
    t = terms(rules, p.instrument)
    whole = qty >= p.qty
    if whole:
        qty = p.qty
    pnl = gross(state, rules, p.instrument, p.side, p.price, price, qty)
    cost = p.cost if whole else money(rules, p.cost * (qty / p.qty))
    if is_spot(rules, t):
        pnl = money(rules, p.side * (deal_value(state, rules, p.instrument, -p.side, qty, price) - cost))
    swap = p.swap if whole else money(rules, p.swap * (qty / p.qty))
    if told_swap == told_swap:
        accrue(state, rules, tape, p, money(rules, told_swap - swap), 0.0)
        swap = told_swap
    entry = p.commission if whole else money(rules, p.commission * (qty / p.qty))
    a.balance = money(rules, a.balance + pnl + swap + p.side * cost)
    a.realized += pnl
    rate = profit_rate(state, rules, p.instrument, p.side, pnl, price)
    tell.trade(state, tape, p, order_id, why, qty, price, pnl, swap, money(rules, entry + commission), rate)
    p.cost = money(rules, p.cost - cost)
    p.swap = money(rules, p.swap - swap)
    p.commission = money(rules, p.commission - entry)
    p.qty = snap_qty(t, p.qty - qty)
    if whole or p.qty <= 0.0:
        free_position(state, rules, i)
    return qty, pnl, swap


@kernel
def pay(state, rules, p, qty, price):
    """What an exchange account pays in full: the price leaves the balance, that of what is sold short enters it."""
    if is_spot(rules, terms(rules, p.instrument)):
        cost = deal_value(state, rules, p.instrument, p.side, qty, price)
        p.cost = money(rules, p.cost + cost)
        state.account.balance = money(rules, state.account.balance - p.side * cost)


@kernel
def open_part(state, rules, k, side, qty, price, order_id, tag, commission):
    """Open a position row, or add to row of the same order (hedging) or instrument (netting). Returns its row.

    A fill that is no order of ours, or of one that has a position already, opens under a number of its own.
    """
    t = terms(rules, k)
    rate = margin_rate(state, rules, k, side, price)
    i = find_position(state, rules, order_id) if rules.mode == HEDGING else instrument(state, k).first_position
    if i > 0 and (position(state, rules, i).side != side or position(state, rules, i).instrument != k):
        i = 0
    if i > 0:
        p = position(state, rules, i)
        total = snap_qty(t, p.qty + qty)
        p.price = average_price(t, (p.price * p.qty + price * qty) / total)
        p.margin_rate = (p.margin_rate * p.qty + rate * qty) / total
        p.qty = total
        p.commission = money(rules, p.commission + commission)
        pay(state, rules, p, qty, price)
        if order_id > 0:
            p.last_order = order_id
        return i
    if order_id == 0 or find_position(state, rules, order_id) > 0:
        state.account.last_order_id += 1
        order_id = state.account.last_order_id
    i = new_position(state, rules, k)
    p = position(state, rules, i)
    p.id = order_id
    p.last_order = order_id
    p.ts = state.now
    p.side = side
    p.qty = qty
    p.price = price
    p.margin_rate = rate
    p.tag = tag
    p.sl = NAN
    p.tp = NAN
    p.trail = 0.0
    p.extreme = 0.0
    p.swap = 0.0
    p.commission = commission
    p.cost = 0.0
    pay(state, rules, p, qty, price)
    return i


@kernel
def closes(state, rules, k, side, ticket):
    """Row of the position that a fill of this side closes; 0 = none: it opens or adds."""
    i = find_position(state, rules, ticket)
    if i > 0 and position(state, rules, i).instrument != k:
        i = 0
    if i == 0 and rules.mode != HEDGING:
        i = instrument(state, k).first_position
    return i if i > 0 and position(state, rules, i).side != side else 0


@kernel
def apply_fill(state, rules, tape, k, side, qty, price, order_id, ticket, why, maker, tag, costs):
    """One execution: positions, balance, margin, tape. Returns the row of the position it opened or added to, or 0.

    `ticket` > 0 closes that position; what a fill has above it opens. costs = (commission, slippage, swap a broker
    booked, nan = what accrued). The caller made sure that a free position row is there for what opens.
    """
    a = state.account
    commission, slippage, told_swap = costs
    a.balance = money(rules, a.balance - commission)
    a.commission += commission
    a.slippage += slippage
    a.n_fills += 1
    closed, pnl, swap = 0.0, 0.0, 0.0
    rest = qty
    named = gone = 0
    i = closes(state, rules, k, side, ticket)
    if i > 0:
        named = position(state, rules, i).id
        part = min(qty, position(state, rules, i).qty)
        gone = named if part >= position(state, rules, i).qty else 0
        rest = snap_qty(terms(rules, k), qty - part)
        exit_commission = commission if rest <= 0.0 else money(rules, commission * (part / qty))
        closed, pnl, swap = close_part(state, rules, tape, i, part, price, order_id, why, exit_commission, told_swap)
        commission_open = money(rules, commission - exit_commission)
    else:
        commission_open = commission
    row = 0
    if rest > 0.0:
        row = open_part(state, rules, k, side, rest, price, order_id, tag, commission_open)
        named = position(state, rules, row).id
    paid = (commission, slippage)
    tell.fill(state, rules, tape, order_id, named, k, side, why, maker, tag, qty, price, paid, (closed, pnl, swap))
    refresh_margin(state, rules, k)
    if gone > 0 and why != ROLLOVER:
        end_ticket_orders(state, rules, tape, k, gone, order_id)
    return row

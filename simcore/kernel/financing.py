"""Swaps: what a position costs or earns overnight.

Charged at the broker's rollover for the weekday of the day that ends, times that day's multiplier (Wednesday three, so
that a week is seven days); a holiday charges nothing, the day before it both multipliers. Accrues in the position,
where equity sees it, and is booked when the position closes. Points: swap * the value of one point of the position,
which is converted and rounded to money first. Money modes: per lot, at the worse side. Interest: per cent a year of the
cost of the lots, 360 days unless the instrument says 365; a buy converts at Bid, a sell at Ask. Reopening: the position
is closed at the day's last price and opened again, dearer by that many points, under the same ticket; for a sell the
sign is the mirror's (unverified). Where the broker asks for it, positions then take the day's conversion of margin,
after working days only ("Recalculate margin exchange rate at the end of day", reference A4).
Source: MetaTrader 5 "Swaps" (reference A12, read 2026-11-21).
"""

from simcore.kernel import tell
from simcore.kernel.clock import day_before
from simcore.kernel.convert import is_forex, margin_rate, rate, worse_rate
from simcore.kernel.enums import EventKind, SwapMode, Why
from simcore.kernel.fills import NO_COSTS, accrue, apply_fill
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import average_price, money
from simcore.kernel.revalue import closing_price, is_by_tick
from simcore.kernel.schema import holiday, instrument, position, terms

ROLLOVER = int(Why.ROLLOVER)
MARGIN_RATE, SATURDAY = int(EventKind.MARGIN_RATE), 5
RATE_SLACK = 1e-12  # of a conversion: averages lie a hair beside it
DISABLED, POINTS = int(SwapMode.DISABLED), int(SwapMode.POINTS)
CURRENT, OPEN = int(SwapMode.INTEREST_CURRENT), int(SwapMode.INTEREST_OPEN)
REOPEN_CURRENT, REOPEN_BID = int(SwapMode.REOPEN_CURRENT), int(SwapMode.REOPEN_BID)


@kernel
def point_value(t, qty):
    """What one price increment is worth to qty, quote currency."""
    if is_by_tick(t):
        return t.tick_value * qty
    return (t.price_step / t.price_scale) * t.contract_size * qty


@kernel
def lot_cost(t, price):
    """What interest is charged on, for one lot: contract size in base currency (Forex), else its value at `price`."""
    if is_forex(t):
        return t.contract_size
    cost = t.contract_size * price
    return cost * t.tick_value / t.tick_size if is_by_tick(t) else cost


@kernel
def interest(state, rules, p, t, yearly, days):
    """Interest of `yearly` per cent on what the lots cost."""
    price = p.price if t.swap_mode == OPEN else closing_price(instrument(state, p.instrument), p.side)
    amount = lot_cost(t, price) * p.qty * yearly / 100.0 / t.swap_year
    return money(rules, amount * days * rate(state, rules, t.swap_path, p.side < 0, -1, 0.0))


@kernel
def swap_of(state, rules, p, days):
    """Financing of position p for `days` days, account currency, rounded to money; 0 where it is reopened instead."""
    t = terms(rules, p.instrument)
    swap = t.swap_long if p.side > 0 else t.swap_short
    if t.swap_mode == DISABLED or is_reopened(t) or swap == 0.0 or days == 0.0:
        return 0.0
    if t.swap_mode == CURRENT or t.swap_mode == OPEN:
        return interest(state, rules, p, t, swap, days)
    if t.swap_mode == POINTS:
        point = money(rules, point_value(t, p.qty) * worse_rate(state, rules, t.swap_path, swap))
        return money(rules, swap * point * days)
    return money(rules, swap * p.qty * days * worse_rate(state, rules, t.swap_path, swap))


@kernel
def is_reopened(t):
    return t.swap_mode == REOPEN_CURRENT or t.swap_mode == REOPEN_BID


@kernel
def reopen(state, rules, tape, i, days):
    """Close position row i at the day's last price and open it again, dearer by the swap's points: the same ticket."""
    p = position(state, rules, i)
    k, side, qty, ticket, tag = p.instrument, p.side, p.qty, p.id, p.tag
    kept = (p.sl, p.tp, p.trail, p.extreme, p.last_order, p.ts)
    t = terms(rules, k)
    s = instrument(state, k)
    points = (t.swap_long if side > 0 else t.swap_short) * days * t.price_step / t.price_scale
    last = closing_price(s, side)
    again = average_price(t, (s.bid if t.swap_mode == REOPEN_BID else last) + side * points)
    apply_fill(state, rules, tape, k, -side, qty, last, 0, ticket, ROLLOVER, 0, tag, NO_COSTS)
    row = apply_fill(state, rules, tape, k, side, qty, again, ticket, 0, ROLLOVER, 0, tag, NO_COSTS)
    p = position(state, rules, row)
    p.sl, p.tp, p.trail, p.extreme, p.last_order, p.ts = kept


@kernel
def days_charged(state, rules, t):
    """Multiplier of the day that ends now: 0 on a holiday, else its own and those of the holidays right after it."""
    day = day_before(rules.rollover_zone, state.now)
    if is_holiday(rules, day):
        return 0.0
    days = t.swap_days[(day + 3) % 7]
    while is_holiday(rules, day + 1):
        day += 1
        days += t.swap_days[(day + 3) % 7]
    return days


@kernel
def is_holiday(rules, day):
    for i in range(rules.n_holidays):
        if holiday(rules, i).day == day:
            return True
    return False


@kernel
def charge(state, rules, tape, i, days):
    """One rollover's swap of position row i, or its closing and opening again."""
    p = position(state, rules, i)
    if is_reopened(terms(rules, p.instrument)) and days != 0.0:
        reopen(state, rules, tape, i, days)
        return
    amount = swap_of(state, rules, p, days)
    accrue(state, rules, tape, p, amount, days)


@kernel
def roll_over(state, rules, tape):
    """Charge every position at the rollover `state.now`, instrument by instrument, oldest first."""
    for k in range(rules.n_instruments):
        t = terms(rules, k)
        days = days_charged(state, rules, t)
        i = instrument(state, k).first_position
        for _ in range(instrument(state, k).n_positions):  # what is reopened becomes the last of its list
            following = position(state, rules, i).next
            charge(state, rules, tape, i, days)
            i = following
    day = day_before(rules.rollover_zone, state.now)
    if rules.margin_rates_daily == 1 and (day + 3) % 7 < SATURDAY and not is_holiday(rules, day):
        renew_rates(state, rules, tape)


@kernel
def renew_rates(state, rules, tape):
    """Every position's margin converts as a new one of its side would."""
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        if p.id > 0:
            s = instrument(state, p.instrument)
            new = margin_rate(state, rules, p.instrument, p.side, s.ask if p.side > 0 else s.bid)
            if new > 0.0 and abs(new - p.margin_rate) > new * RATE_SLACK:
                old = p.margin_rate
                p.margin_rate = new
                refresh_margin(state, rules, p.instrument)
                state.margin_moved = 1
                used = state.account.used_margin
                tell.event(state, tape, MARGIN_RATE, 0, 0, p.id, p.instrument, old, new, used, 0.0)

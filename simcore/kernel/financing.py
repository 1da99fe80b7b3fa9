"""Swaps: what a position costs or earns overnight.

Charged at the broker's rollover for the weekday of the day that ends, times that day's multiplier (Wednesday three, so
that a week is seven days). Accrues in the position, where equity sees it, and is booked when the position closes.
Points: swap * the value of
one point of the position, which is converted and rounded to money first. Deposit currency: per lot. Interest: per cent
a year of contract size * price * qty, 360 days. Source: MetaTrader 5 "Swaps" (reference A12, read 2026-11-21).
"""

from simcore.kernel import tell
from simcore.kernel.clock import weekday_before
from simcore.kernel.convert import worse_rate
from simcore.kernel.enums import EventKind, SwapMode
from simcore.kernel.jit import kernel
from simcore.kernel.money import money
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import instrument, position, terms

SWAP = int(EventKind.SWAP)
DISABLED, POINTS, DEPOSIT = int(SwapMode.DISABLED), int(SwapMode.POINTS), int(SwapMode.CURRENCY_DEPOSIT)
BASE, MARGIN, PROFIT = int(SwapMode.CURRENCY_BASE), int(SwapMode.CURRENCY_MARGIN), int(SwapMode.CURRENCY_PROFIT)
CURRENT, OPEN = int(SwapMode.INTEREST_CURRENT), int(SwapMode.INTEREST_OPEN)
DAYS_IN_YEAR = 360.0


@kernel
def swap_of(state, rules, p, days):
    """Financing of position p for `days` days, account currency, rounded to money."""
    t = terms(rules, p.instrument)
    rate = t.swap_long if p.side > 0 else t.swap_short
    if t.swap_mode == DISABLED or rate == 0.0 or days == 0.0:
        return 0.0
    if t.swap_mode == DEPOSIT:
        return money(rules, rate * p.qty * days)
    if t.swap_mode == BASE or t.swap_mode == MARGIN:
        return money(rules, rate * p.qty * days * worse_rate(state, rules, t.margin_path, rate))
    if t.swap_mode == POINTS:
        point = (t.price_step / t.price_scale) * t.contract_size * p.qty
        point = money(rules, point * worse_rate(state, rules, t.profit_path, rate))
        return money(rules, rate * point * days)
    if t.swap_mode == PROFIT:
        amount = rate * p.qty
    else:
        price = p.price if t.swap_mode == OPEN else closing_price(instrument(state, p.instrument), p.side)
        amount = t.contract_size * p.qty * price * rate / 100.0 / DAYS_IN_YEAR
    return money(rules, amount * days * worse_rate(state, rules, t.profit_path, rate))


@kernel
def roll_over(state, rules, tape):
    """Charge every position at the rollover `state.now`."""
    weekday = weekday_before(rules.rollover_zone, state.now)
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        if p.id > 0:
            days = terms(rules, p.instrument).swap_days[weekday]
            amount = swap_of(state, rules, p, days)
            if amount != 0.0:
                p.swap = money(rules, p.swap + amount)
                state.account.swap += amount
                tell.event(state, tape, SWAP, 0, 0, p.id, p.instrument, amount, days, p.swap, 0.0)

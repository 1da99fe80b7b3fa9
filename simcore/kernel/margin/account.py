"""Margin of an instrument and of the account: netting and hedging accounts, pending orders included.

Source: MetaTrader 5 help, "Margin calculation: netting / hedging" (read 2026-11-21). Netting: the larger of the two
sides, position and limit orders; stop orders added. Hedging: the uncovered volume at the larger leg's price and rate,
plus the covered volume with `hedged_margin` as its contract size and average price and rate; or, with
`hedged_use_leg`, the larger leg. Every pending order's reserve is added.

What is held counts at maintenance, what a fill is about to open at its initial margin and rate. With fixed margins on a
hedging account the lots held go on counting while the fill is checked: 1 lot bought (500), 2 to sell: 500 + 1 covered
(500) + 1 uncovered (initial, 1,000) = 2,000, and 500 + 500 once it is done (reference mt5-hedged-fixed-001).
"""

from simcore.kernel.enums import CalcMode, Mode, OrderType
from simcore.kernel.jit import kernel
from simcore.kernel.margin.formulas import basic, fixed_margin, opening_rate, position_rate
from simcore.kernel.money import money
from simcore.kernel.schema import instrument, order, position, terms

HEDGING, FUTURES = int(Mode.HEDGING), int(CalcMode.FUTURES)
LIMIT = int(OrderType.LIMIT)


@kernel
def order_type_index(side, kind):
    """Row of the margin rates: buy sell, limits, stops (trailing too), stop limits."""
    row = 0
    if kind == 1:
        row = 2
    elif kind == 2 or kind == 4:
        row = 4
    elif kind == 3:
        row = 6
    return row if side > 0 else row + 1


@kernel
def order_margin(t, side, kind, qty, price, rate):
    """What a new order of this type reserves."""
    share = t.margin_initial_rate[order_type_index(side, kind)]
    return basic(t, qty, price, rate, t.contract_size, t.initial_margin) * share


@kernel
def legs(state, rules, k, side, qty, price, rate):
    """Both legs of k as (qty, sum qty*price, sum qty*rate) each, with a hypothetical fill of `qty` (0 = none)."""
    s = instrument(state, k)
    long_qty = long_value = long_rate = 0.0
    short_qty = short_value = short_rate = 0.0
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        q = p.qty
        new = 0.0
        if qty > 0.0 and rules.mode != HEDGING:
            if p.side == side:
                new = qty
            else:
                q = p.qty - qty if p.qty > qty else 0.0
        if p.side > 0:
            long_qty += q
            long_value += q * p.price
            long_rate += q * p.margin_rate
        else:
            short_qty += q
            short_value += q * p.price
            short_rate += q * p.margin_rate
        if qty > 0.0 and rules.mode != HEDGING and new == 0.0:
            qty = qty - p.qty if qty > p.qty else 0.0
        i = p.next
    if qty > 0.0:
        if side > 0:
            long_qty += qty
            long_value += qty * price
            long_rate += qty * rate
        else:
            short_qty += qty
            short_value += qty * price
            short_rate += qty * rate
    return (long_qty, long_value, long_rate), (short_qty, short_value, short_rate)


@kernel
def leg_margin(t, side, leg):
    if leg[0] <= 0.0:
        return 0.0
    return basic(t, leg[0], leg[1] / leg[0], leg[2] / leg[0], t.contract_size, fixed_margin(t)) * position_rate(t, side)


@kernel
def hedged(t, longs, shorts):
    """Margin of two opposite legs on a hedging account."""
    long_margin = leg_margin(t, 1, longs)
    short_margin = leg_margin(t, -1, shorts)
    if t.hedged_use_leg == 1:
        return max(long_margin, short_margin)
    covered = min(longs[0], shorts[0])
    if covered <= 0.0:
        return long_margin + short_margin
    side = 1 if longs[0] >= shorts[0] else -1
    larger = longs if side > 0 else shorts
    open_qty = larger[0] - covered
    total = basic(t, open_qty, larger[1] / larger[0], larger[2] / larger[0], t.contract_size, fixed_margin(t))
    return total * position_rate(t, side) + covered_margin(t, covered, longs, shorts)


@kernel
def covered_margin(t, qty, longs, shorts):
    """Margin of `qty` lots that stand on both sides: hedged_margin, at the average price and rate of both legs."""
    if not t.hedged_margin > 0.0:
        return 0.0
    both = longs[0] + shorts[0]
    fixed = t.hedged_margin if t.initial_margin > 0.0 else 0.0
    part = basic(t, qty, (longs[1] + shorts[1]) / both, (longs[2] + shorts[2]) / both, t.hedged_margin, fixed)
    return part * (position_rate(t, 1) + position_rate(t, -1)) * 0.5


@kernel
def initial_of(t, fill, qty):
    """Margin to open `qty` of a fill."""
    return basic(t, qty, fill[2], fill[3], t.contract_size, t.initial_margin) * opening_rate(t, fill[0])


@kernel
def above_maintenance(t, fill, qty):
    """By how much opening `qty` of a fill asks for more than holding it does."""
    kept = basic(t, qty, fill[2], fill[3], t.contract_size, fixed_margin(t)) * position_rate(t, fill[0])
    return initial_of(t, fill, qty) - kept


@kernel
def opened(state, rules, k, fill):
    """(qty a fill opens, qty of it that no opposite position covers)."""
    s = instrument(state, k)
    own = s.long_qty if fill[0] > 0 else s.short_qty
    opposite = s.short_qty if fill[0] > 0 else s.long_qty
    if rules.mode != HEDGING:
        left = max(0.0, fill[1] - opposite)
        return left, left
    return fill[1], min(fill[1], max(0.0, own + fill[1] - opposite))


@kernel
def hedged_check(state, rules, k, t, fill, longs, shorts):
    """Margin of the two legs of a hedging account in which `fill` is about to happen; the legs hold it already."""
    new, uncovered = opened(state, rules, k, fill)
    if new <= 0.0:
        return hedged(t, longs, shorts)
    if t.hedged_use_leg == 1:
        long_margin = leg_margin(t, 1, longs)
        short_margin = leg_margin(t, -1, shorts)
        more = above_maintenance(t, fill, new)
        return max(long_margin + more, short_margin) if fill[0] > 0 else max(long_margin, short_margin + more)
    if not (t.initial_margin > 0.0 or t.calc_mode == FUTURES):
        return hedged(t, longs, shorts) + above_maintenance(t, fill, uncovered)
    held = legs(state, rules, k, 1, 0.0, 0.0, 0.0)
    total = hedged(t, held[0], held[1]) + initial_of(t, fill, uncovered)
    return total + covered_margin(t, new - uncovered, longs, shorts)


NO_FILL = (1, 0.0, 0.0, 0.0)
NO_RESERVE = (1, 0, 0.0)


@kernel
def margin_of(state, rules, k, fill, skip, extra):
    """Margin of instrument k, rounded to money, if something were otherwise.

    fill = (side, qty, price, margin rate) about to happen; skip = an order row left out, 0 = none; extra = (side, type,
    margin) of one more pending order.
    """
    t = terms(rules, k)
    longs, shorts = legs(state, rules, k, fill[0], fill[1], fill[2], fill[3])
    buys = sells = stops = 0.0
    if extra[1] != LIMIT:
        stops += extra[2]
    elif extra[0] > 0:
        buys += extra[2]
    else:
        sells += extra[2]
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if i != skip:
            if o.type != LIMIT:
                stops += o.margin
            elif o.side > 0:
                buys += o.margin
            else:
                sells += o.margin
        i = o.next
    if rules.mode == HEDGING:
        return money(rules, hedged_check(state, rules, k, t, fill, longs, shorts) + buys + sells + stops)
    if fill[1] > 0.0:
        more = above_maintenance(t, fill, opened(state, rules, k, fill)[0])
        if fill[0] > 0:
            buys += more
        else:
            sells += more
    return money(rules, max(leg_margin(t, 1, longs) + buys, leg_margin(t, -1, shorts) + sells) + stops)


@kernel
def refresh_margin(state, rules, k):
    """Instrument k changed: its margin anew, and the account's as the sum over instruments."""
    s = instrument(state, k)
    longs, shorts = legs(state, rules, k, 1, 0.0, 0.0, 0.0)
    s.long_qty = longs[0]
    s.short_qty = shorts[0]
    s.long_value = longs[1]
    s.short_value = shorts[1]
    s.margin = margin_of(state, rules, k, NO_FILL, 0, NO_RESERVE)
    total = 0.0
    for j in range(rules.n_instruments):
        total += instrument(state, j).margin
    state.account.used_margin = money(rules, total)


@kernel
def used_after(state, rules, k, fill, skip, extra):
    """used_margin of the account if something were otherwise with instrument k; see `margin_of`."""
    total = 0.0
    for j in range(rules.n_instruments):
        total += instrument(state, j).margin if j != k else margin_of(state, rules, k, fill, skip, extra)
    return money(rules, total)

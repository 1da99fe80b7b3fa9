"""The two sides of what is held in one instrument, and what they need: netting and hedging accounts.

Source: MetaTrader 5 help, "Margin calculation: netting / hedging" (read 2026-11-21). Hedging: the uncovered volume at
the larger leg's price and rate, plus the covered volume with `hedged_margin` as its contract size and average price and
rate. A leg is (qty, sum of qty * price, sum of qty * margin rate): price and rate are those of the opening, or today's
where the broker re-values margin (OANDA v20 at mid, Trading 212 at ask for longs and bid for shorts).

What is held counts at maintenance, what a fill is about to open at its initial margin and rate. With fixed margins on a
hedging account the lots held go on counting while the fill is checked: 1 lot bought (500), 2 to sell: 500 + 1 covered
(500) + 1 uncovered (initial, 1,000) = 2,000, and 500 + 500 once it is done (reference A7).
"""

from simcore.kernel.convert import path_rate
from simcore.kernel.enums import CalcMode, Mode, Valuation
from simcore.kernel.jit import kernel
from simcore.kernel.margin.formulas import basic, fixed_margin, of_lots, opening_rate, position_rate
from simcore.kernel.schema import instrument, position, terms

HEDGING, FUTURES, MID = int(Mode.HEDGING), int(CalcMode.FUTURES), int(Valuation.MID)
NO_FILL = (1, 0.0, 0.0, 0.0)  # side, qty, price, margin rate


@kernel
def held_at(state, rules, k, p):
    """(price, margin rate) a position's margin counts with: those of its opening, or today's."""
    if rules.margin_current == 0:
        return p.price, p.margin_rate
    s = instrument(state, k)
    price = s.ask if p.side > 0 else s.bid
    if rules.valuation == MID:
        price = (s.bid + s.ask) * 0.5
    return price, path_rate(state, terms(rules, k).margin_path, p.side > 0, rules.convert_mid == 1, k, price)


@kernel
def legs(state, rules, k, side, qty, price, rate):
    """Both legs of k as (qty, sum qty*price, sum qty*rate) each, with a hypothetical fill of `qty` (0 = none)."""
    s = instrument(state, k)
    long_qty = long_value = long_rate = 0.0
    short_qty = short_value = short_rate = 0.0
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        price_held, rate_held = held_at(state, rules, k, p)
        q = p.qty
        new = 0.0
        if qty > 0.0 and rules.mode != HEDGING:
            if p.side == side:
                new = qty
            else:
                q = p.qty - qty if p.qty > qty else 0.0
        if p.side > 0:
            long_qty += q
            long_value += q * price_held
            long_rate += q * rate_held
        else:
            short_qty += q
            short_value += q * price_held
            short_rate += q * rate_held
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
    return of_lots(t, leg[0], leg[1] / leg[0], leg[2] / leg[0], fixed_margin(t), position_rate(t, side))


@kernel
def hedged(t, longs, shorts):
    """Margin of two opposite legs on a hedging account."""
    covered = min(longs[0], shorts[0])
    if covered <= 0.0:
        return leg_margin(t, 1, longs) + leg_margin(t, -1, shorts)
    side = 1 if longs[0] >= shorts[0] else -1
    larger = longs if side > 0 else shorts
    open_qty = larger[0] - covered
    price, rate = larger[1] / larger[0], larger[2] / larger[0]
    total = of_lots(t, open_qty, price, rate, fixed_margin(t), position_rate(t, side))
    return total + covered_margin(t, covered, longs, shorts)


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
    return of_lots(t, qty, fill[2], fill[3], t.initial_margin, opening_rate(t, fill[0]))


@kernel
def above_maintenance(t, fill, qty):
    """By how much opening `qty` of a fill asks for more than holding it does."""
    kept = of_lots(t, qty, fill[2], fill[3], fixed_margin(t), position_rate(t, fill[0]))
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
    if not (t.initial_margin > 0.0 or t.calc_mode == FUTURES):
        return hedged(t, longs, shorts) + above_maintenance(t, fill, uncovered)
    held = legs(state, rules, k, 1, 0.0, 0.0, 0.0)
    total = hedged(t, held[0], held[1]) + initial_of(t, fill, uncovered)
    return total + covered_margin(t, new - uncovered, longs, shorts)

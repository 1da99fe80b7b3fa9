"""Margin of an exchange account: a share of what positions are worth now, at the initial and at the maintenance rate.

Shares and bonds: size * current price * margin rate of the side. Limit orders are counted by their worst price, as if
everything were bought at the lowest limit and had fallen there (sold at the highest and risen there): buying side =
held * (price - lowest) + (held + ordered) * lowest * rate + (value of the orders - ordered * lowest), selling side
mirrored; the larger of the two is the adjusted initial margin. A side that only closes what is held asks for nothing.
Stop orders reserve nothing. Anything else on the account needs what it needs on a netting account, held at the initial
rate too. used_margin is the adjusted initial margin; the account is called where the initial margin of its positions
exceeds equity, and stopped out where the maintenance margin does: levels play no part.
Source: MetaTrader 5 help, "Margin Calculation: Exchange Model", with both worked examples; Platform, "Group Settings"
(read 2026-11-21). The page gives one rate for the adjusted margin: here the initial rate of the side.
"""

from simcore.kernel.convert import path_rate
from simcore.kernel.enums import Mode, OrderType
from simcore.kernel.jit import kernel
from simcore.kernel.margin.formulas import of_lots, opening_rate, position_rate
from simcore.kernel.money import money
from simcore.kernel.revalue import value_price
from simcore.kernel.schema import instrument, order, terms
from simcore.kernel.spot import deal_value, is_spot, unit_value, worth

EXCHANGE, LIMIT = int(Mode.EXCHANGE), int(OrderType.LIMIT)


@kernel
def side_rate(state, rules, k, side, price):
    """Margin currency -> account for a position of this side, now."""
    return path_rate(state, terms(rules, k).margin_path, side > 0, rules.convert_mid == 1, k, price)


@kernel
def plain(state, rules, k, held, kept):
    """Margin of `held` (signed) shares or bonds at their current price; kept: at the maintenance rate."""
    if held == 0.0:
        return 0.0
    t = terms(rules, k)
    side = 1 if held > 0.0 else -1
    price = value_price(rules, instrument(state, k), side)
    rate = position_rate(t, side) if kept else opening_rate(t, side)
    return abs(held) * unit_value(t, price) * rate * side_rate(state, rules, k, side, price)


@kernel
def limits(state, rules, k, side, skip, extra):
    """Limit orders of a side as (qty, sum of qty * value, worst value of a unit); 0s where there are none."""
    t = terms(rules, k)
    qty = value = worst = 0.0
    if extra[1] == LIMIT and extra[0] == side and extra[2] > 0.0:
        worst = unit_value(t, extra[4])
        qty = extra[3]
        value = extra[3] * worst
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if i != skip and o.type == LIMIT and o.side == side and o.margin > 0.0:
            unit = unit_value(t, o.limit)
            left = o.qty - o.filled
            if qty == 0.0 or side * (worst - unit) > 0.0:
                worst = unit
            qty += left
            value += left * unit
        i = o.next
    return qty, value, worst


@kernel
def adjusted(state, rules, k, held, side, skip, extra):
    """Adjusted initial margin of one side, `held` (signed) being held: see the formula above."""
    t = terms(rules, k)
    qty, value, worst = limits(state, rules, k, side, skip, extra)
    own = side * held  # > 0: held on this side
    if own <= 0.0 and -own >= qty:
        return 0.0
    s = instrument(state, k)
    price = value_price(rules, s, side if own >= 0.0 else -side)
    now = unit_value(t, price)
    if qty == 0.0:
        worst = now
    moved = side * own * (now - worst) + (own + qty) * worst * opening_rate(t, side) + side * (value - qty * worst)
    return moved * side_rate(state, rules, k, side, price)


@kernel
def spot_parts(state, rules, k, longs, shorts, skip, extra):
    """(initial margin of what is held, what the limit orders add) of shares and bonds."""
    held = longs[0] - shorts[0]
    now = plain(state, rules, k, held, False)
    buys = adjusted(state, rules, k, held, 1, skip, extra)
    sells = adjusted(state, rules, k, held, -1, skip, extra)
    return now, max(buys, sells) - now


@kernel
def leg_initial(t, side, leg):
    """Initial margin of a leg that is no share and no bond."""
    if leg[0] <= 0.0:
        return 0.0
    return of_lots(t, leg[0], leg[1] / leg[0], leg[2] / leg[0], t.initial_margin, opening_rate(t, side))


@kernel
def deal_effect(state, rules, k, fill):
    """By how much a fill changes equity: what is bought counts at its liquidity rate, what was paid in full."""
    t = terms(rules, k)
    if fill[1] <= 0.0 or not is_spot(rules, t):
        return 0.0
    s = instrument(state, k)
    held = s.long_qty - s.short_qty
    after = held + fill[0] * fill[1]
    change = -fill[0] * deal_value(state, rules, k, fill[0], fill[1], fill[2])
    for sign, qty in ((-1.0, held), (1.0, after)):
        side = 1 if qty >= 0.0 else -1
        change += sign * worth(state, rules, k, side, abs(qty), value_price(rules, s, side))
    return money(rules, change)

"""Margin of an instrument and of the account, pending orders included.

Netting: the larger of the two sides, position and limit orders; stop orders added. Hedging: what the sides need, and
every pending order's reserve; with `hedged_use_leg` the larger side, positions and pending orders of that direction.
FORTS has a rule of its own, exchange accounts another (exchange.py); collateral needs nothing. Source: MetaTrader 5
help, "Margin calculation" (reference A6, A7, read 2026-11-21). `fill`, `skip` and `extra` ask what it would be if
something were otherwise: fill = (side, qty, price, margin rate) about to happen; skip = an order row left out, 0 for
none; extra = (side, type, margin, qty, price) of one more pending order.
"""

from simcore.kernel.enums import CalcMode, Mode, OrderType
from simcore.kernel.jit import kernel
from simcore.kernel.margin.exchange import EXCHANGE, leg_initial, plain, spot_parts
from simcore.kernel.margin.formulas import forts, of_lots
from simcore.kernel.margin.sides import NO_FILL, above_maintenance, hedged_check, leg_margin, legs, opened
from simcore.kernel.money import money
from simcore.kernel.schema import instrument, order, position, terms
from simcore.kernel.spot import is_spot

HEDGING, FORTS, COLLATERAL = int(Mode.HEDGING), int(CalcMode.EXCH_FUTURES_FORTS), int(CalcMode.SERV_COLLATERAL)
LIMIT = int(OrderType.LIMIT)
NO_RESERVE = (1, 0, 0.0, 0.0, 0.0)


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
    if t.calc_mode == FORTS:
        return forts(t, side, qty, price) * rate * share
    return of_lots(t, qty, price, rate, t.initial_margin, share) if share > 0.0 else 0.0


@kernel
def pending(state, rules, k, skip, extra):
    """Reserves of the pending orders as (buy limits, sell limits, buy stops, sell stops)."""
    buys = sells = buy_stops = sell_stops = 0.0
    if extra[1] == LIMIT:
        if extra[0] > 0:
            buys += extra[2]
        else:
            sells += extra[2]
    elif extra[0] > 0:
        buy_stops += extra[2]
    else:
        sell_stops += extra[2]
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if i != skip:
            if o.type == LIMIT:
                if o.side > 0:
                    buys += o.margin
                else:
                    sells += o.margin
            elif o.side > 0:
                buy_stops += o.margin
            else:
                sell_stops += o.margin
        i = o.next
    return buys, sells, buy_stops, sell_stops


@kernel
def forts_sides(t, longs, shorts, buys, sells):
    """FORTS: (buy formula, sell formula); both value the position, each adds the orders of its side."""
    buy, sell = buys, sells
    if longs[0] > 0.0:
        price, rate = longs[1] / longs[0], longs[2] / longs[0]
        buy += forts(t, 1, longs[0], price) * rate
        sell -= forts(t, -1, longs[0], price) * rate
    if shorts[0] > 0.0:
        price, rate = shorts[1] / shorts[0], shorts[2] / shorts[0]
        buy -= forts(t, 1, shorts[0], price) * rate
        sell += forts(t, -1, shorts[0], price) * rate
    return buy, sell


@kernel
def held_leg(rules, t, side, leg):
    """Margin of a leg as used_margin counts it: an exchange account holds at the initial rate."""
    return leg_initial(t, side, leg) if rules.mode == EXCHANGE else leg_margin(t, side, leg)


@kernel
def requirement(state, rules, kept):
    """Exchange accounts: initial, or maintenance, margin of everything held, without pending orders."""
    total = 0.0
    for k in range(rules.n_instruments):
        s = instrument(state, k)
        if s.n_positions > 0:
            t = terms(rules, k)
            if is_spot(rules, t):
                margin = plain(state, rules, k, s.long_qty - s.short_qty, kept)
            elif kept and t.calc_mode != FORTS and t.calc_mode != COLLATERAL:
                longs, shorts = legs(state, rules, k, 1, 0.0, 0.0, 0.0)
                margin = max(leg_margin(t, 1, longs), leg_margin(t, -1, shorts))
            else:
                margin = parts(state, rules, k, NO_FILL, 0, NO_RESERVE)[0]
            total += money(rules, margin * (1.0 + s.margin_more))
    return total


@kernel
def parts(state, rules, k, fill, skip, extra):
    """(margin of what is held, what the pending orders add) of instrument k, not rounded."""
    t = terms(rules, k)
    longs, shorts = legs(state, rules, k, fill[0], fill[1], fill[2], fill[3])
    if is_spot(rules, t):
        return spot_parts(state, rules, k, longs, shorts, skip, extra)
    buys, sells, buy_stops, sell_stops = pending(state, rules, k, skip, extra)
    if t.calc_mode == COLLATERAL:
        return 0.0, 0.0
    if t.calc_mode == FORTS:
        held = max(0.0, max(forts_sides(t, longs, shorts, 0.0, 0.0)))
        both = max(0.0, max(forts_sides(t, longs, shorts, buys + buy_stops, sells + sell_stops)))
        return held, both - held
    if rules.mode == HEDGING and t.hedged_use_leg == 0:
        return hedged_check(state, rules, k, t, fill, longs, shorts), buys + sells + buy_stops + sell_stops
    long_margin = held_leg(rules, t, 1, longs)
    short_margin = held_leg(rules, t, -1, shorts)
    if fill[1] > 0.0 and rules.mode != EXCHANGE:
        more = above_maintenance(t, fill, opened(state, rules, k, fill)[0])
        if fill[0] > 0:
            long_margin += more
        else:
            short_margin += more
    held = max(long_margin, short_margin)
    if rules.mode == HEDGING:  # the larger leg, its orders with it
        return held, max(long_margin + buys + buy_stops, short_margin + sells + sell_stops) - held
    return held, max(long_margin + buys, short_margin + sells) - held + (buy_stops + sell_stops)


@kernel
def margin_of(state, rules, k, fill, skip, extra):
    """Margin of instrument k, rounded to money; times what a closed market or an hour of news asks for."""
    held, orders = parts(state, rules, k, fill, skip, extra)
    return money(rules, (held + orders) * (1.0 + instrument(state, k).margin_more))


@kernel
def refresh_instrument(state, rules, k):
    """Sides and plain margin of instrument k anew."""
    s = instrument(state, k)
    long_qty = long_value = short_qty = short_value = 0.0
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        if p.side > 0:
            long_qty += p.qty
            long_value += p.qty * p.price
        else:
            short_qty += p.qty
            short_value += p.qty * p.price
        i = p.next
    s.long_qty = long_qty
    s.short_qty = short_qty
    s.long_value = long_value
    s.short_value = short_value
    s.margin = margin_of(state, rules, k, NO_FILL, 0, NO_RESERVE)

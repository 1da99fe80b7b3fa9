"""The price bounds of the hot tick: between them nothing can happen, so nothing is computed.

Four per instrument: `lo_bid hi_bid lo_ask hi_ask`. Orders, stop losses and take profits set them directly. The margin
call sets them too: margin moves only with volume, so the account is safe while no open instrument has lost more than
its share of the cushion equity - call level * margin. Where that cannot be said in one price (a conversion through
another instrument, margin that moves with prices, an account under margin call, a tracked equity), the bounds are
closed: every tick is looked at.
"""

import math

from simcore.kernel.book import acts_as, at_venue, is_at_once
from simcore.kernel.enums import CalcMode, OrderType, StopOutMoney, Valuation
from simcore.kernel.jit import kernel
from simcore.kernel.revalue import equity
from simcore.kernel.schema import instrument, order, position, terms

INF = math.inf
SIDED = int(Valuation.SIDED)
BONDS, COLLATERAL = int(CalcMode.EXCH_BONDS), int(CalcMode.SERV_COLLATERAL)
PER_CENT, FREE_MARGIN = int(StopOutMoney.PER_CENT), int(StopOutMoney.FREE_MARGIN)
REACH = 0.1  # bounds never lie further than this share of the price
MARKET, LIMIT, TRAILING = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.TRAILING_STOP)


@kernel
def close_bounds(s):
    """Look at every tick of this instrument."""
    s.lo_bid = INF
    s.hi_bid = -INF


@kernel
def position_bounds(s, p):
    """nan compares false, so a stop that is not given never binds."""
    if p.side > 0:
        if p.sl > s.trigger_lo_bid:
            s.trigger_lo_bid = p.sl
        if p.tp < s.trigger_hi_bid:
            s.trigger_hi_bid = p.tp
        if p.trail > 0.0 and p.extreme < s.trigger_hi_bid:
            s.trigger_hi_bid = p.extreme
    else:
        if p.sl < s.trigger_hi_ask:
            s.trigger_hi_ask = p.sl
        if p.tp > s.trigger_lo_ask:
            s.trigger_lo_ask = p.tp
        if p.trail > 0.0 and p.extreme > s.trigger_lo_ask:
            s.trigger_lo_ask = p.extreme


@kernel
def order_bounds(s, o):
    if acts_as(o) == LIMIT:
        if o.side > 0:
            if o.limit > s.trigger_lo_ask:
                s.trigger_lo_ask = o.limit
        elif o.limit < s.trigger_hi_bid:
            s.trigger_hi_bid = o.limit
        return
    if o.side > 0:
        if o.stop < s.trigger_hi_ask:
            s.trigger_hi_ask = o.stop
        if o.type == TRAILING and o.extreme > s.trigger_lo_ask:
            s.trigger_lo_ask = o.extreme
    else:
        if o.stop > s.trigger_lo_bid:
            s.trigger_lo_bid = o.stop
        if o.type == TRAILING and o.extreme < s.trigger_hi_bid:
            s.trigger_hi_bid = o.extreme


@kernel
def takes_next(o):
    """True for what the very next quote changes: rests of market and stop orders, IOC, FOK, OPG, an iceberg's rest."""
    return acts_as(o) == MARKET or is_at_once(o) or o.shown > 0.0


@kernel
def trigger_bounds(state, rules, k):
    """Nearest prices at which an order, a stop loss, a take profit or a trail of instrument k acts."""
    s = instrument(state, k)
    s.trigger_lo_bid = -INF
    s.trigger_hi_bid = INF
    s.trigger_lo_ask = -INF
    s.trigger_hi_ask = INF
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        position_bounds(s, p)
        i = p.next
    i = s.first_order
    while i > 0:
        o = order(state, rules, i)
        if at_venue(o) and o.held == 0:
            if takes_next(o):
                s.trigger_hi_bid = -INF
            else:
                order_bounds(s, o)
        i = o.next
    if s.n_waits > 0:
        s.trigger_hi_bid = -INF


@kernel
def exposure(rules, t, s, k):
    """Account currency lost per unit of price against each leg, as (long, short); 0, 0 where it is not linear.

    Within REACH of the standing quote this is an upper bound, which is all the bounds need.
    """
    if rules.margin_moves == 1 or rules.valuation != SIDED or t.calc_mode == COLLATERAL:
        return 0.0, 0.0
    if t.profit_path.n == 0:
        unit = t.contract_size
        if t.calc_mode == BONDS:
            unit *= t.face_value / 100.0
        if t.tick_value > 0.0 and t.tick_size > 0.0 and t.tick_value / t.tick_size > unit:
            unit = t.tick_value / t.tick_size
        return s.long_qty * unit, s.short_qty * unit
    if t.profit_path.n == 1 and t.profit_path.first == k and t.profit_path.first_inverse == 1:
        # the pair converts itself: C * q * (p - open) / p moves by C * q * open / p^2
        low = s.bid * (1.0 - REACH)
        return s.long_value * t.contract_size / (low * low), s.short_value * t.contract_size / (low * low)
    return 0.0, 0.0


@kernel
def cushion_of(rules, a, now_equity):
    """What equity may lose before a level is reached, less what roundings may move."""
    level = max(rules.margin_call_level, rules.stop_out_level)
    if rules.stop_out_money == PER_CENT:
        level *= a.used_margin
    elif rules.stop_out_money == FREE_MARGIN:
        level += a.used_margin
    if rules.gate_every == 0:
        level = max(level, max(rules.gate_warn, rules.gate_close) * a.used_margin)
    return now_equity - level - 2.0 * (a.n_positions + 1) / rules.money_scale


@kernel
def margin_bounds(state, rules, now_equity):
    """Set every open instrument's bounds so that no margin call can hide between them."""
    a = state.account
    cushion = cushion_of(rules, a, now_equity)
    n_open = 0
    for k in range(rules.n_instruments):
        if instrument(state, k).n_positions > 0:
            n_open += 1
    for k in range(rules.n_instruments):
        s = instrument(state, k)
        s.lo_bid = s.trigger_lo_bid
        s.hi_bid = s.trigger_hi_bid
        s.lo_ask = s.trigger_lo_ask
        s.hi_ask = s.trigger_hi_ask
    if rules.margin_moves == 1:
        for k in range(rules.n_instruments):
            if instrument(state, k).n_positions + instrument(state, k).n_orders > 0:
                close_legs(state, terms(rules, k).margin_path)
                close_legs(state, terms(rules, k).lever_path)
    if n_open == 0:
        return
    share = cushion / n_open
    for k in range(rules.n_instruments):
        s = instrument(state, k)
        if s.n_positions > 0:
            per_long, per_short = exposure(rules, terms(rules, k), s, k)
            linear = per_long + per_short > 0.0
            if not linear:
                close_legs(state, terms(rules, k).profit_path)
            moves = rules.margin_moves == 1  # none is used now: prices alone can change that
            acts_anyway = rules.stop_out_money > 0 or rules.stop_out_hedged == 1 or rules.track == 1 or moves
            if a.used_margin <= 0.0 and not acts_anyway:
                continue
            if a.in_call == 1 or rules.track == 1 or not linear or share <= 0.0:
                close_bounds(s)
                continue
            half = share if per_long == 0.0 or per_short == 0.0 else share * 0.5
            if per_long > 0.0:
                reach = s.bid - min(half / per_long, s.bid * REACH)
                if reach > s.lo_bid:
                    s.lo_bid = reach
            if per_short > 0.0:
                reach = s.ask + min(half / per_short, s.ask * REACH)
                if reach < s.hi_ask:
                    s.hi_ask = reach


@kernel
def close_legs(state, path):
    """A conversion that moves by itself: look at every tick of its instruments."""
    if path.n > 0:
        close_bounds(instrument(state, path.first))
    if path.n > 1:
        close_bounds(instrument(state, path.second))


@kernel
def rebound(state, rules, k):
    """After an answer inside a call: instrument k's triggers anew, and every bound.

    Where the answer used up the cushion, or may end a margin call or a warning, the next row of any instrument is
    looked at.
    """
    trigger_bounds(state, rules, k)
    now_equity = equity(state, rules)
    margin_bounds(state, rules, now_equity)
    a = state.account
    near = (a.used_margin > 0.0 or rules.stop_out_hedged == 1) and cushion_of(rules, a, now_equity) <= 0.0
    if (near or a.in_call == 1 or state.gate_warned == 1) and state.now < state.next_due:
        state.next_due = state.now

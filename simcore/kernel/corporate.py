"""What a company does to its shares: splits and cash dividends, applied to the account when the stock goes ex.

Split of `ratio` new shares for one old. Positions: qty * ratio at price / ratio, so that their cost stays; what is less
than a whole trading unit is paid out at the standing quote, without commission (cash in lieu; the fill says why). The
standing quote, stop losses and take profits are divided too, rounded down, and so is the bar being built.
Dividend of `amount` a share. A long gets it, a short pays it, at once, converted as a gain or a loss is. The standing
quote goes down by it, as an exchange's reference price does, so that a short is not called for margin in between.
Until the next quote comes, open profit is off by what rounding the standing quote to the grid takes or gives.

Working orders change as US brokers change them (FINRA Rule 5330, once NASD 3220, read 2026-11-21): on a split of more
than one for one the size is multiplied and the price divided, both rounded down; on a reverse split they are canceled.
On a dividend of a cent or more, buy limits and sell stops go down by it, rounded down; sell limits and buy stops stay.
Stop losses and take profits are treated as the orders they are. Ours: an order that is partly filled is canceled by a
split, because one order cannot hold shares of both kinds, and sell orders are divided like buy orders. Not modelled:
tax withheld, pay dates after the ex-date, a change of an order that is under way to the venue.
"""

import math

from simcore.kernel import tell
from simcore.kernel.book import is_alive, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.convert import worse_rate
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, Why
from simcore.kernel.fills import close_part
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import GRID_TOLERANCE, money, snap_qty, whole_units
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import instrument, order, position, series, series_terms, terms

SPLIT, DIVIDEND = int(EventKind.SPLIT), int(EventKind.DIVIDEND)
CANCELED, CORPORATE_ACTION = int(Status.CANCELED), int(Reason.CORPORATE_ACTION)
IN_LIEU = int(Why.CASH_IN_LIEU)
LIMIT = int(OrderType.LIMIT)
NEVER, NAN = 2**62, math.nan
LEAST_DIVIDEND = 0.01  # below it orders stay as they are


@kernel
def lowered(t, price):
    """`price` rounded down to the grid, one increment at the least; nan stays nan."""
    if not price == price:
        return price
    steps = math.floor(price * t.price_scale / t.price_step + GRID_TOLERANCE)
    return max(steps, 1.0) * t.price_step / t.price_scale


@kernel
def net_qty(s):
    return s.long_qty - s.short_qty


# ------------------------------------------------------------------------------------------------------------- splits


@kernel
def split_quote(state, rules, t, s, ratio):
    """The standing quote and the bars being built, as prices and sizes of new shares."""
    if s.ts > 0:
        s.bid = lowered(t, s.bid / ratio)
        s.ask = lowered(t, s.ask / ratio)
    s.bid_size *= ratio
    s.ask_size *= ratio
    s.last /= ratio
    s.last_size *= ratio
    s.range_low_bid /= ratio
    s.range_high_bid /= ratio
    s.range_low_ask /= ratio
    s.range_high_ask /= ratio
    for i in range(s.first_series, s.first_series + s.n_series):
        b = series(state, rules, i)
        if b.end > 0:
            b.open /= ratio
            b.high /= ratio
            b.low /= ratio
            b.close /= ratio
        if series_terms(rules, i).hidden == 1:  # its closed bars are of old shares
            s.spike_from = b.count


@kernel
def split_order(t, o, ratio):
    o.qty = whole_units(t, o.qty * ratio)
    if o.allowed < math.inf:
        o.allowed = whole_units(t, o.allowed * ratio)
    if o.display_qty > 0.0:
        o.display_qty = whole_units(t, o.display_qty * ratio)
    o.limit = lowered(t, o.limit / ratio)
    o.stop = lowered(t, o.stop / ratio)
    o.trail = lowered(t, o.trail / ratio)
    if o.extreme > 0.0:  # a trailing stop that has started
        o.extreme = lowered(t, o.extreme / ratio)
    o.sl = lowered(t, o.sl / ratio)
    o.tp = lowered(t, o.tp / ratio)


@kernel
def youngest(state, rules, k, below):
    """Row of instrument k's living order with the largest id under `below`; 0 = none."""
    best = 0
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if o.instrument == k and is_alive(o) and o.id < below:
            if best == 0 or o.id > order(state, rules, best).id:
                best = i
    return best


@kernel
def split_orders(state, rules, tape, k, ratio):
    """What a split cancels goes children first, so that each tells its own reason."""
    t = terms(rules, k)
    i = youngest(state, rules, k, NEVER)
    while i > 0:
        o = order(state, rules, i)
        if ratio < 1.0 or o.filled > 0.0:
            end_order(state, rules, tape, i, CANCELED, CORPORATE_ACTION, ratio, 0.0, 0.0, 0.0)
        i = youngest(state, rules, k, o.id)
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if o.instrument == k and is_alive(o):
            split_order(t, o, ratio)
            tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)


@kernel
def split_position(state, rules, tape, i, ratio):
    """Position row i in new shares; what is no whole unit of them is paid out in cash."""
    p = position(state, rules, i)
    t = terms(rules, p.instrument)
    p.qty *= ratio
    p.price /= ratio
    if p.trail > 0.0:
        p.trail = lowered(t, p.trail / ratio)
        p.extreme = lowered(t, p.extreme / ratio)
    p.sl = lowered(t, p.sl / ratio)
    p.tp = lowered(t, p.tp / ratio)
    rest = p.qty - whole_units(t, p.qty)
    if rest <= GRID_TOLERANCE * t.qty_increment:
        p.qty = snap_qty(t, p.qty)
        return
    price = closing_price(instrument(state, p.instrument), p.side)
    k, side, ticket, tag = p.instrument, p.side, p.id, p.tag
    closed = close_part(state, rules, tape, i, rest, price, 0, IN_LIEU, 0.0, NAN)
    state.account.n_fills += 1
    tell.fill(state, rules, tape, 0, ticket, k, -side, IN_LIEU, 0, tag, rest, price, (0.0, 0.0), closed)


@kernel
def split(state, rules, tape, k, ratio):
    """`ratio` new shares of instrument k for each old one. The event says how many fills there were before it."""
    s = instrument(state, k)
    before = net_qty(s)
    n_fills = float(state.account.n_fills)
    split_quote(state, rules, terms(rules, k), s, ratio)
    split_orders(state, rules, tape, k, ratio)
    i = s.first_position
    while i > 0:
        following = position(state, rules, i).next
        split_position(state, rules, tape, i, ratio)
        i = following
    sweep(state, rules)
    refresh_margin(state, rules, k)
    tell.event(state, tape, SPLIT, 0, 0, 0, k, ratio, before, net_qty(s), n_fills)
    rebound(state, rules, k)


# ---------------------------------------------------------------------------------------------------------- dividends


@kernel
def is_reduced(o):
    """True for buy limits and sell stops of any kind."""
    return o.type == LIMIT if o.side > 0 else o.type != LIMIT


@kernel
def reduce_orders(state, rules, tape, k, amount):
    t = terms(rules, k)
    for i in range(1, state.high_orders + 1):
        o = order(state, rules, i)
        if o.instrument == k and is_alive(o):
            old = (o.limit, o.stop, o.sl, o.tp)
            if is_reduced(o):
                o.limit = lowered(t, o.limit - amount)
                o.stop = lowered(t, o.stop - amount)
                if o.extreme > 0.0:
                    o.extreme -= amount
            if o.side > 0:
                o.sl = lowered(t, o.sl - amount)
            else:
                o.tp = lowered(t, o.tp - amount)
            if o.limit < old[0] or o.stop < old[1] or o.sl < old[2] or o.tp < old[3]:
                tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)


@kernel
def reduce_positions(state, rules, k, amount):
    """Stop losses of longs are sell stops, take profits of shorts buy limits."""
    t = terms(rules, k)
    i = instrument(state, k).first_position
    while i > 0:
        p = position(state, rules, i)
        if p.side > 0:
            p.sl = lowered(t, p.sl - amount)
            p.extreme -= amount if p.trail > 0.0 else 0.0
        else:
            p.tp = lowered(t, p.tp - amount)
        i = p.next


@kernel
def dividend(state, rules, tape, k, amount):
    """`amount` of the quote currency for each share of instrument k."""
    s = instrument(state, k)
    t = terms(rules, k)
    a = state.account
    qty = net_qty(s)
    gross = qty * t.contract_size * amount
    cash = money(rules, gross * worse_rate(state, rules, t.profit_path, gross)) if gross != 0.0 else 0.0
    a.balance = money(rules, a.balance + cash)
    a.dividends += cash
    step = t.price_step / t.price_scale
    if s.bid >= amount + step and s.ask >= amount + step:
        s.bid = lowered(t, s.bid - amount)
        s.ask = lowered(t, s.ask - amount)
        s.last = max(s.last - amount, 0.0)
    if amount >= LEAST_DIVIDEND:
        reduce_orders(state, rules, tape, k, amount)
        reduce_positions(state, rules, k, amount)
    tell.event(state, tape, DIVIDEND, 0, 0, 0, k, cash, amount, qty, a.balance)
    rebound(state, rules, k)

"""What a broker checks before it takes an order: validity, session, prices, volume; margin last, see afford.py.

In order: qty above 0; type and time in force fit; what the instrument takes (conditions.py); a quote; an open session;
expiry; links and ticket; trade mode; prices above 0; the order's side of the quote and stops_level; stop loss and take
profit; volume; limits of number and volume; margin. A change passes the same
checks. Source of the order: MetaTrader 5 Server API, "Request Processing" (reference A10, read 2026-11-21). A check
returns a reason code and the numbers of its sentence, (reason, a, b, c, d); nothing is written.
"""

import math

from simcore.kernel.book import HELD_PARENT, acts_as, find_order, find_position, opposite_qty, reduces
from simcore.kernel.conditions import in_turn, side_allowed, taken
from simcore.kernel.enums import OrderType, Reason, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.money import GRID_TOLERANCE, nearer_than, on_qty_grid, within
from simcore.kernel.revalue import closing_price
from simcore.kernel.schema import instrument, position, terms

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
GTD, OPG, CLS = int(TimeInForce.GTD), int(TimeInForce.OPG), int(TimeInForce.CLS)
R = {r.name: int(r) for r in Reason}
OK = (0, 0.0, 0.0, 0.0, 0.0)
NAN = math.nan
QTY_NOT_POSITIVE, QTY_BELOW_MIN, QTY_ABOVE_MAX = R["QTY_NOT_POSITIVE"], R["QTY_BELOW_MIN"], R["QTY_ABOVE_MAX"]
QTY_OFF_GRID, NO_QUOTE, MARKET_CLOSED = R["QTY_OFF_GRID"], R["NO_QUOTE"], R["MARKET_CLOSED"]
PRICE_NOT_POSITIVE, PRICE_WRONG_SIDE = R["PRICE_NOT_POSITIVE"], R["PRICE_WRONG_SIDE"]
STOPS_TOO_CLOSE, SL_WRONG_SIDE, TP_WRONG_SIDE = R["STOPS_TOO_CLOSE"], R["SL_WRONG_SIDE"], R["TP_WRONG_SIDE"]
EXPIRES_IN_PAST, POST_ONLY_CROSSES = R["EXPIRES_IN_PAST"], R["POST_ONLY_CROSSES"]
NOTHING_TO_REDUCE, UNKNOWN_POSITION, CLOSE_QTY = R["NOTHING_TO_REDUCE"], R["UNKNOWN_POSITION"], R["CLOSE_QTY"]
NOT_OPPOSITE, OCO_ENDED, FROZEN = R["NOT_OPPOSITE"], R["OCO_ENDED"], R["FROZEN"]
PARENT_ENDED, TRAIL_NOT_POSITIVE, TYPE_FORBIDDEN = R["PARENT_ENDED"], R["TRAIL_NOT_POSITIVE"], R["TYPE_FORBIDDEN"]


@kernel
def entry_quote(s, side):
    """What a market order pays: ask for a buy, bid for a sell."""
    return s.ask if side > 0 else s.bid


@kernel
def is_scheduled(o):
    """True for an order that trades at the opening or at the close."""
    return o.tif == OPG or o.tif == CLS


@kernel
def is_late(state, o):
    return o.tif == GTD and o.expires <= state.now


@kernel
def frozen_at(t, s, p):
    """The stop loss or take profit of position p that freeze_level holds; nan = neither.

    Neither may be changed then, nor may the trader close the position (MQL4 Book, "Requirements and Limitations in
    Making Trades": market orders cannot be closed while a stop is within FreezeLevel; read 2026-11-21).
    """
    price = closing_price(s, p.side)
    for near in (p.sl, p.tp):
        if within(t, abs(price - near)):
            return near
    return NAN


@kernel
def validity(state, rules, o):
    """Everything that needs no price: qty > 0, kind, quote, session, links, ticket, trade mode."""
    s = instrument(state, o.instrument)
    if not o.qty > 0.0:
        return QTY_NOT_POSITIVE, o.qty, 0.0, 0.0, 0.0
    if is_scheduled(o) and o.type != MARKET and o.type != LIMIT:
        return TYPE_FORBIDDEN, 0.0, 0.0, 0.0, 0.0
    found = taken(terms(rules, o.instrument), o)
    if found[0] != 0:
        return found
    if o.post_only == 1 and o.type != LIMIT and o.type != STOP_LIMIT:
        return POST_ONLY_CROSSES, NAN, NAN, 0.0, 0.0
    if s.ts == 0:
        return NO_QUOTE, 0.0, 0.0, 0.0, 0.0
    if s.closed == 1 and not is_scheduled(o):
        return MARKET_CLOSED, 0.0, 0.0, 0.0, 0.0
    if is_late(state, o):
        return EXPIRES_IN_PAST, float(o.expires), float(state.now), 0.0, 0.0
    if o.oco != 0 and o.oco <= state.account.last_order_id and find_order(state, rules, o.oco) == 0:
        return OCO_ENDED, float(o.oco), 0.0, 0.0, 0.0
    if o.parent != 0 and find_order(state, rules, o.parent) == 0 and find_position(state, rules, o.parent) == 0:
        return PARENT_ENDED, float(o.parent), 0.0, 0.0, 0.0
    if o.position != 0:
        i = find_position(state, rules, o.position)
        if i == 0 or position(state, rules, i).instrument != o.instrument:
            return UNKNOWN_POSITION, float(o.position), 0.0, 0.0, 0.0
        p = position(state, rules, i)
        if p.side == o.side:
            return NOT_OPPOSITE, float(o.position), 0.0, 0.0, 0.0
        if o.qty > p.qty + GRID_TOLERANCE * terms(rules, o.instrument).qty_increment:
            return CLOSE_QTY, o.qty, p.qty, float(o.position), 0.0
        near = frozen_at(terms(rules, o.instrument), s, p)
        if o.type == MARKET and not is_scheduled(o) and near == near:
            return FROZEN, closing_price(s, p.side), near, terms(rules, o.instrument).freeze_level, 0.0
    elif o.reduce_only == 1 and o.parent == 0 and opposite_qty(state, rules, o.instrument, o.side, 0) <= 0.0:
        return NOTHING_TO_REDUCE, o.qty, 0.0, 0.0, 0.0
    found = in_turn(state, rules, o)
    return found if found[0] != 0 else side_allowed(state, rules, o, o.qty)


@kernel
def not_positive(o):
    """The first price given that is not above 0, as a refusal."""
    for price in (o.limit, o.stop, o.sl, o.tp):
        if price <= 0.0:
            return PRICE_NOT_POSITIVE, price, 0.0, 0.0, 0.0
    return OK


@kernel
def limit_price(rules, t, s, o):
    """A limit: on the resting side, at stops_level, where the broker wants that."""
    quote = entry_quote(s, o.side)
    away = o.side * (quote - o.limit)  # > 0: rests
    if away <= 0.0:
        if o.post_only == 1:
            return POST_ONLY_CROSSES, o.limit, quote, 0.0, 0.0
        if rules.marketable_reject == 1:
            return PRICE_WRONG_SIDE, o.limit, quote, 0.0, 0.0
    elif nearer_than(t, away, t.stops_level):
        return STOPS_TOO_CLOSE, o.limit, quote, t.stops_level, 0.0
    return OK


@kernel
def stop_price(t, s, o):
    """A stop: beyond the quote, at stops_level."""
    quote = entry_quote(s, o.side)
    away = o.side * (o.stop - quote)
    if away <= 0.0:
        return PRICE_WRONG_SIDE, o.stop, quote, 0.0, 0.0
    if nearer_than(t, away, t.stops_level):
        return STOPS_TOO_CLOSE, o.stop, quote, t.stops_level, 0.0
    return OK


@kernel
def protection(t, side, base, sl, tp):
    """SL below and TP above `base` for a long (mirrored for a short), at least stops_level away."""
    if sl == sl:
        away = side * (base - sl)
        if away <= 0.0:
            return SL_WRONG_SIDE, sl, base, 0.0, 0.0
        if nearer_than(t, away, t.stops_level):
            return STOPS_TOO_CLOSE, sl, base, t.stops_level, 0.0
    if tp == tp:
        away = side * (tp - base)
        if away <= 0.0:
            return TP_WRONG_SIDE, tp, base, 0.0, 0.0
        if nearer_than(t, away, t.stops_level):
            return STOPS_TOO_CLOSE, tp, base, t.stops_level, 0.0
    return OK


@kernel
def prices(state, rules, o):
    """Prices of the order and of its stop loss and take profit, for the type it is by now."""
    t = terms(rules, o.instrument)
    s = instrument(state, o.instrument)
    if o.type == TRAILING and not o.trail > 0.0:
        return TRAIL_NOT_POSITIVE, o.trail, 0.0, 0.0, 0.0
    found = not_positive(o)
    now_a = acts_as(o)
    if found[0] == 0 and now_a != MARKET and o.held != HELD_PARENT and not is_scheduled(o):
        found = limit_price(rules, t, s, o) if now_a == LIMIT else stop_price(t, s, o)
    if found[0] != 0:
        return found
    base = pending_price(o) if now_a != MARKET else NAN
    if base != base:
        base = s.bid if o.side > 0 else s.ask
    return protection(t, o.side, base, o.sl, o.tp)


@kernel
def quantity(rules, o):
    t = terms(rules, o.instrument)
    slack = GRID_TOLERANCE * t.qty_increment
    if o.qty < t.qty_min - slack and not reduces(o):
        return QTY_BELOW_MIN, o.qty, t.qty_min, 0.0, 0.0
    if o.qty > t.qty_max + slack:
        return QTY_ABOVE_MAX, o.qty, t.qty_max, 0.0, 0.0
    if not on_qty_grid(t, o.qty):
        return QTY_OFF_GRID, o.qty, t.qty_increment, 0.0, 0.0
    if o.display_qty < 0.0:
        return QTY_NOT_POSITIVE, o.display_qty, 0.0, 0.0, 0.0
    if o.display_qty > 0.0 and not on_qty_grid(t, o.display_qty):
        return QTY_OFF_GRID, o.display_qty, t.qty_increment, 0.0, 0.0
    return OK


@kernel
def pending_price(o):
    """The price a pending order's margin is reserved at."""
    if o.type == LIMIT or o.type == STOP_LIMIT:
        return o.limit
    return o.stop

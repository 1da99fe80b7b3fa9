"""The user's own limits on what one order may lead to: an order beyond one is refused, or its qty cut to the largest
that keeps them all. Off by default.

Leverage is notional over equity; notional is today's value in account currency, long and short added up. Counted is the
worst that what works now can lead to: on a netting account the larger of the position with all its buy orders and with
all its sell orders, on a hedging account every ticket and every opening order. Children of a bracket and what only
reduces are not counted and never refused; neither is an order that does not raise what a limit counts. Each limit that
is broken is an event, then the order is cut, or refused by the first. What leverage the broker and the regulator give
is a question of margin, theirs to refuse; an order that is cut keeps to that too. Source: spec 000, 12.3, corrected
(reference, error 15: notional in account currency, open positions counted; see brokers.regimes).
"""

import math

from simcore.kernel import tell
from simcore.kernel.afford import affords, can_convert, money_for_fill, reserve_for, waits_at
from simcore.kernel.book import acts_as, find_order, is_alive, reduces
from simcore.kernel.check import OK, entry_quote
from simcore.kernel.convert import is_forex, margin_rate, profit_rate
from simcore.kernel.costs import commission_total, rate_cost, slipped
from simcore.kernel.enums import EventKind, Mode, OrderType, Reason
from simcore.kernel.gates import used_with
from simcore.kernel.jit import kernel
from simcore.kernel.margin import NO_FILL
from simcore.kernel.money import money, snap_qty
from simcore.kernel.revalue import equity
from simcore.kernel.schema import instrument, order, terms

ADJUSTED, VIOLATED = int(EventKind.ORDER_ADJUSTED), int(EventKind.LIMIT_VIOLATED)
HEDGING, MARKET, LIMIT = int(Mode.HEDGING), int(OrderType.MARKET), int(OrderType.LIMIT)
LEVERAGE, CLASS_LEVERAGE = int(Reason.LIMIT_LEVERAGE), int(Reason.LIMIT_CLASS_LEVERAGE)
POSITION_LEVERAGE, NOTIONAL = int(Reason.LIMIT_POSITION_LEVERAGE), int(Reason.LIMIT_NOTIONAL)
CLASS_NOTIONAL, POSITION_NOTIONAL = int(Reason.LIMIT_CLASS_NOTIONAL), int(Reason.LIMIT_POSITION_NOTIONAL)
POSITION_QTY, MARGIN = int(Reason.LIMIT_POSITION_QTY), int(Reason.LIMIT_MARGIN)
ORDERS, POSITIONS = int(Reason.LIMIT_MAX_ORDERS), int(Reason.LIMIT_MAX_POSITIONS)
FREE_MARGIN, NO_MONEY = int(Reason.LIMIT_FREE_MARGIN), int(Reason.NO_MONEY)
SLACK = 1e-9  # of what is compared: sums of prices and quantities lie a hair beside it


@kernel
def notional_of(state, rules, k, side, price):
    """Value of 1.0 of qty in account currency."""
    t = terms(rules, k)
    if is_forex(t):
        return t.contract_size * margin_rate(state, rules, k, side, price)
    return t.contract_size * price * profit_rate(state, rules, k, side, 1.0, price)


@kernel
def is_counted(o, skip):
    """True for a living order that may open something; `skip` is the id of the order asked about."""
    return is_alive(o) and o.id != skip and not reduces(o) and o.parent == 0


@kernel
def waiting(state, rules, k, side, skip):
    """What working orders of one side of instrument k may still open."""
    total = 0.0
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if o.side == side and is_counted(o, skip):
            total += o.qty - o.filled
        i = o.next
    return total


@kernel
def one_way(held, against, orders, held_value, against_value, order_value):
    """(qty, value) once all orders of one direction fill on a netting account."""
    if against <= 0.0:
        return held + orders, held * held_value + orders * order_value
    if orders <= against:
        return against - orders, (against - orders) * against_value
    return orders - against, (orders - against) * order_value


@kernel
def exposure(state, rules, k, side, qty, skip):
    """(qty, notional) that instrument k can come to, with `qty` more to buy (side 1) or sell (-1)."""
    s = instrument(state, k)
    buys = waiting(state, rules, k, 1, skip) + (qty if side > 0 else 0.0)
    sells = waiting(state, rules, k, -1, skip) + (qty if side < 0 else 0.0)
    if s.ts == 0 or s.long_qty + s.short_qty + buys + sells <= 0.0:
        return 0.0, 0.0
    long_value = notional_of(state, rules, k, 1, s.bid)
    short_value = notional_of(state, rules, k, -1, s.ask)
    to_buy = notional_of(state, rules, k, 1, s.ask)
    to_sell = notional_of(state, rules, k, -1, s.bid)
    if rules.mode == HEDGING:
        value = s.long_qty * long_value + s.short_qty * short_value
        return s.long_qty + s.short_qty + buys + sells, value + buys * to_buy + sells * to_sell
    up = one_way(s.long_qty, s.short_qty, buys, long_value, short_value, to_buy)
    down = one_way(s.short_qty, s.long_qty, sells, short_value, long_value, to_sell)
    return max(up[0], down[0]), max(up[1], down[1])


@kernel
def total(state, rules, k, side, qty, skip, number):
    """Notional of every instrument, or of those of one class."""
    value = 0.0
    for j in range(rules.n_instruments):
        if number == 0 or terms(rules, j).limit_class == number:
            value += exposure(state, rules, j, side, qty if j == k else 0.0, skip if j == k else 0)[1]
    return value


@kernel
def counted(state, rules, o, qty, what):
    """What limit `what` counts, with `qty` of order o in (0 = without it)."""
    k = o.instrument
    if what == LEVERAGE or what == NOTIONAL:
        return total(state, rules, k, o.side, qty, o.id, 0)
    if what == CLASS_LEVERAGE or what == CLASS_NOTIONAL:
        return total(state, rules, k, o.side, qty, o.id, terms(rules, k).limit_class)
    if what == POSITION_LEVERAGE or what == POSITION_NOTIONAL:
        return exposure(state, rules, k, o.side, qty, o.id)[1]
    if what == POSITION_QTY:
        return exposure(state, rules, k, o.side, qty, o.id)[0]
    if what == MARGIN:
        return used_with(state, rules, o, qty)
    return float(working(state, rules, o, qty) if what == ORDERS else tickets(state, rules, o, qty))


@kernel
def working(state, rules, o, qty):
    """Pending orders of the account, closing ones too."""
    n = 1 if qty > 0.0 and o.type != MARKET else 0
    for i in range(1, state.high_orders + 1):
        other = order(state, rules, i)
        if is_alive(other) and other.id != o.id and other.type != MARKET:
            n += 1
    return n


@kernel
def tickets(state, rules, o, qty):
    """Open positions, and one more where the order would open one."""
    s = instrument(state, o.instrument)
    new = qty > 0.0 and (rules.mode == HEDGING or s.n_positions == 0)
    return state.account.n_positions + (1 if new else 0)


@kernel
def most(rules, t, what):
    """The limit of that kind; 0 = none."""
    if what == LEVERAGE:
        return rules.max_leverage
    if what == CLASS_LEVERAGE:
        return t.max_class_leverage
    if what == POSITION_LEVERAGE:
        return t.max_position_leverage
    if what == NOTIONAL:
        return rules.max_notional
    if what == CLASS_NOTIONAL:
        return t.max_class_notional
    if what == POSITION_NOTIONAL:
        return t.max_position_notional
    if what == POSITION_QTY:
        return t.max_position_qty
    if what == MARGIN:
        return rules.max_margin
    if what == ORDERS:
        return float(rules.max_orders)
    return float(rules.max_positions) if what == POSITIONS else 0.0


@kernel
def is_per_equity(what):
    """True where a limit is a multiple of equity."""
    return what == LEVERAGE or what == CLASS_LEVERAGE or what == POSITION_LEVERAGE or what == MARGIN


@kernel
def is_cut(what):
    """True where a smaller qty keeps the limit."""
    return what != ORDERS and what != POSITIONS


@kernel
def breaks(state, rules, o, qty, what, has):
    """(1 where `qty` of order o breaks the limit, what it would come to)."""
    cap = most(rules, terms(rules, o.instrument), what)
    if cap <= 0.0:
        return 0, 0.0
    after = counted(state, rules, o, qty, what)
    if is_per_equity(what):
        cap *= max(has, 0.0)
    without = counted(state, rules, o, 0.0, what)
    if after <= cap * (1.0 + SLACK) or after <= without * (1.0 + SLACK):
        return 0, after
    return 1, after


@kernel
def short_of_money(state, rules, o, qty):
    """(1 where `qty` of order o could not have its margin, the margin it needs, what is free), as the broker checks."""
    k = o.instrument
    row = find_order(state, rules, o.id)
    quote = entry_quote(instrument(state, k), o.side)
    if not can_convert(state, rules, k, o.side, quote):
        return 0, 0.0, 0.0
    left = o.qty
    o.qty = o.filled + qty  # no more than that is asked for, so that nothing rests
    if o.type == MARKET or (acts_as(o) == LIMIT and o.side * (o.limit - quote) >= 0.0):
        price = quote
        if o.type == MARKET:
            s = instrument(state, k)
            price = slipped(state, rules, k, o.side, qty, quote, s.ask_size if o.side > 0 else s.bid_size)
        share = o.rate_cost + rate_cost(rules, k, qty * price, 0)
        commission = commission_total(state, rules, k, o.qty, o.value + qty * price, share) - o.commission
        found = money_for_fill(state, rules, k, o.side, qty, price, commission, row)
    else:
        extra = (o.side, o.type, reserve_for(state, rules, o, qty)[0], qty, waits_at(state, o))
        found = affords(state, rules, k, NO_FILL, row, extra, 0.0)
    o.qty = left
    return (1 if found[0] == NO_MONEY else 0), found[1] + found[3], found[2]


@kernel
def keeps_all(state, rules, o, qty, has):
    """True where a qty of order o breaks none of the limits that depend on it, and can have its margin."""
    for what in range(LEVERAGE, POSITIONS + 1):
        if is_cut(what) and breaks(state, rules, o, qty, what, has)[0] == 1:
            return False
    return short_of_money(state, rules, o, qty)[0] == 0


@kernel
def allowed_qty(state, rules, o, has):
    """The largest qty on the grid that keeps every limit, at least qty_min; 0 = none."""
    t = terms(rules, o.instrument)
    low = 0.0
    high = math.floor((o.qty - o.filled) / t.qty_increment + 1e-6)
    while low < high:
        middle = math.floor((low + high + 1.0) * 0.5)
        if keeps_all(state, rules, o, snap_qty(t, middle * t.qty_increment), has):
            low = middle
        else:
            high = middle - 1.0
    qty = snap_qty(t, low * t.qty_increment)
    return qty if qty >= t.qty_min * (1.0 - SLACK) else 0.0


@kernel
def numbers(rules, t, what, has, after):
    """(actual, limit, equity, amount) of a broken limit."""
    actual = after
    if is_per_equity(what):
        actual = after / has if has > 0.0 else math.inf
    if actual < math.inf:
        actual = math.floor(actual * 1e6 + 0.5) / 1e6
    return actual, most(rules, t, what), has, money(rules, after)


@kernel
def limit(state, rules, tape, o):
    """The user's limits: OK, or why not; may cut the order's qty. Every limit that is broken is told."""
    if rules.limits == 0 or reduces(o) or instrument(state, o.instrument).ts == 0 or not o.qty > 0.0:
        return OK
    k = o.instrument
    t = terms(rules, k)
    has = equity(state, rules)
    refused = OK
    final = False
    for what in range(LEVERAGE, POSITIONS + 1):
        broken, after = breaks(state, rules, o, o.qty - o.filled, what, has)
        if broken == 1:
            actual, cap, of, amount = numbers(rules, t, what, has, after)
            tell.event(state, tape, VIOLATED, what, o.id, 0, k, actual, cap, of, amount)
            if refused[0] == 0 or (not is_cut(what) and not final):
                refused = (what, actual, cap, of, amount)
            final = final or not is_cut(what)
    first = refused
    if refused[0] != 0 or rules.limits_adjust == 1:
        short, needs, free = short_of_money(state, rules, o, o.qty - o.filled)
        if short == 1:
            tell.event(state, tape, VIOLATED, FREE_MARGIN, o.id, 0, k, needs, free, has, 0.0)
            if first[0] == 0:
                first = (FREE_MARGIN, needs, free, has, 0.0)
    if first[0] == 0 or final or rules.limits_adjust == 0:
        return refused
    allowed = allowed_qty(state, rules, o, has)
    if allowed <= 0.0:
        return refused
    cut = snap_qty(t, o.filled + allowed)
    tell.event(state, tape, ADJUSTED, first[0], o.id, 0, k, o.qty, cut, first[1], first[2])
    o.qty = cut
    return OK

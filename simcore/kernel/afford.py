"""Whether the money is there: the last of all checks, of a fill, a pending order, the largest order there could be.

A requirement that does not grow is never refused; else what is free, less the commission, must not fall below zero
(MetaTrader 5 Server API, "Request Processing", reference A10, read 2026-11-21). An answer is (reason, a, b, c, d), the
numbers of its sentence; nothing is written.
"""

import math

from simcore.kernel.book import reduces
from simcore.kernel.check import OK, entry_quote, pending_price
from simcore.kernel.convert import margin_rate, profit_rate, worse_rate
from simcore.kernel.costs import commission_total, rate_cost
from simcore.kernel.enums import OrderType, Reason, TimeInForce
from simcore.kernel.jit import kernel
from simcore.kernel.margin import NO_FILL, NO_RESERVE, counted, deal_effect, order_margin, used_after
from simcore.kernel.money import money, snap_qty
from simcore.kernel.revalue import free_equity
from simcore.kernel.schema import instrument, lever, order, terms
from simcore.kernel.spot import is_spot

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
IOC, FOK = int(TimeInForce.IOC), int(TimeInForce.FOK)
NO_MONEY, NO_CONVERSION = int(Reason.NO_MONEY), int(Reason.NO_CONVERSION)


@kernel
def can_convert(state, rules, k, side, price):
    t = terms(rules, k)
    if worse_rate(state, rules, t.commission.path, -1.0) <= 0.0:
        return False
    if t.lever > 0 and counted(state, rules, k, lever(rules, t.lever - 1), 1.0, price) <= 0.0:
        return False
    return margin_rate(state, rules, k, side, price) > 0.0 and profit_rate(state, rules, k, side, 1.0, price) > 0.0


@kernel
def affords(state, rules, k, fill, skip, extra, commission):
    """Margin, last: (reason, needed, free, commission, used before). Never refuses what lowers the requirement.

    What is asked about is a fill, or one more pending order, or both; see margin.used_after. skip = the row of the
    order asked about, whose own reserve does not count.
    """
    used = state.account.used_margin
    if skip > 0:
        used = used_after(state, rules, k, NO_FILL, skip, NO_RESERVE)
    after = used_after(state, rules, k, fill, skip, extra)
    if after <= used:
        return OK
    has = free_equity(state, rules) + deal_effect(state, rules, k, fill)
    if money(rules, has - commission - after) >= 0.0:
        return OK
    return NO_MONEY, money(rules, after - used), money(rules, has - used), commission, used


@kernel
def money_for_fill(state, rules, k, side, qty, price, commission, skip):
    """Whether `qty` at `price` can be had; order row `skip` (0 = none) fills, and what rests of it stays reserved."""
    if not can_convert(state, rules, k, side, price):
        return NO_CONVERSION, 0.0, 0.0, 0.0, 0.0
    extra = NO_RESERVE
    if skip > 0:
        extra = rest_reserve(state, rules, order(state, rules, skip), qty)
    fill = (side, qty, price, margin_rate(state, rules, k, side, price))
    return affords(state, rules, k, fill, skip, extra, commission)


@kernel
def rest_reserve(state, rules, o, qty):
    """What order o keeps reserved after a fill of qty, as margin's `extra`. Market and at-once orders keep nothing."""
    left = o.qty - o.filled
    rest = left - qty
    if rest <= 0.0 or o.type == MARKET or o.tif == IOC or o.tif == FOK or reduces(o):
        return NO_RESERVE
    if o.margin != 0.0:
        return o.side, o.type, o.margin * (rest / left), rest, pending_price(o)
    return o.side, o.type, reserve_for(state, rules, o, rest)[0], rest, pending_price(o)


@kernel
def reserve_for(state, rules, o, qty):
    """(margin, margin rate) that a pending order reserves for qty: its own price (else the quote), today's conversion.

    Where the pair converts itself its own price converts, as a deal's does (reference A7: pending orders count at
    their own prices).
    """
    t = terms(rules, o.instrument)
    price = waits_at(state, o)
    rate = margin_rate(state, rules, o.instrument, o.side, price)
    if is_spot(rules, t) and o.type != LIMIT:  # an exchange account counts limit orders only
        return 0.0, rate
    return money(rules, order_margin(t, o.side, o.type, qty, price, rate)), rate


@kernel
def money_for_order(state, rules, o, i):
    """Margin of a pending order (row i), reserved from its acceptance on; writes nothing."""
    if not can_convert(state, rules, o.instrument, o.side, pending_price(o)):
        return NO_CONVERSION, 0.0, 0.0, 0.0, 0.0
    left = o.qty - o.filled
    extra = (o.side, o.type, reserve_for(state, rules, o, left)[0], left, pending_price(o))
    return affords(state, rules, o.instrument, NO_FILL, i, extra, 0.0)


@kernel
def waits_at(state, o):
    """The price a pending order counts at; the quote where it has none yet, as a trailing stop without a stop."""
    price = pending_price(o)
    return price if price == price else entry_quote(instrument(state, o.instrument), o.side)


@kernel
def max_qty(state, rules, k, side):
    """The largest grid quantity a market order of this side could have now: bisected on the check itself."""
    t = terms(rules, k)
    s = instrument(state, k)
    if s.ts == 0:
        return 0.0
    price = entry_quote(s, side)
    low = 0.0
    high = math.floor(t.qty_max / t.qty_increment + 0.5)
    while low < high:
        middle = math.floor((low + high + 1.0) * 0.5)
        qty = snap_qty(t, middle * t.qty_increment)
        commission = commission_total(state, rules, k, qty, qty * price, rate_cost(rules, k, qty * price, 0))
        if money_for_fill(state, rules, k, side, qty, price, commission, 0)[0] == 0:
            low = middle
        else:
            high = middle - 1.0
    return snap_qty(t, low * t.qty_increment)

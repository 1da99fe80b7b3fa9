"""Trade conditions of an instrument and of an account: what may be sent at all, before money is looked at.

Trade mode, kinds of orders, fillings and expiries an instrument takes, how long its orders live, how much of it may be
held; how many orders and positions an account may have, whether it may hedge, and whether it closes the oldest first.
By default everything is allowed. The words are MetaTrader 5's (MQL5 Reference, symbol and account properties; Platform,
"Group Settings": positions by FIFO, no hedging; reference A13, A14; read 2026-11-21). A check returns (reason, a, b, c,
d) as kernel.check does; nothing is written but by `adopt`.
"""

from simcore.kernel.book import HELD_PARENT, at_venue, find_position, opposite_qty, reduces
from simcore.kernel.clock import next_local
from simcore.kernel.enums import Mode, OrderType, Reason, TimeInForce, TradeMode
from simcore.kernel.jit import kernel
from simcore.kernel.money import GRID_TOLERANCE
from simcore.kernel.schema import instrument, order, position, terms

MARKET, LIMIT, STOP_LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP_LIMIT)
GTC, DAY, GTD = int(TimeInForce.GTC), int(TimeInForce.DAY), int(TimeInForce.GTD)
IOC, FOK = int(TimeInForce.IOC), int(TimeInForce.FOK)
HEDGING = int(Mode.HEDGING)
FULL, DISABLED = int(TradeMode.FULL), int(TradeMode.DISABLED)
ONLY_LONG, ONLY_SHORT = int(TradeMode.LONG_ONLY), int(TradeMode.SHORT_ONLY)
TRADE_DISABLED, CLOSE_ONLY = int(Reason.TRADE_DISABLED), int(Reason.CLOSE_ONLY)
LONG_ONLY, SHORT_ONLY = int(Reason.LONG_ONLY), int(Reason.SHORT_ONLY)
INVALID_ORDER, INVALID_FILL = int(Reason.INVALID_ORDER), int(Reason.INVALID_FILL)
INVALID_EXPIRATION, HEDGE_PROHIBITED = int(Reason.INVALID_EXPIRATION), int(Reason.HEDGE_PROHIBITED)
LIMIT_ORDERS, LIMIT_VOLUME = int(Reason.LIMIT_ORDERS), int(Reason.LIMIT_VOLUME)
LIMIT_POSITIONS, FIFO_CLOSE = int(Reason.LIMIT_POSITIONS), int(Reason.FIFO_CLOSE)
OK = (0, 0.0, 0.0, 0.0, 0.0)
OF_TYPE = (1, 2, 4, 8, 4)  # bit of order_mode: market limit stop stop_limit, a trailing stop as a stop
SL_BIT, TP_BIT, CLOSE_BY_BIT = 16, 32, 64
FOK_BIT, IOC_BIT, BOC_BIT, RETURN_BIT = 1, 2, 4, 8
BY_TIME, BY_DAY = 4, 8  # bits of expiration_mode: an expiry at its own time, at the end of its day


@kernel
def filling_of(o):
    """The filling an order asks for, as a bit: FOK, IOC, BOC (post-only), else what is left rests (RETURN)."""
    if o.tif == FOK:
        return FOK_BIT
    if o.tif == IOC:
        return IOC_BIT
    return BOC_BIT if o.post_only == 1 and (o.type == LIMIT or o.type == STOP_LIMIT) else RETURN_BIT


@kernel
def adopt(rules, t, o):
    """What the instrument makes of an order that leaves it open: a filling, the end of its day as expiry."""
    if o.type == MARKET and o.tif <= GTD and (t.fillings & RETURN_BIT) == 0:
        o.tif = IOC if (t.fillings & IOC_BIT) != 0 else FOK
    if o.tif == GTD and (t.expirations & BY_TIME) == 0 and (t.expirations & BY_DAY) != 0:
        o.expires = next_local(rules.day_zone, rules.day_time, o.expires - 1)


@kernel
def taken(t, o):
    """Whether the instrument takes an order of this kind at all."""
    if t.trade_mode == DISABLED:
        return TRADE_DISABLED, 0.0, 0.0, 0.0, 0.0
    bits = OF_TYPE[o.type]
    if o.sl == o.sl:
        bits |= SL_BIT
    if o.tp == o.tp:
        bits |= TP_BIT
    if (bits & ~t.orders) != 0:
        return INVALID_ORDER, float(bits & ~t.orders), float(t.orders), 0.0, 0.0
    if o.tif > FOK:
        return OK
    fillings = t.fillings if o.type == MARKET else t.fillings_pending
    if (filling_of(o) & fillings) == 0:
        return INVALID_FILL, float(filling_of(o)), float(fillings), 0.0, 0.0
    wanted = 1 if o.tif == GTC else 2 if o.tif == DAY else BY_TIME | BY_DAY if o.tif == GTD else 0
    if wanted != 0 and o.type != MARKET and (wanted & t.expirations) == 0:
        return INVALID_EXPIRATION, float(wanted), float(t.expirations), 0.0, 0.0
    return OK


@kernel
def opens(state, rules, o, qty):
    """How much of `qty` order o would open, where it trades now: what no opposite position nets."""
    if reduces(o):
        return 0.0
    if rules.mode == HEDGING:
        return qty
    s = instrument(state, o.instrument)
    left = qty - (s.short_qty if o.side > 0 else s.long_qty)
    return left if left > GRID_TOLERANCE * terms(rules, o.instrument).qty_increment else 0.0


@kernel
def side_allowed(state, rules, o, qty):
    """Whether `qty` of order o may open its side: trade mode, no hedging. Asked when it comes and when it fills."""
    t = terms(rules, o.instrument)
    if (t.trade_mode == FULL and rules.hedge_prohibited == 0) or o.held == HELD_PARENT:
        return OK
    new = opens(state, rules, o, qty)
    if new <= 0.0:
        return OK
    if t.trade_mode == ONLY_LONG and o.side < 0:
        return LONG_ONLY, new, 0.0, 0.0, 0.0
    if t.trade_mode == ONLY_SHORT and o.side > 0:
        return SHORT_ONLY, new, 0.0, 0.0, 0.0
    if t.trade_mode != FULL and t.trade_mode != ONLY_LONG and t.trade_mode != ONLY_SHORT:
        return CLOSE_ONLY, new, 0.0, 0.0, 0.0
    if rules.hedge_prohibited == 1 and rules.mode == HEDGING:
        opposite = opposite_qty(state, rules, o.instrument, o.side, 0)
        if opposite > 0.0:
            return HEDGE_PROHIBITED, opposite, 0.0, 0.0, 0.0
    return OK


@kernel
def in_turn(state, rules, o):
    """FIFO accounts: an order for a ticket may only be for the oldest position of its instrument."""
    if rules.fifo_close == 0 or o.position == 0:
        return OK
    oldest = position(state, rules, instrument(state, o.instrument).first_position)
    if oldest.id != o.position and oldest.last_order != o.position:
        return FIFO_CLOSE, float(o.position), float(oldest.id), 0.0, 0.0
    return OK


@kernel
def waits(o):
    """True for an order at the venue that may open something later."""
    return at_venue(o) and o.type != MARKET and not reduces(o) and o.held != HELD_PARENT


@kernel
def count_pending(state, rules, i):
    """Pending orders at the venue, row i not counted."""
    n = 0
    for j in range(1, state.high_orders + 1):
        o = order(state, rules, j)
        if j != i and at_venue(o) and o.age > 0 and o.type != MARKET:
            n += 1
    return n


@kernel
def room_for_position(state, rules, o, i):
    """Whether the account may have one more position; hedging counts what its pending orders will open."""
    most = rules.limit_positions
    if most == 0 or reduces(o) or o.held == HELD_PARENT or find_position(state, rules, o.id) > 0:
        return OK
    n = state.account.n_positions
    if rules.mode != HEDGING:
        if instrument(state, o.instrument).n_positions > 0:
            return OK
    else:
        for j in range(1, state.high_orders + 1):
            other = order(state, rules, j)
            if j != i and waits(other) and other.age > 0 and other.age < o.age:
                n += 1
    return OK if n < most else (LIMIT_POSITIONS, float(n), float(most), 0.0, 0.0)


@kernel
def volume_with(state, rules, o, i):
    """Position and pending orders of the side of order o (row i), what is left of it counted in."""
    k = o.instrument
    s = instrument(state, k)
    total = s.long_qty if o.side > 0 else s.short_qty
    j = s.first_order
    while j > 0:
        other = order(state, rules, j)
        if j != i and other.side == o.side and other.age > 0 and waits(other):
            total += other.qty - other.filled
        j = other.next
    left = o.qty - o.filled
    return total + (opens(state, rules, o, left) if o.type == MARKET else left)


@kernel
def within_limits(state, rules, o, i):
    """Numbers of orders and positions, and the instrument's volume limit; row i is order o itself."""
    if rules.limit_orders > 0 and o.type != MARKET:
        n = count_pending(state, rules, i)
        if n >= rules.limit_orders:
            return LIMIT_ORDERS, float(n), float(rules.limit_orders), 0.0, 0.0
    return within_volume(state, rules, o, i)


@kernel
def within_volume(state, rules, o, i):
    """The instrument's volume limit, then the account's number of positions."""
    t = terms(rules, o.instrument)
    if t.volume_limit > 0.0 and not reduces(o) and o.held != HELD_PARENT:
        total = volume_with(state, rules, o, i)
        grows = o.type != MARKET or opens(state, rules, o, o.qty) > 0.0
        if grows and total > t.volume_limit + GRID_TOLERANCE * t.qty_increment:
            return LIMIT_VOLUME, total, t.volume_limit, 0.0, 0.0
    return room_for_position(state, rules, o, i)


@kernel
def lives_a_day(rules, o):
    """True for a pending order that ends with the broker's day: DAY, or GTC where the instrument keeps none longer."""
    if o.tif == DAY:
        return True
    return o.tif == GTC and o.type != MARKET and terms(rules, o.instrument).gtc_mode > 0

"""How orders fill: the whole page of assumptions.

Prices. A buy meets the ask, a sell the bid. Market orders fill at the quote. A stop, a stop loss and a trailing stop
fill at the first price at or beyond it, so a gap fills them at the gap. A limit and a take profit fill at their own
price, never better, unless the broker's `limit_fill` is "improve". Market and stop fills carry the broker's slippage.

Bars. A bar is four prices: open, the nearer extreme (low on a tie), the other extreme, close. Between them the price is
continuous: what lies inside the bar fills at its own price; what the open jumped over fills at the open. If a take
profit is reached on a bar whose range also holds the stop loss, the stop loss is taken (`intrabar = "path"` believes
the path instead).

One row, in order. Trails move; stop losses, oldest position first; take profits; orders, oldest first. What opens on a
row is not checked for its own stop loss and take profit on that row. A triggered order is margin-checked again and ends
REJECTED without money. Then margin call and stop-out (liquidation.py).

Sizes. Quotes without sizes fill everything. Quotes with sizes fill what is left of the size; the rest waits for the
next quote (IOC: is canceled, FOK: nothing fills). `display_qty` fills at most that much per quote. Stop loss, take
profit and stop-out are the broker's own and fill whole. Our fills never move the quote.

Links. Any fill of an order cancels its OCO twin, before its children wake. A child is held until its parent fills and
may fill what the parent filled; it is canceled when the parent ends unfilled. Reduce-only orders are cut to what is
there to reduce. Orders given for a ticket end when it is closed.

Queue. A resting limit fills when the other side of the quote reaches it: no queue position is modelled.
"""

from simcore.kernel.book import acts_as, is_alive, is_at_once, is_working, sweep
from simcore.kernel.check import entry_quote
from simcore.kernel.costs import slipped
from simcore.kernel.endings import end_order
from simcore.kernel.enums import Kind, OrderType, Reason, Status, TimeInForce, Why
from simcore.kernel.execution import close_position, execute
from simcore.kernel.jit import kernel
from simcore.kernel.margin import revalue_margin
from simcore.kernel.money import on_grid
from simcore.kernel.schema import instrument, order, position, terms

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
STOP_LIMIT, TRAILING = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
OPG, CANCELED = int(TimeInForce.OPG), int(Status.CANCELED)
BAR_FIRST, BAR_CLOSE = int(Kind.BAR_FIRST), int(Kind.BAR_CLOSE)
NOT_ENOUGH_SIZE = int(Reason.NOT_ENOUGH_SIZE)
STOP_LOSS, TAKE_PROFIT = int(Why.STOP_LOSS), int(Why.TAKE_PROFIT)


@kernel
def is_path(kind):
    """True on rows inside a bar, where the price moved continuously from the row before."""
    return BAR_FIRST <= kind <= BAR_CLOSE


@kernel
def move_trails(state, rules, k):
    s = instrument(state, k)
    t = terms(rules, k)
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        if p.trail > 0.0:
            if p.side > 0 and s.bid > p.extreme:
                p.extreme = s.bid
                moved = on_grid(t, s.bid - p.trail)
                if not p.sl >= moved:
                    p.sl = moved
            elif p.side < 0 and s.ask < p.extreme:
                p.extreme = s.ask
                moved = on_grid(t, s.ask + p.trail)
                if not p.sl <= moved:
                    p.sl = moved
        i = p.next
    i = s.first_order
    while i > 0:
        o = order(state, rules, i)
        if acts_as(o) == TRAILING and is_working(o):
            if o.side > 0 and s.ask < o.extreme:
                o.extreme = s.ask
                o.stop = min(o.stop, on_grid(t, s.ask + o.trail))
            elif o.side < 0 and s.bid > o.extreme:
                o.extreme = s.bid
                o.stop = max(o.stop, on_grid(t, s.bid - o.trail))
        i = o.next


@kernel
def sl_reached(s, p):
    return s.bid <= p.sl if p.side > 0 else s.ask >= p.sl


@kernel
def tp_reached(s, p):
    return s.bid >= p.tp if p.side > 0 else s.ask <= p.tp


@kernel
def sl_in_range(s, p):
    """True where the bar being played also holds the stop loss."""
    if p.side > 0:
        return s.range_low_bid <= p.sl
    return s.range_high_ask >= p.sl


@kernel
def stop_losses(state, rules, tape, k, kind):
    s = instrument(state, k)
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        following = p.next
        if sl_reached(s, p):
            price = p.sl if is_path(kind) else (s.bid if p.side > 0 else s.ask)
            price = slipped(state, rules, k, -p.side, p.qty, price, s.bid_size if p.side > 0 else s.ask_size)
            close_position(state, rules, tape, i, price, STOP_LOSS)
        i = following


@kernel
def take_profits(state, rules, tape, k, kind):
    s = instrument(state, k)
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        following = p.next
        if tp_reached(s, p):
            if is_path(kind) and rules.intrabar_path == 0 and sl_in_range(s, p):
                size = s.bid_size if p.side > 0 else s.ask_size
                price = slipped(state, rules, k, -p.side, p.qty, p.sl, size)
                close_position(state, rules, tape, i, price, STOP_LOSS)
            else:
                price = p.tp
                if rules.limit_improve == 1 and not is_path(kind):
                    price = s.bid if p.side > 0 else s.ask
                close_position(state, rules, tape, i, price, TAKE_PROFIT)
        i = following


@kernel
def stop_reached(s, o):
    return s.ask >= o.stop if o.side > 0 else s.bid <= o.stop


@kernel
def limit_reached(s, o):
    return s.ask <= o.limit if o.side > 0 else s.bid >= o.limit


@kernel
def meet_quote(state, rules, tape, i, kind):
    """Working order row i meets a new quote."""
    o = order(state, rules, i)
    s = instrument(state, o.instrument)
    quote = entry_quote(s, o.side)
    o.shown = 0.0
    now_a = acts_as(o)
    if now_a == MARKET:
        execute(state, rules, tape, i, quote, 0, True, False)
    elif now_a == LIMIT:
        if limit_reached(s, o):
            price = o.limit
            if (rules.limit_improve == 1 and not is_path(kind)) or o.tif == OPG:
                price = quote
            execute(state, rules, tape, i, price, 1, False, True)
    elif stop_reached(s, o):
        price = o.stop if is_path(kind) else quote
        o.triggered = 1
        if o.type == STOP_LIMIT:
            if o.side * (o.limit - price) >= 0.0:
                execute(state, rules, tape, i, price, 0, False, True)
        else:
            execute(state, rules, tape, i, price, 0, True, True)
    if is_at_once(o) and is_alive(o):
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, o.filled, 0.0, 0.0)


@kernel
def pass_by(state, rules, k):
    """A quote of a closed market fills nothing, but what icebergs showed was shown on the one before."""
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        o.shown = 0.0
        i = o.next


@kernel
def match(state, rules, tape, k, kind):
    """Everything of instrument k that the new quote triggers, in the order of the page above."""
    s = instrument(state, k)
    state.walking += 1
    if s.n_positions > 0 or s.n_orders > 0:
        move_trails(state, rules, k)
        moves = rules.margin_moves == 1 or rules.n_levers > 0
        if moves and s.n_orders > 0:  # a trailing stop counts at its price
            revalue_margin(state, rules)
    if s.n_positions > 0:
        stop_losses(state, rules, tape, k, kind)
        take_profits(state, rules, tape, k, kind)
    i = s.first_order
    while i > 0:
        if is_working(order(state, rules, i)):
            meet_quote(state, rules, tape, i, kind)
        i = order(state, rules, i).next
    state.walking -= 1
    sweep(state, rules)

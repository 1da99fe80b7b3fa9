"""One order meets one price: how much fills, what it costs, what hangs on it.

The page of assumptions is match.py's. Everything here is about a single order or position; the order in which they are
asked is match.py's business.
"""

import math

from simcore.kernel import tell
from simcore.kernel.afford import money_for_fill, rest_reserve
from simcore.kernel.book import HELD_PARENT, is_alive, opposite_qty, reduces
from simcore.kernel.bounds import trigger_bounds
from simcore.kernel.chance import SPAN, draw
from simcore.kernel.conditions import room_for_position, side_allowed
from simcore.kernel.convert import worse_rate
from simcore.kernel.costs import commission_total, rate_cost, slipped
from simcore.kernel.endings import end_order
from simcore.kernel.enums import Mode, Reason, Status, TimeInForce, Why
from simcore.kernel.fills import apply_fill
from simcore.kernel.jit import kernel
from simcore.kernel.money import GRID_TOLERANCE, money, snap_qty, whole_units
from simcore.kernel.reserve import wake
from simcore.kernel.schema import instrument, order, position, terms

FOK = int(TimeInForce.FOK)
SUBMITTED, ACCEPTED, CANCELED = int(Status.SUBMITTED), int(Status.ACCEPTED), int(Status.CANCELED)
PARTIAL, FILLED = int(Status.PARTIALLY_FILLED), int(Status.FILLED)
REJECTED, DENIED = int(Status.REJECTED), int(Status.DENIED)
NOT_ENOUGH_SIZE, OCO_FILLED = int(Reason.NOT_ENOUGH_SIZE), int(Reason.OCO_FILLED)
POSITION_CLOSED, NOTHING_TO_REDUCE = int(Reason.POSITION_CLOSED), int(Reason.NOTHING_TO_REDUCE)
NO_MONEY, NO_MONEY_AT_TRIGGER = int(Reason.NO_MONEY), int(Reason.NO_MONEY_AT_TRIGGER)
POSITIONS_FULL, WHY_ORDER = int(Reason.POSITIONS_FULL), int(Why.ORDER)
HEDGING = int(Mode.HEDGING)
NAN = math.nan


@kernel
def is_twin(o, other):
    return other.oco == o.id or (o.oco > 0 and o.oco == other.id)


@kernel
def next_linked(state, rules, o, after, twins):
    """Row of the oldest living OCO twin, or else child, of order o with an id above `after`; 0 = none."""
    best = 0
    for j in range(1, state.high_orders + 1):
        other = order(state, rules, j)
        if other.id > after and other.id != o.id and is_alive(other):
            linked = is_twin(o, other) if twins else other.parent == o.id
            if linked and (best == 0 or other.id < order(state, rules, best).id):
                best = j
    return best


@kernel
def after_order_fill(state, rules, tape, i):
    """A fill of row i: OCO twins are canceled, then children wake up with the margin that is free; oldest first."""
    o = order(state, rules, i)
    j = next_linked(state, rules, o, 0, True)
    while j > 0:
        twin = order(state, rules, j)
        end_order(state, rules, tape, j, CANCELED, OCO_FILLED, float(o.id), 0.0, 0.0, 0.0)
        j = next_linked(state, rules, o, twin.id, True)
    j = next_linked(state, rules, o, 0, False)
    while j > 0:
        child = order(state, rules, j)
        child.allowed = whole_units(terms(rules, child.instrument), o.filled)
        if child.held == HELD_PARENT:
            why, a, b, c, d = wake(state, rules, child, j)
            if why != 0:
                end_order(state, rules, tape, j, REJECTED, why, a, b, c, d)
            elif child.instrument != o.instrument:
                trigger_bounds(state, rules, child.instrument)
        j = next_linked(state, rules, o, child.id, False)


@kernel
def oldest_opposite(state, rules, k, side):
    """Ticket of the oldest opposite position: what a reduce-only order closes first on a hedging account."""
    i = instrument(state, k).first_position
    while i > 0:
        p = position(state, rules, i)
        if p.side != side:
            return p.id
        i = p.next
    return 0


@kernel
def quoted_qty(state, rules, o):
    """How much of order o the standing quote has room for."""
    t = terms(rules, o.instrument)
    s = instrument(state, o.instrument)
    qty = min(o.qty, o.allowed) - o.filled
    size = s.ask_size if o.side > 0 else s.bid_size
    if size == size and size < qty:
        qty = math.floor(size / t.qty_increment + GRID_TOLERANCE) * t.qty_increment
    if o.display_qty > 0.0:
        qty = min(qty, o.display_qty - o.shown)
    return snap_qty(t, qty) if qty > 0.0 else 0.0


@kernel
def fillable(state, rules, o):
    """How much of order o one fill may take: on a hedging account a closing fill is for one ticket."""
    qty = quoted_qty(state, rules, o)
    if reduces(o) and o.position == 0 and rules.mode == HEDGING:
        ticket = oldest_opposite(state, rules, o.instrument, o.side)
        qty = min(qty, opposite_qty(state, rules, o.instrument, o.side, ticket))
    return qty


@kernel
def cut_to_reducible(state, rules, o):
    """An order that can only close is for what is there to close: its qty is cut to it at the fill."""
    there = opposite_qty(state, rules, o.instrument, o.side, o.position)
    if 0.0 < there < o.qty - o.filled:
        o.qty = snap_qty(terms(rules, o.instrument), o.filled + there)
    return there > 0.0


@kernel
def refusal(state, rules, i, qty, price, commission):
    """Why this fill cannot be had: (reason, numbers...) with reason 0 when it can."""
    o = order(state, rules, i)
    if reduces(o):
        return 0, 0.0, 0.0, 0.0, 0.0
    if state.account.n_positions >= rules.n_positions:
        if rules.mode == HEDGING or instrument(state, o.instrument).n_positions == 0:
            return POSITIONS_FULL, float(rules.n_positions), float(rules.size), 0.0, 0.0
    found = side_allowed(state, rules, o, qty)
    if found[0] == 0:
        found = room_for_position(state, rules, o, i)
    if found[0] != 0:
        return found
    return money_for_fill(state, rules, o.instrument, o.side, qty, price, commission, i)


@kernel
def is_missed(rules, o):
    """True for an order that finds nothing where others would be filled: chance, of a Monte Carlo study alone."""
    return rules.missed > 0.0 and not reduces(o) and draw(o.id, rules.missed_seed) < rules.missed * SPAN


@kernel
def accept(state, rules, tape, i):
    """Tell that order row i is taken: one that trades on arrival only now, as it may have been refused for its fill."""
    o = order(state, rules, i)
    if o.status == SUBMITTED:
        o.status = ACCEPTED
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)


@kernel
def execute(state, rules, tape, i, quoted, maker, slips, at_trigger):
    """Fill what can be filled of order row i at `quoted`; slippage where `slips`."""
    o = order(state, rules, i)
    if is_missed(rules, o):
        accept(state, rules, tape, i)
        end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, 0.0, 0.0, 0.0)
        return
    if reduces(o):  # nobody refuses it
        accept(state, rules, tape, i)
    again = True
    while again:  # an order that only closes goes through a hedging account ticket by ticket
        if reduces(o) and not cut_to_reducible(state, rules, o):
            reason = POSITION_CLOSED if o.position > 0 else NOTHING_TO_REDUCE
            end_order(state, rules, tape, i, CANCELED, reason, o.qty, o.filled, 0.0, 0.0)
            return
        there = quoted_qty(state, rules, o)
        if o.tif == FOK and there < snap_qty(terms(rules, o.instrument), o.qty - o.filled):
            accept(state, rules, tape, i)
            end_order(state, rules, tape, i, CANCELED, NOT_ENOUGH_SIZE, o.qty, there, 0.0, 0.0)
            return
        filled = execute_once(state, rules, tape, i, quoted, maker, slips, at_trigger)
        again = filled > 0.0 and is_alive(o) and reduces(o) and o.display_qty <= 0.0


@kernel
def execute_once(state, rules, tape, i, quoted, maker, slips, at_trigger):
    """One fill of order row i, or its end, or nothing. Returns the qty filled."""
    o = order(state, rules, i)
    k = o.instrument
    s = instrument(state, k)
    t = terms(rules, k)
    qty = fillable(state, rules, o)
    if qty <= 0.0:
        return 0.0
    price = quoted
    if slips:
        price = slipped(state, rules, k, o.side, qty, quoted, s.ask_size if o.side > 0 else s.bid_size)
    share = o.rate_cost + rate_cost(rules, k, qty * price, maker)
    total = commission_total(state, rules, k, o.filled + qty, o.value + qty * price, share)
    commission = money(rules, total - o.commission)
    why, a, b, c, d = refusal(state, rules, i, qty, price, commission)
    if why != 0:
        if why == NO_MONEY and at_trigger:
            why = NO_MONEY_AT_TRIGGER
        end_order(state, rules, tape, i, DENIED if why == POSITIONS_FULL else REJECTED, why, a, b, c, d)
        return 0.0
    accept(state, rules, tape, i)
    o.margin = money(rules, rest_reserve(state, rules, o, qty)[2])
    slippage = 0.0
    if price != quoted:
        cost = abs(price - quoted) * t.contract_size * qty
        slippage = money(rules, cost * worse_rate(state, rules, t.profit_path, -1.0))
    o.rate_cost = share
    if o.display_qty > 0.0:
        o.shown = snap_qty(t, o.shown + qty)
    if o.side > 0:
        s.ask_size -= qty
    else:
        s.bid_size -= qty
    ticket = o.position
    if ticket == 0 and reduces(o) and rules.mode == HEDGING:
        ticket = oldest_opposite(state, rules, k, o.side)
    book_order_fill(state, rules, tape, i, qty, price, ticket, maker, (commission, slippage, NAN))
    after_order_fill(state, rules, tape, i)
    return qty


@kernel
def book_order_fill(state, rules, tape, i, qty, price, ticket, maker, costs):
    """A fill of order row i, ours or a broker's: money and the order's own row. costs: see apply_fill."""
    o = order(state, rules, i)
    k = o.instrument
    o.filled = snap_qty(terms(rules, k), o.filled + qty)
    o.value += qty * price
    o.commission = money(rules, o.commission + costs[0])
    row = apply_fill(state, rules, tape, k, o.side, qty, price, o.id, ticket, WHY_ORDER, maker, o.tag, costs)
    if row > 0:
        protect(position(state, rules, row), o.sl, o.tp)
        if rules.fifo_close == 1:
            level_stops(state, rules, k, row, o.sl == o.sl, o.tp == o.tp, False)
    done = o.filled >= o.qty - GRID_TOLERANCE * terms(rules, k).qty_increment
    o.status = FILLED if done else PARTIAL
    if done:
        end_order(state, rules, tape, i, FILLED, 0, 0.0, 0.0, 0.0, 0.0)
    else:
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)


@kernel
def protect(p, sl, tp):
    """An order's stop loss and take profit become the position's; what is not given leaves it alone."""
    if sl == sl:
        p.sl = sl
    if tp == tp:
        p.tp = tp


@kernel
def level_stops(state, rules, k, row, sl, tp, trail):
    """FIFO accounts: what position `row` was given of these, every position of its instrument and side gets too.

    So that whatever triggers closes them all, oldest first (MetaTrader 5 Platform, "Group Settings").
    """
    given = position(state, rules, row)
    i = instrument(state, k).first_position
    while i > 0:
        p = position(state, rules, i)
        if p.side == given.side:
            if sl:
                p.sl = given.sl
            if tp:
                p.tp = given.tp
            if trail:
                p.trail = given.trail
                p.extreme = given.extreme
        i = p.next


@kernel
def close_position(state, rules, tape, i, price, why):
    """The broker closes position row i whole: stop loss, take profit."""
    close_qty(state, rules, tape, i, position(state, rules, i).qty, price, why)


@kernel
def close_qty(state, rules, tape, i, qty, price, why):
    """The broker closes qty of position row i."""
    p = position(state, rules, i)
    k = p.instrument
    commission = commission_total(state, rules, k, qty, qty * price, rate_cost(rules, k, qty * price, 0))
    apply_fill(state, rules, tape, k, -p.side, qty, price, 0, p.id, why, 0, p.tag, (commission, 0.0, NAN))

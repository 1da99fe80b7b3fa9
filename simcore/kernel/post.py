"""What comes in from outside: cash in both venues; fills and order changes where a broker is the venue.

With rules.venue = EXTERNAL the broker matches, links, expires, finances and liquidates, and nothing of that happens
here: an order stays as it is until the broker says otherwise. Its fills are booked through the same `apply_fill`, at
its price, commission and swap (rounded to money). A change may name the swap of an open position so far; what a closing
fill names then stands for the closed part's share of it. Our margin, and the margin call it leads to, stay as a
prediction to compare. A fill names our order, or 0 and the instrument and side where the broker acted by itself;
`position` names the ticket it closes. What it has above that ticket opens the other way, so that the position is the
sum of the fills whatever we believed before. Why the broker acted (stop loss, take profit, stop-out) stands in its
`reason`, where it says so.
"""

from simcore.kernel import tell
from simcore.kernel.afford import rest_reserve
from simcore.kernel.book import find_order, find_position, is_alive, reduces, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.due import due, watch_ticks
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, Mode, Reason, Status, Why
from simcore.kernel.execution import book_order_fill, oldest_opposite
from simcore.kernel.fills import accrue, apply_fill, closes
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import watch
from simcore.kernel.modify import change_order
from simcore.kernel.money import money
from simcore.kernel.reserve import reserve, reserves
from simcore.kernel.schema import (
    POST_CASH,
    POST_CHANGE,
    POST_CREDIT,
    POST_FILL,
    POST_ORDER,
    instrument,
    order,
    position,
    terms,
)

DEPOSIT, ORDER_REFUSED = int(EventKind.DEPOSIT), int(EventKind.ORDER_REFUSED)
POSITION_MODIFIED, NAN = int(EventKind.POSITION_MODIFIED), float("nan")
POSITIONS_FULL, UNKNOWN_ORDER = int(Reason.POSITIONS_FULL), int(Reason.UNKNOWN_ORDER)
EXTERNAL, ACCEPTED, HEDGING = int(Why.EXTERNAL), int(Status.ACCEPTED), int(Mode.HEDGING)


@kernel
def post_cash(state, rules, tape, e):
    a = state.account
    amount = money(rules, e.amount)
    if e.kind == POST_CASH:
        a.balance = money(rules, a.balance + amount)
        a.deposits += amount
    else:
        a.credit = money(rules, a.credit + amount)
    tell.event(state, tape, DEPOSIT, 0, 0, 0, 0, amount, a.balance, a.credit, 0.0)


@kernel
def has_room(state, rules, k, side, order_id, ticket):
    """True where a position row is there for what a fill may open."""
    if state.account.n_positions < rules.n_positions or closes(state, rules, k, side, ticket) > 0:
        return True
    if rules.mode != HEDGING:
        return instrument(state, k).n_positions > 0
    i = find_position(state, rules, order_id)
    return i > 0 and position(state, rules, i).side == side


@kernel
def post_fill(state, rules, tape, e):
    """A fill the broker reports: of an order we know, or its own (e.order = 0)."""
    i = find_order(state, rules, e.order)
    k, side, ticket = e.instrument, e.side, e.position
    if i > 0:
        k, side = order(state, rules, i).instrument, order(state, rules, i).side
    if i > 0 and ticket == 0:
        o = order(state, rules, i)
        ticket = o.position
        if ticket == 0 and reduces(o) and rules.mode == HEDGING:
            ticket = oldest_opposite(state, rules, k, o.side)
    if not has_room(state, rules, k, side, e.order, ticket):
        full = float(rules.n_positions)
        tell.event(state, tape, ORDER_REFUSED, POSITIONS_FULL, e.order, 0, k, full, float(rules.size), 0.0, 0.0)
        return
    costs = (money(rules, e.commission), 0.0, money(rules, e.swap))
    if i > 0:
        o = order(state, rules, i)
        if o.margin != 0.0:
            o.margin = money(rules, rest_reserve(state, rules, o, e.qty)[2])
        book_order_fill(state, rules, tape, i, e.qty, e.price, ticket, 0, costs)
    else:
        why = e.reason if e.reason > 0 else EXTERNAL
        apply_fill(state, rules, tape, k, side, e.qty, e.price, e.order, ticket, why, 0, 0, costs)
    sweep(state, rules)
    rebound(state, rules, k)


@kernel
def post_order(state, rules, tape, e):
    """The broker's word on an order of ours."""
    i = find_order(state, rules, e.order)
    if i == 0:
        tell.event(state, tape, ORDER_REFUSED, UNKNOWN_ORDER, e.order, 0, 0, float(e.order), 0.0, 0.0, 0.0)
        return
    o = order(state, rules, i)
    k = o.instrument
    o.status = e.status
    if is_alive(o):
        if o.status == ACCEPTED and reserves(o) and o.margin == 0.0 and instrument(state, k).ts > 0:
            reserve(state, rules, o)
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    else:
        end_order(state, rules, tape, i, e.status, e.reason, 0.0, 0.0, 0.0, 0.0)
        sweep(state, rules)
    rebound(state, rules, k)


@kernel
def post_change(state, rules, tape, e):
    """The broker changed an order, or the position it opened: its stops, its swap."""
    i = find_order(state, rules, e.order)
    if i == 0 or e.swap == e.swap:
        set_position(state, rules, tape, e)
        return
    o = order(state, rules, i)
    k = o.instrument
    change_order(terms(rules, k), o, e)
    if o.margin != 0.0:
        reserve(state, rules, o)
    tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    rebound(state, rules, k)


@kernel
def set_position(state, rules, tape, e):
    """Stop loss and take profit (0: none) and the swap so far, as the broker has them now."""
    i = find_position(state, rules, e.order)
    if i == 0:
        tell.event(state, tape, ORDER_REFUSED, UNKNOWN_ORDER, e.order, 0, 0, float(e.order), 0.0, 0.0, 0.0)
        return
    p = position(state, rules, i)
    if e.swap == e.swap:
        accrue(state, rules, tape, p, money(rules, money(rules, e.swap) - p.swap), 0.0)
    if e.sl == e.sl:
        p.sl = e.sl if e.sl != 0.0 else NAN
    if e.tp == e.tp:
        p.tp = e.tp if e.tp != 0.0 else NAN
    if e.sl == e.sl or e.tp == e.tp:
        tell.event(state, tape, POSITION_MODIFIED, 0, e.order, p.id, p.instrument, p.sl, p.tp, p.trail, 0.0)


@kernel
def post(state, rules, tape, e):
    """Apply one outside event at its time; what was due before happens first."""
    if e.ts >= state.next_due:
        state.tick_ts = e.ts
        due(state, rules, tape, e.ts)
    if e.ts > state.now:
        state.now = e.ts
    if e.kind == POST_FILL:
        post_fill(state, rules, tape, e)
    elif e.kind == POST_ORDER:
        post_order(state, rules, tape, e)
    elif e.kind == POST_CHANGE:
        post_change(state, rules, tape, e)
    elif e.kind == POST_CASH or e.kind == POST_CREDIT:
        post_cash(state, rules, tape, e)
    watch(state, rules, tape)
    watch_ticks(state, rules, tape)

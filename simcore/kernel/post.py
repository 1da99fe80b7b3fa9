"""What comes in from outside: cash in both venues; fills and order changes where a broker is the venue.

With rules.venue = EXTERNAL the broker matches, finances and liquidates; its fills are booked through the same
`apply_fill`, at its price and its commission, and our margin stays as a prediction to compare.
"""

from simcore.kernel import tell
from simcore.kernel.book import find_order, is_alive, sweep
from simcore.kernel.bounds import rebound
from simcore.kernel.due import due
from simcore.kernel.endings import end_order
from simcore.kernel.enums import EventKind, Status, Why
from simcore.kernel.execution import book_order_fill
from simcore.kernel.fills import apply_fill
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import watch
from simcore.kernel.margin import refresh_margin
from simcore.kernel.money import money
from simcore.kernel.reserve import reserve, reserves
from simcore.kernel.schema import POST_CASH, POST_CREDIT, POST_FILL, POST_ORDER, order

DEPOSIT = int(EventKind.DEPOSIT)
EXTERNAL = int(Why.EXTERNAL)
ACCEPTED, MARKET = int(Status.ACCEPTED), 0


@kernel
def post_cash(state, rules, tape, e):
    a = state.account
    if e.kind == POST_CASH:
        a.balance = money(rules, a.balance + e.amount)
        a.deposits += e.amount
    else:
        a.credit = money(rules, a.credit + e.amount)
    tell.event(state, tape, DEPOSIT, 0, 0, 0, 0, e.amount, a.balance, a.credit, 0.0)


@kernel
def post_fill(state, rules, tape, e):
    """A fill the broker reports: of an order we know, or its own (e.order = 0)."""
    i = find_order(state, rules, e.order)
    if i > 0:
        book_order_fill(state, rules, tape, i, e.qty, e.price, 0, e.commission, 0.0)
        k = order(state, rules, i).instrument
    else:
        k = e.instrument
        apply_fill(
            state, rules, tape, k, e.side, e.qty, e.price, e.order, e.position, EXTERNAL, 0, 0, e.commission, 0.0
        )
    sweep(state, rules)
    rebound(state, rules, k)


@kernel
def post_order(state, rules, tape, e):
    """The broker's word on an order of ours."""
    i = find_order(state, rules, e.order)
    if i == 0:
        return
    o = order(state, rules, i)
    o.status = e.status
    if is_alive(o):
        if o.status == ACCEPTED and reserves(o) and o.margin == 0.0:
            reserve(state, rules, o)
        tell.change(state, rules, tape, i, 0.0, 0.0, 0.0, 0.0)
    else:
        end_order(state, rules, tape, i, e.status, e.reason, 0.0, 0.0, 0.0, 0.0)
        sweep(state, rules)
        refresh_margin(state, rules, o.instrument)
    rebound(state, rules, o.instrument)


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
    elif e.kind == POST_CASH or e.kind == POST_CREDIT:
        post_cash(state, rules, tape, e)
    watch(state, rules, tape)

"""What the engine tells: rows of the Tape, and notices for the strategy.

The Tape is outside snapshot, fingerprint and parity. A table that is nearly full sets `tape.full`, and the driver
drains it before the next row; `reserve` is more than one row of a feed can cause. Notices live in State, because what a
strategy has not heard yet is part of its future.
"""

from simcore.kernel.enums import Call, Hears
from simcore.kernel.jit import kernel
from simcore.kernel.schema import ask_row, change_row, event_row, fill_row, notice, order, sample_row, trade_row

FILL_BIT, ORDER_BIT = int(Hears.FILL), int(Hears.ORDER)
CALL_FILL, CALL_ORDER = int(Call.FILL), int(Call.ORDER)


@kernel
def room(tape, n):
    """True where the table of n rows takes one more; asks for a drain in good time."""
    if n >= tape.capacity - tape.reserve:
        tape.full = 1
    if n >= tape.capacity:
        tape.lost += 1
        return False
    return True


@kernel
def event(state, tape, kind, reason, order_id, position_id, k, a, b, c, d):
    n = tape.n_events
    if room(tape, n):
        row = event_row(tape, n)
        row.ts = state.now
        row.kind = kind
        row.reason = reason
        row.order = order_id
        row.position = position_id
        row.instrument = k
        row.a = a
        row.b = b
        row.c = c
        row.d = d
        tape.n_events = n + 1


@kernel
def ask(state, tape, action, number, other, d):
    """A broker elsewhere has to hear of a change; d is the draft. Returns number."""
    n = tape.n_asks
    if room(tape, n):
        row = ask_row(tape, n)
        row.due = state.now
        row.number = state.account.last_order_id
        row.action = action
        row.id = number
        row.other = other
        row.qty = d.qty
        row.limit = d.limit
        row.stop = d.stop
        row.trail = d.trail
        row.sl = d.sl
        row.tp = d.tp
        row.expires = d.expires
        tape.n_asks = n + 1
    return number


@kernel
def sample(state, tape, equity):
    n = tape.n_samples
    if room(tape, n):
        row = sample_row(tape, n)
        row.ts = state.now
        row.balance = state.account.balance
        row.equity = equity
        row.used_margin = state.account.used_margin
        tape.n_samples = n + 1


@kernel
def change(state, rules, tape, i, a, b, c, d):
    """Order row i has a new status: tell the tape, and the strategy if it listens."""
    o = order(state, rules, i)
    change_on_tape(state, tape, o, a, b, c, d)
    order_notice(state, rules, o)


@kernel
def change_on_tape(state, tape, o, a, b, c, d):
    """How order `o` stands now, a row of the book or a draft that found no room there; a to d: of its sentence."""
    n = tape.n_changes
    if room(tape, n):
        row = change_row(tape, n)
        row.at = state.now
        row.a = a
        row.b = b
        row.c = c
        row.d = d
        copy_order(row.order, o)
        tape.n_changes = n + 1


@kernel
def order_notice(state, rules, o):
    """The same for the strategy, if it listens."""
    if rules.hears & ORDER_BIT:
        note = push_notice(state, rules, CALL_ORDER, o.instrument)
        note.order = o.id
        note.position = o.position
        note.side = o.side
        note.qty = o.qty
        note.price = o.value / o.filled if o.filled > 0.0 else 0.0
        note.commission = o.commission
        note.pnl = 0.0
        note.swap = 0.0
        note.why = 0
        note.status = o.status
        note.reason = o.reason
        note.tag = o.tag


@kernel
def is_crowded(state, rules):
    """True where what the strategy has not heard leaves no room but for what one row of a feed can cause."""
    return state.notice_last - state.notice_first >= rules.n_unheard


@kernel
def push_notice(state, rules, call, k):
    """The next notice row; whoever sends something asks `is_crowded` first, so its ring has room."""
    note = notice(state, rules, state.notice_last)
    state.notice_last += 1
    state.wake |= 1 << call
    note.call = call
    note.ts = state.now
    note.instrument = k
    return note


@kernel
def fill(state, rules, tape, order_id, position_id, k, side, why, maker, tag, qty, price, costs, closed):
    """One execution. costs = (commission, slippage); closed = (qty, pnl, swap) of the part that closed."""
    n = tape.n_fills
    if room(tape, n):
        row = fill_row(tape, n)
        row.ts = state.now
        row.order = order_id
        row.position = position_id
        row.instrument = k
        row.side = side
        row.why = why
        row.maker = maker
        row.tag = tag
        row.qty = qty
        row.price = price
        row.commission = costs[0]
        row.slippage = costs[1]
        row.closed_qty = closed[0]
        row.pnl = closed[1]
        row.swap = closed[2]
        row.balance = state.account.balance
        tape.n_fills = n + 1
    if rules.hears & FILL_BIT:
        note = push_notice(state, rules, CALL_FILL, k)
        note.order = order_id
        note.position = position_id
        note.side = side
        note.qty = qty
        note.price = price
        note.commission = costs[0]
        note.pnl = closed[1]
        note.swap = closed[2]
        note.why = why
        note.status = 0
        note.reason = 0
        note.tag = tag


@kernel
def trade(state, tape, p, exit_order, why, qty, price, pnl, swap, commission, rate):
    """A part of position p closed; rate = quote currency -> account at the exit."""
    n = tape.n_trades
    if room(tape, n):
        row = trade_row(tape, n)
        row.position = p.id
        row.entry_order = p.last_order
        row.exit_order = exit_order
        row.instrument = p.instrument
        row.side = p.side
        row.why = why
        row.tag = p.tag
        row.qty = qty
        row.entry_ts = p.ts
        row.entry_price = p.price
        row.exit_ts = state.now
        row.exit_price = price
        row.pnl = pnl
        row.swap = swap
        row.commission = commission
        row.rate = rate
        row.sl = p.sl
        row.tp = p.tp
        tape.n_trades = n + 1


@kernel
def copy_order(to, o):
    """Field by field: a record assigned as a whole takes numba minutes to compile."""
    to.id = o.id
    to.ts = o.ts
    to.due = o.due
    to.waits = o.waits
    to.age = o.age
    to.status = o.status
    to.reason = o.reason
    to.instrument = o.instrument
    to.side = o.side
    to.type = o.type
    to.tif = o.tif
    to.qty = o.qty
    to.filled = o.filled
    to.value = o.value
    to.limit = o.limit
    to.stop = o.stop
    to.trail = o.trail
    to.extreme = o.extreme
    to.sl = o.sl
    to.tp = o.tp
    to.expires = o.expires
    to.oco = o.oco
    to.parent = o.parent
    to.allowed = o.allowed
    to.held = o.held
    to.triggered = o.triggered
    to.post_only = o.post_only
    to.reduce_only = o.reduce_only
    to.display_qty = o.display_qty
    to.shown = o.shown
    to.position = o.position
    to.closing = o.closing
    to.tag = o.tag
    to.margin = o.margin
    to.margin_rate = o.margin_rate
    to.rate_cost = o.rate_cost
    to.commission = o.commission

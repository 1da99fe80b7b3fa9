"""The kernel's cold entry points, as C symbols: what strategies, the loop and Python call by name.

Everything here is compiled once, into the image of the account (see image), and linked by symbol, so that a strategy
compiles without the code of what it calls.
"""

from __future__ import annotations

from simcore.kernel import afford as _afford
from simcore.kernel import amend as _amend
from simcore.kernel import book as _book
from simcore.kernel import clock as _clock
from simcore.kernel import execution as _execution
from simcore.kernel import margin as _margin
from simcore.kernel import modify as _modify
from simcore.kernel import money as _money
from simcore.kernel import orders as _orders
from simcore.kernel import post as _post
from simcore.kernel import revalue as _revalue
from simcore.kernel import step as _step
from simcore.kernel import whatif as _whatif
from simcore.kernel.enums import EventKind, Reason, Why
from simcore.kernel.jit import Entry, float64, int64
from simcore.kernel.schema import Post, Rules, State, Tape, instrument, position, terms, timer
from simcore.kernel.tell import event

REFUSED, TIMERS_FULL = int(EventKind.ORDER_REFUSED), int(Reason.TIMERS_FULL)
AT_END = int(Why.END)

_ALL = (State, Rules, Tape)
_READ = (State, Rules)


def slow(state, rules, tape, k, kind, ts, bid, ask, x, y):
    _step.slow(state, rules, tape, k, kind, ts, bid, ask, x, y)
    return 0


def next_call(state, rules):
    return _step.next_call(state, rules)


def post(state, rules, tape, e):
    _post.post(state, rules, tape, e)
    return 0


def submit(state, rules, tape):
    return _orders.submit(state, rules, tape)


def modify(state, rules, tape):
    return _modify.modify(state, rules, tape)


def cancel(state, rules, tape, order_id):
    return _amend.cancel(state, rules, tape, order_id)


def cancel_all(state, rules, tape, k):
    return _amend.cancel_all(state, rules, tape, k)


def close(state, rules, tape, k, qty, ticket):
    return _orders.close(state, rules, tape, k, qty, ticket)


def close_by(state, rules, tape, a, b):
    return _amend.close_by(state, rules, tape, a, b)


def set_timer(state, rules, tape, ts):
    """Call on_timer at the first row at or after ts, the next one at the earliest. Returns its time; 0 = all taken."""
    for i in range(rules.n_timers):
        row = timer(state, rules, i)
        if row.at == 0:
            row.at = ts if ts > state.now else state.now + 1  # not within this very row: it would never end
            if i >= state.high_timers:
                state.high_timers = i + 1
            if row.at < state.next_due:
                state.next_due = row.at
            return row.at
    event(state, tape, REFUSED, TIMERS_FULL, 0, 0, state.k, float(rules.n_timers), 0.0, 0.0, 0.0)
    return 0


def equity(state, rules):
    return _revalue.equity(state, rules)


def free_equity(state, rules):
    return _revalue.free_equity(state, rules)


def unrealized_pnl(state, rules):
    return _revalue.unrealized_pnl(state, rules)


def max_qty(state, rules, k, side):
    return _afford.max_qty(state, rules, k, side)


def net_qty(state, rules, k):
    """Signed position of instrument k: longs minus shorts, on the qty grid."""
    s = instrument(state, k)
    net = s.long_qty - s.short_qty
    if net == 0.0:
        return 0.0
    t = terms(rules, k)
    return _money.snap_qty(t, net) if net > 0.0 else -_money.snap_qty(t, -net)


def entry_price(state, rules, k):
    """Average open price of the larger side of instrument k; nan when flat."""
    s = instrument(state, k)
    if s.long_qty > s.short_qty:
        return s.long_value / s.long_qty
    if s.short_qty > 0.0:
        return s.short_value / s.short_qty
    return float("nan")


def round_qty(rules, k, x):
    return _money.round_down_qty(terms(rules, k), x)


def qty_for(state, rules, k, risk, sl):
    """The largest qty that loses at most `risk` (account currency) between the quote and the stop at `sl`."""
    s = instrument(state, k)
    if s.ts == 0 or not risk > 0.0 or not sl > 0.0:
        return 0.0
    side = 1 if sl < s.bid else -1
    price = s.ask if side > 0 else s.bid
    t = terms(rules, k)
    unit = -_revalue.gross(state, rules, k, side, price, sl, 1.0)
    if not unit > 0.0:
        return 0.0
    return _money.round_down_qty(t, risk / unit)


def local_time(state, rules):
    """Now on the broker's clock: ns since 1970 as that clock shows it."""
    return state.now + _clock.offset_at(rules.zone, state.now)


def finalize(state, rules, tape, k, bid, ask):
    """Close every position of instrument k at these prices: the end of a backtest, not an order. Returns how many."""
    n = 0
    for i in range(state.high_positions, 0, -1):
        p = position(state, rules, i)
        if p.id > 0 and p.instrument == k:
            _execution.close_position(state, rules, tape, i, bid if p.side > 0 else ask, AT_END)
            n += 1
    _book.sweep(state, rules)
    return n


def position_pnl(state, rules, i):
    """Unrealised profit of position row i (1-based), swap included."""
    p = position(state, rules, i)
    price = _revalue.closing_price(instrument(state, p.instrument), p.side)
    return _revalue.result_at(state, rules, p, price) + p.swap


def profit(state, rules, k, side, open_price, close_price, qty):
    return _revalue.gross(state, rules, k, side, open_price, close_price, qty)


def margin_alone(state, rules, k, side, kind, qty, price):
    return _whatif.margin_alone(state, rules, k, side, kind, qty, price)


def standing_of(state, rules, what):
    """Exchange accounts: assets (0), liabilities (1), initial (2) and maintenance margin (3)."""
    if what < 2:
        return _revalue.held_value(state, rules, 1 if what == 0 else -1)
    return _margin.requirement(state, rules, what == 3)


def rate_of(state, rules, k, about, ask_side):
    return _whatif.rate_of(state, rules, k, about, ask_side)


def financing_of(state, rules, k, side, qty, price, about):
    return _whatif.financing_of(state, rules, k, side, qty, price, about)


def used_with_fill(state, rules, k, side, qty, price):
    return _whatif.used_with_fill(state, rules, k, side, qty, price)


def sides_of(state, rules, k, what):
    return _whatif.sides_of(state, rules, k, what)


def tier_of(state, rules, k, tier):
    return _whatif.tier_of(state, rules, k, tier)


def is_stopped_at(state, rules, k, bid, ask):
    return _whatif.is_stopped_at(state, rules, k, bid, ask)


slow_entry = Entry(slow, int64(*_ALL, int64, int64, int64, float64, float64, float64, float64))
next_call_entry = Entry(next_call, int64(*_READ))
post_entry = Entry(post, int64(*_ALL, Post))
submit_entry = Entry(submit, int64(*_ALL))
modify_entry = Entry(modify, int64(*_ALL))
cancel_entry = Entry(cancel, int64(*_ALL, int64))
cancel_all_entry = Entry(cancel_all, int64(*_ALL, int64))
close_entry = Entry(close, int64(*_ALL, int64, float64, int64))
close_by_entry = Entry(close_by, int64(*_ALL, int64, int64))
set_timer_entry = Entry(set_timer, int64(*_ALL, int64))
equity_entry = Entry(equity, float64(*_READ))
free_equity_entry = Entry(free_equity, float64(*_READ))
unrealized_pnl_entry = Entry(unrealized_pnl, float64(*_READ))
max_qty_entry = Entry(max_qty, float64(*_READ, int64, int64))
net_qty_entry = Entry(net_qty, float64(*_READ, int64))
entry_price_entry = Entry(entry_price, float64(*_READ, int64))
round_qty_entry = Entry(round_qty, float64(Rules, int64, float64))
qty_for_entry = Entry(qty_for, float64(*_READ, int64, float64, float64))
local_time_entry = Entry(local_time, int64(*_READ))
finalize_entry = Entry(finalize, int64(*_ALL, int64, float64, float64))
position_pnl_entry = Entry(position_pnl, float64(*_READ, int64))
profit_entry = Entry(profit, float64(*_READ, int64, int64, float64, float64, float64))
margin_alone_entry = Entry(margin_alone, float64(*_READ, int64, int64, int64, float64, float64))
standing_of_entry = Entry(standing_of, float64(*_READ, int64))
rate_of_entry = Entry(rate_of, float64(*_READ, int64, int64, int64))
financing_of_entry = Entry(financing_of, float64(*_READ, int64, int64, float64, float64, int64))
used_with_fill_entry = Entry(used_with_fill, float64(*_READ, int64, int64, float64, float64))
sides_of_entry = Entry(sides_of, float64(*_READ, int64, int64))
tier_of_entry = Entry(tier_of, float64(*_READ, int64, int64))
is_stopped_at_entry = Entry(is_stopped_at, int64(*_READ, int64, float64, float64))

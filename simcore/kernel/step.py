"""One event: the hot tick, the one slow path behind it, and who is called afterwards.

The hot tick stores the quote and compares five numbers. If one is reached, `slow` does everything, in order: what is
due meets the quote that stood; the quote is stored; stops, targets and orders; margin call and stop-out; then the
orders that waited for this quote. `next_call` hands out the handlers in order: fills and order changes, timers, the
quote, closed bars; what those handlers cause is heard in further rounds, eight at most.
"""

from simcore.kernel.arrival import arrive, leave, settle
from simcore.kernel.bars import update_bars
from simcore.kernel.book import is_alive
from simcore.kernel.bounds import trigger_bounds
from simcore.kernel.corporate import dividend, split
from simcore.kernel.due import due, watch_ticks
from simcore.kernel.enums import Call, Hears, Kind, Valuation, Venue
from simcore.kernel.jit import inline, kernel
from simcore.kernel.liquidation import watch
from simcore.kernel.margin import revalue_margin
from simcore.kernel.match import match, pass_by
from simcore.kernel.revalue import equity
from simcore.kernel.schema import N_ROUNDS, instrument, notice, order, series, series_terms, terms, timer
from simcore.kernel.tell import sample

LAST = int(Valuation.LAST)
SPLIT_ROW, DIVIDEND_ROW = int(Kind.SPLIT), int(Kind.DIVIDEND)
QUOTE_ROW, PRINT_ROW, HEARTBEAT = int(Kind.QUOTE), int(Kind.PRINT), int(Kind.HEARTBEAT)
BAR_OPEN, BAR_FIRST, BAR_CLOSE = int(Kind.BAR_OPEN), int(Kind.BAR_FIRST), int(Kind.BAR_CLOSE)
SIMULATED = int(Venue.SIMULATED)
NONE, QUOTE, PRINT, BAR, BARS = int(Call.NONE), int(Call.QUOTE), int(Call.PRINT), int(Call.BAR), int(Call.BARS)
TIMER = int(Call.TIMER)
HEARS_QUOTE, HEARS_PRINT, HEARS_TIMER = int(Hears.QUOTE), int(Hears.PRINT), int(Hears.TIMER)
HEARS_BAR, HEARS_BARS = int(Hears.BAR), int(Hears.BARS)
NAN = float("nan")


@inline
def is_reached(state, s, ts, bid, ask):
    """True where a quote of the instrument whose state is s reaches a bound: of its prices, or the next due time."""
    return (bid <= s.lo_bid) | (bid >= s.hi_bid) | (ask <= s.lo_ask) | (ask >= s.hi_ask) | (ts >= state.next_due)


@inline
def tick(state, s, ts, bid, ask):
    """The hot path: a quote of the instrument whose state is s. True where nothing but the quote changed."""
    if is_reached(state, s, ts, bid, ask):
        return False
    state.now = ts
    s.ts = ts
    s.bid = bid
    s.ask = ask
    return True


@kernel
def store(state, rules, s, kind, ts, bid, ask, x, y):
    """The quote, its sizes, and the range of the bar it belongs to."""
    s.ts = ts
    s.bid = bid
    s.ask = ask
    if kind == QUOTE_ROW:
        s.bid_size = x
        s.ask_size = y
        return
    s.bid_size = NAN
    s.ask_size = NAN
    if kind == BAR_OPEN:
        s.range_low_bid = x
        s.range_high_bid = y
        s.range_low_ask = ask
        s.range_high_ask = ask
    elif kind == BAR_FIRST:
        s.range_low_ask = x
        s.range_high_ask = y


@kernel
def waiting(state, rules, tape, k):
    """Orders made before this quote, for this quote, in the order they were made: they arrive, or leave."""
    state.walking += 1
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        following = o.next
        if o.waits == 1 and is_alive(o):
            if rules.venue == SIMULATED:
                arrive(state, rules, tape, i)
            else:
                leave(state, tape, o)
        i = following
    state.walking -= 1
    settle(state, rules, k)


@kernel
def slow(state, rules, tape, k, kind, ts, bid, ask, x, y):
    """Everything that may happen on a row; the order is DESIGN's section 5."""
    s = instrument(state, k)
    state.tick_ts = ts
    something = ts >= state.next_due
    if something:
        due(state, rules, tape, ts)
    state.now = ts
    if kind >= HEARTBEAT:
        if kind == SPLIT_ROW:
            split(state, rules, tape, k, bid)
        elif kind == DIVIDEND_ROW:
            dividend(state, rules, tape, k, bid)
        if kind != HEARTBEAT and rules.margin_moves == 1:  # its price moved
            revalue_margin(state, rules)
        watch(state, rules, tape)
        watch_ticks(state, rules, tape)
        return
    state.tick_k = k
    heard = HEARS_QUOTE
    if kind == PRINT_ROW:
        s.last = bid
        s.last_size = x
        heard = HEARS_PRINT
        if terms(rules, k).print_quotes == 1:
            heard = HEARS_QUOTE | HEARS_PRINT
    if kind != PRINT_ROW or terms(rules, k).print_quotes == 1:
        store(state, rules, s, kind, ts, bid, ask, x, y)
        if rules.margin_moves == 1 and state.account.n_positions + state.account.n_orders > 0:
            revalue_margin(state, rules)
        if rules.venue == SIMULATED:
            if s.closed == 0:
                match(state, rules, tape, k, kind)
            else:
                pass_by(state, rules, k)
        trigger_bounds(state, rules, k)
        watch(state, rules, tape)
        watch_ticks(state, rules, tape)
        if s.n_waits > 0:
            waiting(state, rules, tape, k)
        update_bars(state, rules, s, QUOTE_ROW if kind == PRINT_ROW else kind, ts, bid, x)
        if kind == BAR_CLOSE and rules.sample_every == 0:
            sample(state, tape, equity(state, rules))
    elif something or rules.valuation == LAST:
        if rules.margin_moves == 1 and rules.valuation == LAST and state.account.n_positions > 0:
            revalue_margin(state, rules)
        watch(state, rules, tape)
        watch_ticks(state, rules, tape)
    else:
        watch_ticks(state, rules, tape)
    state.wake |= rules.hears & heard


@kernel
def next_timer(state, rules):
    """Slot of the earliest timer that has come; -1 = none."""
    best = -1
    for i in range(state.high_timers):
        at = timer(state, rules, i).at
        if 0 < at <= state.now and (best < 0 or at < timer(state, rules, best).at):
            best = i
    return best


@kernel
def next_bar(state, rules):
    """The next closed bar to hear: by its end, then by series. Sets k, series, bar_end. NONE when all are heard."""
    while True:
        best = -1
        for i in range(rules.n_series):
            b = series(state, rules, i)
            if b.pending == 1 and (best < 0 or b.closed_at < series(state, rules, best).closed_at):
                best = i
        ended = best < 0 or series(state, rules, best).closed_at != state.bar_end
        if ended and state.heard_bars == 1:
            state.heard_bars = 0
            if rules.hears & HEARS_BARS:
                state.k = state.tick_k
                return BARS
        if best < 0:
            state.bar_end = 0
            return NONE
        b = series(state, rules, best)
        b.pending = 0
        state.bar_end = b.closed_at
        state.heard_bars = 1
        state.series = best
        state.k = series_terms(rules, best).instrument
        if rules.hears & HEARS_BAR:
            return BAR


@kernel
def pop_notice(state, rules):
    """The oldest notice becomes state.notice; returns which handler hears it."""
    note = notice(state, rules, state.notice_first)
    state.notice_first += 1
    to = state.notice
    to.call = note.call
    to.ts = note.ts
    to.order = note.order
    to.position = note.position
    to.instrument = note.instrument
    to.side = note.side
    to.qty = note.qty
    to.price = note.price
    to.commission = note.commission
    to.pnl = note.pnl
    to.swap = note.swap
    to.why = note.why
    to.status = note.status
    to.reason = note.reason
    to.tag = note.tag
    state.k = note.instrument
    return note.call


@kernel
def call_of(state, rules):
    """Which handler runs next; NONE when this row is done."""
    while True:
        if state.rounds == 0 and state.notice_last > state.notice_batch:
            state.rounds = 1
            state.notice_batch = state.notice_last
        if state.notice_first < state.notice_batch:
            return pop_notice(state, rules)
        if state.wake & HEARS_TIMER:
            i = next_timer(state, rules)
            if i >= 0:
                timer(state, rules, i).at = 0
                state.k = state.tick_k
                return TIMER
            state.wake &= ~HEARS_TIMER
        if state.wake & HEARS_QUOTE:
            state.wake &= ~HEARS_QUOTE
            state.k = state.tick_k
            return QUOTE
        if state.wake & HEARS_PRINT:
            state.wake &= ~HEARS_PRINT
            state.k = state.tick_k
            return PRINT
        if state.wake & (HEARS_BAR | HEARS_BARS):
            call = next_bar(state, rules)
            if call != NONE:
                return call
            state.wake &= ~(HEARS_BAR | HEARS_BARS)
        if state.notice_last == state.notice_batch or state.rounds >= N_ROUNDS:
            return NONE
        state.rounds += 1
        state.notice_batch = state.notice_last


@kernel
def next_call(state, rules):
    """The handler to call now, kept in state.call; NONE ends the row."""
    call = call_of(state, rules)
    if call == NONE:
        state.wake = 0
        state.rounds = 0
        state.k = state.tick_k
        state.call = QUOTE
        if state.notice_last > state.notice_first:  # the ninth round: the next row brings it
            state.next_due = state.now
        return NONE
    state.call = call
    return call

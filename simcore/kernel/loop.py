"""The rows: played one after the other until a handler has to run.

`advance` says which handler that is. Python calls it again and again with one pointer for a plain strategy; live is a
feed of one row. A compiled strategy has `quiet_row` in a loop of its own, with its on_quote behind it (see
strategy.machine.replay), and calls `advance` for every row that is more than a quiet quote: the rows, their order and
what they do are the same. Columns are read by address; an absent one is 0.
"""

from simcore.kernel.bars import update_bars
from simcore.kernel.entries import next_call_entry, slow_entry
from simcore.kernel.enums import Call, Kind
from simcore.kernel.jit import Entry, inline, int64, load_f8, load_i8, load_u1, record_from_address
from simcore.kernel.schema import Feed, Rules, State, Tape, instrument, series
from simcore.kernel.step import HEARS_QUOTE, is_reached, tick

QUOTE_ROW = int(Kind.QUOTE)
END, DRAIN, NONE, QUOTE = int(Call.END), int(Call.DRAIN), int(Call.NONE), int(Call.QUOTE)
NAN = float("nan")

state_at = record_from_address(State)
rules_at = record_from_address(Rules)
tape_at = record_from_address(Tape)
feed_at = record_from_address(Feed)
slow = slow_entry.external
next_call = next_call_entry.external


@inline
def only_quotes(feed):
    """True where all rows are quotes of one instrument without sizes: their columns are ts, bid and ask."""
    return (feed.instrument | feed.kind | feed.x) == 0


@inline
def quiet_row(state, rules, feed, i):
    """Store row i where it is a quote and that is all there is to do. Else False, and nothing was done."""
    if feed.kind != 0 and load_u1(feed.kind, i) != QUOTE_ROW:
        return False
    k = load_u1(feed.instrument, i) if feed.instrument != 0 else 0
    s = instrument(state, k)
    ts, bid = load_i8(feed.ts, i), load_f8(feed.bid, i)
    if not tick(state, s, ts, bid, load_f8(feed.ask, i)):
        return False
    if s.n_series > 0:
        update_bars(state, rules, s, QUOTE_ROW, ts, bid, NAN)
    state.tick_k = k
    state.k = k
    if feed.x != 0:
        s.bid_size = load_f8(feed.x, i)
        s.ask_size = load_f8(feed.y, i)
    return True


@inline
def play_row(state, rules, tape, feed, i):
    """Play row i, whatever it is."""
    k = load_u1(feed.instrument, i) if feed.instrument != 0 else 0
    kind = load_u1(feed.kind, i) if feed.kind != 0 else QUOTE_ROW
    x = load_f8(feed.x, i) if feed.x != 0 else NAN
    y = load_f8(feed.y, i) if feed.y != 0 else NAN
    slow(state, rules, tape, k, kind, load_i8(feed.ts, i), load_f8(feed.bid, i), load_f8(feed.ask, i), x, y)


@inline
def find_reached(state, s, feed, i):
    """The first row from i on that reaches a bound of the only instrument; nothing is stored."""
    ts, bid, ask, n = feed.ts, feed.bid, feed.ask, feed.n
    while i < n and not is_reached(state, s, load_i8(ts, i), load_f8(bid, i), load_f8(ask, i)):
        i += 1
    return i


@inline
def find_reached_in_bar(state, s, b, feed, i):
    """The same where the prices make the bar b: what it is made of stays in registers, and is stored at the end."""
    ts, bid, ask, n = feed.ts, feed.bid, feed.ask, feed.n
    high, low, close, volume = b.high, b.low, b.close, b.volume
    while i < n and not is_reached(state, s, load_i8(ts, i), load_f8(bid, i), load_f8(ask, i)):
        close = load_f8(bid, i)
        if close > high:
            high = close
        if close < low:
            low = close
        volume += 1.0
        i += 1
    b.high = high
    b.low = low
    b.close = close
    b.volume = volume
    return i


@inline
def skip_quotes(state, rules, feed, i):
    """`skip_unheard` of one instrument without sizes, and with one series of bars at most."""
    s = instrument(state, 0)
    b = series(state, rules, s.first_series)
    first = i
    if s.n_series == 0:
        i = find_reached(state, s, feed, i)
    elif b.end != 0:
        i = find_reached_in_bar(state, s, b, feed, i)
    if i > first:
        tick(state, s, load_i8(feed.ts, i - 1), load_f8(feed.bid, i - 1), load_f8(feed.ask, i - 1))
    return i


@inline
def skip_unheard(state, rules, feed, i):
    """Store the quiet quotes from row i on, which nobody hears; returns the first row that is another."""
    n = feed.n
    if only_quotes(feed) and instrument(state, 0).n_series <= 1:
        i = skip_quotes(state, rules, feed, i)
    while i < n and quiet_row(state, rules, feed, i):
        i += 1
    return i


def advance(feed):
    """Play rows until a handler has to run; returns the Call. END and DRAIN need no handler."""
    state, rules, tape = state_at(feed.state), rules_at(feed.rules), tape_at(feed.tape)
    heard = (rules.hears & HEARS_QUOTE) != 0
    while True:
        if state.wake != 0:
            call = next_call(state, rules)
            if call != NONE:
                return call
        if feed.cursor >= feed.n:
            return END
        if tape.full != 0:
            return DRAIN
        if not heard:
            feed.cursor = skip_unheard(state, rules, feed, feed.cursor)
            if feed.cursor >= feed.n:
                return END
        elif quiet_row(state, rules, feed, feed.cursor):
            feed.cursor += 1
            return QUOTE
        play_row(state, rules, tape, feed, feed.cursor)
        feed.cursor += 1


advance_entry = Entry(advance, int64(Feed))

"""The one loop: rows in, handler calls out.

`advance` plays rows until a handler has to run, and says which. A compiled strategy is called from `loop`, by function
pointer; a plain one by Python, which calls `advance_feed` again and again with one pointer. Live is a feed of one row.
Columns are read by address; an absent one is 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from simcore.kernel.bars import update_bars
from simcore.kernel.entries import load, next_call_entry, slow_entry
from simcore.kernel.enums import Call, Kind
from simcore.kernel.jit import Entry, compile_cached, inline, int64, load_f8, load_i8, load_u1, record_from_address
from simcore.kernel.schema import Feed, Handler, Rules, State, Tape, instrument
from simcore.kernel.step import HEARS_QUOTE, tick

QUOTE_ROW = int(Kind.QUOTE)
END, DRAIN, NONE, QUOTE = int(Call.END), int(Call.DRAIN), int(Call.NONE), int(Call.QUOTE)
NAN = float("nan")

state_at = record_from_address(State)
rules_at = record_from_address(Rules)
tape_at = record_from_address(Tape)
slow = slow_entry.external
next_call = next_call_entry.external


@inline
def row(state, rules, tape, columns, i):
    """Play row i. Returns True where only the quote was stored."""
    ts_at, bid_at, ask_at, k_at, kind_at, x_at, y_at = columns
    k = load_u1(k_at, i) if k_at != 0 else 0
    ts = load_i8(ts_at, i)
    bid = load_f8(bid_at, i)
    ask = load_f8(ask_at, i)
    s = instrument(state, k)
    kind = load_u1(kind_at, i) if kind_at != 0 else QUOTE_ROW
    if kind == QUOTE_ROW and tick(state, s, ts, bid, ask):
        state.tick_k = k
        state.k = k
        if x_at != 0:
            s.bid_size = load_f8(x_at, i)
            s.ask_size = load_f8(y_at, i)
        if s.n_series > 0:
            update_bars(state, rules, s, QUOTE_ROW, ts, bid, NAN)
        return True
    x = load_f8(x_at, i) if x_at != 0 else NAN
    y = load_f8(y_at, i) if y_at != 0 else NAN
    slow(state, rules, tape, k, kind, ts, bid, ask, x, y)
    return False


@inline
def advance(state, rules, tape, columns, i, n):
    """Play rows from i on until a handler must run: (which, next row). END and DRAIN need no handler."""
    while True:
        if state.wake != 0:
            call = next_call(state, rules)
            if call != NONE:
                return call, i
        if i >= n:
            return END, i
        if tape.full != 0:
            return DRAIN, i
        quiet = row(state, rules, tape, columns, i)
        i += 1
        if quiet and (rules.hears & HEARS_QUOTE) != 0:
            return QUOTE, i


@inline
def columns_of(feed):
    return feed.ts, feed.bid, feed.ask, feed.instrument, feed.kind, feed.x, feed.y


def advance_feed(feed):
    """Play rows until Python has to act; returns a Call."""
    state = state_at(feed.state)
    call, i = advance(state, rules_at(feed.rules), tape_at(feed.tape), columns_of(feed), feed.cursor, feed.n)
    feed.cursor = i
    return call


def _loop(feed, on_quote, on_event):
    """Play rows and call a compiled strategy; returns END or DRAIN."""
    state = state_at(feed.state)
    rules = rules_at(feed.rules)
    tape = tape_at(feed.tape)
    columns = columns_of(feed)
    i = feed.cursor
    n = feed.n
    while True:
        call, i = advance(state, rules, tape, columns, i, n)
        if call == QUOTE:
            on_quote(state, rules, tape)
        elif call > NONE:
            feed.cursor = i
            on_event(state, rules, tape)
        else:
            feed.cursor = i
            return call


advance_entry = Entry(advance_feed, int64(Feed))


@cache
def loop() -> Any:
    """The compiled loop, int64(Feed, Handler, Handler), from the cache folder where it is there."""
    load()
    return compile_cached(_loop, int64(Feed, Handler, Handler), error_model="numpy", nogil=True)

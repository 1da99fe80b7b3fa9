"""Bars built from the quotes as they pass: bid open, high, low, close, and the number of ticks as volume.

A bar exists only where ticks exist and is known only once closed: by the first row of any instrument at or past its
end. Intraday bars are bounded by multiples of their length in UTC, days by the broker's day_start, weeks by Monday.
Data that are bars of what was asked for pass through unchanged, with their own start and volume: each ends with its
close row, so half days, clock changes and bars by ticks or range end when they do.
"""

from simcore.kernel.clock import DAY, HOUR, MONDAY, WEEK, next_local
from simcore.kernel.enums import Hears, Kind
from simcore.kernel.jit import Entry, float64, int64, kernel, unlikely
from simcore.kernel.schema import Rules, State, bar, instrument, series, series_terms

BAR_OPEN, BAR_CLOSE, QUOTE = int(Kind.BAR_OPEN), int(Kind.BAR_CLOSE), int(Kind.QUOTE)
NEVER = 2**62
BAR_BIT, BARS_BIT = int(Hears.BAR), int(Hears.BARS)


def open_bar(state, rules, i, ts, price):
    """The first price of a bar of series i."""
    b = series(state, rules, i)
    t = series_terms(rules, i)
    if t.passthrough == 1:
        b.start = ts
        b.end = NEVER  # its close row says when
    elif t.daily == 1:
        b.end = next_local(rules.day_zone, rules.day_time, ts)
        b.start = next_local(rules.day_zone, rules.day_time, b.end - DAY - 2 * HOUR)
    else:
        anchor = MONDAY if t.timeframe % WEEK == 0 else 0
        b.start = (ts - anchor) // t.timeframe * t.timeframe + anchor
        b.end = b.start + t.timeframe
    b.open = price
    b.high = price
    b.low = price
    b.close = price
    b.volume = 0.0
    if b.end < state.next_due:
        state.next_due = b.end
    return 0


# by name and not compiled in: once a bar, and it would crowd the loops that update one on every row
open_bar_entry = Entry(open_bar, int64(State, Rules, int64, int64, float64))
open_by_name = open_bar_entry.external


@kernel
def update_bars(state, rules, s, kind, ts, price, volume):
    """A new price of the instrument whose state is s; its bars that ended are closed already."""
    for i in range(s.first_series, s.first_series + s.n_series):
        b = series(state, rules, i)
        if unlikely(b.end == 0):
            open_by_name(state, rules, i, ts, price)
        if price > b.high:
            b.high = price
        if price < b.low:
            b.low = price
        b.close = price
        if kind == QUOTE:
            b.volume += 1.0
        elif kind == BAR_CLOSE:
            if volume == volume:
                b.volume += volume
            if series_terms(rules, i).passthrough == 1:
                b.end = ts + 1
                if b.end < state.next_due:
                    state.next_due = b.end


@kernel
def close_bars(state, rules):
    """Close every bar that ended at or before now."""
    for i in range(rules.n_series):
        b = series(state, rules, i)
        if 0 < b.end <= state.now:
            row = bar(state, rules, i, b.count)
            row.ts = b.start
            row.open = b.open
            row.high = b.high
            row.low = b.low
            row.close = b.close
            row.volume = b.volume
            b.count += 1
            b.closed_at = b.end
            b.end = 0
            if series_terms(rules, i).hidden == 1:
                continue
            b.pending = 1
            s = instrument(state, series_terms(rules, i).instrument)
            if i == s.first_series:
                s.bars += 1
            state.wake |= rules.hears & (BAR_BIT | BARS_BIT)

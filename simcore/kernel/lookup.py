"""What a strategy looks up: instruments by key, bars by timeframe, the orders and positions of an instrument.

Rows are 1-based and 0 means none, as in the lists; a series or an instrument that is not there is -1. An order that
ended is not found, even where its row has not been freed yet. Both forms of a strategy call these same functions.
"""

from simcore.kernel import book
from simcore.kernel.enums import Call
from simcore.kernel.jit import Entry, address_of, int64
from simcore.kernel.schema import Rules, State, bar, instrument, order, position, series, series_terms, terms

BAR, BARS = int(Call.BAR), int(Call.BARS)


def find_instrument(rules, key):
    for k in range(rules.n_instruments):
        if terms(rules, k).key == key:
            return k
    return -1


def find_series(rules, k, timeframe):
    """Series of instrument k with this timeframe (ns); 0 ns = its first."""
    t = terms(rules, k)
    for i in range(t.first_series, t.first_series + t.n_series):
        if timeframe == 0 or series_terms(rules, i).timeframe == timeframe:
            return i
    return -1


def series_heard(state, rules, k):
    """The series that `ctx.bar` of instrument k shows: of the timeframe being heard, else its first."""
    timeframe = 0
    if rules.n_series > 0 and (state.call == BAR or state.call == BARS):
        t = series_terms(rules, state.series)
        if t.instrument == k:
            return state.series
        timeframe = t.timeframe
    t = terms(rules, k)
    for i in range(t.first_series, t.first_series + t.n_series):
        if timeframe == 0 or series_terms(rules, i).timeframe == timeframe:
            return i
    return -1


def bars_kept(state, rules, i):
    """How many closed bars of series i can be read."""
    return min(series(state, rules, i).count, series_terms(rules, i).capacity)


def bar_address(state, rules, i, index):
    """Address of a closed bar of series i, counted as a list is: 0 the oldest kept, -1 the latest. 0 = out of range."""
    if i < 0:
        return 0
    count = series(state, rules, i).count
    kept = min(count, series_terms(rules, i).capacity)
    number = index + kept if index < 0 else index
    if number < 0 or number >= kept:
        return 0
    return address_of(bar(state, rules, i, count - kept + number))


series_heard_entry = Entry(series_heard, int64(State, Rules, int64))
bar_address_entry = Entry(bar_address, int64(State, Rules, int64, int64))
series_by_name, address_by_name = series_heard_entry.external, bar_address_entry.external


def bar_heard(state, rules, k):
    """Address of the bar that `ctx.bar` of instrument k shows; 0 before the first."""
    return address_by_name(state, rules, series_by_name(state, rules, k), -1)


def order_row(state, rules, order_id):
    return book.find_order(state, rules, order_id)


def next_order(state, rules, k, row):
    """The living order of instrument k after `row` (0 = the first of all), oldest first."""
    i = instrument(state, k).first_order if row == 0 else order(state, rules, row).next
    while i > 0 and not book.is_alive(order(state, rules, i)):
        i = order(state, rules, i).next
    return i


def next_position(state, rules, k, row):
    """The position of instrument k after `row` (0 = the first of all), oldest first."""
    return instrument(state, k).first_position if row == 0 else position(state, rules, row).next


_READ = (State, Rules)

find_instrument_entry = Entry(find_instrument, int64(Rules, int64))
find_series_entry = Entry(find_series, int64(Rules, int64, int64))
bars_kept_entry = Entry(bars_kept, int64(*_READ, int64))
bar_heard_entry = Entry(bar_heard, int64(*_READ, int64))
order_row_entry = Entry(order_row, int64(*_READ, int64))
next_order_entry = Entry(next_order, int64(*_READ, int64, int64))
next_position_entry = Entry(next_position, int64(*_READ, int64, int64))

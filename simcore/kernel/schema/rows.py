"""How the kernel reaches a row: a record at an offset, and the numba types of the three buffers."""

import numpy as np
from numba import from_dtype

from simcore.kernel.jit import inline, record_at
from simcore.kernel.schema.record import record
from simcore.kernel.schema.rules import HOLIDAY, LEVER, MARGIN_WINDOW, RULES, SERIES_TERMS, SESSION, TERMS
from simcore.kernel.schema.state import BAR, HEAD, INSTRUMENT, NOTICE, ORDER, POSITION, REQUEST, SERIES
from simcore.kernel.schema.tape import ASK, CHANGE, EVENT, FEED, FILL, POST, SAMPLE, TAPE, TRADE

State = from_dtype(HEAD)
Rules = from_dtype(RULES)
Tape = from_dtype(TAPE)
Feed = from_dtype(FEED)
Post = from_dtype(POST)

INSTRUMENTS_AT = HEAD.itemsize


def _rows(dtype: np.dtype) -> tuple[object, int]:  # type: ignore[type-arg]
    return record_at(from_dtype(dtype)), dtype.itemsize


_instrument, _INSTRUMENT = _rows(INSTRUMENT)
_position, _POSITION = _rows(POSITION)
_order, _ORDER = _rows(ORDER)
_series, _SERIES = _rows(SERIES)
_bar, _BAR = _rows(BAR)
_request, _REQUEST = _rows(REQUEST)
_notice, _NOTICE = _rows(NOTICE)
_timer, _TIMER = _rows(record(at="i8"))
_terms, _TERMS = _rows(TERMS)
_series_terms, _SERIES_TERMS = _rows(SERIES_TERMS)
_session, _SESSION = _rows(SESSION)
_lever, _LEVER = _rows(LEVER)
_holiday, _HOLIDAY = _rows(HOLIDAY)
_window, _WINDOW = _rows(MARGIN_WINDOW)
_fill, _FILL = _rows(FILL)
_trade, _TRADE = _rows(TRADE)
_change, _CHANGE = _rows(CHANGE)
_event, _EVENT = _rows(EVENT)
_sample, _SAMPLE = _rows(SAMPLE)
_ask, _ASK = _rows(ASK)


@inline
def instrument(state, k):
    return _instrument(state, INSTRUMENTS_AT + k * _INSTRUMENT)


@inline
def terms(rules, k):
    return _terms(rules, rules.terms_at + k * _TERMS)


@inline
def position(state, rules, i):
    """Row i, 1-based."""
    return _position(state, rules.positions_at + (i - 1) * _POSITION)


@inline
def order(state, rules, i):
    """Row i, 1-based."""
    return _order(state, rules.orders_at + (i - 1) * _ORDER)


@inline
def series(state, rules, i):
    return _series(state, rules.series_at + i * _SERIES)


@inline
def series_terms(rules, i):
    return _series_terms(rules, rules.series_terms_at + i * _SERIES_TERMS)


@inline
def bar(state, rules, i, number):
    """Closed bar `number` (0 = the first ever) of series i; valid for the last `capacity` of them."""
    t = series_terms(rules, i)
    return _bar(state, t.bars_at + (number % t.capacity) * _BAR)


@inline
def request(state, rules, i):
    return _request(state, rules.requests_at + i * _REQUEST)


@inline
def notice(state, rules, number):
    return _notice(state, rules.notices_at + (number % rules.n_notices) * _NOTICE)


@inline
def timer(state, rules, i):
    return _timer(state, rules.timers_at + i * _TIMER)


@inline
def session(rules, t, i):
    return _session(rules, t.sessions_at + i * _SESSION)


@inline
def lever(rules, r):
    return _lever(rules, rules.levers_at + r * _LEVER)


@inline
def holiday(rules, i):
    return _holiday(rules, rules.holidays_at + i * _HOLIDAY)


@inline
def margin_window(rules, i):
    return _window(rules, rules.windows_at + i * _WINDOW)


@inline
def fill_row(tape, i):
    return _fill(tape, tape.fills_at + i * _FILL)


@inline
def trade_row(tape, i):
    return _trade(tape, tape.trades_at + i * _TRADE)


@inline
def change_row(tape, i):
    return _change(tape, tape.changes_at + i * _CHANGE)


@inline
def event_row(tape, i):
    return _event(tape, tape.events_at + i * _EVENT)


@inline
def sample_row(tape, i):
    return _sample(tape, tape.samples_at + i * _SAMPLE)


@inline
def ask_row(tape, i):
    return _ask(tape, tape.asks_at + i * _ASK)

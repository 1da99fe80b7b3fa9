"""History: bars and ticks as a terminal has them, up to now and never beyond.

Bars are made of bids, stamped by their start on the server's clock; the last one is still being made. A bar's spread is
the narrowest of its ticks, in points (unverified: the terminal does not say which it keeps).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.clock import MILLI, SECOND, Int64s, seconds_of
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.terminal import MAX_BARS, Terminal

RATE: Final = np.dtype(
    [
        ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"), ("tick_volume", "<u8"),
        ("spread", "<i4"), ("real_volume", "<u8"),
    ]
)  # fmt: skip
TICK: Final = np.dtype(
    [
        ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"), ("time_msc", "<i8"),
        ("flags", "<u4"), ("volume_real", "<f8"),
    ]
)  # fmt: skip
Rows = NDArray[Any]
HOURS, WEEKS, MONTHS = 0x4000, 0x8000, 0xC000  # high bits of a timeframe
TIMEFRAMES: Final = frozenset(value for name, value in vars(c).items() if name.startswith("TIMEFRAME_"))
WEEK: Final = 7 * 86_400
SUNDAY: Final = 3 * 86_400  # the first Sunday after 1 January 1970, a Thursday


def starts(seconds: Int64s, timeframe: int) -> Int64s:
    """Start of the bar each instant (server's seconds) lies in; weeks begin on Sunday."""
    if timeframe & MONTHS == MONTHS:
        months = seconds.astype("datetime64[s]").astype("datetime64[M]")
        return months.astype("datetime64[s]").astype(np.int64)
    if timeframe & WEEKS:
        return (seconds - SUNDAY) // WEEK * WEEK + SUNDAY
    length = _length(timeframe)
    return seconds // length * length


class Columns(NamedTuple):
    """Every recorded tick of a symbol: instants, server's ns, prices."""

    ts: Int64s
    local: Int64s
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]


class Bars(NamedTuple):
    """Where the bars of all ticks begin: row of the first tick, and the start on the server's clock (n,)."""

    first: Int64s
    time: Int64s


def columns(terminal: Terminal, symbol: str) -> Columns:
    """A symbol's ticks, also those to come."""
    terminal.number(symbol)
    if symbol not in terminal.history:
        ticks = terminal.venue.ticks(symbol)
        terminal.history[symbol] = Columns(ticks.ts, terminal.time.local(ticks.ts), ticks.bid, ticks.ask)
    return terminal.history[symbol]  # type: ignore[no-any-return]


def bars_of(terminal: Terminal, symbol: str, timeframe: int) -> Bars:
    """A symbol's bars, also those to come."""
    ticks, key = columns(terminal, symbol), (symbol, timeframe)
    if key not in terminal.history:
        time = starts(ticks.local // SECOND, timeframe)
        first = np.flatnonzero(np.r_[True, time[1:] != time[:-1]]) if len(time) else np.zeros(0, np.int64)
        terminal.history[key] = Bars(first, time[first])
    return terminal.history[key]  # type: ignore[no-any-return]


def _known(terminal: Terminal, symbol: str) -> int:
    """How many ticks of the symbol have happened by now."""
    ts = terminal.venue.quote(symbol)[0]
    return int(np.searchsorted(columns(terminal, symbol).ts, min(ts, terminal.venue.now), "right")) if ts else 0


def rates(terminal: Terminal, symbol: str, timeframe: int, first: int, stop: int) -> Rows:
    """Bars `first` up to `stop`, counted from the oldest; those that have begun by now."""
    bars, ticks, known = bars_of(terminal, symbol, timeframe), columns(terminal, symbol), _known(terminal, symbol)
    begun = int(np.searchsorted(bars.first, known))
    first, stop = max(first, 0), min(stop, begun)
    made = np.zeros(max(stop - first, 0), RATE)
    if not len(made):
        return made
    at = bars.first[first:stop]
    end = known if stop == begun else int(bars.first[stop])
    here = at - at[0]
    bid, spread = ticks.bid[at[0] : end], ticks.ask[at[0] : end] - ticks.bid[at[0] : end]
    ends = np.r_[at[1:], end]
    made["time"], made["open"], made["close"] = bars.time[first:stop], ticks.bid[at], ticks.bid[ends - 1]
    made["high"], made["low"] = np.maximum.reduceat(bid, here), np.minimum.reduceat(bid, here)
    point = terminal.venue.instruments[terminal.number(symbol)].price_increment
    made["tick_volume"], made["spread"] = ends - at, np.rint(np.minimum.reduceat(spread, here) / point)
    return made


def today(terminal: Terminal, symbol: str) -> dict[str, float]:
    """What symbol_info says of the day that is being made; empty before the first tick."""
    known, ticks = _known(terminal, symbol), columns(terminal, symbol)
    if not known:
        return {}
    first = bars_of(terminal, symbol, c.TIMEFRAME_D1).first
    began = int(first[np.searchsorted(first, known) - 1])
    bid, ask = ticks.bid[began:known], ticks.ask[began:known]
    told = {
        "session_open": bid[0],
        "bidhigh": bid.max(),
        "bidlow": bid.min(),
        "askhigh": ask.max(),
        "asklow": ask.min(),
    }
    if began:
        before = ticks.bid[began - 1]
        told |= {"session_close": before, "price_change": round((bid[-1] / before - 1.0) * 100.0, 4)}
    return {name: float(value) for name, value in told.items()}


def copy_rates_from_pos(terminal: Terminal, symbol: str, timeframe: int, start_pos: int, count: int, /) -> Rows:
    """`count` bars, the newest of them `start_pos` bars before the one being made; oldest first."""
    terminal.look()
    _check(terminal, symbol, timeframe, start_pos, count)
    begun = int(np.searchsorted(bars_of(terminal, symbol, timeframe).first, _known(terminal, symbol)))
    return _some(rates(terminal, symbol, timeframe, begun - start_pos - count, begun - start_pos))


def copy_rates_from(terminal: Terminal, symbol: str, timeframe: int, date_from: Any, count: int, /) -> Rows:
    """`count` bars, the newest of them begun at or before `date_from`; oldest first."""
    terminal.look()
    _check(terminal, symbol, timeframe, 0, count)
    stop = int(np.searchsorted(bars_of(terminal, symbol, timeframe).time, _seconds(date_from), "right"))
    begun = int(np.searchsorted(bars_of(terminal, symbol, timeframe).first, _known(terminal, symbol)))
    stop = min(stop, begun)
    return _some(rates(terminal, symbol, timeframe, stop - count, stop))


def copy_rates_range(terminal: Terminal, symbol: str, timeframe: int, date_from: Any, date_to: Any, /) -> Rows:
    """Bars that began from `date_from` to `date_to`, both included."""
    terminal.look()
    _check(terminal, symbol, timeframe)
    if _seconds(date_to) - _seconds(date_from) > MAX_BARS * _length(timeframe):
        raise Failure(c.RES_E_INVALID_PARAMS)
    time = bars_of(terminal, symbol, timeframe).time
    first, stop = np.searchsorted(time, _seconds(date_from)), np.searchsorted(time, _seconds(date_to), "right")
    return rates(terminal, symbol, timeframe, int(first), int(stop))


def copy_ticks_from(terminal: Terminal, symbol: str, date_from: Any, count: int, flags: int, /) -> Rows:
    """The first `count` ticks at or after `date_from`."""
    terminal.look()
    first, known = _first_tick(terminal, symbol, date_from), _known(terminal, symbol)
    if count <= 0:
        raise Failure(c.RES_E_INVALID_PARAMS)
    return _ticks(terminal, symbol, first, min(first + count, known), flags)


def copy_ticks_range(terminal: Terminal, symbol: str, date_from: Any, date_to: Any, flags: int, /) -> Rows:
    """The ticks from `date_from` to `date_to`, both included."""
    terminal.look()
    stop = int(np.searchsorted(columns(terminal, symbol).local, (round(_seconds(date_to) * 1000) + 1) * MILLI))
    return _ticks(
        terminal, symbol, _first_tick(terminal, symbol, date_from), min(stop, _known(terminal, symbol)), flags
    )


def _first_tick(terminal: Terminal, symbol: str, date: Any) -> int:
    return int(np.searchsorted(columns(terminal, symbol).local, round(_seconds(date) * 1000) * MILLI))


def _ticks(terminal: Terminal, symbol: str, first: int, stop: int, flags: int) -> Rows:
    if flags not in (c.COPY_TICKS_ALL, c.COPY_TICKS_INFO, c.COPY_TICKS_TRADE, c.COPY_TICKS_INFO | c.COPY_TICKS_TRADE):
        raise Failure(c.RES_E_INVALID_PARAMS)
    stop = first if flags == c.COPY_TICKS_TRADE else max(stop, first)  # quotes alone: nothing was traded
    made, ticks = np.zeros(stop - first, TICK), columns(terminal, symbol)
    local = ticks.local[first:stop]
    made["time"], made["time_msc"] = local // SECOND, local // MILLI
    made["bid"], made["ask"] = ticks.bid[first:stop], ticks.ask[first:stop]
    before = slice(max(first - 1, 0), max(stop - 1, 0))
    bid_moved, ask_moved = np.ones(len(made), bool), np.ones(len(made), bool)
    lead = len(made) - len(ticks.bid[before])  # the very first tick has none before it
    bid_moved[lead:] = made["bid"][lead:] != ticks.bid[before][: len(made) - lead]
    ask_moved[lead:] = made["ask"][lead:] != ticks.ask[before][: len(made) - lead]
    made["flags"] = c.TICK_FLAG_BID * bid_moved + c.TICK_FLAG_ASK * ask_moved
    return made


def _check(terminal: Terminal, symbol: str, timeframe: int, start: int = 0, count: int = 1) -> None:
    terminal.number(symbol, c.RES_E_FAIL)  # not found is what ticks and symbols say, so measured
    if timeframe not in TIMEFRAMES or start < 0 or not 0 < count < MAX_BARS:
        raise Failure(c.RES_E_INVALID_PARAMS)


def _length(timeframe: int) -> int:
    """Seconds a bar lasts; a month counts thirty days."""
    days = 30 if timeframe & MONTHS == MONTHS else 7 if timeframe & WEEKS else 0
    return days * 86_400 or (timeframe & 0xFF) * (3_600 if timeframe & HOURS else 60)


def _seconds(date: Any) -> float:
    try:
        return seconds_of(date)
    except TypeError:
        raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments") from None


def _some(made: Rows) -> Rows:
    if not len(made):
        raise Failure(c.RES_E_FAIL)
    return made

"""Where everything lies in the account's two buffers: State (what changes) and Rules (what does not).

State: head, instruments, bar series, timers, positions, orders, requests, notices, the rings of closed bars, and the
strategy's memory. Rules: head, terms of each instrument, terms of each series, sessions. The tables that grow with the
book come in size classes; a full one refuses the order and names the class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.kernel import schema
from simcore.kernel.enums import Venue

_TIMERS: Final = 64
_TIMER_BYTES: Final = 8
_UNHEARD: Final = 4096  # fills and order changes a strategy may cause before it hears of them
_LINE: Final = 64  # a cache line: the strategy's memory starts on one

# Offset, capacity and row width of each table of State behind the instruments, in order.
_TABLES: Final = (
    ("series_at", "n_series", schema.SERIES.itemsize),
    ("timers_at", "n_timers", _TIMER_BYTES),
    ("positions_at", "n_positions", schema.POSITION.itemsize),
    ("orders_at", "n_orders", schema.ORDER.itemsize),
    ("requests_at", "n_requests", schema.REQUEST.itemsize),
    ("notices_at", "n_notices", schema.NOTICE.itemsize),
)


class Series(NamedTuple):
    """Bars of one timeframe of one instrument."""

    instrument: int  # index
    timeframe: int  # ns; below 0: bars by ticks, range ..., which only pass through
    capacity: int  # closed bars that are kept
    daily: bool = False  # bounded by the broker's day_start
    passthrough: bool = False  # the data are bars of this very timeframe
    hidden: bool = False  # no handler hears it


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run needs of the account besides the broker's rules.

    `span` is the first and last instant of the run, int64 ns; only a calendar needs it. `hears` holds bits of
    kernel.enums.Hears. `prints_only` are indices of instruments without quotes, whose prints stand for them.
    """

    size: str = "S"
    venue: Venue = Venue.SIMULATED
    series: Sequence[Series] = ()
    memory_bytes: int = 0
    hears: int = 0
    warmup: int = 0  # closed bars before orders are allowed
    sample_every: int = 0  # ns between equity samples; 0: at every close of bar data
    track: bool = False  # running drawdown and lowest margin level, on every tick
    prints_only: frozenset[int] = frozenset()
    span: tuple[int, int] | None = None


class Layout(NamedTuple):
    """Byte offsets and capacities."""

    series: tuple[Series, ...]  # ordered by instrument
    capacities: dict[str, int]  # field of RULES -> rows
    offsets: dict[str, int]  # field of RULES -> byte offset in State
    bars_at: tuple[int, ...]  # ring of each series, byte offset in State
    state_bytes: int
    terms_at: int  # byte offsets in Rules
    series_terms_at: int
    sessions_at: int
    holidays_at: int
    levers_at: int
    windows_at: int
    rules_bytes: int


def lay_out(
    n_instruments: int, plan: Plan, n_sessions: int, n_holidays: int = 0, n_levers: int = 0, n_windows: int = 0
) -> Layout:
    """Offsets of every table; raises ConfigError for an unknown size class or a series of no instrument."""
    series = _in_order(plan.series, n_instruments)
    capacities = _capacities(size_class(plan.size), n_instruments, len(series))
    offsets = {}
    end = schema.INSTRUMENTS_AT + n_instruments * schema.INSTRUMENT.itemsize
    for name, count, width in _TABLES:
        offsets[name] = end
        end += capacities[count] * width
    rings = np.cumsum([end, *(one.capacity * schema.BAR.itemsize for one in series)]).tolist()
    offsets["memory_at"] = _rounded_up(rings[-1], _LINE)
    terms_at = schema.RULES.itemsize
    series_terms_at = terms_at + n_instruments * schema.TERMS.itemsize
    sessions_at = series_terms_at + len(series) * schema.SERIES_TERMS.itemsize
    holidays_at = sessions_at + n_sessions * schema.SESSION.itemsize
    levers_at = holidays_at + n_holidays * schema.HOLIDAY.itemsize
    windows_at = levers_at + n_levers * schema.LEVER.itemsize
    return Layout(
        series,
        capacities,
        offsets,
        tuple(rings[:-1]),
        offsets["memory_at"] + _rounded_up(plan.memory_bytes, 8),
        terms_at,
        series_terms_at,
        sessions_at,
        holidays_at,
        levers_at,
        windows_at,
        windows_at + n_windows * schema.MARGIN_WINDOW.itemsize,
    )


def _in_order(asked: Sequence[Series], n_instruments: int) -> tuple[Series, ...]:
    """By instrument, and within each as asked for, what is heard first."""
    for one in asked:
        if not 0 <= one.instrument < n_instruments or one.timeframe == 0 or one.capacity <= 0:
            raise ConfigError(f"{one} does not fit {n_instruments} instruments; give index, timeframe and capacity > 0")
    return tuple(sorted(asked, key=lambda s: (s.instrument, s.hidden)))


def _capacities(size: schema.Size, n_instruments: int, n_series: int) -> dict[str, int]:
    return {
        "n_instruments": n_instruments,
        "n_series": n_series,
        "n_positions": size.positions,
        "n_orders": size.orders,
        "n_requests": size.orders,
        # besides: more than one row can cause, if every order fills, ends and wakes another, every position closes
        "n_notices": _UNHEARD + 4 * size.orders + 2 * size.positions,
        "n_unheard": _UNHEARD,
        "n_timers": _TIMERS,
    }


def size_class(name: str) -> schema.Size:
    """The size class of a name; raises ConfigError for an unknown one."""
    for size in schema.SIZES:
        if size.name == name:
            return size
    raise ConfigError(f"unknown size {name!r}; {did_you_mean(name, [size.name for size in schema.SIZES])}")


def _rounded_up(value: int, step: int) -> int:
    return -(-value // step) * step

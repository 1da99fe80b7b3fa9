"""When a market is open, as instants.

"24/7" is always open. "fx" is the week of spot FX and most CFDs: Sunday 17:00 to Friday 17:00 New York, without
holidays, because brokers differ on them. Anything else is a name of exchange_calendars (XNYS, XLON, CME_Equity, ...),
with its holidays, early closes and lunch breaks.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Final

import numpy as np

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.zones import DAY, SECOND, Int64s, transitions

OWN_CALENDARS: Final = ("24/7", "fx")

_NEW_YORK: Final = "America/New_York"
_FIVE_PM: Final = 17 * 3600 * SECOND
_WEEK: Final = 7 * DAY
_FIRST_SUNDAY: Final = 3 * DAY  # 1970-01-04


def sessions(calendar: str | None, start_ns: int, stop_ns: int) -> tuple[Int64s, Int64s] | None:
    """Every session that touches [start_ns, stop_ns), whole, as (open, close): int64 ns UTC, ascending.

    The market trades from an open up to, not including, its close. None means always open (calendar None or "24/7").
    Raises ConfigError for an unknown calendar, or years the calendar does not cover.
    """
    if calendar is None or calendar == "24/7":
        return None
    opens, closes = _fx_weeks(start_ns, stop_ns) if calendar == "fx" else _exchange(calendar, start_ns, stop_ns)
    touches = (closes > start_ns) & (opens < stop_ns)
    return opens[touches], closes[touches]


def to_utc(local_ns: Int64s, zone: str) -> Int64s:
    """Local wall-clock instants (ns, as if they were UTC) as UTC.

    A time that a spring change skips is read by the offset before it, one that an autumn change repeats is the first.
    """
    at, offset = transitions(zone)
    # The last change whose own local time is not later than ours, told by the offset before it.
    before = np.concatenate((offset[:1], offset[:-1]))
    index = np.searchsorted(at + np.maximum(before, offset), local_ns, side="right") - 1
    return local_ns - offset[np.maximum(index, 0)]


def _fx_weeks(start_ns: int, stop_ns: int) -> tuple[Int64s, Int64s]:
    first = (start_ns - _FIRST_SUNDAY) // _WEEK - 1
    last = (stop_ns - _FIRST_SUNDAY) // _WEEK + 1
    sundays = np.arange(first, last + 1, dtype=np.int64) * _WEEK + _FIRST_SUNDAY
    return to_utc(sundays + _FIVE_PM, _NEW_YORK), to_utc(sundays + 5 * DAY + _FIVE_PM, _NEW_YORK)


@lru_cache(maxsize=32)
def _exchange(calendar: str, start_ns: int, stop_ns: int) -> tuple[Int64s, Int64s]:
    """Sessions of an exchange, from ten days before to ten days after; split at the lunch break."""
    import exchange_calendars  # takes half a second to import, which most runs can save

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if calendar not in known:
        raise ConfigError(f"unknown calendar {calendar!r}; {did_you_mean(calendar, [*known, *OWN_CALENDARS])}")
    first, last = (np.datetime64(ns, "ns").astype("datetime64[D]") for ns in (start_ns - 10 * DAY, stop_ns + 10 * DAY))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its own use of pandas, nothing of ours
            found = exchange_calendars.get_calendar(calendar, start=str(first), end=str(last))
    except ValueError as error:
        raise ConfigError(f"calendar {calendar!r} does not cover {first} to {last}: {error}") from error
    columns = [np.asarray(getattr(found, name), dtype=np.int64) for name in ("opens_nanos", "closes_nanos")]
    breaks = [np.asarray(getattr(found, f"break_{name}_nanos"), dtype=np.int64) for name in ("starts", "ends")]
    broken = breaks[0] != np.iinfo(np.int64).min  # NaT: a day without a break
    opens = np.sort(np.concatenate((columns[0], breaks[1][broken])))
    closes = np.sort(np.concatenate((columns[1], breaks[0][broken])))
    return opens, closes

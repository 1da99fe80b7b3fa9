"""When a market is open, as instants.

"24/7" is always open. "fx" is the week of spot FX and most CFDs: Sunday 17:00 to Friday 17:00 New York, without
holidays, because brokers differ on them; so are "metals", "energy", "brent", "index-us" and the like (`weeks`), which
have their daily breaks. "FILE#Cfd-oanda-XAUUSD" is that entry of LEAN's market hours database, see
`hours` (`simcore.brokers.lean.listing` names it). Anything else is a name of exchange_calendars (XNYS, XLON,
CME_Equity, ...), with its holidays, early closes and lunch breaks.
"""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from simcore.market.checks import Int64
from simcore.market.errors import DataError, did_you_mean
from simcore.market.hours import hours_named
from simcore.market.timeframe import DAY, WEEK
from simcore.market.weeks import weeks
from simcore.market.zones import instant, parse_day_start

OWN_CALENDARS: Final = ("24/7", "fx")

_FX_DAY: Final = "17:00 America/New_York"
_FIRST_SUNDAY: Final = date(1970, 1, 4)


def sessions(calendar: str | None, start_ns: int, stop_ns: int) -> tuple[Int64, Int64] | None:
    """Every session that touches [start_ns, stop_ns), whole, as (open, close): int64 ns UTC, ascending.

    The market trades from an open up to, not including, its close; a lunch break parts a day into two sessions. None
    means always open (calendar None or "24/7"). Raises DataError for an unknown calendar, or years it does not cover.
    """
    return _touching(calendar, start_ns, stop_ns, split=True)


def trading_days(calendar: str, start_ns: int, stop_ns: int) -> tuple[Int64, Int64] | None:
    """As `sessions`, but a day with a lunch break is one; the FX week is one."""
    return _touching(calendar, start_ns, stop_ns, split=False)


def _touching(calendar: str | None, start_ns: int, stop_ns: int, *, split: bool) -> tuple[Int64, Int64] | None:
    if calendar is None or calendar == "24/7":
        return None
    if "#" in calendar:
        hours = hours_named(calendar)
        return None if hours.always_open else hours.sessions(start_ns, stop_ns, extended=hours.extended)
    if calendar in weeks():
        return weeks()[calendar].sessions(start_ns, stop_ns)
    opens, closes = _fx_weeks(start_ns, stop_ns) if calendar == "fx" else _exchange(calendar, start_ns, stop_ns, split)
    touches = (closes > start_ns) & (opens < stop_ns)
    return opens[touches], closes[touches]


def _fx_weeks(start_ns: int, stop_ns: int) -> tuple[Int64, Int64]:
    five_pm = parse_day_start(_FX_DAY)
    weeks = range((start_ns - 3 * DAY) // WEEK - 1, (stop_ns - 3 * DAY) // WEEK + 2)
    sundays = [_FIRST_SUNDAY + timedelta(weeks=week) for week in weeks]
    opens = [instant(sunday, five_pm) for sunday in sundays]
    closes = [instant(sunday + timedelta(days=5), five_pm) for sunday in sundays]
    return np.array(opens, np.int64), np.array(closes, np.int64)


@lru_cache(maxsize=32)
def _exchange(calendar: str, start_ns: int, stop_ns: int, split: bool) -> tuple[Int64, Int64]:
    """Sessions of an exchange, from ten days before to ten days after; where asked, split at the lunch break."""
    import exchange_calendars  # takes half a second to import, which most runs can save

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if calendar not in known:
        hint = (
            did_you_mean(calendar, [*known, *OWN_CALENDARS, *weeks()])
            or f" Exchanges go by their MIC: {', '.join(known[:8])}"
        )
        raise DataError(f"unknown calendar {calendar!r}.{hint}")
    first, last = (np.datetime64(ns, "ns").astype("datetime64[D]") for ns in (start_ns - 10 * DAY, stop_ns + 10 * DAY))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its own use of pandas, nothing of ours
            found = exchange_calendars.get_calendar(calendar, start=str(first), end=str(last))
    except ValueError as error:
        raise DataError(f"calendar {calendar!r} does not cover {first} to {last}: {error}") from error
    opens, closes = (np.asarray(getattr(found, name), dtype=np.int64) for name in ("opens_nanos", "closes_nanos"))
    if split:
        breaks = [np.asarray(getattr(found, f"break_{name}_nanos"), dtype=np.int64) for name in ("starts", "ends")]
        broken = breaks[0] != np.iinfo(np.int64).min  # NaT: a day without a break
        opens = np.sort(np.concatenate((opens, breaks[1][broken])))
        closes = np.sort(np.concatenate((closes, breaks[0][broken])))
    return opens, closes

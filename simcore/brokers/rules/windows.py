"""When an instrument's margin is multiplied, as far as the clock knows it ahead: a table of instants for the account.

Shut is a market between two sessions of its calendar (the instrument's, else the broker's) that hold a whole UTC day
between them, a Saturday or Sunday making it a weekend and any other day a holiday; without a calendar, the FX week
(Friday to Sunday 17:00 New York). A window holds from its start up to, not including, its end. Weekend and holiday
together: the larger counts. Sessions and news leave shares of the leverage, which multiply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.dynamic import HolidayMargin, News, Overlap, ShutMargin
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.sessions import sessions
from simcore.brokers.zones import DAY, SECOND, Clock, Int64s, parse_clock, transitions
from simcore.kernel import schema
from simcore.kernel.enums import MarginCause

_AROUND: Final = 10 * DAY  # windows known before and after the run
_MINUTE: Final = 60 * SECOND
_EPOCH: Final = dt.date(1970, 1, 1)
_NONE: Final = np.zeros(0, np.int64)


class _Times(NamedTuple):
    """Intervals [start, end), ns UTC, and what they do to one instrument."""

    start: Int64s
    end: Int64s
    factor: float  # of margin
    cause: MarginCause

    def active(self, at: Int64s) -> Any:
        """Whether one of them holds, at each instant."""
        begun = np.searchsorted(np.sort(self.start), at, "right")
        return begun > np.searchsorted(np.sort(self.end), at, "right")


def margin_windows(broker: Broker, instruments: Sequence[Instrument], span: tuple[int, int] | None) -> Any:
    """Rows of schema.MARGIN_WINDOW for a run over `span` (ns UTC), by time; empty where nothing depends on the clock.

    Raises ConfigError where the clock matters and the span is not known.
    """
    dynamic = broker.dynamic_leverage
    by_clock = dynamic is not None and bool(dynamic.sessions or dynamic.news)
    if not (broker.weekend_margin.is_on or broker.holiday_margin.is_on or by_clock):
        return np.zeros(0, schema.MARGIN_WINDOW)
    if span is None:
        named = "weekend_margin, holiday_margin, sessions, news"
        raise ConfigError(f"Broker: margin by the clock ({named}) needs the first and last time of the data")
    first, last = span[0] - _AROUND, span[1] + _AROUND
    days = _local_days(broker.holiday_margin, parse_clock(broker.rollover))
    shut = {calendar: _shut(calendar, first, last) for calendar in {i.calendar or broker.calendar for i in instruments}}
    overlaps = _overlaps(dynamic.sessions, first, last) if dynamic and dynamic.sessions else (_NONE, _NONE)
    tables = []
    for k, i in enumerate(instruments):
        weekends, holidays = shut[i.calendar or broker.calendar]
        days_off = tuple(np.concatenate(pair) for pair in zip(holidays, days, strict=True))
        times = [*_of_shut(broker, i, weekends, days_off)]
        if dynamic and dynamic.sessions and dynamic.sessions.holds_for(i.symbol, str(i.asset_class)):
            times.append(_Times(*overlaps, 1.0 / dynamic.sessions.factor, MarginCause.SESSION))
        if dynamic and dynamic.news and dynamic.news.holds_for(i.symbol, str(i.asset_class)):
            times.append(_Times(*_releases(dynamic.news, i), 1.0 / dynamic.news.factor, MarginCause.NEWS))
        tables.append(_rows(k, times, span[0]))
    rows = np.concatenate(tables)
    return rows[np.argsort(rows["at"], kind="stable")]


def _of_shut(broker: Broker, i: Instrument, weekends: Any, holidays: Any) -> Iterator[_Times]:
    kinds = (
        (broker.weekend_margin, weekends, MarginCause.WEEKEND),
        (broker.holiday_margin, holidays, MarginCause.HOLIDAY),
    )
    for margin, (start, end), cause in kinds:
        factor = margin.of(i.symbol, i.asset_class)
        if factor > 1.0:
            yield _Times(*_widened(margin, start, end), factor, cause)


def _widened(margin: ShutMargin, start: Int64s, end: Int64s) -> tuple[Int64s, Int64s]:
    return start - round(margin.before_minutes * _MINUTE), end + round(margin.after_minutes * _MINUTE)


def _shut(calendar: str | None, first: int, last: int) -> tuple[Any, Any]:
    """(weekends, holidays) as (starts, ends): what lies between two sessions and holds a whole UTC day."""
    found = sessions(calendar or "fx", first, last) or (_NONE, _NONE)
    opens, closes = (np.asarray(one, np.int64) for one in found)
    starts, ends = closes[:-1], opens[1:]
    days = -(-starts // DAY)  # the first midnight at or after the close
    count = ends // DAY - days
    weekday = (days + 3) % 7  # Monday 0
    touches = (count > 0) & (weekday + count > 5)
    is_holiday = (count > 0) & ((weekday < 5) | (count > 7 - weekday))
    return (starts[touches], ends[touches]), (starts[is_holiday], ends[is_holiday])


def _instants(clock: Clock, days: Int64s) -> Int64s:
    """The moment at which the clock shows its time on each day (days since 1970), as the account reckons it."""
    at, offset = transitions(clock.zone)
    wall = days * DAY + clock.seconds * SECOND
    guess = wall - offset[np.maximum(np.searchsorted(at, wall, "right") - 1, 0)]
    found: Int64s = wall - offset[np.maximum(np.searchsorted(at, guess, "right") - 1, 0)]
    return found


def _local_days(margin: HolidayMargin, rollover: Clock) -> tuple[Int64s, Int64s]:
    """The days named as holidays, from one rollover to the next; a day bears the date on which it ends."""
    days = np.array([(day - _EPOCH).days for day in sorted(set(margin.days))], np.int64)
    ends = days + 1 if rollover.seconds == 0 else days
    return _instants(rollover, ends - 1), _instants(rollover, ends)


def _overlaps(overlap: Overlap, first: int, last: int) -> tuple[Int64s, Int64s]:
    """When at least so many of the sessions are open."""
    days = np.arange(first // DAY - 2, last // DAY + 2)
    days = days[(days + 3) % 7 < 5]
    opens, closes = [], []
    for session in overlap.sessions:
        open_clock, close_clock = session.hours
        opens.append(_instants(open_clock, days))
        closes.append(_instants(close_clock, days + (close_clock.seconds <= open_clock.seconds)))
    return _at_least(overlap.at_least, np.concatenate(opens), np.concatenate(closes))


def _at_least(n: int, starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    """Where n or more of the intervals hold at once."""
    at = np.unique(np.concatenate((starts, ends)))
    open_now = np.searchsorted(np.sort(starts), at, "right") - np.searchsorted(np.sort(ends), at, "right")
    held = np.concatenate(([False], open_now >= n, [False]))
    edges = np.flatnonzero(np.diff(held))
    return at[edges[::2]], at[edges[1::2]]


def _releases(news: News, i: Instrument) -> tuple[Int64s, Int64s]:
    """Around each release that counts, in a currency of the instrument."""
    own = {i.base, i.quote, i.margin_currency, None}
    counts = {word.lower() for word in news.impact}
    at = [e.ts for e in news.calendar if e.impact in counts and e.currency in own]
    when = np.array(at, np.int64)
    return when - round(news.before_minutes * _MINUTE), when + round(news.after_minutes * _MINUTE)


def _rows(k: int, times: Sequence[_Times], first: int) -> Any:
    """What instrument k's margin is multiplied by, from each instant on at which that changes."""
    edges = [part for one in times for part in (one.start, one.end)]
    at = np.unique(np.concatenate([np.array([first], np.int64), *edges]))
    at = at[at >= first]
    shut, leverage, cause = np.ones(len(at)), np.ones(len(at)), np.zeros(len(at), np.int64)
    for one in times:
        active = one.active(at)
        cause |= np.where(active, int(one.cause), 0)
        if one.cause in (MarginCause.WEEKEND, MarginCause.HOLIDAY):
            shut = np.maximum(shut, np.where(active, one.factor, 1.0))
        else:
            leverage *= np.where(active, one.factor, 1.0)
    before = np.column_stack((shut, leverage, cause))
    changed = np.any(np.diff(before, axis=0, prepend=[[1.0, 1.0, 0.0]]) != 0.0, axis=1)
    rows = np.zeros(int(changed.sum()), schema.MARGIN_WINDOW)
    rows["at"], rows["instrument"] = at[changed], k
    rows["shut"], rows["leverage"], rows["cause"] = shut[changed], leverage[changed], cause[changed]
    return rows

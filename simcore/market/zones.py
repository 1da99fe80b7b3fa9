"""Time zones of data, and where a trading day begins.

A zone is an IANA name ("America/New_York", with its daylight saving), a fixed offset ("UTC-05", "+05:30", "UTC"), or a
name and hours added to it: the servers of many FX brokers show "America/New_York+7", so that their midnight is 17:00
there. A wall time that daylight saving skips or repeats has no single instant, so data holding one is refused, naming
the row.
"""

import re
from datetime import UTC as UTC_ZONE
from datetime import date, datetime, time, timedelta
from datetime import timezone as fixed_zone
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from simcore.market.checks import Int64, text_of
from simcore.market.errors import DataError, did_you_mean
from simcore.market.timeframe import DAY, MINUTE, SECOND

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


class Zone(NamedTuple):
    """A time zone: a fixed `offset` from UTC in ns, or None for an IANA `name`, whose offset depends on the date.

    Its clocks show `shift` ns more than those of the name.
    """

    name: str
    offset: int | None
    shift: int = 0


UTC = Zone("UTC", 0)


def parse_zone(text: str | None) -> Zone:
    """Read "America/New_York", "UTC", "UTC-05", "+05:30"; None is UTC. Raises DataError with the nearest known name."""
    if text is None or text.upper() in ("UTC", "GMT", "Z"):
        return UTC
    match = _OFFSET.fullmatch(text.strip())
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return Zone(text, (-1 if match[1] == "-" else 1) * minutes * MINUTE)
    name, shift = text, 0
    shifted = re.fullmatch(r"([A-Za-z]+/[A-Za-z_/]+)([+-]\d{1,2})", text.strip())
    if shifted and text not in available_timezones():
        name, shift = shifted[1], int(shifted[2]) * 60 * MINUTE
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = did_you_mean(name, available_timezones())
        raise DataError(f'unknown time zone "{text}"; use a name such as America/New_York, or UTC-05.{hint}') from error
    return Zone(name, None, shift)


def to_utc(wall: Int64, zone: Zone, place: str) -> Int64:
    """Turn wall-clock times (n,) int64 ns of `zone` into UTC; `wall` itself for UTC.

    Raises DataError, naming `place` and row, for a wall time that daylight saving skips or repeats.
    """
    if zone.offset is not None:
        return wall - zone.offset if zone.offset else wall
    import polars as pl

    local = pl.Series(wall - zone.shift if zone.shift else wall).cast(pl.Datetime("ns"))
    aware = local.dt.replace_time_zone(zone.name, ambiguous="null", non_existent="null")
    if aware.null_count() > local.null_count():
        row = int((aware.is_null() & local.is_not_null()).arg_max() or 0)
        one = local[row : row + 1]
        twice = one.dt.replace_time_zone(zone.name, ambiguous="earliest", non_existent="null").null_count() == 0
        how = "occurs twice" if twice else "does not exist"
        raise DataError(
            f"{place}, row {row + 1}: {text_of(wall[row])} {how} in {zone.name} (daylight saving); if the times are of "
            f'another zone say so (timezone="UTC-05"), else write them in UTC or with their offset'
        )
    utc: Int64 = aware.dt.convert_time_zone("UTC").to_physical().to_numpy()
    return utc


class DayStart(NamedTuple):
    """When a trading day begins: `at`, a wall time of `zone`."""

    at: time
    zone: Zone


def parse_day_start(text: str) -> DayStart:
    """Read "17:00 America/New_York", "22:00 UTC" or "00:00" (UTC). Raises DataError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})(?:\s+(\S+))?\s*", text) if isinstance(text, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise DataError(f'day_start must read like "17:00 America/New_York", was {text!r}')
    return DayStart(time(int(match[1]), int(match[2])), parse_zone(match[3]))


def day_edges(day_start: DayStart, first: int, last: int, days: int = 1) -> Int64:
    """Return the starts (m,) int64 ns UTC of every period of `days` trading days from `first` to past `last`.

    A trading day bears the date of its end, so one from Sunday 17:00 to Monday 17:00 is Monday's. Periods of whole
    weeks begin with Monday's day, others are counted from the day of 1970-01-01.
    """
    # A day that starts at noon or later bears the next date; 1970-01-05 was a Monday.
    shift = 1 if day_start.at >= time(12) else 0
    origin = date(1970, 1, 5 if days % 7 == 0 else 1)
    lowest = _date_of(first) - timedelta(days=days + 1)
    index = (lowest - origin).days // days * days
    edges: list[int] = []
    while not edges or edges[-1] <= last:
        day = origin + timedelta(days=index - shift)
        edges.append(instant(day, day_start))
        index += days
    starts = np.array(edges, np.int64)
    return starts[max(int(np.searchsorted(starts, first, "right")) - 1, 0) :]


def instant(day: date, day_start: DayStart) -> int:
    """Return the moment, int64 ns UTC, at which the wall clock of `day_start` shows its time on `day`."""
    zone = day_start.zone
    tz = ZoneInfo(zone.name) if zone.offset is None else fixed_zone(timedelta(microseconds=zone.offset // 1000))
    # seconds, as an integer: exact, where a float timestamp would not be
    wall = datetime.combine(day, day_start.at) - timedelta(microseconds=zone.shift // 1000)
    delta = wall.replace(tzinfo=tz) - datetime(1970, 1, 1, tzinfo=UTC_ZONE)
    return (delta.days * 86_400 + delta.seconds) * SECOND


def _date_of(ts: int) -> date:
    return date(1970, 1, 1) + timedelta(days=ts // DAY)

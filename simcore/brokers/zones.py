"""Local clocks as numbers: when a zone's offset from UTC changes, and what "17:00 America/New_York" means.

The compiled account knows no time zones, only the table made here: from instant `at[i]` on, local time is UTC plus
`offset[i]`. Zones come from the tzdata package and never from the machine, so that two machines agree on a rollover.
A zone is an IANA name, "UTC", or a fixed offset such as "+02:00". `transitions` also knows clocks that are hours ahead
of a zone's, with its summer time: "America/New_York+7", as trading servers have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from simcore.brokers.errors import ConfigError, did_you_mean

Int64s = npt.NDArray[np.int64]

SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
_FIXED: Final = re.compile(r"([+-])(\d{1,2})(?::?([0-5]\d))?")
_AHEAD: Final = re.compile(r"(.*\w)([+-]\d{1,2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Shorter than the shortest stay of any zone at an offset it leaves again (the Ramadan breaks of North Africa and Gaza).
_SCAN_SECONDS: Final = 10 * 86_400
_QUARTER: Final = 900


class Clock(NamedTuple):
    """A time of day in a zone."""

    seconds: int
    zone: str


@lru_cache(maxsize=64)
def transitions(zone_name: str, start: int = 1970, stop: int = 2100) -> tuple[Int64s, Int64s]:
    """When the zone's offset changes between 1 January of the years `start` and `stop`.

    Returns two read-only int64 arrays of equal length, both ns: `at` (UTC, ascending; the first is the start itself)
    and `offset` (local minus UTC, valid from that instant). Source: the IANA database as the tzdata package carries it.
    Raises ConfigError for an unknown zone.
    """
    fixed = _fixed_offset(zone_name)
    first, last = (int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) for year in (start, stop))
    at, offset = [first], [timedelta(seconds=fixed or 0)]
    if fixed is None:
        offset_at = _offsets(zone_name)
        offset = [offset_at(first)]
        while at[-1] < last:
            change = _next_change(offset_at, at[-1], last)
            if change is None:
                break
            at.append(change)
            offset.append(offset_at(change))
    found = (
        np.array(at, dtype=np.int64) * SECOND,
        np.array([o // timedelta(seconds=1) for o in offset], dtype=np.int64) * SECOND,
    )
    for column in found:
        column.flags.writeable = False
    return found


def parse_clock(text: str) -> Clock:
    """ "17:00 America/New_York" as (61200, "America/New_York"); raises ConfigError if it is not a time and a zone."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s+(\S+)\s*", text) if isinstance(text, str) else None
    if match is None:
        raise ConfigError(f"{text!r} is not a time of day and a zone; write it like '17:00 America/New_York'")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ConfigError(f"{text!r} is no time of day; hours go to 23, minutes and seconds to 59")
    return Clock(hour * 3600 + minute * 60 + second, check_zone(match[4]))


def check_zone(name: str) -> str:
    """The name itself if there is such a zone; raises ConfigError with the nearest name if not."""
    if _fixed_offset(name) is None and name not in zone_names():
        raise ConfigError(f"unknown time zone {name!r}; {_nearest(name)}")
    return name


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name the tzdata package knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


def _nearest(name: str) -> str:
    # people know the city: match it on its own before the whole path
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(zone_names())}
    city = name.rpartition("/")[2].replace(" ", "_")
    match = next((zone for key, zone in cities.items() if key.lower() == city.lower()), None)
    if match is not None:
        return f"did you mean {match!r}?"
    hint = did_you_mean(name, zone_names())
    return hint if hint.startswith("did") else "use an IANA name such as America/New_York, or an offset such as +02:00"


def _fixed_offset(name: str) -> int | None:
    if name in ("UTC", "Z"):
        return 0
    match = _FIXED.fullmatch(name)
    if match is None or int(match[2]) > 14:
        return None
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds


def _offsets(name: str) -> Callable[[int], timedelta]:
    """A function from UTC seconds to the zone's offset."""
    match = None if name in zone_names() else _AHEAD.fullmatch(name)
    name, ahead = (match[1], timedelta(hours=int(match[2]))) if match else (name, timedelta())
    check_zone(name)
    *folders, last = name.split("/")
    source = resources.files("tzdata").joinpath("zoneinfo", *folders, last)
    with source.open("rb") as file:
        zone = ZoneInfo.from_file(file, key=name)

    return lambda seconds: (datetime.fromtimestamp(seconds, zone).utcoffset() or timedelta()) + ahead


def _bisect(offset_at: Callable[[int], timedelta], before: timedelta, low: int, high: int) -> int:
    """The first second in (low, high] with another offset than `before`, which holds at `low`."""
    while high - low > 1:
        middle = (low + high) // 2
        if high - low > 2 * _QUARTER:
            middle -= middle % _QUARTER  # where nearly every change lies
        elif offset_at(high - 1) == before:
            break
        low, high = (middle, high) if offset_at(middle) == before else (low, middle)
    return high


def _next_change(offset_at: Callable[[int], timedelta], start: int, stop: int) -> int | None:
    """The first second after `start` and before `stop` with another offset; None if there is none."""
    before, low = offset_at(start), start
    while low < stop:
        high = min(low + _SCAN_SECONDS, stop)
        if offset_at(high) != before:
            change = _bisect(offset_at, before, low, high)
            return change if change < stop else None
        low = high
    return None

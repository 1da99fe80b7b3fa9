"""Timeframes: how long a bar lasts, as text for people and as nanoseconds for the engine.

"1min", "5min", "1h", "4h", "1D" and "1W" are the canonical spellings; "1m", "1d", "60s" or "1 hour" are read too. A
"1m" is a minute. Months and years have no fixed length and are refused. A day is 24 hours and a week seven days; weeks
begin on Monday. Where a day begins is not the timeframe's business but the caller's (`day_start`).
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market.errors import DataError, did_you_mean

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

# canonical unit -> nanoseconds, longest first: the first that divides a length names it
_UNITS = {"W": WEEK, "D": DAY, "h": HOUR, "min": MINUTE, "s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}
_SPELLINGS = {
    "W": ("w", "week", "weeks"),
    "D": ("d", "day", "days"),
    "h": ("h", "hr", "hour", "hours"),
    "min": ("m", "min", "mins", "minute", "minutes"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "ms": ("ms",),
    "us": ("us",),
    "ns": ("ns",),
}
_UNIT_OF = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}
_COMMON = ("1s", "5s", "15s", "30s", "1min", "5min", "15min", "30min", "1h", "4h", "1D", "1W")


class Timeframe(NamedTuple):
    """A bar's length: `ns` nanoseconds, and its canonical `text` ("1min", "1h", "1D")."""

    ns: int
    text: str


def parse_timeframe(text: str) -> Timeframe:
    """Read "1m", "1min", "4h", "1D", "1W" and the like.

    Raises DataError for anything else, with the nearest spelling that would do.
    """
    match = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]+)\s*", text) if isinstance(text, str) else None
    # "1M" is a month to pandas and a minute to nobody: it is refused below, with the other months
    unit = _UNIT_OF.get(match[2].lower()) if match and match[2] != "M" else None
    if match is None or unit is None or int(match[1]) == 0:
        raise DataError(_refusal(text))
    return timeframe_from_ns(int(match[1]) * _UNITS[unit])


def timeframe_from_ns(ns: int) -> Timeframe:
    """Name a length of `ns` nanoseconds by the longest unit that divides it (7,200 s is "2h", 90 min is "90min")."""
    if ns <= 0:
        raise DataError(f"a timeframe must be longer than nothing, was {ns} ns")
    unit = next(unit for unit, length in _UNITS.items() if ns % length == 0)
    return Timeframe(int(ns), f"{ns // _UNITS[unit]}{unit}")


def infer_timeframe(ts: npt.NDArray[np.int64], place: str = "bars") -> Timeframe:
    """Take the commonest positive spacing of the bar starts `ts` (n,) int64 ns; the shortest of several as common.

    Raises DataError, naming `place`, when no two bars differ in time.
    """
    spacing = np.diff(ts)
    spacing = spacing[spacing > 0]
    if spacing.size == 0:
        raise DataError(
            f'{place}: the timeframe cannot be told from {ts.size} bar time(s); pass timeframe="1min", "1h", "1D" ...'
        )
    lengths, counts = np.unique(spacing, return_counts=True)
    return timeframe_from_ns(int(lengths[np.argmax(counts)]))


def _refusal(text: object) -> str:
    known = "write a number and one of s, min, h, D, W, such as 1min, 4h or 1D"
    if not isinstance(text, str):
        return f"timeframe must be text, was {text!r}; {known}"
    metatrader = re.fullmatch(r"\s*(M|H|D|W)(\d+)\s*", text, re.IGNORECASE)
    if metatrader:
        unit = {"M": "min", "H": "h", "D": "D", "W": "W"}[metatrader[1].upper()]
        return f'unknown timeframe "{text}". Did you mean "{metatrader[2]}{unit}"?'
    if re.fullmatch(r"\s*\d*\s*(M|MN\d*|mo|month|months|Y|y|year|years)\s*", text):
        return f'unknown timeframe "{text}": months and years have no fixed length; {known}'
    hint = did_you_mean(text, _COMMON)
    return f'unknown timeframe "{text}"; {known}' + (f".{hint}" if hint else "")

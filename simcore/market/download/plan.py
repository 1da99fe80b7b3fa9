"""What is to be fetched: files by the source's own paths, and how each is told to be whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from simcore.market.errors import DataError, did_you_mean
from simcore.market.timeframe import parse_timeframe

SECOND: Final = 1_000_000_000


class Remote(NamedTuple):
    """A published file.

    path: below the source's address. end: of the period it is of, ns UTC. wrong: what is wrong with the file at a path,
    None where nothing is. parts: the files that hold the same, where this one is not published.
    """

    path: str
    end: int
    wrong: Callable[[Path], str | None]
    checksum: bool = False  # the source publishes its SHA-256, at path + ".CHECKSUM"
    parts: Sequence[Remote] = ()


class Plan(NamedTuple):
    """The files of a range, and what they hold: quotes, prints or bars."""

    remotes: list[Remote]
    holds: str


def one_of(value: str, known: Sequence[str], name: str, source: str) -> str:
    """The value, where it is known. Raises DataError."""
    if value in known:
        return value
    raise DataError(f"{name}={value!r}: {source} has {', '.join(known)}.{did_you_mean(value, known)}")


def clean_symbol(symbol: str, source: str) -> str:
    """A symbol as sources write it: EUR/USD is EURUSD. Raises DataError."""
    found = symbol.upper().replace("/", "")
    if not re.fullmatch(r"[A-Z0-9_]+", found):
        raise DataError(f"symbol {symbol!r}: {source} writes symbols in letters and digits, such as EURUSD")
    return found


def length_of(timeframe: str, known: dict[int, str], source: str) -> str:
    """What the source calls a timeframe. Raises DataError for one that it has not."""
    found = known.get(parse_timeframe(timeframe).ns)
    if found is None:
        raise DataError(f"timeframe={timeframe!r}: {source} has {', '.join(known.values())}; resample those")
    return found


def hours(first: int, end: int) -> Iterator[datetime]:
    """The hours that hold first <= ts < end, ns UTC."""
    hour = at(first).replace(minute=0, second=0, microsecond=0)
    while ns(hour) < end:
        yield hour
        hour += timedelta(hours=1)


def days(first: int, end: int) -> Iterator[date]:
    """The days that hold first <= ts < end, ns UTC."""
    day = at(first).date()
    while ns(day) < end:
        yield day
        day += timedelta(days=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def at(ts: int) -> datetime:
    """An instant in UTC."""
    return datetime.fromtimestamp(ts // SECOND, UTC)


def ns(when: date | datetime) -> int:
    """ns UTC of an instant, or of a day's midnight."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND

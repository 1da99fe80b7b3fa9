"""Dukascopy's data feed: a file an hour of ticks, and candles of bid and ask by day, month or year.

`EURUSD/2019/01/04/10h_ticks.bi5`: the months of its paths count from 00, so that is 4 February. No checksum is
published: a file is whole where it can be unpacked into whole records whose times lie in its period. An hour without a
tick is an empty file, or none.
Source of the layout: the feed itself, as public downloaders use it (dukascopy-node, TheoryCraft).
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from simcore.market.download.plan import Plan, Remote, clean_symbol, days, hours, length_of, next_month, ns, one_of
from simcore.market.errors import DataError
from simcore.market.readers.dukascopy import read_dukascopy
from simcore.market.readers.request import BARS, QUOTES, Kind, Request
from simcore.market.readers.text import Content
from simcore.market.timeframe import DAY, HOUR

ADDRESS: Final = "https://datafeed.dukascopy.com/datafeed"
PER_SECOND: Final = 5.0
SETTLED: Final = DAY  # what is missing so long after its end stays so
KINDS: Final = ("quotes", "bars")
_TIMEFRAMES: Final = {HOUR // 60: "min_1", HOUR: "hour_1", DAY: "day_1"}


def plan(symbol: str, kind: str | None, timeframe: str | None, market: str | None, first: int, end: int) -> Plan:
    """The files of quotes or bars with first <= ts < end. Raises DataError for what the feed has not."""
    name = clean_symbol(symbol, "Dukascopy")
    holds = one_of(kind or "quotes", KINDS, "kind", "Dukascopy")
    if market is not None:
        raise DataError(f"market={market!r}: Dukascopy has one; leave it out")
    if holds == "quotes":
        if timeframe is not None:
            raise DataError(f'timeframe={timeframe!r}: quotes have none; pass kind="bars" for candles')
        ticks = [
            _remote(f"{_folder(name, hour, 3)}/{hour:%H}h_ticks.bi5", ns(hour) + HOUR, symbol, QUOTES)
            for hour in hours(first, end)
        ]
        return Plan(ticks, holds)
    length = length_of(timeframe or "1min", _TIMEFRAMES, "Dukascopy")
    return Plan([one for day in days(first, end) for one in _candles(name, symbol, day, first, length)], holds)


def _candles(name: str, symbol: str, day: date, first: int, length: str) -> list[Remote]:
    """Both sides of the file that begins on a day, or that held the first; none for days inside a file."""
    parts = {"min_1": 3, "hour_1": 2, "day_1": 1}[length]
    begins = parts == 3 or (day.day == 1 and (parts == 2 or day.month == 1))
    if not begins and ns(day) > first:
        return []
    end = {1: date(day.year + 1, 1, 1), 2: next_month(day), 3: day + timedelta(days=1)}[parts]
    folder = _folder(name, day, parts)
    return [_remote(f"{folder}/{side}_candles_{length}.bi5", ns(end), symbol, BARS) for side in ("BID", "ASK")]


def _folder(name: str, day: date, parts: int) -> str:
    return "/".join([name, f"{day.year}", f"{day.month - 1:02}", f"{day.day:02}"][: parts + 1])


def _remote(path: str, end: int, symbol: str, kind: Kind) -> Remote:
    def wrong(file: Path) -> str | None:
        content = Content(file.parent / path, "", file.read_bytes(), path)
        try:  # prices are not looked at here, so how many decimals they have does not matter
            read_dukascopy(content, Request(kind, symbol, {"price_digits": 5}))
        except DataError as error:
            return str(error).removeprefix(path).lstrip(":, ")
        return None

    return Remote(path, end, wrong)

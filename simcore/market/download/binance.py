"""Binance's public archives: a zip a month, and a day, of trades, aggTrades, bookTicker or klines.

Months that are wholly in the range come as one file; where a month is not published (yet), and for the rest, come its
days. Each zip has its SHA-256 beside it, in a file of the same name and `.CHECKSUM`.
Source of the layout: binance-public-data, README.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from simcore.market.download.plan import Plan, Remote, clean_symbol, days, length_of, next_month, ns, one_of
from simcore.market.errors import DataError
from simcore.market.timeframe import DAY, HOUR

ADDRESS: Final = "https://data.binance.vision"
PER_SECOND: Final = 10.0
SETTLED: Final = 7 * DAY
MARKETS: Final = {"spot": "data/spot", "um": "data/futures/um", "cm": "data/futures/cm"}
_OURS: Final = {"prints": "trades", "quotes": "bookTicker", "bars": "klines"}
_HOLDS: Final = {"trades": "prints", "aggTrades": "prints", "bookTicker": "quotes", "klines": "bars"}
KINDS: Final = (*_OURS, *_HOLDS)
_MINUTE: Final = HOUR // 60
_TIMEFRAMES: Final = {
    _MINUTE // 60: "1s",
    **{n * _MINUTE: f"{n}m" for n in (1, 3, 5, 15, 30)},
    **{n * HOUR: f"{n}h" for n in (1, 2, 4, 6, 8, 12)},
    **{n * DAY: f"{n}d" for n in (1, 3)},
}


def plan(
    symbol: str,
    kind: str | None,
    timeframe: str | None,
    market: str | None,
    first: int,
    end: int,
    there: Callable[[str], bool] = lambda path: False,
) -> Plan:
    """The files with first <= ts < end; days of a month of which some are `there` already. Raises DataError."""
    name = clean_symbol(symbol, "Binance")
    named = one_of(kind or "prints", KINDS, "kind", "Binance")
    series = _OURS.get(named, named)
    where = MARKETS[one_of(market or "spot", list(MARKETS), "market", "Binance")]
    if series == "bookTicker" and market in (None, "spot"):
        raise DataError('kind="quotes": Binance publishes no quotes of spot; pass market="um" or "cm" for futures')
    if timeframe is not None and series != "klines":
        raise DataError(f'timeframe={timeframe!r}: {series} have none; pass kind="bars" for klines')
    length = length_of(timeframe or "1min", _TIMEFRAMES, "Binance") if series == "klines" else series
    folder = f"{series}/{name}" + (f"/{length}" if series == "klines" else "")

    def daily(day: date) -> Remote:
        path = f"{where}/daily/{folder}/{name}-{length}-{day:%Y-%m-%d}.zip"
        return Remote(path, ns(day) + DAY, _not_a_zip, checksum=True)

    remotes: list[Remote] = []
    done = date.min
    for day in days(first, end):
        if day < done:
            continue
        after = next_month(day)
        parts = [daily(one) for one in days(ns(day.replace(day=1)), ns(after))]
        monthly = f"{where}/monthly/{folder}/{name}-{length}-{day:%Y-%m}.zip"
        whole = day.day == 1 and ns(day) >= first and ns(after) <= end
        if there(monthly) or (whole and not any(there(one.path) for one in parts)):
            remotes.append(Remote(monthly, ns(after), _not_a_zip, checksum=True, parts=parts))
            done = after
        else:
            remotes.append(daily(day))
    return Plan(remotes, _HOLDS[series])


def _not_a_zip(file: Path) -> str | None:
    return None if zipfile.is_zipfile(file) else "is no zip, or one cut short"

"""LEAN's market hours database: when each market is open, and in which zone its data are written.

The database (`market-hours/market-hours-database.json` of LEAN's data folder) has an entry for a market and security
type, `Forex-oanda-[*]`, or for one symbol of it, `Future-cme-ES`. An entry has the segments of every weekday in the
exchange's zone (premarket, market, postmarket), holidays, early closes and late opens.
Source of the rules: LEAN, SecurityExchangeHours (an early close ends the day there; a late open after it begins it
again; a late open before it only begins the day later).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.market.checks import Int64
from simcore.market.errors import DataError, did_you_mean
from simcore.market.timeframe import DAY, SECOND
from simcore.market.zones import Zone, parse_zone

DATABASE: Final = Path("market-hours") / "market-hours-database.json"
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TYPES: Final = {
    "equity": "Equity",
    "forex": "Forex",
    "cfd": "Cfd",
    "crypto": "Crypto",
    "cryptofuture": "CryptoFuture",
    "future": "Future",
    "futureoption": "Future",
    "option": "Option",
    "index": "Index",
    "indexoption": "IndexOption",
}
_EPOCH: Final = date(1970, 1, 1)


class Segment(NamedTuple):
    """A part of a day: [start, stop) in ns since local midnight, and whether it is the regular session."""

    start: int
    stop: int
    regular: bool


@dataclass(frozen=True)
class MarketHours:
    """When one market is open: segments of Monday to Sunday in `zone`, and the days that differ."""

    name: str  # the database's key
    zone: Zone
    data_timezone: str
    week: tuple[tuple[Segment, ...], ...]
    holidays: frozenset[date] = frozenset()
    early_closes: Mapping[date, int] = field(default_factory=dict)  # ns since local midnight
    late_opens: Mapping[date, int] = field(default_factory=dict)

    @property
    def always_open(self) -> bool:
        """Whether the market never closes."""
        whole = all(len(day) == 1 and day[0].start == 0 and day[0].stop == DAY for day in self.week)
        return whole and not (self.holidays or self.early_closes or self.late_opens)

    @property
    def extended(self) -> bool:
        """Whether what is not the regular session is traded like it: a future's night is, a premarket is not."""
        return not self.name.lower().startswith(("equity", "option", "index"))

    def day(self, day: date) -> tuple[Segment, ...]:
        """The segments of one date."""
        if day in self.holidays:
            return ()
        segments = self.week[day.weekday()]
        close, opening = self.early_closes.get(day), self.late_opens.get(day)
        if close is not None and opening is not None and opening > close:
            return (*_before(segments, close), *_after(segments, opening))
        segments = segments if close is None else _before(segments, close)
        return segments if opening is None else _after(segments, opening)

    def sessions(self, start_ns: int, stop_ns: int, *, extended: bool = True) -> tuple[Int64, Int64]:
        """Every session that touches [start_ns, stop_ns), whole, as (open, close): int64 ns UTC, ascending.

        `extended` counts premarket and postmarket, as a future's night session is called here. What meets at midnight
        is one session. A market that never closes is one session as long as what is asked for.
        """
        if self.always_open:
            return np.array([start_ns]), np.array([stop_ns])
        opens: list[int] = []
        closes: list[int] = []
        first, last = (_EPOCH + timedelta(days=ns // DAY) for ns in (start_ns - 8 * DAY, stop_ns + 8 * DAY))
        for n in range((last - first).days):
            day = first + timedelta(days=n)
            midnight = (day - _EPOCH).days * DAY
            for segment in self.day(day):
                if not (extended or segment.regular):
                    continue
                if closes and closes[-1] == midnight + segment.start:
                    closes[-1] = midnight + segment.stop
                else:
                    opens.append(midnight + segment.start)
                    closes.append(midnight + segment.stop)
        begin, end = (_instants(np.array(walls, np.int64), self.zone) for walls in (opens, closes))
        touches = (end > start_ns) & (begin < stop_ns)
        return begin[touches], end[touches]


def _before(segments: tuple[Segment, ...], close: int) -> tuple[Segment, ...]:
    return tuple(one._replace(stop=min(one.stop, close)) for one in segments if one.start < close)


def _after(segments: tuple[Segment, ...], opening: int) -> tuple[Segment, ...]:
    return tuple(one._replace(start=max(one.start, opening)) for one in segments if one.stop > opening)


def _instants(walls: Int64, zone: Zone) -> Int64:
    """Wall times as UTC: a skipped one is where the clock goes on, of a repeated one the first."""
    if zone.offset is not None:
        return walls - zone.offset
    import polars as pl

    local = pl.Series(walls, dtype=pl.Int64).cast(pl.Datetime("ns"))
    aware = local.dt.replace_time_zone(zone.name, ambiguous="earliest", non_existent="null")
    later = local.dt.offset_by("1h").dt.replace_time_zone(zone.name, ambiguous="earliest", non_existent="null")
    whole = aware.fill_null(later)
    instants: Int64 = whole.dt.convert_time_zone("UTC").to_physical().to_numpy()
    return np.where(aware.is_null().to_numpy(), instants // (3600 * SECOND) * (3600 * SECOND), instants)


def market_hours(database: str | Path, security: str, market: str, symbol: str | None = None) -> MarketHours:
    """Read the hours of a symbol, or of the whole market: "future", "cme", "ES".

    `database` is the file, or LEAN's data folder. Raises DataError if it is missing, damaged or has no such entry.
    """
    path = Path(database)
    path = path / DATABASE if path.is_dir() else path
    entries = _entries(str(path), path.stat().st_mtime_ns if path.exists() else 0)
    key = find_key(entries, security, market, symbol)
    if key is None:
        wanted = f"{_TYPES.get(security.lower(), security)}-{market}-{symbol or '[*]'}"
        raise DataError(f'{path}: no entry for "{wanted}".{did_you_mean(wanted, entries)}')
    return _hours_of(path, key, entries)


def _hours_of(path: Path, key: str, entries: Mapping[str, Any]) -> MarketHours:
    try:
        return _parsed(key, entries[key])
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f'{path}: the entry "{key}" cannot be read ({error!r}); fetch the database again') from error


def hours_named(calendar: str) -> MarketHours:
    """Read the hours that "FILE#ENTRY" names. Raises DataError for a file or an entry that is not there."""
    text, _, key = calendar.rpartition("#")
    path = Path(text).expanduser()
    entries = _entries(str(path), path.stat().st_mtime_ns if path.exists() else 0)
    if key not in entries:
        raise DataError(f'{path}: no entry "{key}".{did_you_mean(key, entries)}')
    return _hours_of(path, key, entries)


def find_key(entries: Mapping[str, Any], security: str, market: str, symbol: str | None) -> str | None:
    """The entry of a symbol, else of its market; letters' case does not matter."""
    kind = _TYPES.get(security.lower(), security)
    wanted = [f"{kind}-{market}-{one}".lower() for one in (symbol, "[*]") if one]
    by_lower = _by_lower(tuple(entries))
    return next((by_lower[key] for key in wanted if key in by_lower), None)


@lru_cache(maxsize=4)
def _by_lower(keys: tuple[str, ...]) -> dict[str, str]:
    return {key.lower(): key for key in keys}


def data_zone(path: Path, security: str | None, market: str | None, ticker: str) -> str:
    """The zone in which LEAN's data at `path` are written: by the database above it, else by what is known."""
    for folder in path.absolute().parents:
        database = folder / DATABASE
        if security and market and database.is_file():
            entries = _entries(str(database), database.stat().st_mtime_ns)
            key = find_key(entries, security, market, ticker)
            return str(entries[key]["dataTimeZone"]) if key else "UTC"
    if (security, market) == ("forex", "fxcm"):
        return "UTC-05"
    return "America/New_York" if security in ("equity", "option") and market in (None, "usa") else "UTC"


@lru_cache(maxsize=4)
def _entries(path: str, changed: int) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text())["entries"]
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; it is {DATABASE} of LEAN's data folder") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not LEAN's market hours database ({error!r})") from error
    return dict(found)


def _parsed(key: str, entry: Mapping[str, Any]) -> MarketHours:
    week = tuple(
        tuple(
            Segment(_clock(one["start"]), _clock(one["end"]), one["state"] == "market")
            for one in entry.get(day, ())
            if one["state"] != "closed"
        )
        for day in _DAYS
    )
    return MarketHours(
        name=key,
        zone=parse_zone(entry["exchangeTimeZone"]),
        data_timezone=entry["dataTimeZone"],
        week=week,
        holidays=frozenset(_date(text) for text in entry.get("holidays", ())),
        early_closes={_date(day): _clock(at) for day, at in entry.get("earlyCloses", {}).items()},
        late_opens={_date(day): _clock(at) for day, at in entry.get("lateOpens", {}).items()},
    )


def _date(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()


def _clock(text: str) -> int:
    """ns of "17:03:00", or of "1.00:00:00" (also written "1:00:00:00"), which is the end of the day."""
    days, hours, minutes, seconds = (int(part) for part in re.split(r"[.:]", f"0.{text}")[-4:])
    return days * DAY + (hours * 3600 + minutes * 60 + seconds) * SECOND

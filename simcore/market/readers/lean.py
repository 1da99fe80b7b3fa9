"""LEAN's zips of FX, CFD and crypto data: one CSV without header inside each.

Ticks are `ms,bid,ask`; bars `t,bid open,high,low,close,size,ask open,high,low,close,size`, or
`t,open,high,low,close,volume` of trades. Ticks, seconds and minutes count milliseconds (ticks with fractions) from
midnight of the date in the file's name; hours and days write `20140501 21:00`. Both are wall time of the data's own
zone: UTC for OANDA, fixed UTC-05 for FXCM (told by the folder `fxcm`). Quote bars carry sizes of the last quote, no
volume, so their volume is not given.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simcore.market.checks import Float64, Int64
from simcore.market.errors import DataError
from simcore.market.readers.files import read_bytes
from simcore.market.readers.tables import numbers, table_of
from simcore.market.readers.times import TimeOptions, to_ns
from simcore.market.timeframe import DAY, Timeframe, parse_timeframe
from simcore.market.zones import parse_zone, to_utc

if TYPE_CHECKING:
    import polars as pl

_TIMEFRAMES = {"second": "1s", "minute": "1min", "hour": "1h", "daily": "1D"}
_QUOTE_BAR = ("open", "high", "low", "close", "", "ask_open", "ask_high", "ask_low", "ask_close", "")
_LAYOUTS = {3: ("bid", "ask"), 6: ("open", "high", "low", "close", "volume"), 11: _QUOTE_BAR}
_FXCM_ZONE = "UTC-05"
_SCALED = {"equity", "option", "indexoption"}


class LeanFile(NamedTuple):
    """One zip, read: `ts` (n,) int64 ns UTC, the price columns by name, and the timeframe of bars (None for ticks)."""

    ts: Int64
    columns: dict[str, Float64]
    timeframe: Timeframe | None


def read_lean(path: Path, timezone: str | None = None) -> LeanFile:
    """Read one zip; `timezone` overrides the data's zone. Raises DataError for a damaged zip or an unknown layout."""
    folders = {part.lower() for part in path.parts[-5:-1]}  # forex/fxcm/tick/eurusd/20140501_quote.zip
    if folders & _SCALED:
        raise DataError(f"{path}: LEAN's equity and option zips are not read, only FX, CFD and crypto")
    zone = parse_zone(timezone or (_FXCM_ZONE if "fxcm" in folders else None))
    member, content = _unzip(path)
    frame = _parse(path, content)
    layout = _LAYOUTS.get(frame.width)
    if layout is None:
        raise DataError(f"{path}: {frame.width} columns; LEAN has ticks of 3 and bars of 6 or 11")
    table = table_of(frame, str(path))
    times = table.get("c0")
    if _dated(content):
        ts = to_ns(times, TimeOptions(zone, time_format="%Y%m%d %H:%M"), str(path))
    else:
        since_midnight = np.rint(numbers(times, str(path), "time") * 1e6).astype(np.int64)
        ts = to_utc(_midnight(path, member) + since_midnight, zone, str(path))
    values = {name: numbers(table.get(f"c{i}"), str(path), name) for i, name in enumerate(layout, 1) if name}
    return LeanFile(ts, values, None if len(layout) == 2 else _timeframe(path, member))


def _unzip(path: Path) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if len(members) != 1:
                raise DataError(f"{path}: {len(members)} files inside; a LEAN zip holds one")
            content = archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}: the zip is damaged or cut short ({error}); fetch it again") from error
    if not content.strip():
        raise DataError(f"{path}: no rows in {members[0]}")
    return members[0], content


def _dated(content: bytes) -> bool:
    """Whether times are written `20140501 21:00`, not as milliseconds."""
    return b":" in content[:20]


def _parse(path: Path, content: bytes) -> pl.DataFrame:
    import polars as pl

    width = content.split(b"\n", 1)[0].count(b",") + 1
    ids = [f"c{i}" for i in range(width)]
    dtypes = dict.fromkeys(ids, pl.Float64) | ({"c0": pl.String} if _dated(content) else {})
    try:
        try:
            return pl.read_csv(io.BytesIO(content), has_header=False, new_columns=ids, schema_overrides=dtypes)
        except pl.exceptions.ComputeError:
            # some cell is no number: as text, the row can be found and named
            texts = dict.fromkeys(ids, pl.String)
            return pl.read_csv(io.BytesIO(content), has_header=False, new_columns=ids, schema_overrides=texts)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path}: not a table of {width} columns ({str(error).strip().splitlines()[0]})") from error


def _midnight(path: Path, member: str) -> int:
    match = re.match(r"(\d{8})_", path.name) or re.match(r"(\d{8})_", member)
    try:
        day = datetime.strptime(match[1], "%Y%m%d").date() if match else None
    except ValueError:
        day = None
    if day is None:
        raise DataError(f"{path}: the date of a LEAN zip is in its name, as in 20140501_quote.zip; rename the file")
    return (day - date(1970, 1, 1)).days * DAY


def _timeframe(path: Path, member: str) -> Timeframe | None:
    for part in (*member.lower().split("_"), *(part.lower() for part in reversed(path.parts[:-1]))):
        if part in _TIMEFRAMES:
            return parse_timeframe(_TIMEFRAMES[part])
    return None

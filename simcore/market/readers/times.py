"""Times as data writes them, turned into int64 nanoseconds UTC.

Read are datetime columns, epoch numbers and text. Text may be ISO 8601 ("2024-01-02T10:00:00.123Z"), MetaTrader's
("2024.01.02 10:00:00"), HistData's ("20240102 100000123"), "02/01/2024 10:00" where the days tell which number is the
month, and anything a `time_format` describes. The form of the first row holds for the whole column.
Naive times are UTC, or of the zone asked for; times with an offset are converted, and a column that mixes offsets, or
naive and aware times, is refused.
Epoch numbers are nanoseconds, or s, ms or us, told apart by their size: the one unit in which they lie between 1973 and
2262. Anything else, and a column that starts in one unit and ends in another, needs `unit=`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market.checks import NOT_A_TIME, Int64
from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers.clock import OTHER_ZONE, can_parse, parse
from simcore.market.zones import Zone, to_utc

if TYPE_CHECKING:
    import polars as pl

NS_PER = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
# The windows of the units do not meet: 1e8 s, 1e11 ms, 1e14 us and 1e17 ns are all 1973-03-03.
_WINDOWS = {"s": (1e8, 9.2e9), "ms": (1e11, 9.2e12), "us": (1e14, 9.2e15), "ns": (1e17, 9.2e18)}
# dates written as numbers: 20240102, 20240102100000, 20240102100000123; outside every window above
_COMPACT = ((1900e4, 2263e4), (1900e10, 2263e10), (1900e13, 2263e13))

# behind a clock only, or the day of 2024-01-02 would look like an offset
_AFTER_CLOCK = re.compile(r"(:\d{2}(?:\.\d+)?)\s*(?:Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})$")
_DATES = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    (r"\d{8}", "%Y%m%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "a/b/%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "a-b-%Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{2}", "%d-%b-%y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
)
_CLOCKS = (
    (r"\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?", "%H:%M:%S%.f"),
    (r"\d{1,2}:\d{2}", "%H:%M"),
    (r"\d{9}", "%H%M%S%3f"),
    (r"\d{6}", "%H%M%S"),
)


class Instants(NamedTuple):
    """A datetime column as it lies in memory: `values` (n,) int64 `unit` since 1970, UTC if `aware`, else wall time."""

    values: Int64
    unit: str
    aware: bool


class TimeOptions(NamedTuple):
    """How to read times: the zone of naive ones, the unit of epoch numbers, the format of text; None = find out."""

    zone: Zone
    unit: str | None = None
    time_format: str | None = None


def to_ns(times: Instants | npt.NDArray[np.generic] | pl.Series, options: TimeOptions, place: str) -> Int64:
    """Return `times` (n,) as int64 ns UTC; the array itself if it is that already.

    Raises DataError, naming `place`, row and value, for what cannot be read.
    """
    if options.unit is not None and options.unit not in NS_PER:
        raise DataError(f'unit must be one of s, ms, us, ns, was "{options.unit}".{did_you_mean(options.unit, NS_PER)}')
    if isinstance(times, Instants):
        if times.unit != "ns" or not (times.aware or options.zone.offset == 0):  # else `check_times` finds it
            _refuse_empty(times.values == NOT_A_TIME, place)
        ns = _scaled(times.values, times.unit)
        return ns if times.aware else to_utc(ns, options.zone, place)
    if isinstance(times, np.ndarray):
        return _from_numbers(times, options, place)
    return _from_text(times, options, place)


def start_of(text: str) -> datetime:
    """Read "2019-02-04 10:00", in UTC unless it says otherwise. Raises DataError for what is no date and time."""
    try:
        start = datetime.fromisoformat(text.strip())
    except (ValueError, AttributeError) as error:
        raise DataError(f'start must read like "2019-02-04 10:00", was {text!r}') from error
    return start.astimezone(UTC).replace(tzinfo=None) if start.tzinfo else start


def _from_numbers(values: npt.NDArray[np.generic], options: TimeOptions, place: str) -> Int64:
    if values.size == 0:
        return np.empty(0, np.int64)
    if values.dtype.kind not in "iuf":
        raise DataError(f"{place}: times of type {values.dtype} cannot be read; give int64 ns, datetimes or text")
    if values.dtype.kind == "f":
        _refuse_empty(~np.isfinite(values), place)
    first, last = float(values[0]), float(values[-1])
    compact = any(low <= min(first, last) and max(first, last) <= high for low, high in _COMPACT)
    if options.time_format or (compact and options.unit is None):
        import polars as pl

        return _from_text(pl.Series(values.astype(np.int64)).cast(pl.String), options, place)
    unit = options.unit or _unit_of(first, last, place)
    if values.dtype.kind == "f":
        # float64 seconds of today resolve to a quarter of a microsecond: the digits below are noise
        micro = np.rint(values.astype(float) * (NS_PER[unit] / 1000)).astype(np.int64)
        return to_utc(micro * 1000, options.zone, place)
    return to_utc(_scaled(values.astype(np.int64, copy=False), unit), options.zone, place)


def _unit_of(first: float, last: float, place: str) -> str:
    units = [u for v in (first, last) for u, (low, high) in _WINDOWS.items() if low <= v < high]
    if len(units) < 2:
        raise DataError(
            f"{place}: times {first:.0f} .. {last:.0f} lie between 1973 and 2262 in no unit; "
            f'pass unit="s", "ms", "us" or "ns"'
        )
    if units[0] != units[1]:
        raise DataError(
            f"{place}: the first time {first:.0f} looks like {units[0]}, the last {last:.0f} like {units[1]}; "
            f"write the column in one unit, or pass unit="
        )
    return units[0]


def _scaled(values: Int64, unit: str) -> Int64:
    return values if unit == "ns" else values * NS_PER[unit]


def _from_text(texts: pl.Series, options: TimeOptions, place: str) -> Int64:
    if texts.len() == 0:
        return np.empty(0, np.int64)
    if texts.null_count():
        _refuse_empty(texts.is_null().to_numpy(), place)
    first = texts[0].strip()
    if not options.time_format and re.fullmatch(r"\d{9,10}|\d{13}|\d{16}|\d{18,19}|\d{9,10}\.\d+", first):
        return _from_numbers(_numbers(texts.str.strip_chars(), place), options, place)
    form = options.time_format or _form_of(_AFTER_CLOCK.sub(r"\1", first), texts, place)
    ns, offset = _parsed(texts, form, place) if can_parse(form) else _by_strptime(texts.str.strip_chars(), form, place)
    return to_utc(ns, options.zone, place) if offset is None else ns - offset


def _parsed(texts: pl.Series, form: str, place: str) -> tuple[Int64, int | None]:
    """ns as the clocks say, and the offset in ns that stands in the text, or None."""
    parsed = parse(texts, form)
    if parsed.row >= 0:
        text = texts[parsed.row].strip()
        if not text:
            raise DataError(f"{place}, row {parsed.row + 1}: the time is empty; remove or repair the row")
        if parsed.fault == OTHER_ZONE:
            raise DataError(
                f'{place}, row {parsed.row + 1}: time "{text}" has another zone than "{texts[0].strip()}" in row 1; '
                f"write all times in one zone, best in UTC"
            )
        raise _unreadable(place, parsed.row, text, form)
    return parsed.ns, None if parsed.offset is None else parsed.offset * NS_PER["s"]


def _by_strptime(texts: pl.Series, form: str, place: str) -> tuple[Int64, int | None]:
    """The same for the parts of a format that only strptime knows, such as names of months."""
    import polars as pl

    form = form.replace(".%f", "%.f")
    if "%f" in form:
        raise DataError(f'{place}: write %3f, %6f or %9f, as many digits as there are, for %f in time_format="{form}"')
    parsed = texts.str.strptime(pl.Datetime("ns"), form, strict=False)
    if parsed.null_count():
        row = int(parsed.is_null().arg_max() or 0)
        raise _unreadable(place, row, texts[row], form)
    aware = isinstance(parsed.dtype, pl.Datetime) and parsed.dtype.time_zone is not None
    parsed = parsed.dt.convert_time_zone("UTC") if aware else parsed
    return parsed.to_physical().to_numpy(), 0 if aware else None


def _unreadable(place: str, row: int, text: str, form: str) -> DataError:
    return DataError(f'{place}, row {row + 1}: time "{text}" cannot be read as {form}; repair it or pass time_format=')


def _numbers(texts: pl.Series, place: str) -> npt.NDArray[np.generic]:
    import polars as pl

    fractions = texts.str.contains(".", literal=True).any()
    numbers = texts.cast(pl.Float64 if fractions else pl.Int64, strict=False)
    if numbers.null_count():
        row = numbers.is_null().arg_max() or 0
        raise DataError(f'{place}, row {row + 1}: time "{texts[row]}" is not a number as the rows above are; repair it')
    return numbers.to_numpy()


def _form_of(first: str, texts: pl.Series, place: str) -> str:
    """Find the format of the first row's text, from which a UTC offset has been cut."""
    for date_pattern, date_form in _DATES:
        if re.fullmatch(date_pattern, first):
            return _with_month(date_form, texts, place)
        for clock_pattern, clock_form in _CLOCKS:
            match = re.fullmatch(f"{date_pattern}([T ]?){clock_pattern}", first)
            if match:
                return f"{_with_month(date_form, texts, place)}{match[1]}{clock_form}"
    raise DataError(
        f'{place}, row 1: time "{first}" cannot be read; pass time_format="%Y-%m-%d %H:%M:%S" or as it is written'
    )


def _with_month(form: str, texts: pl.Series, place: str) -> str:
    """Decide by the days above 12 which of two leading numbers is the month."""
    if not form.startswith("a"):
        return form
    mark = form[1]
    pair = texts.str.extract_groups(rf"^(\d{{1,2}}){mark}(\d{{1,2}})").struct.unnest().select("1", "2")
    first, second = (pair[name].cast(int, strict=False).max() for name in ("1", "2"))
    if isinstance(first, int) and first > 12:
        return f"%d{mark}%m{mark}%Y"
    if isinstance(second, int) and second > 12:
        return f"%m{mark}%d{mark}%Y"
    raise DataError(
        f'{place}, row 1: in "{texts[0]}" day and month cannot be told apart; '
        f'pass time_format="%d{mark}%m{mark}%Y ..." or "%m{mark}%d{mark}%Y ..."'
    )


def _refuse_empty(empty: npt.NDArray[np.bool_], place: str) -> None:
    if empty.any():
        raise DataError(f"{place}, row {int(empty.argmax()) + 1}: the time is empty; remove or repair the row")

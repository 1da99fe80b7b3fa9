"""When the rows of a frame are known: by its times, whatever form they have, or one after the other where it has none.

Rows that hold open, high, low and close are bars, known when they end; all others are known at their time. Times stand
in an index or a column: as times, as text, or as numbers counted from 1970 in a column that is called so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import Bars, Quotes
from simcore.market.errors import DataError
from simcore.market.readers import as_columns
from simcore.research.causality.future import ends_of

MOST: Final = 0.9
EPOCHS: Final = {10**9 // n: (3e8 * n, 4.2e9 * n) for n in (1, 10**3, 10**6, 10**9)}  # ns of one -> 1980 to 2100
COUNTED: Final = ("ts", "time", "timestamp", "date", "datetime", "unix")  # names of columns that count from 1970
PARTS: Final = (("date", "time"), ("day", "time"))


class Times(NamedTuple):
    """The time of each row, ns, and the columns that tell it."""

    ns: NDArray[np.int64]
    columns: tuple[Any, ...]


def ends_of_frame(frame: Any) -> NDArray[np.int64]:
    """The instant each row is known at, ns; the number of the row where there are no times."""
    try:
        return np.asarray(ends_of(as_columns(frame, "X")))
    except (DataError, TypeError, ValueError, AttributeError):
        return times_of_frame(frame)


def times_of_frame(frame: Any) -> NDArray[np.int64]:
    """The times of an index, or of the first column of times, ns; else the numbers of the rows."""
    found = times_in(frame)
    return np.arange(len(frame)) if found is None else found.ns


def is_timed(frame: Any) -> bool:
    """Whether its rows have times."""
    return times_in(frame) is not None


def times_in(frame: Any) -> Times | None:
    """Where the times of a frame stand; None where it has none."""
    index = getattr(frame, "index", None)
    if index is not None and hasattr(index, "asi8"):
        utc = index if index.tz is None else index.tz_convert("UTC")
        return Times(np.asarray(utc.as_unit("ns").asi8), ())
    for columns, values in _candidates(frame, index):
        found = _read(values, columns)
        if found is not None:
            return Times(found, columns)
    return None


def _candidates(frame: Any, index: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """What may hold times: columns of times first, then a date and a time of the day, text, numbers."""
    names = list(getattr(frame, "columns", ()))
    columns = {name: np.asarray(frame[name]) for name in names}
    plain = {_plain(name): name for name in names}
    yield from (((name,), values) for name, values in columns.items() if values.dtype.kind == "M")
    for date, time in PARTS:
        if date in plain and time in plain and columns[plain[time]].dtype.kind in "OTU":
            both = (plain[date], plain[time])
            yield both, np.array([f"{a} {b}" for a, b in zip(*(columns[name] for name in both), strict=True)], object)
    if index is not None and np.asarray(index).dtype.kind in "OTU":
        yield (), np.asarray(index)
    yield from (((name,), values) for name, values in columns.items() if values.dtype.kind in "OTU")
    for name, values in columns.items():
        if _plain(name) in COUNTED or _plain(name).endswith("_time"):
            yield (name,), values


def _plain(name: Any) -> str:
    return str(name).strip(" <>").lower()


def _read(values: Any, columns: tuple[Any, ...]) -> NDArray[np.int64] | None:
    """Values as times, ns UTC; None where they are none."""
    import pandas as pd

    if values.dtype.kind == "M":
        return np.asarray(values.astype("datetime64[ns]").astype(np.int64))
    if not len(values):
        return None
    if values.dtype.kind in "iuf":
        return counted(values)
    if isinstance(values[0], str) and not any(sign in values[0] for sign in "-/.: "):
        return None  # a symbol, or a number
    try:
        pd.to_datetime(values[:2], utc=True)
        return np.asarray(pd.DatetimeIndex(pd.to_datetime(values, utc=True)).as_unit("ns").asi8)
    except (ValueError, TypeError, OverflowError):
        return None


def counted(values: Any) -> NDArray[np.int64] | None:
    """Numbers as times, ns, where all of them may be seconds, or parts of a second, since 1970; else None."""
    for one, (low, high) in EPOCHS.items():
        if values.dtype.kind in "iuf" and values.size and low <= values.min() and values.max() < high:
            return np.asarray(values.astype(np.int64) * one)
    return None


def lag_of(frame: Any, rows: Sequence[Any]) -> int:
    """How long after its time a value of a frame is known, ns: of prices stamped by a bar's start, the bar's length.

    The data's own `rows` tell: the value is the last price before the next time, and not the last at its own.
    """
    times = times_of_frame(frame)
    if len(times) < 2 or times[-1] < len(times) or not np.array_equal(times, ends_of_frame(frame)):
        return 0
    steps, counts = np.unique(np.diff(times), return_counts=True)
    step = int(steps[counts.argmax()])
    columns = [frame[name] for name in frame.columns] if hasattr(frame, "columns") else [frame]
    numbers = [values for values in map(np.asarray, columns) if values.dtype.kind == "f"]
    for one in rows:
        ends = ends_of(one)
        for price in _prices(one):
            for values in numbers:
                if _share(values, price, ends, times) < MOST <= _share(values, price, ends, times + step - 1):
                    return step
    return 0


def _prices(one: Any) -> list[Any]:
    if isinstance(one, Quotes):
        return [one.bid, one.ask, (one.bid + one.ask) / 2.0]
    return [one.close] if isinstance(one, Bars) else [one.price]


def _share(values: Any, price: Any, ends: Any, at: Any) -> float:
    """How many of the values are the last price that was known at these instants."""
    row = np.searchsorted(ends, at, side="right") - 1
    return float(np.isclose(values, np.where(row < 0, np.nan, price[row]), rtol=1e-9, atol=0.0).mean())

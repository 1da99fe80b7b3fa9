"""Frames of any kind with another future: what functions of a frame are given.

A row that has a time counts as known by it: rows that hold open, high, low and close are bars, known when they end; all
others are known at their time. Rows without a time are known one after the other. Nothing is left after a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import Bars, Quotes
from simcore.market.errors import DataError
from simcore.market.readers import as_columns
from simcore.research.causality.future import JUMP, altered, ends_of, reflected

MOST: Final = 0.9
TURNED: Final = {"open": "open", "high": "low", "low": "high", "close": "close"}


def is_frame(given: Any) -> bool:
    """Whether it is a pandas or polars frame or series."""
    return type(given).__module__.partition(".")[0] in ("pandas", "polars") and hasattr(given, "shape")


def ends_of_frame(frame: Any) -> NDArray[np.int64]:
    """The instant each row is known at, ns; the number of the row where there are no times."""
    try:
        return np.asarray(ends_of(as_columns(frame, "X")))
    except (DataError, TypeError, ValueError, AttributeError):
        return times_of_frame(frame)


def times_of_frame(frame: Any) -> NDArray[np.int64]:
    """The times of an index, or of the first column of times, ns; else the numbers of the rows."""
    index = getattr(frame, "index", None)
    if index is not None and hasattr(index, "asi8"):
        utc = index if index.tz is None else index.tz_convert("UTC")
        return np.asarray(utc.as_unit("ns").asi8)
    for name in getattr(frame, "columns", ()):
        values = np.asarray(frame[name])
        if values.dtype.kind == "M":
            return values.astype("datetime64[ns]").astype(np.int64)
    return np.arange(len(frame))


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


def altered_frame(frame: Any, at: int, way: str, seed: int, lag: int = 0) -> Any:
    """`frame` with another future after the instant `at`, ns, or the row of this number; the same kind of frame.

    lag: how long after its time a row is known, as `lag_of` has it.
    """
    known = int(np.searchsorted(ends_of_frame(frame) + max(lag - 1, 0), at, side="right"))
    if way == "cut":
        return frame.head(known)
    if not hasattr(frame, "columns"):
        values = _changed(np.asarray(frame), known, way, seed)
        return (
            frame.__class__(values, index=frame.index, name=frame.name)
            if hasattr(frame, "index")
            else (frame.__class__(frame.name, values))
        )
    columns = {name: np.asarray(frame[name]) for name in frame.columns}
    new = {name: _changed(values, known, way, seed) for name, values in columns.items() if values.dtype.kind in "fbiu"}
    bars = _bars_of(frame)
    if bars is not None:  # of the one under way the open stays
        other = altered(bars, at, way, seed).given()
        new |= {name: other[str(name).lower()] for name in new if str(name).lower() in other}
    elif way == "mirror":
        _mirror_prices(new, columns, known)
    if hasattr(frame, "with_columns"):
        import polars as pl

        return frame.with_columns([pl.Series(str(name), values) for name, values in new.items()])
    return frame.assign(**{str(name): values for name, values in new.items()}) if _named(frame) else frame


def _bars_of(frame: Any) -> Bars | None:
    """A frame of bars row by row; None for any other."""
    try:
        rows = as_columns(frame, "X")
    except (DataError, TypeError, ValueError, AttributeError):
        return None
    return rows if isinstance(rows, Bars) and len(rows) == len(frame) else None


def _named(frame: Any) -> bool:
    return all(isinstance(name, str) for name in frame.columns)


def _mirror_prices(new: dict[Any, Any], given: dict[Any, Any], known: int) -> None:
    """Prices are mirrored about one price, not each about its own; mirrored, a high is a low."""
    by_lower = {str(name).lower(): name for name in given}
    if not all(name in by_lower for name in TURNED):
        return
    close, first = given[by_lower["close"]], given[by_lower["open"]]
    last = close[known - 1] if known else first[0]
    for name, turned in TURNED.items():
        new[by_lower[name]][known:] = last**2 / given[by_lower[turned]][known:]


def _changed(values: NDArray[Any], known: int, way: str, seed: int) -> NDArray[Any]:
    if way == "mirror":
        return reflected(values, known)
    rng = np.random.default_rng(seed)
    found = values.copy()
    later = found[known:]
    if values.dtype == bool:
        found[known:] = way == "soar"
    elif values.dtype.kind == "f" and later.size:
        walk = np.cumsum(rng.standard_normal(later.size)) * 0.001
        if np.nanmin(later, initial=1.0) > 0.0:
            found[known:] = later * JUMP[way] * np.exp(walk)
        else:
            spread = float(np.nanstd(values)) or 1.0
            found[known:] = later + spread * (walk + (10.0 if way == "soar" else -10.0))
    elif later.size:
        found[known:] = rng.permutation(later)
    return found

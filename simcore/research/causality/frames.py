"""Frames of any kind with another future: what functions of a frame are given.

A row that has a time counts as known by it: rows that hold open, high, low and close are bars, known when they end; all
others are known at their time. Rows without a time are known one after the other. Nothing is left after a cut.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.market.errors import DataError
from simcore.market.readers import as_columns
from simcore.research.causality.future import JUMP, ends_of, reflected

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


def altered_frame(frame: Any, known: int, way: str, seed: int) -> Any:
    """`frame` with another future after its first `known` rows; the same kind of frame."""
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
    if way == "mirror":
        _mirror_prices(new, columns, known)
    if hasattr(frame, "with_columns"):
        import polars as pl

        return frame.with_columns([pl.Series(str(name), values) for name, values in new.items()])
    return frame.assign(**{str(name): values for name, values in new.items()}) if _named(frame) else frame


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

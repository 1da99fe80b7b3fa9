"""Frames of any kind with another future: what functions of a frame are given. Nothing is left after a cut."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import Bars
from simcore.market.errors import DataError
from simcore.market.readers import as_columns
from simcore.research.causality.clocks import ends_of_frame, times_in
from simcore.research.causality.future import JUMP, altered, reflected

TURNED: Final = {"open": "open", "high": "low", "low": "high", "close": "close"}


def is_frame(given: Any) -> bool:
    """Whether it is a pandas or polars frame or series."""
    return type(given).__module__.partition(".")[0] in ("pandas", "polars") and hasattr(given, "shape")


def altered_frame(frame: Any, at: int, way: str, seed: int, lag: int = 0) -> Any:
    """`frame` with another future after the instant `at`, ns, or the row of this number; the same kind of frame.

    lag: how long after its time a row is known, as `lag_of` has it.
    """
    known = int(np.searchsorted(ends_of_frame(frame) + max(lag - 1, 0), at, side="right"))
    if way == "cut":
        return frame.head(known)
    if not hasattr(frame, "columns"):
        values = _changed(np.asarray(frame), known, way, seed)
        if hasattr(frame, "index"):
            return frame.__class__(values, index=frame.index, name=frame.name)
        return frame.__class__(frame.name, values)
    columns = {name: np.asarray(frame[name]) for name in frame.columns}
    times = times_in(frame)
    kept = () if times is None else times.columns
    moved = {name: values for name, values in columns.items() if values.dtype.kind in "fbiu" and name not in kept}
    new = {name: _changed(values, known, way, seed) for name, values in moved.items()}
    bars = _bars_of(frame)
    if bars is not None:  # of the one under way the open stays
        other = altered(bars, at, way, seed).given()
        new |= {name: other[str(name).lower()] for name in new if str(name).lower() in other}
    elif way == "mirror":
        _mirror_prices(new, columns, known)
    if hasattr(frame, "with_columns"):
        import polars as pl

        return frame.with_columns([pl.Series(str(name), values) for name, values in new.items()])
    found = frame.copy()
    for name, values in new.items():
        found[name] = values
    return found


def _bars_of(frame: Any) -> Bars | None:
    """A frame of bars row by row; None for any other."""
    try:
        rows = as_columns(frame, "X")
    except (DataError, TypeError, ValueError, AttributeError):
        return None
    return rows if isinstance(rows, Bars) and len(rows) == len(frame) else None


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

"""Returns of many trials as one matrix: rows are periods in time order, columns trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.overfitting.errors import StatisticError

Float64 = NDArray[np.float64]


def matrix_of(what: str, returns: Any, least: int) -> Float64:
    """`returns`, an array or a frame of numbers, as (periods, trials) with at least `least` trials.

    A polars frame's columns that are times are left out. Raises StatisticError naming row and column.
    """
    if hasattr(returns, "select") and hasattr(returns, "schema"):
        returns = returns.select([name for name, kind in returns.schema.items() if kind.is_numeric()])
    try:
        found = np.asarray(returns, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticError(f"{what}: returns must be numbers, rows periods and columns trials ({error})") from error
    if found.ndim == 1 and least == 1:
        found = found[:, None]
    if found.ndim != 2:
        raise StatisticError(f"{what}: returns must be a matrix, rows periods and columns trials, was {found.shape}")
    if found.shape[1] < least:
        raise StatisticError(f"{what}: needs at least {least} trials, returns has {found.shape[1]} columns")
    wrong = np.argwhere(~np.isfinite(found))
    if wrong.size:
        row, column = wrong[0].tolist()
        more = " (all of them are)" if len(wrong) == found.size else ""
        raise StatisticError(
            f"{what}: returns must be finite, row {row} of column {column} is {found[row, column]}{more}; "
            "leave out the periods or trials without a return"
        )
    return found

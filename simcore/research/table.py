"""Results as rows: the parameters, then every statistic, then the error of a combination that failed.

A row is plain numbers and text (times and durations in ns), so that it can be written to a file and read back without
losing a bit. Statistics are those of `Result.stats`, under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import polars as pl

from simcore.result import Result

TIMES: Final = ("Start", "End")
ERROR: Final = "error"
_SKIPPED: Final = "_strategy"  # the same in every row

Cell = float | int | bool | str | None
Row = dict[str, Cell]


def row_of(parameters: Mapping[str, Any], outcome: Result | Exception) -> Row:
    """One row of a run, or of what it raised."""
    if isinstance(outcome, Exception):
        return {**parameters, ERROR: " ".join(str(outcome).split()) or type(outcome).__name__}
    return {**parameters, **cells(outcome.stats), ERROR: None}


def cells(stats: pd.Series) -> Row:
    """Statistics as plain values."""
    return {str(key): _plain(value) for key, value in stats.items() if key != _SKIPPED}


def _plain(value: Any) -> Cell:
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return int(value.value)
    if value is None or value is pd.NaT:
        return None
    return value.item() if hasattr(value, "item") else value  # type: ignore[no-any-return]


def frame_of(rows: Sequence[Row], parameters: Sequence[str]) -> pl.DataFrame:
    """The rows as a frame: parameters, statistics, error; its columns' types hang on their names and kinds alone."""
    names = dict.fromkeys([*parameters, *(name for row in rows for name in row if name != ERROR)])
    columns = [_column(name, [row.get(name) for row in rows]) for name in names]
    return pl.DataFrame([*columns, pl.Series(ERROR, [row.get(ERROR) for row in rows], pl.String)])


def _column(name: str, values: list[Cell]) -> pl.Series:
    if name in TIMES:
        return pl.Series(name, values, pl.Int64).cast(pl.Datetime("ns", "UTC"))
    if name.endswith("Duration"):
        return pl.Series(name, values, pl.Int64).cast(pl.Duration("ns"))
    kinds = {type(value) for value in values if value is not None}
    for kind, dtype in ((str, pl.String), (float, pl.Float64), (int, pl.Int64), (bool, pl.Boolean)):
        if kind in kinds:
            return pl.Series(name, values, dtype, strict=False)
    return pl.Series(name, values, pl.Float64)

"""Results as rows: the parameters, then every statistic, then the error of a combination that failed.

A row is plain numbers and text (times and durations in ns), so that it can be written to a file and read back without
losing a bit. Statistics are those of `Result.stats`, under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import polars as pl

from simcore.ledger.measured import line_of_run, returns_of
from simcore.report.curve import Float64, Int64
from simcore.result import Result

TIMES: Final = ("Start", "End")
ERROR: Final = "error"
_NUMBER: Final = "#"
_CELLS: Final = {float, int, str}
_SKIPPED: Final = "_strategy"  # the same in every row

Cell = float | int | bool | str | None
Row = dict[str, Cell]


class Figures(NamedTuple):
    """What is left of a run: its row, its daily returns (days since 1970), and the seconds it took."""

    row: Row
    days: Int64
    returns: Float64
    seconds: float


NOTHING: Final = (np.empty(0, np.int64), np.empty(0), 0.0)


def figures_of(parameters: Mapping[str, Any], outcome: Result | Exception) -> Figures:
    """The figures of a run, or of what it raised."""
    if isinstance(outcome, Exception):
        return Figures({**parameters, ERROR: " ".join(str(outcome).split()) or type(outcome).__name__}, *NOTHING)
    row = {**parameters, **cells(outcome.plain_statistics()), ERROR: None}
    return Figures(row, *returns_of(line_of_run(outcome)), outcome.run.seconds)


def cells(stats: Mapping[str, Any] | pd.Series) -> Row:
    """Statistics as plain values."""
    return {str(key): _plain(value) for key, value in stats.items() if key != _SKIPPED}


def _plain(value: Any) -> Cell:
    if type(value) in _CELLS:
        return value  # type: ignore[no-any-return]
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return int(value.value)
    if value is None or value is pd.NaT:
        return None
    return value.item() if hasattr(value, "item") else value  # type: ignore[no-any-return]


def frame_of(rows: Sequence[Row], parameters: Sequence[str]) -> pl.DataFrame:
    """The rows as a frame: parameters, statistics, error; its columns' types hang on their names and kinds alone."""
    return whole_of([part_of(range(len(rows)), rows, parameters)])


def part_of(numbers: Sequence[int], rows: Sequence[Row], parameters: Sequence[str]) -> pl.DataFrame:
    """Some rows of such a frame and their numbers in it: a tenth of the memory that the rows take by themselves.

    A column has half a kilobyte of its own: parts of a few hundred rows are best.
    """
    names = dict.fromkeys([*parameters, *(name for row in rows for name in row if name != ERROR)])
    columns = [_column(name, [row.get(name) for row in rows]) for name in names]
    errors = pl.Series(ERROR, [row.get(ERROR) for row in rows], pl.String)
    return pl.DataFrame([*columns, errors, pl.Series(_NUMBER, numbers, pl.Int64)])


def whole_of(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frame of its parts, rows by their numbers. Columns are taken out of the parts, which saves a second table."""
    heights = [part.height for part in parts]
    order = pl.concat([part.drop_in_place(_NUMBER) for part in parts]).arg_sort()
    names = dict.fromkeys(name for part in parts for name in part.columns if name != ERROR)
    found = []
    for name in (*names, ERROR):
        pieces = [_taken(part, name, height) for part, height in zip(parts, heights, strict=True)]
        whole = pl.concat(pieces, how="vertical_relaxed").to_series().gather(order)
        if whole.dtype == pl.Null:
            whole = whole.cast(pl.Float64)
        elif whole.dtype == pl.String:  # texts of several parts would show it in the bytes of a file
            whole = pl.Series(name, whole.to_list(), pl.String)
        found.append(whole)
    return pl.DataFrame(found)


def _taken(part: pl.DataFrame, name: str, height: int) -> pl.DataFrame:
    """A column out of a part, as a frame; one without values where the part has none."""
    if name not in part.columns:
        return pl.Series(name, [None] * height, pl.Null).to_frame()
    return part.drop_in_place(name).to_frame()


def _column(name: str, values: list[Cell]) -> pl.Series:
    if name in TIMES:
        return pl.Series(name, values, pl.Int64).cast(pl.Datetime("ns", "UTC"))
    if name.endswith("Duration"):
        return pl.Series(name, values, pl.Int64).cast(pl.Duration("ns"))
    kinds = {type(value) for value in values if value is not None}
    for kind, dtype in ((str, pl.String), (float, pl.Float64), (int, pl.Int64), (bool, pl.Boolean)):
        if kind in kinds:
            return pl.Series(name, values, dtype, strict=False)
    return pl.Series(name, values, pl.Null)  # another part may know

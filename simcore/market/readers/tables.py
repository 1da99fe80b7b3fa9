"""One view of many frames: pandas, polars and Arrow tables as named columns in three plain forms.

A column is a numpy array of numbers, `Instants` (datetimes as they lie in memory) or a polars Series of text.
Contiguous int64 and float64 columns are borrowed, never copied. Columns that are not asked for are not touched.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64
from simcore.market.errors import DataError
from simcore.market.readers.names import find
from simcore.market.readers.times import Instants

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Column = Union[npt.NDArray[Any], Instants, "pl.Series"]


@dataclass(frozen=True)
class Table:
    """Named columns of equal length; `place` is what errors call it.

    `read` takes names, and which of them are numbers, and returns the columns: all at once, because that is how files
    are read fast.
    """

    place: str
    names: Sequence[str]
    read: Callable[[Sequence[str], Collection[str]], Mapping[str, Column]]


class Marks(NamedTuple):
    """How numbers are written: 1'234.5 has thousands "'" and decimal "."."""

    decimal: str = "."
    thousands: str = ""


def is_frame(source: object) -> bool:
    """Whether `source` is a pandas, polars or Arrow table."""
    return _library(source) in ("pandas", "polars", "pyarrow")


def table_of(frame: Any, place: str | None = None) -> Table:
    """View a pandas or polars frame or an Arrow table; `place` defaults to "the pandas frame" and the like."""
    library = _library(frame)
    place = place or f"the {library} frame"
    if library == "pandas":
        return _pandas_table(frame, place)
    import polars as pl

    if library == "pyarrow":
        frame = pl.from_arrow(frame)
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    return Table(place, frame.columns, lambda names, _: {name: _from_polars(frame[name], place) for name in names})


def numbers(column: Column, place: str, name: str, marks: Marks = Marks()) -> Float64:  # noqa: B008
    """Return `column` (n,) as float64, borrowed if it is that already; raises DataError for text that is no number."""
    if isinstance(column, Instants):
        raise DataError(f"{place}: {name} holds times, not numbers; choose another column: columns={{...}}")
    import polars as pl

    if isinstance(column, np.ndarray):
        return column.astype(float, copy=False)
    texts = column.str.strip_chars()
    if marks.thousands:
        texts = texts.str.replace_all(marks.thousands, "", literal=True)
    if marks.decimal != ".":
        stray = texts.str.contains(".", literal=True)  # 1.234 is no number where the comma is the decimal mark
        texts = texts.str.replace(marks.decimal, ".", literal=True).set(stray, None)
    values = texts.cast(pl.Float64, strict=False)
    if values.null_count():
        row = int(values.is_null().arg_max() or 0)
        found = "empty" if column[row] in (None, "") else f'"{column[row]}"'
        raise DataError(f"{place}, row {row + 1}: {name} is {found}, not a number; {_advice(str(column[row]), marks)}")
    return values.to_numpy()


def _advice(text: str, marks: Marks) -> str:
    """What to do about a text that is no number."""
    if re.fullmatch(r"\s*-?\d+,\d+\s*", text) and marks.decimal == ".":
        return 'if the comma is a decimal comma pass decimal=",", if it groups thousands pass thousands=","'
    if re.fullmatch(r"\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*", text):
        return 'if the commas group thousands pass thousands=","'
    if re.fullmatch(r"\s*-?\d{1,3}([.' ]\d{3})*,\d+\s*", text):
        return 'pass decimal="," and thousands= as the numbers are written'
    return "remove or repair the row"


def _library(source: object) -> str | None:
    """Name the library of a frame, without importing a library the caller has not."""
    kinds = {"pandas": ("DataFrame",), "polars": ("DataFrame", "LazyFrame"), "pyarrow": ("Table", "RecordBatch")}
    for library, names in kinds.items():
        # another thread may be importing it at this very time; then nothing can be of it yet
        types = tuple(getattr(sys.modules.get(library), name, ()) for name in names)
        if isinstance(source, types):
            return library
    return None


def _pandas_table(frame: pd.DataFrame, place: str) -> Table:
    import pandas as pd

    frame = _flat(frame, place)
    names = [str(name) for name in frame.columns]
    columns = dict(zip(names, frame.columns, strict=True))
    index = "" if frame.index.name is None else str(frame.index.name)
    if isinstance(frame.index, pd.DatetimeIndex) and find("ts", [index]) is None:
        index = ""  # instants, whatever they are called
    # a plain row number is not a time; any other index may be, and is looked at after the columns of a better name
    use_index = not isinstance(frame.index, pd.RangeIndex) and index not in columns

    def get(name: str) -> Column:
        return _from_pandas(pd.Series(frame.index) if name not in columns else frame[columns[name]], place)

    return Table(place, [index, *names] if use_index else names, lambda chosen, _: {name: get(name) for name in chosen})


def _flat(frame: pd.DataFrame, place: str) -> pd.DataFrame:
    """The frame with one level of names and of rows; periods are their starts."""
    import pandas as pd

    if isinstance(frame.index, pd.MultiIndex):
        such = f", such as frame.xs({frame.index[0][0]!r})" if len(frame) else ""
        raise DataError(f"{place}: its index has {frame.index.nlevels} levels; choose the rows of one instrument{such}")
    if isinstance(frame.columns, pd.MultiIndex):  # (Close, AAPL), as yfinance has them
        several = [n for n in range(frame.columns.nlevels) if frame.columns.get_level_values(n).nunique() > 1]
        if len(several) != 1:
            raise DataError(
                f"{place}: its columns are named on {frame.columns.nlevels} levels; choose those of one instrument, "
                f"such as frame.xs({frame.columns[0][-1]!r}, axis=1, level=-1)"
            )
        frame = frame.set_axis(frame.columns.get_level_values(several[0]), axis=1)
    return frame.set_axis(frame.index.to_timestamp()) if isinstance(frame.index, pd.PeriodIndex) else frame


def _from_pandas(values: pd.Series[Any], place: str) -> Column:
    import pandas as pd

    if isinstance(values, pd.DataFrame):
        raise DataError(f'{place}: two columns are named "{values.columns[0]}"; rename one')
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return np.asarray(values.to_numpy())
    if isinstance(dtype, pd.DatetimeTZDtype) or (isinstance(dtype, np.dtype) and dtype.kind == "M"):
        index = pd.DatetimeIndex(values)
        return Instants(index.asi8, index.unit, index.tz is not None)
    import polars as pl

    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        return _from_polars(pl.Series(pa.array(values)), place)
    if pd.api.types.is_numeric_dtype(dtype):
        return np.asarray(values.to_numpy(float, na_value=np.nan))
    return _from_objects(values.to_list())


def _from_objects(values: list[Any]) -> Column:
    """Text, dates and datetimes as text: a datetime keeps its own offset, so that mixed zones are seen."""
    import polars as pl

    if all(isinstance(value, int | float) or value is None for value in values):
        return np.array(values, float)
    missing = [value is None or value != value for value in values]
    texts = [
        None if gap else v.isoformat(" ") if hasattr(v, "hour") and hasattr(v, "day") else str(v)
        for v, gap in zip(values, missing, strict=True)
    ]
    return pl.Series(texts, dtype=pl.String)


def _from_polars(values: pl.Series, place: str) -> Column:
    import polars as pl

    dtype = values.dtype
    if dtype.is_numeric():
        return (values if not dtype.is_decimal() else values.cast(pl.Float64)).rechunk().to_numpy()
    if dtype == pl.Boolean:
        return values.to_numpy()
    if isinstance(dtype, pl.Date):
        values = values.cast(pl.Datetime("ms"))
        dtype = values.dtype
    if isinstance(dtype, pl.Datetime):
        physical = values.to_physical().fill_null(np.iinfo(np.int64).min).rechunk().to_numpy()
        return Instants(physical, dtype.time_unit, dtype.time_zone is not None)
    if dtype == pl.Object:
        return _from_objects(values.to_list())
    if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Time):
        return values.cast(pl.String)
    raise DataError(f'{place}: column "{values.name}" is of type {dtype}, neither number, time nor text')

"""The rows of a run as plain columns, whether they come as a frame or as arrays: what statistics are made of.

A backtest has its rows as arrays already, and a sweep makes the statistics of thousands of them: a frame in between
would take longer than the replay. Numbers are float64, nan where a frame has none; times and durations int64 ns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simcore.report.curve import Float64, Int64, stamped


@dataclass(frozen=True)
class Coded:
    """A column of names as numbers: name i is names[codes[i]]."""

    codes: Int64
    names: tuple[str | None, ...]

    def __len__(self) -> int:
        return self.codes.size

    def where(self, wanted: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which rows have one of these names."""
        found = np.zeros(self.codes.size, bool)
        for code in _codes(self.names, wanted):
            found |= self.codes == code
        return found


@cache
def _codes(names: tuple[str | None, ...], wanted: tuple[str, ...]) -> list[int]:
    return [code for code, name in enumerate(names) if name in wanted]


Columns = Mapping[str, Any]  # name -> an array, or Coded
Given: TypeAlias = "pl.DataFrame | Columns | Sheet"


def nanoseconds(times: pl.Series) -> Int64:
    """A column of times or durations as int64 ns."""
    kind = times.dtype
    if isinstance(kind, pl.Datetime) and kind.time_unit != "ns":
        times = times.dt.cast_time_unit("ns")
    elif isinstance(kind, pl.Duration) and kind.time_unit != "ns":
        times = times.cast(pl.Duration("ns"))
    return times.cast(pl.Int64).to_numpy()


class Sheet:
    """Columns (height,) of one kind of rows, in their order."""

    def __init__(self, columns: pl.DataFrame | Columns) -> None:
        """columns: a frame, or arrays of one length by name."""
        self._columns = columns
        self._kinds: dict[tuple[str, ...], Sheet] = {}
        self.height = columns.height if isinstance(columns, pl.DataFrame) else len(next(iter(columns.values())))

    @classmethod
    def of(cls, given: Given) -> Sheet:
        """What is one already, or one of a frame or arrays."""
        return given if isinstance(given, Sheet) else cls(given)

    @property
    def names(self) -> list[str]:
        """The columns there are."""
        return self._columns.columns if isinstance(self._columns, pl.DataFrame) else [*self._columns]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def floats(self, name: str) -> Float64:
        """A column of numbers."""
        found = self._columns[name]
        if isinstance(found, pl.Series):
            return found.cast(pl.Float64).to_numpy()
        return np.asarray(found, np.float64)

    def ns(self, name: str) -> Int64:
        """A column of times or durations."""
        found = self._columns[name]
        return nanoseconds(found) if isinstance(found, pl.Series) else found

    def words(self, name: str) -> NDArray[Any]:
        """A column of names, in small letters."""
        found = self._columns[name]
        if isinstance(found, Coded):
            return np.array(found.names, object)[found.codes]
        return found.str.to_lowercase().to_numpy() if isinstance(found, pl.Series) else found

    def where(self, name: str, *words: str) -> NDArray[np.bool_]:
        """Which rows have one of these words, in small letters, in a column of names."""
        found = self._columns[name]
        if isinstance(found, Coded):
            return found.where(words)
        given, kept = self.words(name), np.zeros(self.height, bool)
        for word in words if self.height else ():
            kept |= given == word
        return kept

    def total(self, name: str) -> float:
        """The sum of a column of money, without the noise of adding; nan where there is no such column."""
        return round(float(self.floats(name).sum()), 8) + 0.0 if name in self else float("nan")  # no -0.0

    def of_kind(self, *kinds: str) -> Sheet:
        """The rows whose `type` is one of these."""
        if kinds not in self._kinds:
            self._kinds[kinds] = self._rows(self.where("type", *kinds))
        return self._kinds[kinds]

    def in_bars(self, bars: Int64 | None, *columns: str) -> Sheet:
        """The same with these times as the starts of their bars; as it is where there are none."""
        if bars is None:
            return self
        found = {name: self._array(name) for name in self.names}
        return Sheet({**found, **{name: stamped(self.ns(name), bars) for name in columns}})

    def last_of(self, name: str) -> Sheet:
        """Of rows in the order of these times, the last of each time."""
        ts = self.ns(name)
        return self._rows(np.append(ts[1:] != ts[:-1], True)) if ts.size else self

    def _rows(self, kept: NDArray[np.bool_]) -> Sheet:
        if isinstance(self._columns, pl.DataFrame):
            return Sheet(self._columns.filter(kept))
        return Sheet({name: _kept(column, kept) for name, column in self._columns.items()})

    def _array(self, name: str) -> Any:
        found = self._columns[name]
        if not isinstance(found, pl.Series):
            return found
        return nanoseconds(found) if found.dtype.is_temporal() else found.to_numpy()


def _kept(column: Any, rows: NDArray[np.bool_]) -> Any:
    return Coded(column.codes[rows], column.names) if isinstance(column, Coded) else column[rows]

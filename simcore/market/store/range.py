"""A range of the store: one series from a start to an end, on the disk until it is asked for.

`len` and the first and last time are known without reading it; `read` gives it whole, `chunks` piece by piece in flat
memory, which is how a backtest replays more than memory holds. A range keeps to what the store held when it was made:
what is appended afterwards is not in it, and what is pruned or replaced afterwards makes reading it an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from simcore.market.ahead import in_order
from simcore.market.checks import Int64, text_of
from simcore.market.errors import DataError
from simcore.market.store.manifest import Key, Part
from simcore.market.store.parts import Columns, Rows, decoded, rows_of

SMALL = 1 << 16  # rows below which neighbouring files are read as one chunk


@dataclass(frozen=True, eq=False)
class Range:
    """Rows of one series with first <= ts < end; the outer `parts` may hold more. Made by `Store.range`."""

    folder: Path
    key: Key
    columns: tuple[str, ...]
    parts: tuple[Part, ...]
    first: int
    end: int

    @property
    def symbol(self) -> str:
        """The instrument."""
        return self.key.symbol

    def __len__(self) -> int:
        return sum(part.rows for part in self.parts) - sum(self._outside)

    def __repr__(self) -> str:
        return f"Range({self.key}, {len(self):,} rows, {text_of(self.first_ts)} to {text_of(self.last_ts)})"

    @property
    def first_ts(self) -> int:
        """The first row's time."""
        return self._ends[0]

    @property
    def last_ts(self) -> int:
        """The last row's time."""
        return self._ends[1]

    def between(self, first: int, end: int) -> Range | None:
        """Return what is in this range with first <= ts < end, ns UTC; None where nothing is."""
        first, end = max(first, self.first), min(end, self.end)
        parts = tuple(part for part in self.parts if part.last >= first and part.first < end)
        found = Range(self.folder, self.key, self.columns, parts, first, end)
        return found if parts and len(found) else None

    def read(self) -> Rows:
        """Return the whole range in memory, as Quotes, Prints or Bars."""
        pieces = [piece.given() for piece in self.chunks()]
        if len(pieces) == 1:
            return rows_of(self.key, pieces[0])
        return rows_of(self.key, {name: np.concatenate([piece[name] for piece in pieces]) for name in self.columns})

    def chunks(self, pool: Executor | None = None) -> Iterator[Rows]:
        """Yield the range in order, a few hundred thousand rows at a time; with a pool, its threads decode ahead.

        Raises DataError for a file at fault.
        """
        waiting: list[Columns] = []
        last = self.first
        for columns in in_order(pool, self._tasks()) if pool is not None else (task() for task in self._tasks()):
            if not columns["ts"].size:
                continue
            if columns["ts"][0] < last:
                raise DataError(f"{self.folder}: the files of {self.key} overlap at {text_of(columns['ts'][0])}")
            last = int(columns["ts"][-1])
            waiting.append(columns)
            if sum(one["ts"].size for one in waiting) >= SMALL:
                yield self._rows(waiting)
                waiting = []
        if waiting:
            yield self._rows(waiting)

    def tail(self) -> Rows:
        """Return the last rows, of one file."""
        part = self.parts[-1]
        groups = (self._group(part, group) for group in reversed(range(part.groups)))
        return self._rows([next(columns for columns in groups if columns["ts"].size)])

    def missing_days(self) -> list[str]:
        """Return the days in between, weekends left out, of which the store holds nothing; of bars by year none."""
        held = {np.datetime64(part.period, "D") for part in self.parts if len(part.period) == len("2024-01-01")}
        if not held:
            return []
        days = np.arange(min(held), max(held))
        return [str(day) for day in days[np.is_busday(days)] if day not in held]

    def _tasks(self) -> Iterator[Callable[[], Columns]]:
        for part in self.parts:
            for group in range(part.groups):
                yield partial(self._group, part, group)

    def _group(self, part: Part, group: int) -> Columns:
        """One of a part's groups of rows, as far as it is in the range."""
        columns = decoded(self.folder, part, self.columns, group)
        if part.first >= self.first and part.last < self.end:
            return columns
        rows = _rows_between(columns["ts"], self.first, self.end)
        return {name: values[rows] for name, values in columns.items()}

    def _rows(self, groups: list[Columns]) -> Rows:
        if len(groups) == 1:
            return rows_of(self.key, groups[0])
        return rows_of(self.key, {name: np.concatenate([one[name] for one in groups]) for name in self.columns})

    @cached_property
    def _edges(self) -> dict[str, tuple[int, int, int]]:
        """Of the parts that the range cuts: how many rows are in it, and the first and last of their times."""
        found = {}
        for part in {self.parts[0], self.parts[-1]} if self.parts else ():
            if part.first < self.first or part.last >= self.end:
                groups = (decoded(self.folder, part, ("ts",), group) for group in range(part.groups))
                ts = np.concatenate([columns["ts"] for columns in groups])
                ts = ts[_rows_between(ts, self.first, self.end)]
                found[part.period] = (ts.size, int(ts[0]), int(ts[-1])) if ts.size else (0, 0, 0)
        return found

    @property
    def _outside(self) -> list[int]:
        return [part.rows - self._edges[part.period][0] for part in self.parts if part.period in self._edges]

    @cached_property
    def _ends(self) -> tuple[int, int]:
        whole = [self._edges.get(part.period, (part.rows, part.first, part.last)) for part in self.parts]
        some = [one for one in whole if one[0]]
        return some[0][1], some[-1][2]


def _rows_between(ts: Int64, first: int, end: int) -> slice:
    return slice(int(np.searchsorted(ts, first)), int(np.searchsorted(ts, end)))

"""Files with another future: what the readers of pandas, polars, numpy, pyarrow and simcore give, changed as data are.

While a strategy's code runs, a stand-in for each reader gives what the file holds, with another future after an
instant. A file is read once; rows with times are known as those of a frame are, rows without by their number, where
there are as many as the data have. What is neither is left as it is and told. So are tables in text that it opens.
"""

from __future__ import annotations

import builtins
import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from simcore.market.columns import Bars, Prints, Quotes
from simcore.research.causality.clocks import counted, ends_of_frame, is_timed, lag_of
from simcore.research.causality.frames import altered_frame, is_frame
from simcore.research.causality.future import altered
from simcore.research.causality.opened import deaf, is_data, unseen
from simcore.research.causality.texts import retold, table_of

READERS: Final = {
    "simcore": ("read_bars", "read_quotes", "read_prints"),
    "pandas": (
        *("read_csv", "read_table", "read_fwf", "read_parquet", "read_feather", "read_orc", "read_pickle", "read_hdf"),
        *("read_excel", "read_json", "read_sql", "read_sql_query", "read_sql_table"),
    ),
    "polars": (
        *("read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson", "read_excel", "read_database"),
        *("read_database_uri", "scan_csv", "scan_parquet", "scan_ipc", "scan_ndjson"),
    ),
    "numpy": ("load", "loadtxt", "genfromtxt", "fromfile"),
    "pyarrow.csv": ("read_csv",),
    "pyarrow.parquet": ("read_table",),
    "pyarrow.feather": ("read_table", "read_feather"),
}
OPEN: Final = builtins.open
Future = tuple[int, str, int]  # instant, way, seed


@dataclass
class Reading:
    """What was read while a strategy's code ran, and what its readers give.

    rows, clocks: those of the data of the check, which tell when values without times of their own are known; timed:
    whether the data have times, so that an instant is one.
    """

    rows: Sequence[Quotes | Bars | Prints]
    clocks: Sequence[Any]
    timed: bool = True
    future: Future | None = None
    answers: int = 0  # how often something was read
    read: dict[Any, Any] = field(default_factory=dict)
    untold: dict[str, None] = field(default_factory=dict)  # sentences on what cannot be changed
    _given: dict[Any, Any] = field(default_factory=dict)  # what was read, with the future of the moment
    _reader: threading.local = field(default_factory=threading.local)  # whether it is a reader that reads

    @contextmanager
    def changed(self, at: int, way: str, seed: int) -> Iterator[None]:
        """Files have another future while the block runs; `cut` and `again` leave them as they are."""
        before, self.future = self.future, None if way in ("cut", "again") else (at, way, seed)
        self._given.clear()
        with ExitStack() as stack:
            for home, name in _readers():
                stack.enter_context(patch.object(home, name, self._stands_for(getattr(home, name))))
            for home in (builtins, io):
                stack.enter_context(patch.object(home, "open", self._open))
            try:
                yield
            finally:
                self.future = before
                self._given.clear()

    def as_it_is(self) -> Any:
        """Files as they are; what is read is noted."""
        return self.changed(0, "again", 0)

    @property
    def _inside(self) -> bool:
        return getattr(self._reader, "inside", False)

    def is_named_in(self, module: Any) -> bool:
        """Whether a module has imported a reader by its name."""
        readers = {id(getattr(home, name)) for home, name in _readers()}
        return any(id(value) in readers for value in vars(module).values())

    def _stands_for(self, reader: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(reader)
        def read(*given: Any, **options: Any) -> Any:
            if self._inside:
                return reader(*given, **options)
            self._reader.inside = True
            try:
                with deaf():
                    return self._answer(reader, given, options)
            finally:
                self._reader.inside = False

        return read

    def _open(self, file: Any, mode: str = "r", *given: Any, **options: Any) -> Any:
        """A text file that is a table of rows with times has another future; others are as they are, and heard of."""
        if self._inside or mode not in ("r", "rt") or not isinstance(file, str | os.PathLike) or not is_data(file):
            return OPEN(file, mode, *given, **options)
        key = ("open", os.path.abspath(file))
        if key not in self.read:
            with deaf(), OPEN(file, mode, *given, **options) as text:
                self.read[key] = table_of(text.read()) if self.timed else None
        table = self.read[key]
        if table is None:
            return OPEN(file, mode, *given, **options)
        self.answers += 1
        if self.future is None:
            with deaf():
                return OPEN(file, mode, *given, **options)
        if key not in self._given:
            self._given[key] = retold(table, self._frame(table.frame))
        return io.StringIO(self._given[key])

    def _answer(self, reader: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        key = (reader.__module__, reader.__qualname__, repr(given), repr(sorted(options.items())))
        self.answers += 1
        value = self.read.get(key) if _is_place(given) else None
        if value is None:
            value = self.read[key] = reader(*given, **options)
            self._given.pop(key, None)
        if key not in self._given:
            self._given[key] = self._other(value)
        found = self._given[key]
        if found is None:
            del self.read[key], self._given[key]  # it may be one that is used up
            self.untold.setdefault(unseen(str(given[0]) if _is_place(given) else reader.__qualname__))
            return value
        return found.copy() if hasattr(found, "copy") else found  # nobody's changes reach the next reader

    def _other(self, value: Any) -> Any:
        """Another future for what a reader gave; None where nobody can say what of it is known when."""
        if isinstance(value, Quotes | Bars | Prints):
            return None if not self.timed else value if self.future is None else altered(value, *self.future)
        if is_frame(value):
            return self._frame(value)
        if isinstance(value, np.ndarray) and value.ndim:
            return self._array(value)
        kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
        if kind == "polars.LazyFrame":
            found = self._other(value.collect())
            return None if found is None else found.lazy()
        if kind == "pyarrow.Table":
            import polars as pl

            found = self._other(pl.from_arrow(value))
            return None if found is None else found.to_arrow()
        if isinstance(value, dict) and value and all(map(is_frame, value.values())):
            found = {name: self._other(one) for name, one in value.items()}
            return None if any(one is None for one in found.values()) else found
        return None

    def _frame(self, frame: Any) -> Any:
        known = self._known(frame)
        if known is None:
            return None
        if self.future is None:
            return frame
        at, way, seed = self.future
        if not is_timed(frame):
            return altered_frame(frame, known - 1, way, seed)
        if known < 0:  # newest first
            turned = altered_frame(_turned(frame), at, way, seed)
            return _turned(turned)
        return altered_frame(frame, at, way, seed, lag_of(frame, self.rows))

    def _known(self, frame: Any) -> int | None:
        """The rows of a frame that are known; -1 where the newest come first; None where nobody can say."""
        if not is_timed(frame):
            return self._by_number(len(frame))
        steps = np.diff(ends_of_frame(frame))
        if not self.timed:
            return None
        return 0 if (steps >= 0).all() else -1 if (steps <= 0).all() else None

    def _by_number(self, rows: int) -> int | None:
        clock = next((ends for ends in self.clocks if len(ends) == rows), None)
        if clock is None:
            return None
        return 0 if self.future is None else int(np.searchsorted(clock, self.future[0], side="right"))

    def _array(self, array: Any) -> Any:
        """Rows of an array; a column of it may hold their times."""
        import pandas as pd

        named = array.dtype.names is not None
        table = pd.DataFrame(array if named or array.ndim <= 2 else array.reshape(len(array), -1))
        if not named:
            table.columns = [str(name) for name in table.columns]
            timed = next((name for name in table if counted(table[name].to_numpy()) is not None), None)
            table = table.rename(columns={timed: "time"})
        other = self._frame(table)
        if other is None:
            return None
        if named:
            return other.to_records(index=False).astype(array.dtype)
        return other.to_numpy().reshape(array.shape).astype(array.dtype)


@cache
def _readers() -> list[tuple[ModuleType, str]]:
    """Where each reader there is stands."""
    homes = [(import_module(module), names) for module, names in READERS.items()]
    return [(home, name) for home, names in homes for name in names if hasattr(home, name)]


def _is_place(given: tuple[Any, ...]) -> bool:
    """Whether a reader was given a file's name, so that it would give the same again."""
    return bool(given) and isinstance(given[0], str | os.PathLike)


def _turned(frame: Any) -> Any:
    """The rows of a frame from the last to the first."""
    return frame.reverse() if hasattr(frame, "reverse") else frame.iloc[::-1]

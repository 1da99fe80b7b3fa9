"""The data of a check, in the form they were given in, with any other future after any instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.inputs import by_symbol
from simcore.market.checks import text_of
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import parts_of
from simcore.market.store import Range, Store
from simcore.research.causality.clocks import ends_of_frame, is_timed, times_of_frame
from simcore.research.causality.frames import altered_frame, is_frame
from simcore.research.causality.future import WAYS, altered, ends_of

Rows = Quotes | Bars | Prints


@dataclass(frozen=True)
class Given:
    """forms: what was given of each symbol, rows or frames or a list of two; alone: it was not a mapping."""

    forms: Mapping[str, Any]
    alone: bool

    @classmethod
    def of(cls, data: Any) -> Given:
        """Raises ConfigError or DataError for what is no data."""
        if is_frame(data):
            if not len(data):
                raise DataError("causality: the frame has no rows")
            return cls({"data": data}, True)
        forms = {symbol: _loaded(one) for symbol, one in by_symbol(data).items()}
        return cls(forms, not isinstance(data, Mapping | Store))

    @property
    def data(self) -> Any:
        """As it was given."""
        return next(iter(self.forms.values())) if self.alone else dict(self.forms)

    @cached_property
    def rows(self) -> dict[str, list[Rows]]:
        """The columns of each symbol. Raises DataError for a frame that holds no prices."""
        return {symbol: parts_of(one, symbol) for symbol, one in self.forms.items()}

    @cached_property
    def only(self) -> Any:
        """What is given of the only symbol; None where there are several."""
        one = next(iter(self.forms.values()))
        return None if len(self.forms) > 1 or isinstance(one, list | tuple) else one

    def altered(self, at: int, way: str, seed: int) -> Any:
        """The same form with another future."""
        if way == "again":
            return self.data
        found = {symbol: _each(one, at, way, seed) for symbol, one in self.forms.items()}
        return next(iter(found.values())) if self.alone else found

    def altered_forms(self, at: int, way: str, seed: int) -> Mapping[str, Any]:
        """What was given of each symbol, with another future; as many rows as there are."""
        if way in ("again", "cut"):
            return self.forms
        return {symbol: _each(one, at, way, seed) for symbol, one in self.forms.items()}

    def altered_rows(self, at: int, way: str, seed: int) -> dict[str, Any]:
        """Columns with another future, as `sc.backtest` takes them."""
        if way == "again":
            return dict(self.rows)
        return {symbol: [altered(one, at, way, seed) for one in parts] for symbol, parts in self.rows.items()}

    @property
    def ways(self) -> tuple[str, ...]:
        """How what a function makes a run of may be changed: a frame that is cut lacks the row that proves its last."""
        return WAYS[1:] if any(is_frame(one) for one in self.parts) else WAYS

    @property
    def timed(self) -> bool:
        """Whether its rows have times."""
        return all(not is_frame(one) or is_timed(one) for one in self.parts)

    def ends(self, one: Any) -> NDArray[np.int64]:
        """The instants at which the rows of a part are known, or their numbers."""
        return ends_of_frame(one) if is_frame(one) else np.asarray(ends_of(one))

    def moments(self) -> NDArray[np.int64]:
        """The instants at which something becomes known, in order."""
        return np.unique(np.concatenate([self.ends(one) for one in self.parts]))

    @cached_property
    def parts(self) -> list[Any]:
        """Every piece of the data, whatever its form."""
        found: list[Any] = []
        for one in self.forms.values():
            found += one if isinstance(one, list | tuple) else [one]
        return found

    def place(self, at: int) -> str:
        """The last thing known at an instant, such as "bar 117 of EURUSD (2024-01-02 09:00:00)"."""
        symbol, one = next((s, p) for s, p in zip(self.forms, self.parts, strict=False))
        ends = self.ends(one)
        row = int(np.searchsorted(ends, at, side="right")) - 1
        if is_frame(one):
            when = f" ({text_of(int(times_of_frame(one)[row]))})" if row >= 0 and is_timed(one) else ""
            return f"row {row}{when}"
        if row < 0:
            return f"the start of {symbol}"
        return f"{'bar' if isinstance(one, Bars) else 'tick'} {row} of {symbol} ({text_of(int(one.ts[row]))})"


def _loaded(one: Any) -> Any:
    if isinstance(one, list | tuple):
        return [_loaded(part) for part in one]
    return one.read() if isinstance(one, Range) else one


def _each(one: Any, at: int, way: str, seed: int) -> Any:
    if isinstance(one, list | tuple):
        return [_each(part, at, way, seed) for part in one]
    if is_frame(one):
        return altered_frame(one, at, way, seed)
    return altered(one, at, way, seed)

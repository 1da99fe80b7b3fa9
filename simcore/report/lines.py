"""Lines of the reader's own in the charts over time: averages over the prices, oscillators in a chart below them.

Assumes what a strategy looked at, given by time: a pandas series, or a polars frame of ts and one column. What mostly
lies where the prices lie is drawn over them; anything else has a chart and a scale of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import polars as pl

from simcore.report.charts import Chart, Layer, chart, line
from simcore.report.columns import Columns
from simcore.report.curve import Float64, Int64
from simcore.report.prices import Prices
from simcore.report.sheet import nanoseconds
from simcore.report.thin import thin

if TYPE_CHECKING:
    import pandas as pd

Given: TypeAlias = "Mapping[str, pd.Series | pl.DataFrame | Mapping[str, pd.Series | pl.DataFrame]]"
TONES: Final = ("c6", "c5", "c4", "c3", "c2", "c1")
HEIGHT: Final = 130
FIGURES: Final = 4  # significant ones in the scale of a chart of its own


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: its name, times in ns and values, nan where there is none."""

    name: str
    ts: Int64
    value: Float64

    def lies_on(self, prices: Prices | None) -> bool:
        """Whether half of its values or more lie within the prices, or as far again above or below them."""
        known = self.value[np.isfinite(self.value)]
        if prices is None or not prices.ts.size or not known.size:
            return False
        sides = prices.columns.values()
        low, high = min(float(side.min()) for side in sides), max(float(side.max()) for side in sides)
        far = high - low
        return bool(np.mean((known >= low - far) & (known <= high + far)) >= 0.5)


def lines_of(given: Given, symbols: Sequence[str]) -> dict[str, list[Line]]:
    """Symbol -> lines, of {name: values} for the first symbol, or {symbol: {name: values}}.

    Raises ValueError, one line that names the line, for a symbol that was not traded and for values that are none.
    """
    found: dict[str, list[Line]] = {}
    for name, values in given.items():
        own = values if isinstance(values, Mapping) else {name: values}
        symbol = name if isinstance(values, Mapping) else symbols[0]
        if symbol not in symbols:
            raise ValueError(f"lines[{symbol!r}]: the run had {', '.join(symbols)}")
        found.setdefault(symbol, []).extend(_line(inner, one) for inner, one in own.items())
    return found


def _line(name: str, values: Any) -> Line:
    if isinstance(values, pl.DataFrame):
        others = [column for column in values.columns if column != "ts"]
        if values.width != 2 or len(others) != 1:
            raise ValueError(f"lines[{name!r}]: a frame needs ts and one column, it has {', '.join(values.columns)}")
        ts, value = nanoseconds(values["ts"]), values[others[0]].cast(pl.Float64).to_numpy()
    else:
        import pandas as pd

        if not isinstance(values, pd.Series) or not isinstance(values.index, pd.DatetimeIndex):
            kind = type(values).__name__
            raise ValueError(f"lines[{name!r}]: must be a pandas series by time or a polars frame, was {kind}")
        times = values.index if values.index.tz is None else values.index.tz_convert("UTC").tz_localize(None)
        ts, value = times.to_numpy().astype("datetime64[ns]").astype(np.int64), values.to_numpy(np.float64)
    if (np.diff(ts) < 0).any():
        raise ValueError(f"lines[{name!r}]: its times must be in order")
    return Line(name=name, ts=ts, value=value)


def over(columns: Columns, lines: Sequence[Line], digits: int) -> list[Layer]:
    """Layers for the chart of the prices."""
    return [_layer(columns, one, TONES[n % len(TONES)], digits + 1) for n, one in enumerate(lines)]


def below(columns: Columns, name: str, lines: Sequence[Line]) -> list[Chart]:
    """A chart each."""
    found = []
    for n, one in enumerate(lines):
        digits = _digits(one.value)
        layer = _layer(columns, one, TONES[n % len(TONES)], digits)
        found.append(chart(f"{name}-line{n}", one.name, HEIGHT, [layer], digits=digits))
    return found


def _layer(columns: Columns, one: Line, tone: str, digits: int) -> Layer:
    rows = thin(one.ts, one.value)
    return line(one.name, tone, columns.times(one.ts[rows]), columns.decimals(one.value[rows], digits))


def _digits(values: Float64) -> int:
    top = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return max(2, FIGURES - math.floor(math.log10(top)) - 1) if top > 0.0 else 2

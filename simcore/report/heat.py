"""A heat map of a table of results: two parameters along the edges, one figure as colour.

Assumes a frame with a row a combination. Where several rows share a cell (other parameters were tried too) it shows the
mean of those that have the figure, and says of how many; a cell without any is grey. The highest is framed and told.
"""

from __future__ import annotations

import os
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.market.errors import DataError
from simcore.report.svg import picture, short, text
from simcore.report.write import write_whole

SHADES: Final = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
LEFT, TOP, RIGHT, BOTTOM = 90.0, 54.0, 110.0, 82.0
WRITTEN: Final = (44.0, 16.0)  # width and height of a cell that has room for its number
BRIGHT: Final = 0.6  # of the scale, from where on dark words can be read on its colours


def heat_map(frame: pl.DataFrame, x: str, y: str, value: str, path: str | os.PathLike[str] | None = None) -> str:
    """Draw column `value` over columns `x` and `y` as SVG; return its text, and write it to `path` where one is given.

    Raises DataError for a column there is not, or one without a single number; WriteError.
    """
    for name in (x, y, value):
        if name not in frame.columns:
            from difflib import get_close_matches

            near = get_close_matches(name, frame.columns, n=1)
            raise DataError(f"heat_map: no column {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    cells = _cells(frame, x, y, value)
    if cells.is_empty():
        raise DataError(f"heat_map: {value!r} is nowhere a number, so there is nothing to draw")
    drawn = _drawn(frame, cells, x, y, value)
    if path is not None:
        write_whole(path, drawn)
    return drawn


def _cells(frame: pl.DataFrame, x: str, y: str, value: str) -> pl.DataFrame:
    """x, y, mean and number of rows of each cell that has a number."""
    there = frame.select(pl.col(x).alias("x"), pl.col(y).alias("y"), pl.col(value).cast(pl.Float64).alias("v"))
    there = there.filter(pl.col("v").is_finite())
    return there.group_by("x", "y").agg(pl.col("v").mean(), pl.len().alias("n")).sort("x", "y")


def _drawn(frame: pl.DataFrame, cells: pl.DataFrame, x: str, y: str, value: str) -> str:
    across, down = sorted(frame[x].unique().to_list()), sorted(frame[y].unique().to_list())
    w = min(max(640.0 / len(across), 6.0), 64.0)
    h = min(max(420.0 / len(down), 6.0), 40.0)
    width, height = LEFT + w * len(across) + RIGHT, TOP + h * len(down) + BOTTOM
    low, high = float(cells["v"].min()), float(cells["v"].max())  # type: ignore[arg-type]
    parts = [f'<rect class="none" x="{LEFT}" y="{TOP}" width="{w * len(across):.1f}" height="{h * len(down):.1f}"/>']
    column, row = {one: n for n, one in enumerate(across)}, {one: n for n, one in enumerate(down)}
    highest: tuple[float, str, str] | None = None
    is_written = w >= WRITTEN[0] and h >= WRITTEN[1]
    for a, b, v, n in cells.iter_rows():
        at = f'x="{LEFT + w * column[a]:.1f}" y="{TOP + h * (len(down) - 1 - row[b]):.1f}" width="{w:.1f}"'
        words = f"{x} {a}, {y} {b}: {value} {short(v)}" + (f", the mean of {n}" if n > 1 else "")
        parts.append(f'<rect {at} height="{h:.1f}" fill="{shade(v, low, high)}"><title>{words}</title></rect>')
        if is_written:
            kind = "middle on-bright" if v >= low + BRIGHT * (high - low) else "middle on-dark"
            middle = LEFT + w * (column[a] + 0.5), TOP + h * (len(down) - 0.5 - row[b]) + 4
            parts.append(text(*middle, short(v, 3), kind))
        if highest is None or v > highest[0]:
            highest = v, f'<rect class="best" {at} height="{h:.1f}"/>', words
    if highest:
        parts += [highest[1], text(16, height - 16, f"framed, the highest: {highest[2]}", "told")]
    parts += _labels(across, lambda n: (LEFT + w * (n + 0.5), height - BOTTOM + 18), w, "middle")
    parts += _labels(down, lambda n: (LEFT - 8, height - BOTTOM - h * (n + 0.5) + 4), h * 2.0, "end")
    parts += [text(LEFT + w * len(across) / 2, height - 40, x, "middle"), text(16, TOP - 8, y)]
    parts += _scale(width - RIGHT + 24, TOP, max(h * len(down), 60.0), low, high)
    return picture(f"{value} by {x} and {y}", max(width, 320.0), max(height, 190.0), parts)


def _labels(values: list[Any], place: Any, room: float, kind: str) -> list[str]:
    """As many values as have room."""
    every = max(1, int(np.ceil(34.0 / room)))
    return [text(x, y, short(float(v)), kind) for n, v in enumerate(values) if n % every == 0 for x, y in [place(n)]]


def _scale(x: float, y: float, height: float, low: float, high: float) -> list[str]:
    steps = 24
    parts = []
    for n in range(steps):
        fill = shade(high - (high - low) * n / (steps - 1), low, high)
        at = f'x="{x:.1f}" y="{y + height * n / steps:.1f}" width="14" height="{height / steps + 0.5:.1f}"'
        parts.append(f'<rect {at} fill="{fill}"/>')
    return [*parts, text(x + 20, y + 10, short(high)), text(x + 20, y + height, short(low))]


def shade(value: float, low: float, high: float) -> str:
    """The colour of a value between two."""
    at = (value - low) / (high - low) * (len(SHADES) - 1) if high > low else 0.0
    n = min(int(at), len(SHADES) - 2)
    mixed = [round(a + (b - a) * (at - n)) for a, b in zip(SHADES[n], SHADES[n + 1], strict=True)]
    return f"#{mixed[0]:02x}{mixed[1]:02x}{mixed[2]:02x}"

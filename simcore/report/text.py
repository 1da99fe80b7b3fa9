"""The statistics in a terminal: one table of two columns, and the equity curve as one line.

Assumes: stats as `simcore.report.stats.stats` makes them. Colour only says good or bad; without colour nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from simcore.report import display

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

BLOCKS: Final = "▁▂▃▄▅▆▇█"
COLOURS: Final = {"up": "green", "down": "red", "": ""}
LEFT: Final = ("Run", "Result", "Risk", "Daily returns", "Basis")


def stats_table(
    stats: pd.Series, equity: pl.DataFrame | None = None, *, title: str = "", digits: int = 2
) -> RenderableType:
    """What is known of `stats`, side by side where the terminal is wide enough, under a spark line of `equity`.

    Figures without a value, as in too short a run, are left out, and how many these are is told. digits: of money.
    """
    currency = str(stats.get("Currency", ""))
    known = [str(key) for key, value in stats.items() if display.value_text(str(key), value) != display.NONE]
    groups = display.parts(known)
    left = [group for group in groups if group[0] in LEFT]
    right = [group for group in groups if group[0] not in LEFT]
    shown: list[RenderableType] = [Text(title, style="bold")] if title else []
    if equity is not None and equity.height:
        shown.append(_Spark(equity["equity"].to_list(), currency, digits))
    shown.append(Columns([_table(side, stats, currency, digits) for side in (left, right) if side], padding=(0, 4)))
    if len(known) < len(stats):
        shown.append(Text(f"{len(stats) - len(known)} figures without a value in this run are left out", style="dim"))
    return Group(*shown)


@dataclass(frozen=True)
class _Spark:
    """The spark line, as wide as the terminal allows."""

    values: Sequence[float]
    currency: str
    digits: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        words = len(spark_line(self.values, self.currency, 0, self.digits))
        width = max(1, min(60, options.max_width - words))
        yield Text(spark_line(self.values, self.currency, width, self.digits))


def _table(groups: Sequence[tuple[str, list[str]]], stats: pd.Series, currency: str, digits: int) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for n, (head, keys) in enumerate(groups):
        if n:
            table.add_row("", "")
        table.add_row(Text(head, style="bold"), "")
        for key in keys:
            value: Any = stats[key]
            text = display.value_text(key, value, currency, digits)
            table.add_row(display.label(key), Text(text, style=COLOURS[display.tone(key, value)]))
    return table


def spark(values: Sequence[float], width: int = 60) -> str:
    """The curve as one line of at most `width` blocks, from its lowest value to its highest.

    Each block is the last value of its share of the curve, the first and last block the first and last value. A flat
    curve is a middle line; values that are not finite are left out; nothing gives nothing.
    """
    array = np.asarray([v for v in values if np.isfinite(v)], dtype=np.float64)
    if array.size == 0 or width < 1:
        return ""
    at = np.linspace(0, array.size - 1, min(width, array.size)).round().astype(int)
    low, high = float(array.min()), float(array.max())
    if high == low:
        return BLOCKS[3] * at.size
    heights = np.rint((array[at] - low) / (high - low) * (len(BLOCKS) - 1)).astype(int)
    return "".join(BLOCKS[h] for h in heights)


def spark_line(values: Sequence[float], currency: str = "", width: int = 60, digits: int = 2) -> str:
    """`spark` between the first and the last value in money."""
    finite = [v for v in values if np.isfinite(v)]
    if not finite:
        return ""
    begin, end = (display.number_text(v, digits) for v in (finite[0], finite[-1]))
    return f"{begin} {spark(finite, width)} {end} {currency}".rstrip()

"""What came of a walk-forward: its windows, the one account through all of them, and how steady the parameters were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import polars as pl

from simcore.report.stability import stability_chart
from simcore.report.write import write_whole
from simcore.result import Result


@dataclass(frozen=True, kw_only=True)
class WalkForwardResult:
    """What came of a walk-forward.

    windows: a row a window: its times, the parameters chosen, the objective and a few statistics in training and in
    testing, each window tested with the cash of the start; efficiency: the return a day in testing over that in
    training. stitched: the one account through all windows, a Result. trainings: each window's table of combinations.
    """

    windows: pl.DataFrame
    stitched: Result
    trainings: Sequence[pl.DataFrame]
    parameters: Sequence[str]
    objective: str
    positions: str

    def __repr__(self) -> str:
        return (
            f"WalkForwardResult({self.windows.height} windows, positions {self.positions}, "
            f"{self.stitched!r}, efficiency {self.efficiency:.2f})"
        )

    @property
    def equity(self) -> pl.DataFrame:
        """The stitched equity, out of sample throughout."""
        return self.stitched.equity

    @property
    def decisions(self) -> pl.DataFrame:
        """What was chosen, and when its trading began: ts and parameters, a row a window. sc.causality reads it."""
        return self.windows.select(pl.col("test_start").alias("ts"), *self.parameters)

    @property
    def stats(self) -> pd.Series:
        """The statistics of the stitched account."""
        return self.stitched.stats

    @cached_property
    def efficiency(self) -> float:
        """Return a day in testing over return a day in training, over all windows; nan where training lost."""
        w = self.windows
        lengths = [w[f"{part}_end"] - w[f"{part}_start"] for part in ("train", "test")]
        days: list[Any] = [one.dt.total_seconds().sum() for one in lengths]
        train, test = (float(w[f"{part} Return [%]"].sum()) for part in ("train", "test"))
        return test / float(days[1]) / (train / float(days[0])) if train > 0.0 else float("nan")

    @cached_property
    def stability(self) -> pl.DataFrame:
        """One row a parameter: how many values were chosen, the commonest, its share, the mean step between windows."""
        rows = []
        for name in self.parameters:
            values = self.windows[name]
            counts = values.value_counts(sort=True)
            steps = values.cast(pl.Float64).diff().abs().mean()
            common = counts.row(0)
            rows.append((name, counts.height, float(common[0]), common[1] / values.len(), steps))
        schema = {"parameter": pl.String, "values": pl.Int64, "commonest": pl.Float64, "share": pl.Float64}
        return pl.DataFrame(rows, schema={**schema, "mean_step": pl.Float64}, orient="row")

    def chart(self, path: Any = None) -> str:
        """Draw the parameters chosen in each window, as SVG; write it to `path` if one is given. Raises WriteError."""
        times = self.windows["test_start"].to_physical().to_numpy()
        chosen = {name: self.windows[name].cast(pl.Float64).to_numpy() for name in self.parameters}
        drawn = stability_chart(chosen, times)
        if path is not None:
            write_whole(path, drawn)
        return drawn

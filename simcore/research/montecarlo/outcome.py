"""What many paths say: bands, probabilities, and how each path ended.

Assumes equity in the account's currency at the same points of every path: the times of the data, or the number of
trades or returns so far. Drawdown is the fall from the path's own peak as a fraction, 0 or below; the margin level is
equity over used margin, a ratio, looked at where margin is used. Quantiles are of the paths at each point, the value
below which that share of them lies (the nearest path, none invented between two).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.report.curve import Float64, Int64
from simcore.report.fan import fan_chart
from simcore.report.write import write_whole
from simcore.run.frames import time_column

CENT: Final = 1e-9  # of the cash: sums of the same trades in another order differ by less
POINTS: Final = 250  # of a path that bands are drawn of
FIGURES: Final = ("equity", "drawdown", "margin_level")


@dataclass(frozen=True, kw_only=True)
class MonteCarlo:
    """The paths of one study.

    equity (n, points), and used_margin alike where paths went through the engine: their values at `at`, times in ns
    UTC, or numbers of `unit`. original: the same of the backtest itself, (points,). table: one row a path. ruin: the
    share of the cash at or below which an account is ruined. failed: paths on which the strategy raised.
    """

    method: str
    n: int
    seed: int
    cash: float
    currency: str
    unit: str
    at: Int64
    equity: Float64
    used_margin: Float64 | None
    original: Float64
    table: Mapping[str, Any]
    levels: tuple[float, ...]
    ruin: float
    settings: Mapping[str, Any]
    failed: int = 0

    def __repr__(self) -> str:
        low, middle, high = (self._final(level) for level in (0.05, 0.5, 0.95))
        return (
            f"MonteCarlo({self.method}, {self.n:,} paths, final equity {low:,.2f} / {middle:,.2f} / {high:,.2f} "
            f"{self.currency} at 5, 50 and 95 %)"
        )

    def _final(self, level: float) -> float:
        return float(quantiles(self.equity[:, -1:], (level,))[0, 0])

    @cached_property
    def stats(self) -> pl.DataFrame:
        """One row a path: how it ended, its deepest drawdown, lowest equity and margin level, calls and stop-outs."""
        return pl.DataFrame({"path": np.arange(self.n), **self.table})

    @cached_property
    def paths(self) -> pl.DataFrame:
        """The equity of every path: `ts` or the number so far, then a column a path, named by its number."""
        columns = {str(path): self.equity[path] for path in range(self.n)}
        return pl.DataFrame({**self._index(self.at), **columns})

    @cached_property
    def bands(self) -> pl.DataFrame:
        """Quantiles at each point: `equity 5%`, `drawdown 5%`, `margin_level 5%` and so on, and `original`."""
        some = self._drawn
        frame: dict[str, Any] = {**self._index(self.at[some]), "original": self.original[some]}
        for figure, values in self._figures().items():
            for level, row in zip(self.levels, quantiles(values, self.levels), strict=True):
                frame[f"{figure} {100.0 * level:g}%"] = row
        return pl.DataFrame(frame)

    @cached_property
    def probabilities(self) -> dict[str, float]:
        """Shares of the paths: loss, ruin, worse_than_original; margin_call and stop_out where the engine was asked."""
        final = self.equity[:, -1]
        told = {
            "loss": float(np.mean(final < self.cash)),
            "ruin": float(np.mean(self.stats["Min. Equity [$]"].to_numpy() <= self.ruin * self.cash)),
            "worse_than_original": float(np.mean(final < self.original[-1] - CENT * self.cash)),
        }
        for name, column in (("margin_call", "Margin Calls"), ("stop_out", "Stop Outs")):
            told[name] = float(np.mean(self.stats[column].to_numpy() > 0)) if column in self.table else float("nan")
        return told

    @cached_property
    def confidence(self) -> pl.DataFrame:
        """One row a figure of `stats`: its quantile at each level, its mean over the paths, and the backtest's own."""
        rows = []
        for name in self.table:
            values = self.stats[name].cast(pl.Float64).to_numpy()
            there = values[np.isfinite(values)]
            found = quantiles(there[:, None], self.levels)[:, 0] if there.size else np.full(len(self.levels), np.nan)
            marks = {f"{100.0 * level:g}%": float(v) for level, v in zip(self.levels, found, strict=True)}
            rows.append({"figure": name, **marks, "mean": float(there.mean()) if there.size else None})
        return pl.DataFrame(rows)

    def chart(self, path: str | os.PathLike[str] | None = None, figure: str = "equity") -> str:
        """Draw the fan of one figure, equity, drawdown or margin_level, as SVG; write it to `path` if one is given.

        Raises ConfigError for a figure there is not; WriteError.
        """
        figures = self._figures()
        if figure not in figures:
            raise ConfigError(f"chart: figure {figure!r} is not there; this study has {', '.join(figures)}")
        bands = quantiles(figures[figure], self.levels)
        own = {"equity": self.original, "drawdown": drawdowns(self.original[None])[0]}.get(figure)
        title = f"{figure.replace('_', ' ').capitalize()} of {self.n:,} paths: {self.method.replace('_', ' ')}"
        some = figures[figure][: min(40, self.n)]
        drawn = fan_chart(
            title,
            self.at[self._drawn],
            bands,
            self.levels,
            paths=some,
            original=None if own is None else own[self._drawn],
            timed=self.unit == "ts",
            unit=self.unit,
        )
        if path is not None:
            write_whole(Path(path), drawn)
        return drawn

    def _index(self, at: Int64) -> dict[str, Any]:
        return {"ts": time_column(at)} if self.unit == "ts" else {self.unit: at}

    @cached_property
    def _drawn(self) -> Int64:
        """The points that bands are made of."""
        return np.unique(np.linspace(0, self.at.size - 1, min(POINTS, self.at.size)).round().astype(np.int64))

    def _figures(self) -> dict[str, Float64]:
        """The figures that there are, (n, points) of the points drawn."""
        some = self._drawn
        found = {"equity": self.equity[:, some], "drawdown": drawdowns(self.equity)[:, some]}
        if self.used_margin is not None:
            used = self.used_margin[:, some]
            level = np.divide(found["equity"], used, out=np.full(used.shape, np.nan), where=used > 0.0)
            found["margin_level"] = level
        return found


def drawdowns(equity: Float64) -> Float64:
    """How far each point (n, points) lies below the highest before it, as a fraction, 0 or below."""
    return np.asarray(equity / np.maximum.accumulate(equity, axis=1) - 1.0)


def quantiles(values: Float64, levels: Sequence[float]) -> Float64:
    """The values (n, points) below which each share of the paths lies, (levels, points); nan where no path has one."""
    ordered = np.sort(values, axis=0)  # nan last
    there = np.isfinite(values).sum(axis=0)
    rows = [np.maximum(np.ceil(level * there).astype(np.int64) - 1, 0) for level in levels]
    return np.array([np.where(there > 0, ordered[row, np.arange(values.shape[1])], np.nan) for row in rows])

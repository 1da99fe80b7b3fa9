"""A run beside a benchmark, trading day by trading day.

Assumes daily returns as `daily` makes them, and the value of the benchmark by time, all the cash put into it when the
run began; on a day without a price it stands where it stood. beta: how far the run moves, on average, for 1 % of the
benchmark; alpha: the mean return that beta times the benchmark's does not explain, times the days of a year;
correlation of the daily returns. tracking error: the yearly deviation of the difference of returns; information ratio:
its yearly mean over that. Capture: the mean return on days when the benchmark rose (fell), over the benchmark's own.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report import tables
from simcore.report.contents import Contents
from simcore.report.curve import DAY, Float64, Int64, basis_of
from simcore.report.daily import trading_days
from simcore.report.display import NONE, number_text

Held = tuple[str, Int64, Float64]
NAN: Final = float("nan")
FIGURES: Final = {
    "return_pct": "Return",
    "volatility_pct": "Volatility a year",
    "sharpe": "Sharpe ratio a year",
    "max_drawdown_pct": "Deepest drawdown",
    "alpha_pct": "Alpha a year",
    "beta": "Beta",
    "correlation": "Correlation",
    "tracking_error_pct": "Tracking error a year",
    "information_ratio": "Information ratio",
    "up_capture_pct": "Capture, rising days",
    "down_capture_pct": "Capture, falling days",
}


def against(name: str, days: Int64, returns: Float64, held: Held) -> pl.DataFrame:
    """Two rows, the run and the benchmark: name and what FIGURES lists; nan where there are too few days."""
    other = _daily(days, held)
    per_year = basis_of((days + 1) * DAY).per_year
    own = {**_alone(returns, per_year), **_together(returns, other, per_year)}
    same = {"alpha_pct": 0.0, "beta": 1.0, "correlation": 1.0, "up_capture_pct": 100.0, "down_capture_pct": 100.0}
    rows = [{"name": name, **own}, {"name": held[0], **_alone(other, per_year), **same}]
    return pl.DataFrame([{key: row.get(key, NAN) for key in ("name", *FIGURES)} for row in rows])


def _daily(days: Int64, held: Held) -> Float64:
    """The benchmark's return on each of the days."""
    _, ts, value = held
    last = np.searchsorted(trading_days(ts + 1), days, side="right") - 1
    closes = value[np.maximum(last, 0)]
    return np.asarray(closes / np.append(value[0], closes[:-1]) - 1.0)


def _alone(returns: Float64, per_year: float) -> dict[str, float]:
    growth = np.append(1.0, np.cumprod(1.0 + returns))
    spread = float(returns.std(ddof=1)) if returns.size > 1 else NAN
    return {
        "return_pct": 100.0 * float(growth[-1] - 1.0),
        "volatility_pct": 100.0 * spread * per_year**0.5,
        "sharpe": float(returns.mean()) / spread * per_year**0.5 if spread > 0.0 else NAN,
        "max_drawdown_pct": 100.0 * float((growth / np.maximum.accumulate(growth) - 1.0).min()),
    }


def _together(own: Float64, other: Float64, per_year: float) -> dict[str, float]:
    if own.size < 3 or not np.ptp(other) > 0.0:
        return {}
    beta = float(np.cov(own, other)[0, 1] / other.var(ddof=1))
    apart = own - other
    error = float(apart.std(ddof=1)) * per_year**0.5
    up, down = other > 0.0, other < 0.0
    return {
        "alpha_pct": 100.0 * float(own.mean() - beta * other.mean()) * per_year,
        "beta": beta,
        "correlation": float(np.corrcoef(own, other)[0, 1]) if np.ptp(own) > 0.0 else NAN,
        "tracking_error_pct": 100.0 * error,
        "information_ratio": float(apart.mean()) * per_year / error if error > 0.0 else NAN,
        "up_capture_pct": 100.0 * float(own[up].mean() / other[up].mean()) if up.any() else NAN,
        "down_capture_pct": 100.0 * float(own[down].mean() / other[down].mean()) if down.any() else NAN,
    }


def against_section(run: Contents, name: str = "This run") -> str:
    """The two rows as a table, a column each; nothing where no benchmark was asked for."""
    if run.held is None or run.days[0].size == 0:
        return ""
    frame = against(name, *run.days, run.held)
    rows = [[escape(words), *(_cell(key, value) for value in frame[key])] for key, words in FIGURES.items()]
    return f"<h3>{escape(name)} against {escape(run.held[0])}</h3>" + tables.table(
        ("", *frame["name"].to_list()), rows, numbers=(1, 2)
    )


def _cell(key: str, value: Any) -> str:
    if value != value:
        return NONE
    return number_text(value, 2) + (" %" if key.endswith("_pct") else "")

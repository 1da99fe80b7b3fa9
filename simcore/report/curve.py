"""The equity curve as numbers: returns per period, volatility, drawdowns.

Assumes: samples in time order, money in account currency. A sample belongs to the period that ends at or after it, so
one taken at midnight counts for the day before. Returns are simple, not logarithmic. A year of daily returns is 365
where Saturdays are in the data (crypto), else 252; weekly, monthly, quarterly and yearly samples give 52, 12, 4 and 1.

Definitions follow backtesting.py 0.6.6 as observed on real runs. An FX Sunday evening is a day of its own there, six a
week of which 252 make a year, so its annualised figures are too small by a sixth; `daily` counts such weeks right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import column
from simcore.market.jit import compiled
from simcore.report.moments import moments
from simcore.report.places import places

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

DAY: Final = 86_400_000_000_000
YEAR: Final = 365.25 * DAY
SECOND: Final = 1_000_000_000
UNITS: Final = (DAY, 3_600 * SECOND, 60 * SECOND, SECOND)
SATURDAY, SUNDAY = 5, 6
MONTHS_OF: Final = {"monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass(frozen=True)
class Basis:
    """How returns are annualised: `every` is the length of one, `per_year` how many make a year."""

    every: str
    per_year: float

    def __str__(self) -> str:
        return f"{self.every} returns, {self.per_year:g} a year"


@dataclass(frozen=True)
class Drawdowns:
    """Falls from a peak to its recovery, or to the end: `depth` as fractions, `length` in ns, one entry a fall."""

    depth: Float64
    length: Int64


def basis_of(ts: Int64) -> Basis:
    """Choose the period from how far apart the days with samples are."""
    days, _ = days_of(ts)
    apart = np.sort(np.diff(days))
    step = float(apart[(apart.size - 1) // 2] + apart[apart.size // 2]) / 2.0 if apart.size else 1.0
    if step > 120:
        return Basis("yearly", 1.0)
    if step > 45:
        return Basis("quarterly", 4.0)
    if step > 10:
        return Basis("monthly", 12.0)
    if step > 4:
        return Basis("weekly", 52.0)
    saturdays = np.count_nonzero(weekday(days) == SATURDAY)
    return Basis("daily", 365.0 if saturdays > 0.05 * days.size else 252.0)


def period_returns(ts: Int64, value: Float64, basis: Basis) -> Float64:
    """Simple returns between the last samples of consecutive periods; the first period is the start of the next."""
    if ts.size < 2:
        return np.empty(0)
    days, rows = days_of(ts)
    ends = value[rows[last_of_each(_period(days, basis))]]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(ends[1:] / ends[:-1] - 1.0)


def _period(day: Int64, basis: Basis) -> Int64:
    if basis.every == "daily":
        return day
    if basis.every == "weekly":
        return (day + 3) // 7
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // MONTHS_OF[basis.every]


def days_of(ts: Int64) -> tuple[Int64, Int64]:
    """The days since 1970 that times in order belong to, each once, and the last row of each."""
    days, rows = np.empty(ts.size, np.int64), np.empty(ts.size, np.int64)
    n = find_days(column(ts, np.int64), days, rows)
    return days[:n], rows[:n]


def last_of_each(values: Int64) -> Int64:
    """The last row of each run of equal values."""
    return np.flatnonzero(np.append(values[1:] != values[:-1], True)[: values.size])


def weekday(day: Int64) -> Int64:
    """Monday 0 to Sunday 6 of days since 1970-01-01, a Thursday."""
    return (day + 3) % 7


def distinct(*values: Int64) -> Int64:
    """Each value of all once, in order. (numpy's unique hashes integers, which takes a second for a million times.)"""
    ordered = np.sort(np.concatenate(values), kind="stable")  # quickest where each is in order
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered


def stamped(ts: Int64, starts: Int64 | None) -> Int64:
    """Times as the start of the bar they fall into; as they are where there are no bars."""
    if starts is None or starts.size == 0:
        return ts
    return starts[np.maximum(places(starts, ts, after=True) - 1, 0)]


def geometric_mean(returns: Float64) -> float:
    """The constant return that compounds to the same end; -1 where everything was lost, nan of nothing."""
    return float(np.expm1(mean_log(column(returns, np.float64))))


def annual_return(returns: Float64, basis: Basis) -> float:
    """The geometric mean return, compounded over a year."""
    with np.errstate(over="ignore"):
        return float(np.float64(1.0 + geometric_mean(returns)) ** basis.per_year - 1.0)


def annual_volatility(returns: Float64, basis: Basis) -> float:
    """Standard deviation of the yearly product of independent returns of this mean and variance (Goodman 1960)."""
    if returns.size < 2:
        return float("nan")
    square = np.float64(1.0 + geometric_mean(returns)) ** 2
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt((moments(returns).variance + square) ** basis.per_year - square**basis.per_year))


def annual_downside(returns: Float64, basis: Basis) -> float:
    """Root mean square of the losing returns (winning ones count as zero) times the root of the periods a year."""
    if returns.size == 0:
        return float("nan")
    return float(np.sqrt(moments(returns).below / returns.size * basis.per_year))


def cagr(growth: float, elapsed_ns: int) -> float:
    """`growth` (end / start) as a constant yearly rate over calendar years of 365.25 days."""
    if elapsed_ns <= 0:
        return float("nan")
    if growth <= 0.0:
        return -1.0
    with np.errstate(over="ignore"):
        return float(np.expm1(np.log(growth) * (YEAR / elapsed_ns)))


def below_peak(value: Float64) -> Float64:
    """How far each sample lies under the highest before it, as a fraction >= 0."""
    return np.asarray(1.0 - value / np.maximum.accumulate(value))


def drawdowns(ts: Int64, value: Float64) -> Drawdowns:
    """Every fall, from the last sample at the peak to the first back at it, or to the last sample."""
    depth, length = np.empty(ts.size), np.empty(ts.size, np.int64)
    n = find_falls(column(ts, np.int64), column(value, np.float64), depth, length)
    return Drawdowns(depth[:n], length[:n])


def without_flows(ts: Int64, equity: Float64, flow_ts: Int64, flow: Float64) -> Float64:
    """The curve as it were without deposits and withdrawals: returns between samples net of the cash that came in.

    Cash that came in between two samples counts as there at the later one (time-weighted return). Without any flow
    the curve comes back as it is.
    """
    if not flow_ts.size:
        return equity
    at = np.searchsorted(ts, flow_ts)
    inside = (at > 0) & (at < ts.size)
    if not inside.any():
        return equity
    came = np.zeros(ts.size)
    np.add.at(came, at[inside], flow[inside])
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = (equity[1:] - came[1:]) / equity[:-1]
    return np.asarray(equity[0] * np.append(1.0, np.cumprod(growth)))


def round_up(length: float, ts: Int64) -> int:
    """`length` in ns, up to the next day, hour, minute or second: the longest that divides all distances of `ts`."""
    common = common_divisor(column(ts, np.int64)) if ts.size > 1 else 1
    unit = next((u for u in UNITS if common % u == 0), 1)
    return int(-(-length // unit) * unit)


@compiled
def find_days(ts: Int64, days: Int64, rows: Int64) -> int:
    """Write each day of times in order, and its last row; returns how many."""
    n, end = 0, np.iinfo(np.int64).min
    for i in range(ts.size):
        if ts[i] > end:
            day = (ts[i] - 1) // DAY
            days[n], end, n = day, (day + 1) * DAY, n + 1
        rows[n - 1] = i
    return n


@compiled
def mean_log(returns: Float64) -> float:
    """The mean logarithm of 1 + each; -inf where everything was lost, nan of nothing."""
    total, lost = 0.0, False
    for x in returns:
        growth = 1.0 + x
        lost = lost or growth <= 0.0
        total += 0.0 if growth <= 0.0 else np.log(growth)
    if lost and total == total:
        return -np.inf
    return total / returns.size


@compiled
def find_falls(ts: Int64, value: Float64, depth: Float64, length: Int64) -> int:
    """Write the falls as `drawdowns` has them; returns how many."""
    n, top, deepest = 0, 0, 0.0
    for i in range(1, value.size):
        under = 1.0 - value[i] / value[top]
        deepest = max(deepest, under)
        if under <= 0.0 or i == value.size - 1:
            if deepest > 0.0:
                depth[n], length[n], n = deepest, ts[i] - ts[top], n + 1
            top, deepest = i, 0.0
    return n


@compiled
def common_divisor(ts: Int64) -> int:
    """The greatest length in ns that divides every distance of the times; 1 where it is below a second."""
    found = 0
    for t in ts:
        away = abs(t - ts[0])
        while away:
            found, away = away, found % away
        if found % SECOND:
            return 1
    return found

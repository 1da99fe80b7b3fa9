"""Returns by trading day, and what quantstats and pyfolio make of them.

Assumes: samples in time order, cash flows taken out. A trading day is a day of UTC; the two hours of an FX Sunday
belong to Monday, so that a week is five days. 365 such days make a year where Saturdays are traded (crypto), else 252;
data of weekly or longer bars have their own. Returns are simple; the first is against the cash at the start.

Definitions are those on which quantstats 0.0.86 and empyrical 0.7.1 (pyfolio) agree: volatility is the sample's
standard deviation and Sharpe's ratio the mean over it, both times the root of the periods a year; the risk-free rate is
compounded down to one period; CAGR compounds all returns to a year. VaR and CVaR are read off the returns themselves,
the fifth percentile and the mean up to it, as pyfolio does; quantstats' own defaults assume a normal distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.overfitting.errors import StatisticError
from simcore.overfitting.sharpe import FEWEST, probabilistic_sharpe
from simcore.report.curve import DAY, SATURDAY, SUNDAY, Basis, Float64, Int64, weekday

NAN: Final = float("nan")
FRIDAY: Final = 4
MONTH: Final = "datetime64[M]"


def trading_days(ends: Int64) -> Int64:
    """The trading day each time belongs to, in days since 1970; a time at midnight ends the day before."""
    day = (ends - 1) // DAY
    weekdays = weekday(day)
    if SATURDAY not in weekdays and FRIDAY in weekdays:
        day = np.where(weekdays == SUNDAY, day + 1, day)
    return day


def daily_returns(ends: Int64, value: Float64, start: float) -> tuple[Int64, Float64]:
    """Days and their simple returns: the last value of each day against that of the day before, first against start."""
    if ends.size == 0:
        return np.empty(0, np.int64), np.empty(0)
    day = trading_days(ends)
    last = np.append(np.flatnonzero(np.diff(day)), ends.size - 1)
    close = value[last]
    with np.errstate(divide="ignore", invalid="ignore"):
        return day[last], np.asarray(close / np.append(start, close[:-1]) - 1.0)


def of_returns(days: Int64, returns: Float64, basis: Basis, risk_free_rate: float) -> Mapping[str, Any]:
    """The keys made of daily returns; nan where there are too few: a single day is no rate of a year."""
    n, per_year = returns.size, basis.per_year
    growth = np.append(1.0, np.cumprod(1.0 + returns))
    under = growth / np.maximum.accumulate(growth) - 1.0
    deepest = float(under.min())
    excess = returns - ((1.0 + risk_free_rate) ** (1.0 / per_year) - 1.0)
    cagr = NAN if n < 2 else float(growth[-1] ** (per_year / n) - 1.0) if growth[-1] > 0.0 else -1.0
    spread = float(returns.std(ddof=1)) if n > 1 else NAN
    losses = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2))) if n > 1 else NAN
    mean, year = float(excess.mean()) if n else NAN, float(np.sqrt(per_year))
    return {
        "CAGR (Daily) [%]": 100.0 * cagr,
        "Volatility (Daily) [%]": 100.0 * spread * year,
        "Sharpe Ratio (Daily)": _over(mean, spread) * year,
        "Probabilistic Sharpe (Daily) [%]": probable(excess),
        "Sortino Ratio (Daily)": _over(mean, losses) * year,
        "Calmar Ratio (Daily)": _over(cagr, -deepest),
        "Max. Drawdown (Daily) [%]": 100.0 * deepest,
        "Ulcer Index (Daily)": float(np.sqrt(np.sum(under[1:] ** 2) / (n - 1))) if n > 1 else NAN,
        **_gains(returns),
        **_tails(returns),
        **_months(days, returns),
        "Daily Basis": f"{n:,} {basis}",
    }


def probable(excess: Float64) -> float:
    """How sure it is, in per cent, that the true Sharpe ratio is above zero (Bailey and López de Prado 2012)."""
    if excess.size < FEWEST or not np.isfinite(excess).all() or np.ptp(excess) == 0.0:
        return NAN
    d = excess - excess.mean()
    square = float(np.mean(d**2))
    moments = {"skew": float(np.mean(d**3)) / square**1.5, "kurtosis": float(np.mean(d**4)) / square**2}
    try:
        return 100.0 * probabilistic_sharpe(float(excess.mean() / excess.std(ddof=1)), excess.size, **moments)
    except StatisticError:  # two values in turn: nothing is left to err by
        return NAN


def _gains(returns: Float64) -> dict[str, float]:
    wins, losses = returns[returns > 0.0], returns[returns < 0.0]
    moved = wins.size + losses.size
    return {
        "Win Rate (Daily) [%]": 100.0 * wins.size / moved if moved else NAN,
        "Profit Factor (Daily)": _over(float(wins.sum()), -float(losses.sum())),
        "Payoff Ratio (Daily)": _over(float(wins.mean()), -float(losses.mean())) if wins.size and losses.size else NAN,
    }


def _tails(returns: Float64) -> dict[str, float]:
    some = returns.size > 0
    low, high = np.percentile(returns, [5, 95]) if some else (NAN, NAN)
    return {
        "VaR 95% (Daily) [%]": 100.0 * float(low),
        "CVaR 95% (Daily) [%]": 100.0 * float(returns[returns <= low].mean()) if some else NAN,
        "Tail Ratio (Daily)": abs(float(high / low)) if some and low != 0.0 else NAN,
        "Skew (Daily)": skew(returns),
        "Kurtosis (Daily)": kurtosis(returns),
        "Best Day [%]": 100.0 * float(returns.max()) if some else NAN,
        "Worst Day [%]": 100.0 * float(returns.min()) if some else NAN,
    }


def monthly_returns(days: Int64, returns: Float64) -> tuple[Int64, Float64]:
    """Months since 1970 and their compounded returns."""
    month = days.astype("datetime64[D]").astype(MONTH).astype(np.int64)
    months, first = np.unique(month, return_index=True)
    if months.size == 0:
        return months, np.empty(0)
    return months, np.multiply.reduceat(1.0 + returns, first) - 1.0


def _months(days: Int64, returns: Float64) -> dict[str, float]:
    _, found = monthly_returns(days, returns)
    some = found.size > 0
    return {
        "Best Month [%]": 100.0 * float(found.max()) if some else NAN,
        "Worst Month [%]": 100.0 * float(found.min()) if some else NAN,
    }


def skew(x: Float64) -> float:
    """The sample's skewness with its bias taken out (Fisher-Pearson); nan of fewer than three or of equal values."""
    n = x.size
    if n < 3 or np.ptp(x) == 0.0:
        return NAN
    d = x - x.mean()
    raw = float(np.mean(d**3) / np.mean(d**2) ** 1.5)
    return raw * float(np.sqrt(n * (n - 1.0))) / (n - 2.0)


def kurtosis(x: Float64) -> float:
    """The sample's excess kurtosis with its bias taken out; nan of fewer than four or of equal values."""
    n = x.size
    if n < 4 or np.ptp(x) == 0.0:
        return NAN
    d = x - x.mean()
    raw = float(np.mean(d**4) / np.mean(d**2) ** 2)
    return (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * raw - 3.0 * (n - 1.0))


def _over(x: float, y: float) -> float:
    return x / y if y > 0.0 else NAN

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

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.market.columns import column
from simcore.market.jit import compiled
from simcore.overfitting.errors import StatisticError
from simcore.overfitting.sharpe import FEWEST, probabilistic_sharpe
from simcore.report.curve import DAY, SATURDAY, SUNDAY, Basis, Float64, Int64, days_of, last_of_each, weekday
from simcore.report.moments import Moments, moments

NAN: Final = float("nan")
FRIDAY: Final = 4
MONTH: Final = "datetime64[M]"


def trading_days(ends: Int64) -> Int64:
    """The trading day each time belongs to, in days since 1970; a time at midnight ends the day before."""
    return _without_sundays((ends - 1) // DAY)


def _without_sundays(day: Int64) -> Int64:
    weekdays = weekday(day)
    if SATURDAY not in weekdays and FRIDAY in weekdays:
        day = np.where(weekdays == SUNDAY, day + 1, day)
    return day


def daily_returns(ends: Int64, value: Float64, start: float) -> tuple[Int64, Float64]:
    """Days and their simple returns: the last value of each day against that of the day before, first against start."""
    if ends.size == 0:
        return np.empty(0, np.int64), np.empty(0)
    days, rows = days_of(ends)
    days = _without_sundays(days)
    last = last_of_each(days)
    close = value[rows[last]]
    with np.errstate(divide="ignore", invalid="ignore"):
        return days[last], np.asarray(close / np.append(start, close[:-1]) - 1.0)


def of_returns(days: Int64, returns: Float64, basis: Basis, risk_free_rate: float) -> Mapping[str, Any]:
    """The keys made of daily returns; nan where there are too few: a single day is no rate of a year."""
    n, per_year = returns.size, basis.per_year
    grown, deepest, sunk = growth_of(column(returns, np.float64))
    own = moments(returns)
    excess = moments(returns - ((1.0 + risk_free_rate) ** (1.0 / per_year) - 1.0)) if risk_free_rate else own
    cagr = NAN if n < 2 else float(np.float64(grown) ** (per_year / n) - 1.0) if grown > 0.0 else -1.0
    spread, mean, year = own.spread, excess.mean, math.sqrt(per_year)
    losses = math.sqrt(excess.below / n) if n > 1 else NAN
    return {
        "CAGR (Daily) [%]": 100.0 * cagr,
        "Volatility (Daily) [%]": 100.0 * spread * year,
        "Sharpe Ratio (Daily)": _over(mean, spread) * year,
        "Probabilistic Sharpe (Daily) [%]": probable(excess),
        "Sortino Ratio (Daily)": _over(mean, losses) * year,
        "Calmar Ratio (Daily)": _over(cagr, -deepest),
        "Max. Drawdown (Daily) [%]": 100.0 * deepest,
        "Ulcer Index (Daily)": math.sqrt(sunk / (n - 1)) if n > 1 else NAN,
        **_gains(own),
        **_tails(returns, own),
        **_months(days, returns),
        "Daily Basis": f"{n:,} {basis}",
    }


def probable(excess: Moments) -> float:
    """How sure it is, in per cent, that the true Sharpe ratio is above zero (Bailey and López de Prado 2012)."""
    if excess.n < FEWEST or excess.low == excess.high or not 0.0 < excess.fourth < math.inf:
        return NAN
    try:
        shape = {"skew": excess.skew, "kurtosis": excess.kurtosis}
        return 100.0 * probabilistic_sharpe(excess.mean / excess.spread, excess.n, **shape)
    except StatisticError:  # two values in turn: nothing is left to err by
        return NAN


def _gains(returns: Moments) -> dict[str, float]:
    moved = returns.gains + returns.losses
    return {
        "Win Rate (Daily) [%]": 100.0 * returns.gains / moved if moved else NAN,
        "Profit Factor (Daily)": returns.gains_over_losses,
        "Payoff Ratio (Daily)": _over(returns.average_gain, -returns.average_loss),
    }


def _tails(returns: Float64, own: Moments) -> dict[str, float]:
    ordered, some = np.sort(returns), own.n > 0
    low, high = (_percentile(ordered, share) for share in (0.05, 0.95))
    return {
        "VaR 95% (Daily) [%]": 100.0 * low,
        "CVaR 95% (Daily) [%]": 100.0 * float(ordered[ordered <= low].mean()) if some and low == low else NAN,
        "Tail Ratio (Daily)": abs(high / low) if low else NAN,
        "Skew (Daily)": _skew(own),
        "Kurtosis (Daily)": _kurtosis(own),
        "Best Day [%]": 100.0 * own.high if some else NAN,
        "Worst Day [%]": 100.0 * own.low if some else NAN,
    }


def _percentile(ordered: Float64, share: float) -> float:
    """The value below which that share lies, between two in proportion; nan of nothing or where one is none."""
    if not ordered.size or ordered[-1] != ordered[-1]:
        return NAN
    place = share * (ordered.size - 1)
    at = int(place)
    below, above = float(ordered[at]), float(ordered[min(at + 1, ordered.size - 1)])
    return below + (above - below) * (place - at)


def monthly_returns(days: Int64, returns: Float64) -> tuple[Int64, Float64]:
    """Months since 1970 and their compounded returns."""
    month = days.astype("datetime64[D]").astype(MONTH).astype(np.int64)
    if month.size == 0:
        return month, np.empty(0)
    last = last_of_each(month)
    return month[last], np.multiply.reduceat(1.0 + returns, np.append(0, last[:-1] + 1)) - 1.0


def _months(days: Int64, returns: Float64) -> dict[str, float]:
    _, found = monthly_returns(days, returns)
    some = found.size > 0
    return {
        "Best Month [%]": 100.0 * float(found.max()) if some else NAN,
        "Worst Month [%]": 100.0 * float(found.min()) if some else NAN,
    }


def _skew(x: Moments) -> float:
    """The sample's skewness with its bias taken out (Fisher-Pearson); nan of fewer than three or of equal values."""
    return x.skew * math.sqrt(x.n * (x.n - 1.0)) / (x.n - 2.0) if x.n >= 3 else NAN


def _kurtosis(x: Moments) -> float:
    """The sample's excess kurtosis with its bias taken out; nan of fewer than four or of equal values."""
    if x.n < 4:
        return NAN
    return (x.n - 1.0) / ((x.n - 2.0) * (x.n - 3.0)) * ((x.n + 1.0) * x.kurtosis - 3.0 * (x.n - 1.0))


def _over(x: float, y: float) -> float:
    return x / y if y > 0.0 else NAN


@compiled
def growth_of(returns: Float64) -> tuple[float, float, float]:
    """What 1 becomes by returns (n,), its deepest fall below a peak (<= 0), the sum of the squares of all falls."""
    value = peak = 1.0
    deepest = sunk = 0.0
    for x in returns:
        value *= 1.0 + x
        peak = max(peak, value)
        under = value / peak - 1.0
        deepest = min(deepest, under)
        sunk += under * under
    return value, deepest if value == value else np.nan, sunk

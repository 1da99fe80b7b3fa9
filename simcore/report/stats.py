"""The statistics of a run: backtesting.py's keys first, in its order and with its definitions, then the account's.

Assumes: money in account currency ("[$]" in a key means that, "[%]" per cent), equity samples in time order of which
the last is the final account, trades closed. Cash paid in or out (deposit events) is kept out of every return and
drawdown. What cannot be computed (a Sharpe ratio of one day, or of an account that is lost within a year at this pace;
a win rate of no trade) is nan, or NaT for a duration.

backtesting.py's keys agree with its version 0.6.6 in every figure on real runs of daily, hourly, five-minute and minute
bars (tests/report/peer). Where the data are bars, times in the statistics are the starts of the bars, as there; a stop
loss inside a bar still has its own time in `trades`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simcore.market.columns import column
from simcore.market.jit import compiled
from simcore.report import account, curve, daily, trips
from simcore.report.curve import Basis, Float64, Int64
from simcore.report.line import Line, line_of
from simcore.report.places import places
from simcore.report.sheet import Given, Sheet
from simcore.report.trips import NAN

if TYPE_CHECKING:
    import pandas as pd


LOST = -0.9999  # of a year's start: the compounded volatility of next to nothing is next to nothing


def stats(**facts: Any) -> pd.Series:
    """Compute the statistics of one run as `statistics` does; times and durations are those of pandas."""
    import pandas as pd

    return pd.Series({key: _timed(key, value) for key, value in statistics(**facts).items()}, dtype=object)


def statistics(
    *,
    equity: Given,
    trades: Given,
    fills: Given,
    events: Given,
    start_ns: int,
    end_ns: int,
    cash: float,
    currency: str,
    ticks: int,
    orders: Given | None = None,
    benchmark: Given | None = None,
    trading_ns: int | None = None,
    bars: Int64 | None = None,
    strategy: str = "",
    risk_free_rate: float = 0.0,
    periods_per_year: float | None = None,
    exposure: Given | None = None,
    line: Line | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Compute the statistics of one run from its frames or sheets; times and durations are ns, None for none.

    start_ns, end_ns: first and last row of the data, ns UTC. cash: the balance at start. benchmark: columns ts and
    price (or bid and ask, or close) for Beta; bought and held from trading_ns, where warm-up ended, to its last row.
    bars: starts of the bars the data are, ns, in order: times are counted in them. None for ticks.
    risk_free_rate: a year, as a fraction. periods_per_year: annualise by this instead of by the data's own. orders:
    without it, Orders, Rejections and Denials are nan; without exposure (gross_pct), so is gross exposure. line:
    what line_of makes of equity and events, where it is known. extra: overrides keys, or adds them at the end.
    Raises ValueError for cash that is not positive, or a rate or period that is no number.
    """
    _check(cash, currency, risk_free_rate, periods_per_year)
    equity, fills, events = Sheet.of(equity), Sheet.of(fills), Sheet.of(events)
    run_end = max(end_ns, int(equity.ns("ts")[-1:].max(initial=end_ns)))
    end_ns = int(curve.stamped(np.array([end_ns]), bars)[0])
    trades = Sheet.of(trades).in_bars(bars, "entry_time", "exit_time")
    benchmark = None if benchmark is None else Sheet.of(benchmark).in_bars(bars, "ts")
    line = line or line_of(equity, events, start_ns, cash, bars)
    own = curve.basis_of(line.ends)
    basis = Basis(own.every, periods_per_year or own.per_year)
    return {
        "Start": start_ns,
        "End": end_ns,
        "Duration": end_ns - start_ns,
        "Exposure Time [%]": 100.0 * trips.exposure(line.ts, line.used_margin, trades),
        "Equity Final [$]": float(line.equity[-1]),
        "Equity Peak [$]": float(max(line.equity.max(), cash)),
        "Commissions [$]": fills.total("commission"),
        **_performance(line, basis, _against(benchmark, line, trading_ns), risk_free_rate, end_ns - start_ns),
        **trips.of_trades(trades),
        "_strategy": strategy,
        **trips.of_money(trades),
        **account.of_margin(equity, events, (start_ns, run_end)),
        **account.of_exposure(exposure),
        **account.of_costs(fills, events),
        **account.of_orders(orders, fills, events, ticks),
        **daily.of_returns(*daily.daily_returns(line.ends, line.samples, line.free[0]), basis, risk_free_rate),
        "Currency": currency,
        "Annualisation": _annualisation(line, basis),
        "Risk-Free Rate [%]": 100.0 * risk_free_rate,
        **(extra or {}),
    }


def _annualisation(line: Line, basis: Basis) -> str:
    days = curve.weekday(curve.days_of(line.ends)[0])
    sundays = basis.every == "daily" and curve.SUNDAY in days and curve.SATURDAY not in days
    return f"{basis}, a Sunday evening counting as a day" if sundays else str(basis)


def _timed(key: str, value: Any) -> Any:
    """Nanoseconds of a time or a duration as pandas has them."""
    import pandas as pd

    if key in ("Start", "End"):
        return pd.Timestamp(value, tz="UTC")
    if key.split()[-1] != "Duration" or not (value is None or isinstance(value, int)):
        return value
    return pd.NaT if value is None else pd.Timedelta(value, unit="ns")


def _check(cash: float, currency: str, risk_free_rate: float, periods_per_year: float | None) -> None:
    if not cash > 0.0 or not np.isfinite(cash):
        raise ValueError(f"stats: cash must be a positive amount of {currency}, was {cash!r}")
    if not _is_finite(risk_free_rate):
        raise ValueError(f"stats: risk_free_rate must be a yearly rate like 0.02, was {risk_free_rate!r}")
    if periods_per_year is not None and not (_is_finite(periods_per_year) and periods_per_year > 0.0):
        raise ValueError(f"stats: periods_per_year must be a positive number like 252, was {periods_per_year!r}")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _performance(
    line: Line, basis: Basis, against: tuple[float, float], rate: float, elapsed_ns: int
) -> dict[str, Any]:
    """Return [%] to Avg. Drawdown Duration; `against` is the benchmark's return, and beta."""
    growth = float(line.free[-1] / line.free[0])
    returns = curve.period_returns(line.ends, line.samples, basis)
    yearly = curve.annual_return(returns, basis)
    volatility = curve.annual_volatility(returns, basis)
    downside = curve.annual_downside(returns, basis)
    falls = curve.drawdowns(line.free_ts, line.free)
    worst = float(falls.depth.max(initial=0.0))
    held, beta = against
    some = falls.depth.size > 0
    return {
        "Return [%]": 100.0 * (growth - 1.0),
        "Buy & Hold Return [%]": 100.0 * held,
        "Return (Ann.) [%]": 100.0 * yearly,
        "Volatility (Ann.) [%]": 100.0 * volatility,
        "CAGR [%]": 100.0 * curve.cagr(growth, elapsed_ns),
        "Sharpe Ratio": _over(yearly - rate, volatility) if yearly > LOST else NAN,
        "Sortino Ratio": _over(yearly - rate, downside),
        "Calmar Ratio": _over(yearly, worst),
        "Alpha [%]": 100.0 * (growth - 1.0 - rate - beta * (held - rate)),
        "Beta": beta,
        "Max. Drawdown [%]": -100.0 * worst if some else 0.0,
        "Avg. Drawdown [%]": -100.0 * float(falls.depth.mean()) if some else NAN,
        "Max. Drawdown Duration": int(falls.length.max()) if some else None,
        "Avg. Drawdown Duration": curve.round_up(float(falls.length.mean()), line.free_ts) if some else None,
    }


def _against(benchmark: Sheet | None, line: Line, trading_ns: int | None) -> tuple[float, float]:
    """The benchmark's return, and beta: covariance over variance of log returns between samples."""
    if benchmark is None or benchmark.height == 0:
        return NAN, NAN
    ts = benchmark.ns("ts")
    bought = 0 if trading_ns is None else min(int(np.searchsorted(ts, trading_ns)), ts.size - 1)
    at = places(ts, line.ts, after=True) - 1
    seen = at >= 0
    prices = _price(benchmark)
    held, other = float(prices[-1] / prices[bought] - 1.0), prices[at[seen]]
    own = line.samples[seen]
    if own.size < 3 or (own <= 0.0).any():
        return held, NAN
    return held, slope(column(np.log(other), np.float64), column(np.log(own), np.float64))


@compiled
def slope(x: Float64, y: Float64) -> float:
    """Covariance over variance of the changes from row to row of x and y (n,); nan where x never changes."""
    n = x.size - 1
    mean_x, mean_y = (x[n] - x[0]) / n, (y[n] - y[0]) / n
    square = product = 0.0
    for i in range(n):
        away = x[i + 1] - x[i] - mean_x
        square += away * away
        product += away * (y[i + 1] - y[i] - mean_y)
    return product / square if square > 0.0 else np.nan


def price_of(frame: pl.DataFrame) -> Float64:
    """The one price of a frame: price, else close, else the middle of bid and ask; names in any case."""
    return _price(Sheet.of(frame))


def _price(sheet: Sheet) -> Float64:
    names = {name.lower(): name for name in sheet.names}
    for name in ("price", "close"):
        if name in names:
            return sheet.floats(names[name])
    if "bid" in names and "ask" in names:
        return (sheet.floats(names["bid"]) + sheet.floats(names["ask"])) / 2.0
    raise ValueError(f"a price frame needs price, close, or bid and ask; it has {', '.join(sheet.names)}")


def _over(x: float, y: float) -> float:
    return x / y if y > 0.0 else NAN

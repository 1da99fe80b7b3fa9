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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simcore.report import curve, trips
from simcore.report.curve import Basis, Float64, Int64
from simcore.report.trips import NAN, nanoseconds

if TYPE_CHECKING:
    import pandas as pd


LOST = -0.9999  # of a year's start: the compounded volatility of next to nothing is next to nothing


@dataclass(frozen=True)
class _Curve:
    """The equity samples, and the same led by the starting cash and freed of deposits."""

    ts: Int64
    ends: Int64  # what decides the period a sample counts for
    equity: Float64
    used_margin: Float64
    free_ts: Int64
    free: Float64


def stats(
    *,
    equity: pl.DataFrame,
    trades: pl.DataFrame,
    fills: pl.DataFrame,
    events: pl.DataFrame,
    start_ns: int,
    end_ns: int,
    cash: float,
    currency: str,
    ticks: int,
    orders: pl.DataFrame | None = None,
    benchmark: pl.DataFrame | None = None,
    trading_ns: int | None = None,
    bars: Int64 | None = None,
    strategy: str = "",
    risk_free_rate: float = 0.0,
    periods_per_year: float | None = None,
    extra: Mapping[str, Any] | None = None,
) -> pd.Series:
    """Compute the statistics of one run from its frames; see the module's text for the definitions.

    start_ns, end_ns: first and last row of the data, ns UTC. cash: the balance at start. benchmark: columns ts and
    price (or bid and ask, or close) for Beta; bought and held from trading_ns, where warm-up ended, to its last row.
    bars: starts of the bars the data are, ns, in order: times are counted in them. None for ticks.
    risk_free_rate: a year, as a fraction. periods_per_year: annualise by this instead of by the data's own. orders:
    without it, Orders, Rejections and Denials are nan. extra: overrides keys, or adds them at the end.
    Raises ValueError for cash that is not positive, or a rate or period that is no number.
    """
    import pandas as pd

    _check(cash, currency, risk_free_rate, periods_per_year)
    end_ns = int(curve.stamped(np.array([end_ns]), bars)[0])
    equity, trades = (
        _in_bars(equity, bars, "ts").unique("ts", keep="last", maintain_order=True),
        _in_bars(trades, bars, "entry_time", "exit_time"),
    )
    benchmark = None if benchmark is None else _in_bars(benchmark, bars, "ts")
    line = _curve(equity, events, start_ns, cash)
    if bars is not None:  # a bar counts for the day it begins
        line = replace(line, ends=line.ts + 1)
    own = curve.basis_of(line.ends)
    basis = Basis(own.every, periods_per_year or own.per_year)
    keys: dict[str, Any] = {
        **_span(start_ns, end_ns),
        "Exposure Time [%]": 100.0 * trips.exposure(line.ts, line.used_margin, trades),
        "Equity Final [$]": float(line.equity[-1]),
        "Equity Peak [$]": float(max(line.equity.max(), cash)),
        "Commissions [$]": _sum(fills, "commission"),
        **_performance(line, basis, _against(benchmark, line, trading_ns), risk_free_rate, end_ns - start_ns),
        **trips.of_trades(trades),
        "_strategy": strategy,
        **_account(equity, fills, events, orders, ticks),
        "Currency": currency,
        "Annualisation": str(basis),
        "Risk-Free Rate [%]": 100.0 * risk_free_rate,
        **(extra or {}),
    }
    return pd.Series({key: _timed(key, value) for key, value in keys.items()}, dtype=object)


def _span(start_ns: int, end_ns: int) -> dict[str, Any]:
    import pandas as pd

    begin, end = (pd.Timestamp(ns, tz="UTC") for ns in (start_ns, end_ns))
    return {"Start": begin, "End": end, "Duration": end_ns - start_ns}


def _timed(key: str, value: Any) -> Any:
    """Nanoseconds of a duration as pandas has them."""
    import pandas as pd

    if key.split()[-1] != "Duration" or not (value is None or isinstance(value, int)):
        return value
    return pd.NaT if value is None else pd.Timedelta(value, unit="ns")


def _check(cash: float, currency: str, risk_free_rate: float, periods_per_year: float | None) -> None:
    if not cash > 0.0 or not np.isfinite(cash):
        raise ValueError(f"stats: cash must be a positive amount of {currency}, was {cash!r}")
    if not np.isfinite(risk_free_rate):
        raise ValueError(f"stats: risk_free_rate must be a yearly rate like 0.02, was {risk_free_rate!r}")
    if periods_per_year is not None and not (np.isfinite(periods_per_year) and periods_per_year > 0.0):
        raise ValueError(f"stats: periods_per_year must be a positive number like 252, was {periods_per_year!r}")


def _in_bars(frame: pl.DataFrame, bars: Int64 | None, *columns: str) -> pl.DataFrame:
    """The frame with these times as the starts of their bars."""
    if bars is None:
        return frame
    stamps = {name: curve.stamped(nanoseconds(frame[name]), bars) for name in columns}
    return frame.with_columns(pl.Series(name, ns).cast(pl.Datetime("ns", "UTC")) for name, ns in stamps.items())


def _curve(equity: pl.DataFrame, events: pl.DataFrame, start_ns: int, cash: float) -> _Curve:
    ts = nanoseconds(equity["ts"])
    value = equity["equity"].cast(pl.Float64).to_numpy()
    used = equity["used_margin"].cast(pl.Float64).to_numpy()
    if ts.size == 0:
        ts, value, used = np.array([start_ns]), np.array([cash]), np.zeros(1)
    led_ts, led = ts, value
    if ts[0] > start_ns or value[0] != cash:
        led_ts, led = np.append(min(start_ns, ts[0]), ts), np.append(cash, value)
    paid = events.filter(pl.col("type").str.to_lowercase() == "deposit")
    amounts = paid["a"].cast(pl.Float64).to_numpy()
    return _Curve(ts, ts, value, used, led_ts, curve.without_flows(led_ts, led, nanoseconds(paid["ts"]), amounts))


def _performance(
    line: _Curve, basis: Basis, against: tuple[float, float], rate: float, elapsed_ns: int
) -> dict[str, Any]:
    """Return [%] to Avg. Drawdown Duration; `against` is the benchmark's return, and beta."""
    growth = float(line.free[-1] / line.free[0])
    returns = curve.period_returns(line.ends, line.free[-line.ts.size :], basis)
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


def _against(benchmark: pl.DataFrame | None, line: _Curve, trading_ns: int | None) -> tuple[float, float]:
    """The benchmark's return, and beta: covariance over variance of log returns between samples."""
    if benchmark is None or benchmark.height == 0:
        return NAN, NAN
    ts = nanoseconds(benchmark["ts"])
    bought = 0 if trading_ns is None else min(int(np.searchsorted(ts, trading_ns)), ts.size - 1)
    at = np.searchsorted(ts, line.ts, side="right") - 1
    seen = at >= 0
    # few of a million quotes are needed: the first, the last, and those that stood at a sample
    first, last, *others = price_of(benchmark[np.concatenate([[bought, ts.size - 1], at[seen]])])
    held, other = float(last / first - 1.0), np.array(others)
    own = line.free[-line.ts.size :][seen]
    if own.size < 3 or (own <= 0.0).any():
        return held, NAN
    x, y = np.diff(np.log(other)), np.diff(np.log(own))
    spread = float(np.var(x, ddof=1))
    return held, float(np.cov(x, y)[0, 1]) / spread if spread > 0.0 else NAN


def price_of(frame: pl.DataFrame) -> Float64:
    """The one price of a frame: price, else close, else the middle of bid and ask; names in any case."""
    names = {name.lower(): name for name in frame.columns}
    for name in ("price", "close"):
        if name in names:
            return frame[names[name]].cast(pl.Float64).to_numpy()
    if "bid" in names and "ask" in names:
        return ((frame[names["bid"]] + frame[names["ask"]]) / 2.0).cast(pl.Float64).to_numpy()
    raise ValueError(f"a price frame needs price, close, or bid and ask; it has {', '.join(frame.columns)}")


def _account(
    equity: pl.DataFrame, fills: pl.DataFrame, events: pl.DataFrame, orders: pl.DataFrame | None, ticks: int
) -> dict[str, Any]:
    """What the broker did: calls, stop-outs, financing, refusals."""
    kind = events["type"].str.to_lowercase()
    told = events.filter(kind.is_in(["margin_call", "stop_out", "stop_out_order"]))["c"]
    levels = np.concatenate([part.cast(pl.Float64).to_numpy() for part in (equity["margin_level"], told)])
    levels = levels[np.isfinite(levels)]
    swaps = events.filter(kind == "swap")
    status = orders["status"].str.to_uppercase() if orders is not None else None
    return {
        "Margin Calls": int((kind == "margin_call").sum()),
        "Stop Outs": int((kind == "stop_out").sum()),
        "Min. Margin Level [%]": 100.0 * float(levels.min()) if levels.size else NAN,
        "Max. Used Margin [$]": float(equity["used_margin"].cast(pl.Float64).to_numpy().max(initial=0.0)),
        "Swap [$]": _sum(swaps, "a") if swaps.height else _sum(fills, "swap"),
        "Slippage [$]": _sum(fills, "slippage"),
        "Deposits [$]": _sum(events.filter(kind == "deposit"), "a"),
        "Ticks": int(ticks),
        "Orders": NAN if orders is None else orders.height,
        "Fills": fills.height,
        "Rejections": NAN if status is None else int((status == "REJECTED").sum()),
        "Denials": NAN if status is None else int((status == "DENIED").sum()),
    }


def _sum(frame: pl.DataFrame, column: str) -> float:
    return round(float(frame[column].cast(pl.Float64).sum()), 8) + 0.0  # no -0.0


def _over(x: float, y: float) -> float:
    return x / y if y > 0.0 else NAN

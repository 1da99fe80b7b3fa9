"""Daily returns through quantstats and empyrical (pyfolio's statistics), as JSON.

For an environment with quantstats and empyrical-reloaded in it, from the root of the project:
    .venv/bin/python -m tests.report.peer.here ../shared/market-data | python -m tests.report.peer.with_quantstats
Reads {run: {"days": [...], "returns": [...], "per_year": n}} and prints {run: {key: value}} with our keys.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from importlib.metadata import version
from typing import Any

import empyrical
import pandas as pd
import quantstats.stats as qs


def told(returns: pd.Series, per_year: int) -> dict[str, float | None]:
    """What they make of one run; where both have a key, they must agree."""
    theirs = {
        "CAGR (Daily) [%]": 100 * qs.cagr(returns, periods=per_year),
        "Volatility (Daily) [%]": 100 * qs.volatility(returns, periods=per_year),
        "Sharpe Ratio (Daily)": qs.sharpe(returns, periods=per_year),
        "Sortino Ratio (Daily)": qs.sortino(returns, periods=per_year),
        "Calmar Ratio (Daily)": qs.calmar(returns, periods=per_year),
        "Max. Drawdown (Daily) [%]": 100 * qs.max_drawdown(returns),
        "Ulcer Index (Daily)": qs.ulcer_index(returns),
        "Win Rate (Daily) [%]": 100 * qs.win_rate(returns),
        "Profit Factor (Daily)": qs.profit_factor(returns),
        "Payoff Ratio (Daily)": qs.payoff_ratio(returns),
        "CVaR 95% (Daily) [%]": 100 * qs.conditional_value_at_risk(returns, method="historical"),
        "Tail Ratio (Daily)": qs.tail_ratio(returns),
        "Skew (Daily)": qs.skew(returns),
        "Kurtosis (Daily)": qs.kurtosis(returns),
        "Best Day [%]": 100 * qs.best(returns),
        "Worst Day [%]": 100 * qs.worst(returns),
    }
    also = {
        "CAGR (Daily) [%]": 100 * empyrical.cagr(returns, annualization=per_year),
        "Volatility (Daily) [%]": 100 * empyrical.annual_volatility(returns, annualization=per_year),
        "Sharpe Ratio (Daily)": empyrical.sharpe_ratio(returns, annualization=per_year),
        "Sortino Ratio (Daily)": empyrical.sortino_ratio(returns, annualization=per_year),
        "Calmar Ratio (Daily)": empyrical.calmar_ratio(returns, annualization=per_year),
        "Max. Drawdown (Daily) [%]": 100 * empyrical.max_drawdown(returns),
        "VaR 95% (Daily) [%]": 100 * empyrical.value_at_risk(returns, 0.05),
        "CVaR 95% (Daily) [%]": 100 * empyrical.conditional_value_at_risk(returns, 0.05),
        "Tail Ratio (Daily)": empyrical.tail_ratio(returns),
    }
    months = empyrical.aggregate_returns(returns, "monthly")
    also |= {"Best Month [%]": 100 * months.max(), "Worst Month [%]": 100 * months.min()}
    for key in theirs.keys() & also.keys():
        assert math.isclose(theirs[key], also[key], rel_tol=1e-9, abs_tol=1e-12), (key, theirs[key], also[key])
    return {key: number(value) for key, value in {**theirs, **also}.items()}


def number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)


def main() -> None:
    """Print what they say of every run on standard input."""
    found = {}
    for name, given in json.load(sys.stdin).items():
        returns = pd.Series(given["returns"], index=pd.DatetimeIndex(given["days"]))
        found[name] = told(returns, given["per_year"])
    versions = {package: version(package) for package in ("quantstats", "empyrical-reloaded", "pandas")}
    print(json.dumps({**versions, "runs": found}, indent=1))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()

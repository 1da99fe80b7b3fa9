"""Trading days and what is made of their returns: by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simcore.report import daily
from simcore.report.curve import DAY, Basis
from simcore.report.moments import moments

HOUR = DAY // 24
MONDAY = 19_723  # 2024-01-01, in days since 1970
DAILY = Basis("daily", 252.0)


def at(*days: float) -> np.ndarray:
    """Times of days counted from Monday 2024-01-01, midnight."""
    return np.array([int((MONDAY + d) * DAY) for d in days], np.int64)


def test_an_fx_sunday_belongs_to_monday_and_a_midnight_to_the_day_it_ends() -> None:
    fx = at(0.5, 1.0, 4.5, 6.95, 7.5)  # Monday, Monday's end, Friday, Sunday 22:48, Monday
    assert daily.trading_days(fx).tolist() == [MONDAY, MONDAY, MONDAY + 4, MONDAY + 7, MONDAY + 7]
    crypto = at(4.5, 5.5, 6.5, 7.5)  # Friday to Monday
    assert daily.trading_days(crypto).tolist() == [MONDAY + 4, MONDAY + 5, MONDAY + 6, MONDAY + 7]
    middle_east = at(-0.5, 0.5, 6.5)  # Sunday, Monday, Sunday: no Friday, so Sunday is a day
    assert daily.trading_days(middle_east).tolist() == [MONDAY - 1, MONDAY, MONDAY + 6]


def test_the_first_return_is_against_the_cash() -> None:
    # 100 -> 110 on Monday (through 105), 99 on Tuesday: +10 %, -10 %
    days, returns = daily.daily_returns(at(0.3, 0.6, 1.5), np.array([105.0, 110.0, 99.0]), 100.0)
    assert days.tolist() == [MONDAY, MONDAY + 1]
    assert returns == pytest.approx([0.1, -0.1])


def test_figures_of_three_days() -> None:
    # +10 %, -10 %, +5 %: growth 1.1, 0.99, 1.0395; deepest fall 10 %; mean 1/60, squared distances
    # (1/12)^2 + (7/60)^2 + (1/30)^2 = (25 + 49 + 4) / 3600 = 78/3600, over n - 1 = 2: sqrt(39/3600)
    k = daily.of_returns(np.arange(MONDAY, MONDAY + 3), np.array([0.1, -0.1, 0.05]), DAILY, 0.0)
    spread = math.sqrt(39 / 3600)
    assert k["Volatility (Daily) [%]"] == pytest.approx(100 * spread * math.sqrt(252))
    assert k["Sharpe Ratio (Daily)"] == pytest.approx(1 / 60 / spread * math.sqrt(252))
    assert k["Sortino Ratio (Daily)"] == pytest.approx(1 / 60 / (0.1 / math.sqrt(3)) * math.sqrt(252))
    assert k["CAGR (Daily) [%]"] == pytest.approx(100 * (1.0395**84 - 1))
    assert k["Max. Drawdown (Daily) [%]"] == pytest.approx(-10.0)
    assert k["Calmar Ratio (Daily)"] == pytest.approx((1.0395**84 - 1) / 0.1)
    # under the peak: 0, 10 %, 1.0395 / 1.1 - 1 = -5.5 %: root of (0.01 + 0.003025) / 2
    assert k["Ulcer Index (Daily)"] == pytest.approx(math.sqrt(0.013025 / 2))
    assert k["Win Rate (Daily) [%]"] == pytest.approx(200 / 3)
    assert k["Profit Factor (Daily)"] == pytest.approx(1.5)
    assert k["Payoff Ratio (Daily)"] == pytest.approx(0.75)
    # the fifth percentile lies a tenth of the way from -10 % to 5 %
    assert k["VaR 95% (Daily) [%]"] == pytest.approx(-8.5)
    assert k["CVaR 95% (Daily) [%]"] == pytest.approx(-10.0)
    assert (k["Best Month [%]"], k["Worst Month [%]"]) == pytest.approx((3.95, 3.95))
    assert k["Daily Basis"] == "3 daily returns, 252 a year"


def test_a_risk_free_rate_is_compounded_down_to_a_day() -> None:
    k = daily.of_returns(np.arange(2), np.array([0.02, 0.0]), DAILY, 0.05)
    day = 1.05 ** (1 / 252) - 1
    assert k["Sharpe Ratio (Daily)"] == pytest.approx((0.01 - day) / (0.02 / math.sqrt(2)) * math.sqrt(252))


def test_months_are_compounded() -> None:
    # 31 January and 1 February 2024
    months, found = daily.monthly_returns(np.array([MONDAY + 29, MONDAY + 30, MONDAY + 31]), np.array([0.1, 0.1, -0.5]))
    assert months.tolist() == [648, 649]
    assert found == pytest.approx([0.21, -0.5])


@pytest.mark.parametrize("returns", [[], [0.0], [-0.5], [0.0, 0.0], [-1.0, 0.0]])
def test_too_few_days_or_no_move_give_no_ratio(returns: list[float]) -> None:
    k = daily.of_returns(np.arange(len(returns)), np.array(returns), DAILY, 0.0)
    assert math.isnan(k["Skew (Daily)"])
    assert math.isnan(k["Kurtosis (Daily)"])
    if len(returns) < 2:
        assert math.isnan(k["Sortino Ratio (Daily)"])
        assert math.isnan(k["Calmar Ratio (Daily)"])
        assert math.isnan(k["CAGR (Daily) [%]"])
    if returns and not any(returns):
        assert math.isnan(k["Sharpe Ratio (Daily)"])
        assert math.isnan(k["Win Rate (Daily) [%]"])


LOST = [0.01] * 12 + [-1.0, np.nan, np.nan]


@pytest.mark.parametrize("returns", [LOST, [0.5, -0.5] * 8, [0.0] * 12, [1e30, -0.5] * 6])
def test_no_record_is_too_odd_for_a_probability(returns: list[float]) -> None:
    """An account that is lost has returns that are none; two values in turn leave nothing to err by."""
    probable = daily.probable(moments(np.array(returns)))
    assert np.isnan(probable) or 0.0 <= probable <= 100.0

"""Periods, returns, volatility, drawdowns and flows: by hand, and as properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.report import curve
from simcore.report.curve import DAY, Basis

HOUR = DAY // 24
MONDAY = 19_723 * DAY  # 2024-01-01
DAILY = Basis("daily", 252.0)

curves = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=60)


def days(*numbers: int, at: int = 17 * HOUR) -> np.ndarray:
    """Samples at 17:00 of days counted from Monday 2024-01-01."""
    return np.array([MONDAY + n * DAY + at for n in numbers])


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        (days(*range(5), *range(7, 12)), Basis("daily", 252.0)),
        (days(*range(14)), Basis("daily", 365.0)),
        (days(*range(0, 70, 7)), Basis("weekly", 52.0)),
        (days(*range(0, 300, 30)), Basis("monthly", 12.0)),
        (days(*range(0, 900, 91)), Basis("quarterly", 4.0)),
        (days(*range(0, 2000, 365)), Basis("yearly", 1.0)),
        (days(3), Basis("daily", 252.0)),
    ],
)
def test_the_period_follows_the_data(ts: np.ndarray, expected: Basis) -> None:
    assert curve.basis_of(ts) == expected


def test_daily_returns_take_the_last_sample_of_each_day() -> None:
    # Monday ends at 110, Tuesday at 99, Wednesday at 148.5: 99/110 = -10 %, 148.5/99 = +50 %
    ts = np.array([MONDAY + 9 * HOUR, MONDAY + 17 * HOUR, MONDAY + 33 * HOUR, MONDAY + 65 * HOUR])
    assert curve.period_returns(ts, np.array([100.0, 110.0, 99.0, 148.5]), DAILY) == pytest.approx([-0.1, 0.5])


def test_a_sample_at_midnight_counts_for_the_day_before() -> None:
    ts = np.array([MONDAY + 12 * HOUR, MONDAY + DAY, MONDAY + DAY + 12 * HOUR])
    # Monday ends with the midnight sample: 120 -> 90 is the only return
    assert curve.period_returns(ts, np.array([100.0, 120.0, 90.0]), DAILY) == pytest.approx([-0.25])


def test_an_fx_sunday_is_a_day_of_its_own_as_in_backtesting_py() -> None:
    fx = np.concatenate([days(0, 1, 2, 3, 4), days(6, at=23 * HOUR), days(7, 8)])
    assert curve.period_returns(fx, np.arange(100.0, 108.0), DAILY).size == 7


def test_times_in_bars_are_the_starts_of_the_bars() -> None:
    starts = np.array([10, 20, 35])
    # before the first bar: the first; at a start: that one; inside, and after the last
    assert list(curve.stamped(np.array([5, 10, 19, 20, 34, 35, 99]), starts)) == [10, 10, 10, 20, 20, 35, 35]
    assert list(curve.stamped(np.array([5, 99]), None)) == [5, 99]


def test_volatility_and_downside_by_hand() -> None:
    # returns +2 %, -1 %: mean of the logs gives g = sqrt(1.02 * 0.99) - 1; variance (n - 1) = (0.015**2) * 2 = 0.00045
    returns = np.array([0.02, -0.01])
    square = 1.02 * 0.99
    assert curve.annual_return(returns, DAILY) == pytest.approx((1.02 * 0.99) ** 126 - 1)
    assert curve.annual_volatility(returns, DAILY) == pytest.approx(math.sqrt((0.00045 + square) ** 252 - square**252))
    # losses 0 and 1 %: root mean square = 0.01 / sqrt(2)
    assert curve.annual_downside(returns, DAILY) == pytest.approx(0.01 / math.sqrt(2) * math.sqrt(252))


def test_losing_everything_is_minus_one_and_nothing_is_nan() -> None:
    assert curve.geometric_mean(np.array([0.5, -1.0])) == -1.0
    assert math.isnan(curve.geometric_mean(np.empty(0)))
    assert math.isnan(curve.annual_volatility(np.array([0.1]), DAILY))
    assert curve.annual_return(np.array([1e4]), DAILY) == math.inf  # 10001**252 is no float


def test_cagr_counts_calendar_years() -> None:
    assert curve.cagr(1.21, int(2 * 365.25 * DAY)) == pytest.approx(0.1)
    assert curve.cagr(-0.5, DAY) == -1.0
    assert math.isnan(curve.cagr(1.1, 0))


def test_drawdowns_by_hand() -> None:
    # peak 100 on day 1, 80 on day 2 (-20 %), back at 100 on day 4: three days; 120 on day 5, ends at 90 (-25 %)
    falls = curve.drawdowns(days(0, 1, 2, 3, 4, 5, 6, 9), np.array([90.0, 100, 80, 95, 100, 120, 115, 90]))
    assert falls.depth == pytest.approx([0.2, 0.25])
    assert list(falls.length) == [3 * DAY, 4 * DAY]


def test_a_fall_that_begins_with_the_last_sample_counts() -> None:
    falls = curve.drawdowns(days(0, 1), np.array([100.0, 75.0]))
    assert falls.depth == pytest.approx([0.25])
    assert list(falls.length) == [DAY]
    assert curve.drawdowns(days(0, 1), np.array([100.0, 100.0])).depth.size == 0


@given(curves)
def test_the_deepest_fall_is_the_worst_from_any_peak(values: list[float]) -> None:
    value = np.array(values)
    worst = max(1 - b / a for i, a in enumerate(values) for b in values[i:])  # every pair, the slow way
    depth = curve.drawdowns(days(*range(value.size)), value).depth
    assert depth.max(initial=0.0) == pytest.approx(worst, abs=1e-12)


@given(curves, st.floats(0.01, 100.0))
def test_returns_do_not_depend_on_the_amount(values: list[float], factor: float) -> None:
    value, ts = np.array(values), days(*range(len(values)))
    small, large = (curve.period_returns(ts, x, DAILY) for x in (value, value * factor))
    assert large == pytest.approx(small, rel=1e-9, abs=1e-12)


def test_a_deposit_is_no_return() -> None:
    # 100 grows to 110 (+10 %), 50 come in, 160 grow to 176 (+10 %): the curve without it is 100, 110, 110, 121
    ts = days(0, 1, 2, 3)
    free = curve.without_flows(ts, np.array([100.0, 110, 160, 176]), np.array([ts[1] + HOUR]), np.array([50.0]))
    assert free == pytest.approx([100.0, 110.0, 110.0, 121.0])


def test_cash_before_the_first_or_after_the_last_sample_changes_nothing() -> None:
    ts, value = days(0, 1), np.array([100.0, 110.0])
    assert curve.without_flows(ts, value, np.array([ts[0], ts[1] + 1]), np.array([100.0, 50.0])) is value


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        (days(0, 1, 4), 3 * DAY),
        (days(0, 1, 4) + 86_399_999_999_999, 3 * DAY),  # sampled a nanosecond before each midnight
        (np.array([MONDAY, MONDAY + 7 * HOUR]), 2 * DAY + 4 * HOUR),
        (np.array([MONDAY, MONDAY + 1]), 2 * DAY + 3 * HOUR + 1_500),
        (np.empty(0, np.int64), 2 * DAY + 3 * HOUR + 1_500),
    ],
)
def test_a_mean_duration_is_rounded_up_to_the_grid_of_the_times(ts: np.ndarray, expected: int) -> None:
    assert curve.round_up(2.0 * DAY + 3 * HOUR + 1_500, ts) == expected

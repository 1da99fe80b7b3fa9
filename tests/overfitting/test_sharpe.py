"""The Sharpe ratio against chance: the figures that the papers print."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simcore as sc

DAYS, MONTHS, WEEKS = 250, 12, 52


def per(period: int, yearly: float) -> float:
    return yearly / period**0.5


# Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier" (2012): two years of months, 1.59 a year.
FUND = {"sharpe": 0.458, "observations": 24}


def test_probabilistic_sharpe_of_the_paper() -> None:
    assert sc.probabilistic_sharpe(**FUND, skew=0.0, kurtosis=3.0) == pytest.approx(0.982, abs=5e-4)
    assert sc.probabilistic_sharpe(**FUND, skew=-2.448, kurtosis=10.164) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("period", "skew", "kurtosis", "years"),
    [(DAYS, 0.0, 3.0, 2.73), (WEEKS, 0.0, 3.0, 2.83), (MONTHS, 0.0, 3.0, 3.24), (MONTHS, -0.72, 5.78, 4.99)],
)
def test_track_record_of_the_paper(period: int, skew: float, kurtosis: float, years: float) -> None:
    # how long a ratio of 2 a year must last to be above 1 with 95 %
    found = sc.min_track_record(per(period, 2.0), skew, kurtosis, benchmark=per(period, 1.0), confidence=0.95)
    assert found / period == pytest.approx(years, abs=0.005)


# Bailey and López de Prado, "The Deflated Sharpe Ratio" (2014), the numerical example: 2.5 a year over five years of
# days, and trials whose yearly ratios have a variance of one half.
BEST = {"sharpe": per(DAYS, 2.5), "observations": 1_250}
VARIANCE = 0.5 / DAYS


def test_deflated_sharpe_of_the_paper() -> None:
    assert sc.expected_max_sharpe(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    spread = {"skew": -3.0, "kurtosis": 10.0, "trials_variance": VARIANCE}
    assert sc.deflated_sharpe(**BEST, **spread, trials=100) == pytest.approx(0.9004, abs=5e-5)
    assert sc.deflated_sharpe(**BEST, **spread, trials=46) == pytest.approx(0.9505, abs=5e-5)
    assert sc.deflated_sharpe(**BEST, skew=0.0, kurtosis=3.0, trials=88, trials_variance=VARIANCE) == pytest.approx(
        0.9505, abs=5e-5
    )


def test_deflated_sharpe_as_another_package_has_it() -> None:
    # ffn 1.4.1, calc_deflated_sharpe_ratio of default_rng(3).normal(0.001, 0.01, 300) among trials of 0.5, 1.0, 1.5
    # and 0.2 a year, 252 days a year, is 0.97002671; its skew and kurtosis have their bias taken out, ours have not
    from simcore.ledger.trial import moments

    found = moments(np.random.default_rng(3).normal(0.001, 0.01, 300))
    trials = np.array([0.5, 1.0, 1.5, 0.2]) / 252**0.5
    got = sc.deflated_sharpe(**found._asdict(), trials=4, trials_variance=float(trials.var(ddof=1)))
    assert got == pytest.approx(0.97002671, abs=2e-5)


def test_one_trial_deflates_nothing() -> None:
    assert sc.deflated_sharpe(**BEST, trials=1, trials_variance=VARIANCE) == sc.probabilistic_sharpe(**BEST)
    assert sc.expected_max_sharpe(1, 0.3) == 0.0


@given(st.floats(-0.5, 0.5), st.integers(3, 3000), st.floats(0.0, 0.5))
def test_track_record_is_where_the_probability_is_reached(sharpe: float, n: int, benchmark: float) -> None:
    needed = sc.min_track_record(sharpe, benchmark=benchmark)
    if sharpe <= benchmark:
        assert needed == math.inf
    elif 2.0 < needed < 1e9:
        assert sc.probabilistic_sharpe(sharpe, needed, benchmark=benchmark) == pytest.approx(0.95)


@given(st.floats(-0.3, 0.3), st.floats(1.0, 1e6), st.floats(0.0, 0.1))
def test_more_trials_never_help(sharpe: float, trials: float, variance: float) -> None:
    one, more = (sc.deflated_sharpe(sharpe, 500, trials=n, trials_variance=variance) for n in (trials, 2.0 * trials))
    assert more <= one + 1e-12


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sc.probabilistic_sharpe(sharpe=math.nan, observations=10), "sharpe must be a finite number, was nan"),
        (lambda: sc.probabilistic_sharpe(sharpe=0.1, observations=1), "observations must be at least 2, was 1"),
        (lambda: sc.probabilistic_sharpe("0.1", 10), "sharpe must be a number, was '0.1'"),  # type: ignore[arg-type]
        (lambda: sc.probabilistic_sharpe(2.0, 10, 1.0, 0.0), "kurtosis is 3, not 0, for a normal distribution"),
        (lambda: sc.deflated_sharpe(0.1, 10, trials=0, trials_variance=0.1), "trials must be at least 1, was 0"),
        (lambda: sc.deflated_sharpe(0.1, 10, trials=5, trials_variance=-0.1), "trials_variance must be at least 0"),
        (lambda: sc.min_track_record(0.1, confidence=95.0), "confidence must be between 0.5 and 1"),
    ],
)
def test_what_makes_no_sense_is_one_line(call, words: str) -> None:
    with pytest.raises(sc.StatisticError, match=words) as error:
        call()
    assert "\n" not in str(error.value)

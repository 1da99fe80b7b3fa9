"""What is left of a Sharpe ratio: the paper's example, and adjusted p-values worked out by hand."""

from __future__ import annotations

import pytest

import simcore as sc
from simcore.overfitting.haircut import p_value

YEAR = 12**0.5


def test_the_example_of_the_paper() -> None:
    # Harvey and Liu (2015), "Backtesting": 0.75 a year over 240 months has a p-value of 0.0008; of 200 independent
    # tests it is 0.15, which leaves 0.32 a year, a haircut of about 60 %
    found = sc.haircut_sharpe(0.75 / YEAR, 240, trials=200, method="sidak")
    assert found.p_value == pytest.approx(0.0008, abs=5e-5)
    assert found.adjusted == pytest.approx(0.15, abs=5e-3)
    assert found.sharpe * YEAR == pytest.approx(0.32, abs=5e-3)
    assert found.haircut == pytest.approx(0.57, abs=5e-3)


def test_one_test_costs_nothing() -> None:
    for method in ("bonferroni", "sidak", "holm", "bhy"):
        found = sc.haircut_sharpe(0.2, 100, method=method)
        assert found.sharpe == pytest.approx(0.2)
        assert found.haircut == pytest.approx(0.0)
    assert sc.haircut_sharpe(0.0, 100, trials=5).haircut == 0.0


# p of 0.01 among 0.02, 0.03 and 0.5, which are four tests
OTHERS = [0.5, 0.02, 0.03]
BY_HAND = {
    "bonferroni": 0.04,  # 4 * 0.01
    "sidak": 1.0 - 0.99**4,
    "holm": 0.04,  # the smallest of four: 4 * 0.01
    "bhy": 25.0 / 12.0 * 0.04,  # 25/12 = 1 + 1/2 + 1/3 + 1/4; least of 4/1 * 0.01, 4/2 * 0.02, 4/3 * 0.03, 4/4 * 0.5
}


@pytest.mark.parametrize("method", BY_HAND)
def test_adjusted_p_values_by_hand(method: str) -> None:
    from statistics import NormalDist

    sharpe = NormalDist().inv_cdf(1.0 - 0.01 / 2.0) / 10.0
    assert p_value(sharpe, 100) == pytest.approx(0.01)
    given = {"others": OTHERS} if method in ("holm", "bhy") else {"trials": 4}
    found = sc.haircut_sharpe(sharpe, 100, method=method, **given)
    assert found.adjusted == pytest.approx(BY_HAND[method])
    assert p_value(found.sharpe, 100) == pytest.approx(BY_HAND[method])


def test_steps_are_those_of_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="needs the extra research")
    values = [0.0004, 0.2, 0.011, 0.03, 0.0099, 0.5, 0.04]
    from statistics import NormalDist

    for n, p in enumerate(values):
        sharpe = NormalDist().inv_cdf(1.0 - p / 2.0) / 10.0
        others = values[:n] + values[n + 1 :]
        for ours, theirs in (("holm", "holm"), ("bhy", "fdr_by"), ("sidak", "sidak"), ("bonferroni", "bonferroni")):
            got = sc.haircut_sharpe(sharpe, 100, method=ours, others=others).adjusted
            assert got == pytest.approx(multitest.multipletests(values, method=theirs)[1][n]), (ours, p)


def test_a_losing_strategy_stays_losing() -> None:
    found = sc.haircut_sharpe(-0.3, 100, trials=10)
    assert -0.3 < found.sharpe < 0.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"method": "holms"}, "method must be one of bonferroni, sidak, holm, bhy, was 'holms'"),
        ({"method": "holm", "trials": 5}, "holm needs the p-values of the 4 other trials, 0 were given"),
        ({"method": "bhy", "others": [1.5]}, "others must be p-values, from 0 to 1, one was 1.5"),
        ({"trials": 0.5}, "trials must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_one_line(given: dict, words: str) -> None:
    with pytest.raises(sc.StatisticError, match=words):
        sc.haircut_sharpe(0.1, 100, **given)

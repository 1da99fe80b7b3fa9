"""Cross-validation: folds, purged days and paths by hand."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import simcore as sc
from simcore.market.columns import Quotes
from simcore.research.cross_validate import OBJECTIVES, training_days
from tests.research.bots import SECOND, FastCross, quotes

DAY = 86_400 * SECOND
PARAMS = {"fast": [20, 50], "slow": [100, 300]}


@pytest.fixture(scope="module")
def data() -> Quotes:
    """Thirty days of quotes four minutes apart, from a Monday."""
    q = quotes(30 * 360, every=240 * SECOND)
    return Quotes("EURUSD", 19_737 * DAY + np.arange(len(q)) * 240 * SECOND, q.bid, q.ask)


def test_days_around_a_test_are_purged():
    looked = np.zeros(20, bool)
    looked[8:12] = True
    # purge 2: days 6, 7 before; 12, 13 after; embargo 3: 14, 15, 16 as well
    assert np.flatnonzero(training_days(looked, 2, 3)).tolist() == [0, 1, 2, 3, 4, 5, 17, 18, 19]
    assert np.flatnonzero(training_days(looked, 0, 0)).tolist() == [*range(8), *range(12, 20)]


def test_k_folds_choose_without_their_test(data):
    found = sc.cross_validate(FastCross, data, params=PARAMS, folds=5, objective="Return [%]")
    assert found.splits.height == 5
    assert found.fold.tolist() == [n // 6 for n in range(30)]
    table = sc.sweep(FastCross, data, params=PARAMS)
    assert found.returns.shape == (30, 4)
    for n in range(4):
        assert np.prod(1.0 + found.returns[:, n]) - 1.0 == pytest.approx(table["Return [%]"][n] / 100.0)
    for split, row in enumerate(found.splits.iter_rows(named=True)):
        kept = [d for d in range(30) if d < 6 * split - 1 or d >= 6 * split + 6 + 1]
        growth = np.prod(1.0 + found.returns[kept], axis=0)
        assert row["train days"] == len(kept)
        assert {"fast": row["fast"], "slow": row["slow"]} == found.rows[int(np.argmax(growth))]
        own = found.returns[6 * split : 6 * split + 6, found.chosen[split]]
        assert row["test objective"] == pytest.approx(100.0 * (np.prod(1.0 + own) - 1.0))
    assert found.paths.shape == (30, 2)


def test_combinations_of_folds_give_paths_that_hold_each_day_once(data):
    found = sc.cross_validate(FastCross, data, params=PARAMS, folds=6, tests=2, purge=1, embargo=1)
    # comb(6, 2) = 15 splits, each fold a test in 5 of them: 15 * 2 / 6 = 5 paths
    assert found.splits.height == math.comb(6, 2) == 15
    assert found.paths.shape == (30, 1 + 5)
    used = {k: [n for n, test in enumerate(found.tests) if k in test] for k in range(6)}
    for path in range(5):
        column = found.paths[str(path)].to_numpy()
        for day in range(30):
            split = used[int(found.fold[day])][path]
            assert column[day] == found.returns[day, found.chosen[split]]
    assert found.stats.height == 5


def test_objectives_by_hand():
    r = np.array([0.1, -0.5, 0.2])
    assert OBJECTIVES["Return [%]"](r) == pytest.approx(100.0 * (1.1 * 0.5 * 1.2 - 1.0))
    assert OBJECTIVES["Max. Drawdown [%]"](r) == pytest.approx(-50.0)
    # mean -1/15, deviation of 0.1, -0.5, 0.2: sqrt((0.1667^2 + 0.4333^2 + 0.2667^2) / 2) = 0.37859
    assert OBJECTIVES["Sharpe Ratio"](r) == pytest.approx(-1.0 / 15.0 / 0.378594 * math.sqrt(252), rel=1e-5)
    # downside: sqrt(0.25 / 3) = 0.288675
    assert OBJECTIVES["Sortino Ratio"](r) == pytest.approx(-1.0 / 15.0 / 0.288675 * math.sqrt(252), rel=1e-5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"folds": 40}, "40 folds of at least 2 days are longer than the data: 30 days"),
        ({"folds": 1}, "folds must be a whole number of at least 2, was 1"),
        ({"tests": 5}, "tests = 5 of 5 folds leave none to train on"),
        ({"folds": 30, "tests": 15}, "splits are too many"),
        ({"objective": "Sharp Ratio"}, "did you mean 'Sharpe Ratio'?"),
        ({"params": {"fast": [0]}}, "all 1 combinations failed; the first: Cross._fast: EMA needs a period"),
        ({"purge": 30}, "the objective is nan in training without folds (0,)"),
    ],
)
def test_bad_input_is_one_line(data, given, told):
    with pytest.raises(sc.ConfigError, match=re.escape(told)):
        sc.cross_validate(FastCross, data, **{"params": PARAMS, **given})

"""White's reality check and Hansen's SPA: arch's own p-values, and both tests written out."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import simcore as sc

bootstrap = pytest.importorskip("arch.bootstrap", reason="needs the extra research")

RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal((250, 8)) * np.linspace(0.005, 0.02, 8)
REPS = 200


@pytest.mark.parametrize(("test", "which"), [(sc.spa, "consistent"), (sc.reality_check, "upper")])
def test_they_are_archs(test, which: str) -> None:
    benchmark = NOISE[:, 7]
    archs = bootstrap.SPA(-benchmark, -NOISE[:, :7], reps=REPS, seed=4)
    archs.compute()
    found = test(NOISE[:, :7], benchmark, reps=REPS, seed=4)
    assert [found.lower, found.consistent, found.upper] == archs.pvalues.tolist()
    assert found == found.p_value == archs.pvalues[which]


def drawn(returns: np.ndarray, reps: int, length: float) -> np.ndarray:
    """Means of the stationary bootstrap (reps, trials): runs of random length."""
    rng, n = np.random.default_rng(8), len(returns)
    found = np.empty((reps, returns.shape[1]))
    for one in range(reps):
        begins = rng.random(n) < 1.0 / length
        begins[0] = True
        first = np.flatnonzero(begins)
        start = rng.integers(n, size=first.size)
        run = np.cumsum(begins) - 1
        found[one] = returns[(start[run] + np.arange(n) - first[run]) % n].mean(axis=0)
    return found


@pytest.mark.parametrize("hansen", [False, True], ids=["White", "Hansen"])
@pytest.mark.parametrize("skill", [0.0, 0.0008])
def test_the_p_values_written_out(skill: float, hansen: bool) -> None:
    # White: the highest of root T times the means. Hansen: each over its deviation, and trials so bad that they cannot
    # matter, mean below -sqrt(2 log log T) deviations, are not centred
    returns = NOISE + skill * (np.arange(8) == 0)
    n, mean, means = len(returns), returns.mean(axis=0), drawn(returns, 2_000, 16.0)
    deviation = n**0.5 * means.std(axis=0) if hansen else np.ones(8)
    bad = mean < -deviation / n**0.5 * np.sqrt(2.0 * np.log(np.log(n))) if hansen else np.zeros(8, bool)
    highest = (n**0.5 * mean / deviation).max()
    above = (n**0.5 * (means - np.where(bad, 0.0, mean)) / deviation).max(axis=1) > highest
    test = partial(sc.spa, studentize=True) if hansen else sc.reality_check
    assert test(returns, reps=1_000, block_size=16) == pytest.approx(above.mean(), abs=0.04)


def test_a_trial_that_varies_much_hides_no_other() -> None:
    returns = np.random.default_rng(5).standard_normal((400, 6)) * [1.0, 1.0, 1.0, 1.0, 1.0, 20.0]
    returns[:, 0] += 0.35
    assert sc.spa(returns, reps=REPS, studentize=True) < 0.01
    assert sc.spa(returns, reps=REPS) > 0.2
    assert sc.reality_check(returns, reps=REPS) > 0.2


def test_skill_is_seen_and_noise_is_not() -> None:
    skilled = NOISE.copy()
    skilled[:, 2] += 0.004
    assert sc.spa(skilled, reps=REPS) < 0.01
    assert sc.spa(skilled, reps=REPS).best == 2
    assert sc.spa(NOISE, reps=REPS) > 0.05


def test_a_benchmark_may_be_one_number() -> None:
    assert sc.spa(NOISE, 0.001, reps=50) == sc.spa(NOISE - 0.001, np.zeros(250), reps=50)
    assert sc.spa(NOISE[:, 0], reps=50).trials == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sc.spa(NOISE, NOISE[:5, 0]), r"benchmark has shape \(5,\), returns has 250 periods"),
        (lambda: sc.spa(NOISE, "x"), "benchmark must be a number or one a period"),
        (lambda: sc.spa(NOISE, np.where(np.arange(250) == 9, np.nan, 0.0)), "benchmark must be finite, row 9 is not"),
        (lambda: sc.spa(NOISE, NOISE[:, 3]), "column 3 does not vary against the benchmark"),
        (lambda: sc.spa(NOISE[:5]), "needs at least 10 periods, returns has 5"),
        (lambda: sc.spa(NOISE, reps=0), "reps must be a whole number of at least 10, was 0"),
        (lambda: sc.reality_check(NOISE, block_size=0.5), "block_size must be a whole number of at least 1, was 0.5"),
    ],
)
def test_what_makes_no_sense_is_one_line(call, words: str) -> None:
    with pytest.raises(sc.StatisticError, match=words):
        call()

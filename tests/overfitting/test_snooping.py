"""White's reality check and Hansen's SPA: arch's own p-values, and a bootstrap written out."""

from __future__ import annotations

import numpy as np
import pytest

import simcore as sc

bootstrap = pytest.importorskip("arch.bootstrap", reason="needs the extra research")

RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal((250, 8)) * np.linspace(0.005, 0.02, 8)
REPS = 200


def test_they_are_archs() -> None:
    benchmark = NOISE[:, 7]
    test = bootstrap.SPA(-benchmark, -NOISE[:, :7], reps=REPS, seed=4)
    test.compute()
    found = sc.spa(NOISE[:, :7], benchmark, reps=REPS, seed=4)
    assert [found.lower, found.consistent, found.upper] == test.pvalues.tolist()
    assert found == found.p_value == test.pvalues["consistent"]
    white = bootstrap.SPA(-benchmark, -NOISE[:, :7], reps=REPS, seed=4, studentize=False)
    white.compute()
    assert sc.reality_check(NOISE[:, :7], benchmark, reps=REPS, seed=4) == white.pvalues["upper"]


def test_whites_p_value_written_out() -> None:
    # the stationary bootstrap: runs of random length (mean 16), the statistic the highest of root T times the means
    rng, n, reps = np.random.default_rng(8), len(NOISE), 2_000
    mean = NOISE.mean(axis=0)
    highest = n**0.5 * mean.max()
    above = 0
    for _ in range(reps):
        at = np.empty(n, int)
        for i in range(n):
            at[i] = rng.integers(n) if i == 0 or rng.random() < 1.0 / 16.0 else (at[i - 1] + 1) % n
        above += n**0.5 * (NOISE[at].mean(axis=0) - mean).max() > highest
    assert sc.reality_check(NOISE, reps=1_000, block_size=16) == pytest.approx(above / reps, abs=0.05)


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

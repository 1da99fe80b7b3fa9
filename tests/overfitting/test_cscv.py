"""The probability of backtest overfitting: against the slow and obvious way, and another package's figures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simcore as sc


def naive(matrix: np.ndarray, blocks: int) -> tuple[float, list[float]]:
    """The paper's steps, one after the other."""
    parts = np.array_split(np.arange(len(matrix)), blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = matrix[np.concatenate([parts[b] for b in chosen])]
        outside = matrix[np.concatenate([parts[b] for b in range(blocks) if b not in chosen])]
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0, ddof=1)))
        sharpes = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        rank = 1 + sum(one < sharpes[best] for one in sharpes)
        share = rank / (matrix.shape[1] + 1)
        logits.append(np.log(share / (1.0 - share)))
    return float(np.mean([one <= 0.0 for one in logits])), logits


@given(st.integers(2, 9), st.sampled_from([2, 4, 6]), st.integers(0, 1000), st.integers(0, 5))
def test_it_is_what_the_paper_does_step_by_step(trials: int, blocks: int, seed: int, odd: int) -> None:
    matrix = np.random.default_rng(seed).standard_normal((12 * blocks + odd, trials))
    found = sc.pbo(matrix, blocks=blocks)
    share, logits = naive(matrix, blocks)
    assert found == pytest.approx(share)
    assert found.logits == pytest.approx(np.array(logits))


@pytest.mark.parametrize(
    ("periods", "trials", "blocks", "seed", "probability", "slope", "loss"),
    [
        (500, 8, 8, 7, 0.4, -0.5149050635761945, 0.45714285714285713),
        (503, 12, 10, 8, 0.2261904761904762, -0.6793728139652472, 0.25793650793650796),
        (320, 5, 16, 9, 0.611033411033411, -0.7259550134496365, 0.36487956487956485),
    ],
)
def test_it_is_what_another_package_finds(periods, trials, blocks, seed, probability, slope, loss) -> None:
    # fynance 2.13.1, fynance.research.pbo, of the same matrices
    matrix = np.random.default_rng(seed).standard_normal((periods, trials)) * 0.01
    matrix[:, 1] += 0.0006
    if trials == 5:
        matrix[:160, 2] = 0.0
    found = sc.pbo(matrix, blocks=blocks)
    assert found.pbo == probability
    assert found.slope == pytest.approx(slope)
    assert found.loss == loss


def test_two_trials_and_two_blocks_by_hand() -> None:
    # block 1: A 1, 3 (Sharpe 2/sqrt 2), B 0, 1 (0.5/sqrt 0.5); block 2: A -1, -2, B 1, 2. A is best in the first and
    # worst in the second: rank 1 of 2, share 1/3, overfit. B is best in the second, worse than A in the first: overfit.
    found = sc.pbo([[1.0, 0.0], [3.0, 1.0], [-1.0, 1.0], [-2.0, 2.0]], blocks=2)
    assert found == 1.0
    assert found.best.tolist() == [0, 1]
    assert found.logits == pytest.approx([np.log(0.5), np.log(0.5)])
    assert found.out_of_sample == pytest.approx([-1.5 / 0.5**0.5, 0.5 / 0.5**0.5])


def test_noise_is_near_one_half_and_skill_near_zero() -> None:
    rng = np.random.default_rng(5)
    noise = np.array([sc.pbo(rng.standard_normal((240, 20)), blocks=8) for _ in range(40)])
    assert abs(noise.mean() - 0.5) < 0.1
    skilled = rng.standard_normal((240, 20))
    skilled[:, 3] += 0.5
    assert sc.pbo(skilled, blocks=8) == 0.0


def test_a_trial_that_never_moves_is_no_error() -> None:
    matrix = np.random.default_rng(1).standard_normal((64, 4)) - 0.5
    matrix[:, 2] = 0.0
    found = sc.pbo(matrix, blocks=4)
    assert (found.best == 2).all()  # all others lose
    assert found == 0.0


def test_frames_are_matrices_too() -> None:
    matrix = np.random.default_rng(2).standard_normal((64, 3))
    days = pd.date_range("2024-01-01", periods=64)
    polars = pl.DataFrame(matrix, schema=["a", "b", "c"]).with_columns(ts=pl.Series(days.to_numpy()))
    expected = sc.pbo(matrix, blocks=4)
    assert sc.pbo(pd.DataFrame(matrix, index=days), blocks=4) == expected
    assert sc.pbo(polars, blocks=4) == expected
    assert repr(expected) == f"Overfitting({float(expected):.4f}, 3 trials, 6 ways)"


NOISE = np.random.default_rng(3).standard_normal((64, 3))


@pytest.mark.parametrize(
    ("matrix", "blocks", "words"),
    [
        (NOISE[:, :1], 4, "needs at least 2 trials, returns has 1 columns"),
        (NOISE[:, 0], 4, r"returns must be a matrix, rows periods and columns trials, was \(64,\)"),
        (NOISE, 5, "blocks must be an even number from 2 to 20, was 5"),
        (NOISE, 22, "blocks must be an even number from 2 to 20, was 22"),
        (NOISE, "4", "blocks must be an even number"),
        (NOISE[:20], 16, "20 periods are too few for 16 blocks of at least 2"),
        (np.where(NOISE[7, 1] == NOISE, np.nan, NOISE), 4, "row 7 of column 1 is nan"),
        (np.full((64, 3), np.nan), 4, r"row 0 of column 0 is nan \(all of them are\)"),
        ([["a", "b"]] * 64, 4, "returns must be numbers"),
    ],
)
def test_what_makes_no_sense_is_one_line(matrix, blocks, words: str) -> None:
    with pytest.raises(sc.StatisticError, match=words) as error:
        sc.pbo(matrix, blocks=blocks)
    assert "\n" not in str(error.value)

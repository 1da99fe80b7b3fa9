"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

The periods are cut into an even number of blocks. For each way to take one half of the blocks, the trial with the
highest Sharpe ratio in this half is looked up in the other. Where choosing means something, it is good there too; where
it is overfitting, it is anywhere. The probability is the share of the ways in which it is no better than the median.
Near one half, choosing by the past has said nothing about the future; above, it was misleading.

Assumes columns of returns over the same periods. A trial that did not move in a half has a Sharpe ratio of zero there.

Source: D. Bailey, J. Borwein, M. López de Prado and Q. Zhu, "The Probability of Backtest Overfitting", Journal of
Computational Finance 20 (2017).
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np

from simcore.overfitting.errors import StatisticError
from simcore.overfitting.matrix import Float64, matrix_of

MOST_BLOCKS: Final = 20  # 184,756 ways
AT_ONCE: Final = 1 << 22  # numbers held of all ways and trials
CERTAIN: Final = 1e6  # the Sharpe ratio of what always gained the same


class Overfitting(float):
    """The probability of backtest overfitting, a number, and what it was made of.

    logits (ways,): of the relative rank, in the other half, of the best of each half; at or below 0 is overfitting.
    in_sample, out_of_sample (ways,): the Sharpe ratios of the best, per period, in both halves. best (ways,): which.
    """

    logits: Float64
    in_sample: Float64
    out_of_sample: Float64
    best: Any
    trials: int
    blocks: int

    @property
    def pbo(self) -> float:
        """The number itself."""
        return float(self)

    @property
    def loss(self) -> float:
        """The share of the ways in which the best of one half lost money in the other."""
        return float(np.mean(self.out_of_sample < 0.0))

    @property
    def slope(self) -> float:
        """How much of one more in the Sharpe ratio of one half is found in the other, by least squares."""
        x = self.in_sample - self.in_sample.mean()
        spread = float(x @ x)
        return float(x @ (self.out_of_sample - self.out_of_sample.mean())) / spread if spread > 0.0 else 0.0

    def __repr__(self) -> str:
        return f"Overfitting({float(self):.4f}, {self.trials} trials, {self.logits.size:,} ways)"


def pbo(returns: Any, blocks: int = 16) -> Overfitting:
    """The probability that the best of these trials, chosen by its past, is no better than the median afterwards.

    returns: (periods, trials), an array or a frame of returns per period, at least two trials. blocks: even, at least
    2 and at most 20; blocks that do not divide the periods differ by one in length. Raises StatisticError.
    """
    matrix = matrix_of("pbo", returns, 2)
    blocks = blocks.item() if isinstance(blocks, np.integer) else blocks
    if isinstance(blocks, bool) or not isinstance(blocks, int) or blocks % 2 or not 2 <= blocks <= MOST_BLOCKS:
        raise StatisticError(f"pbo: blocks must be an even number from 2 to {MOST_BLOCKS}, was {blocks!r}")
    periods, trials = matrix.shape
    if periods < 2 * blocks:
        raise StatisticError(
            f"pbo: {periods} periods are too few for {blocks} blocks of at least 2; give more, or fewer blocks"
        )
    halves = _halves(blocks)
    sums = _Sums(matrix, blocks)
    step = max(1, AT_ONCE // trials)
    parts = [_compared(sums, halves[at : at + step]) for at in range(0, len(halves), step)]
    best, inside, outside, rank = (np.concatenate(column) for column in zip(*parts, strict=True))
    share = rank / (trials + 1.0)
    made = Overfitting(np.mean(share <= 0.5))
    made.logits, made.in_sample, made.out_of_sample, made.best = np.log(share / (1.0 - share)), inside, outside, best
    made.trials, made.blocks = trials, blocks
    return made


def _halves(blocks: int) -> Float64:
    """Every way to take half of the blocks, (ways, blocks): 1 for those that are taken."""
    taken = np.zeros((comb(blocks, blocks // 2), blocks))
    for row, chosen in zip(taken, combinations(range(blocks), blocks // 2), strict=True):
        row[list(chosen)] = 1.0
    return taken


class _Sums:
    """Block by block: how many periods, and sums and sums of squares of each trial about its own mean."""

    def __init__(self, matrix: Float64, blocks: int) -> None:
        self.mean = matrix.mean(axis=0)
        parts = np.array_split(matrix - self.mean, blocks)
        self.count = np.array([float(len(part)) for part in parts])
        self.sum = np.array([part.sum(axis=0) for part in parts])
        self.square = np.array([(part**2).sum(axis=0) for part in parts])

    def sharpes(self, taken: Float64) -> Float64:
        """(ways, trials)."""
        n = (taken @ self.count)[:, None]
        total, square = taken @ self.sum, taken @ self.square
        mean = total / n + self.mean
        around = square - total**2 / n
        still = around <= 1e-12 * (square + n * self.mean**2)
        spread = np.sqrt(np.where(still, 1.0, around) / (n - 1.0))
        gained = np.abs(mean) > 1e-9 * np.abs(self.mean).max(initial=1e-300)
        return np.where(still, np.where(gained, np.sign(mean) * CERTAIN, 0.0), mean / spread)


def _compared(sums: _Sums, taken: Float64) -> tuple[Any, Float64, Float64, Float64]:
    """The best of each half, its Sharpe ratio in both, and its rank in the other: 1 the worst, ties halfway."""
    inside, outside = sums.sharpes(taken), sums.sharpes(1.0 - taken)
    best = inside.argmax(axis=1)
    rows = np.arange(len(taken))
    own = outside[rows, best][:, None]
    lower, equal = (outside < own).sum(axis=1), (outside == own).sum(axis=1)
    return best, inside[rows, best], own[:, 0], lower + (equal + 1.0) / 2.0

"""What is left of a Sharpe ratio after as many tests.

Assumes a Sharpe ratio per period of independent normal returns, so that times the root of their number it is the t
statistic of a mean above zero, tested from both sides. The p-value of the one test is made that of many, and the
Sharpe ratio that alone would have this p-value is what is left.

Source: C. Harvey and Y. Liu, "Backtesting", Journal of Portfolio Management 42 (2015). Holm's and the Benjamini,
Hochberg and Yekutieli adjustment need the p-values of the other tests, which the trial ledger knows; the paper has to
assume their distribution. Both are as Holm (1979) and Benjamini and Yekutieli (2001) have them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simcore.overfitting.errors import StatisticError, at_least, finite
from simcore.overfitting.sharpe import NORMAL, below

METHODS: Final = ("bonferroni", "sidak", "holm", "bhy")


@dataclass(frozen=True)
class Haircut:
    """sharpe: what is left, per period. haircut: the share that is gone. p_value: of one test; adjusted: of many."""

    sharpe: float
    haircut: float
    p_value: float
    adjusted: float


def haircut_sharpe(
    sharpe: float,
    observations: float,
    *,
    trials: float | None = None,
    method: str = "bonferroni",
    others: Sequence[float] = (),
) -> Haircut:
    """The Sharpe ratio per period after the tests that were made.

    trials: how many, this one included; default 1 and the number of `others`. method: bonferroni; sidak, for tests
    that are independent; holm or bhy, by `others`, the p-values of the other trials. Raises StatisticError.
    """
    finite("haircut_sharpe", sharpe=sharpe)
    at_least("haircut_sharpe", 2.0, observations=observations)
    tests = 1.0 + len(others) if trials is None else trials
    at_least("haircut_sharpe", 1.0, trials=tests)
    if method not in METHODS:
        raise StatisticError(f"haircut_sharpe: method must be one of {', '.join(METHODS)}, was {method!r}")
    p = p_value(sharpe, observations)
    adjusted = _adjusted(p, tests, method, others)
    left = max(0.0, -NORMAL.inv_cdf(adjusted / 2.0)) if adjusted > 0.0 else math.inf
    left = math.copysign(min(left / math.sqrt(observations), abs(sharpe)), sharpe)
    return Haircut(left, 1.0 - left / sharpe if sharpe else 0.0, p, adjusted)


def p_value(sharpe: float, observations: float) -> float:
    """Of a Sharpe ratio per period, from both sides."""
    return 2.0 * below(-abs(sharpe) * math.sqrt(observations))


def _adjusted(p: float, tests: float, method: str, others: Sequence[float]) -> float:
    if method == "bonferroni":
        return min(1.0, p * tests)
    if method == "sidak":
        return -math.expm1(tests * math.log1p(-p)) if p < 1.0 else 1.0
    if len(others) + 1 != tests:
        raise StatisticError(
            f"haircut_sharpe: {method} needs the p-values of the {tests - 1:g} other trials, {len(others)} were given"
        )
    values = np.array([p, *others], np.float64)
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise StatisticError(f"haircut_sharpe: others must be p-values, from 0 to 1, one was {_odd(others)!r}")
    order = np.argsort(values, kind="stable")
    rank = int(np.flatnonzero(order == 0)[0])
    ordered, n = values[order], values.size
    if method == "holm":
        steps = np.maximum.accumulate(ordered * np.arange(n, 0, -1))
    else:
        harmonic = float(np.sum(1.0 / np.arange(1, n + 1)))
        steps = np.minimum.accumulate((ordered * harmonic * n / np.arange(1, n + 1))[::-1])[::-1]
    return float(min(1.0, steps[rank]))


def _odd(others: Sequence[float]) -> float:
    return next(one for one in others if not 0.0 <= one <= 1.0)

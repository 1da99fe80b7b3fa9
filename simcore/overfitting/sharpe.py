"""The Sharpe ratio against chance.

Assumes a Sharpe ratio per period (that of a year over the root of the periods a year), the number of returns it was
made of, their skewness and their kurtosis (3 for a normal distribution). Returns are taken for independent of each
other; what is correlated in time deserves less confidence than these say.

Sources: D. Bailey and M. López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012), for the
probabilistic ratio and the minimum track record; the same, "The Deflated Sharpe Ratio", Journal of Portfolio Management
40 (2014), for the deflated ratio and the best of many trials.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from simcore.overfitting.errors import StatisticError, at_least, finite

EULER_MASCHERONI: Final = 0.5772156649015329
NORMAL: Final = NormalDist()
FEWEST: Final = 10  # returns below which a result says nothing of its Sharpe ratio


def probabilistic_sharpe(
    sharpe: float, observations: float, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """The probability that the true Sharpe ratio is above `benchmark`, by the observed one.

    sharpe, benchmark: per period. observations: returns it is made of, at least 2. Raises StatisticError.
    """
    finite("probabilistic_sharpe", sharpe=sharpe, skew=skew, kurtosis=kurtosis, benchmark=benchmark)
    at_least("probabilistic_sharpe", 2.0, observations=observations)
    error = _error("probabilistic_sharpe", sharpe, skew, kurtosis)
    return below((sharpe - benchmark) * math.sqrt(observations - 1.0) / error)


def deflated_sharpe(
    sharpe: float,
    observations: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    *,
    trials: float,
    trials_variance: float,
) -> float:
    """The probability that the true Sharpe ratio is above zero, where it is that of the best of so many trials.

    trials: how many there were, 1 or more. trials_variance: the variance of their Sharpe ratios, per period squared.
    With one trial it is the probabilistic Sharpe ratio. Raises StatisticError.
    """
    best = expected_max_sharpe(trials, trials_variance)
    return probabilistic_sharpe(sharpe, observations, skew, kurtosis, benchmark=best)


def expected_max_sharpe(trials: float, trials_variance: float) -> float:
    """The Sharpe ratio per period that the best of so many trials without any skill may be expected to show."""
    at_least("deflated_sharpe", 1.0, trials=trials)
    at_least("deflated_sharpe", 0.0, trials_variance=trials_variance)
    if trials == 1.0:
        return 0.0
    one, other = -NORMAL.inv_cdf(1.0 / trials), -NORMAL.inv_cdf(1.0 / (trials * math.e))
    return math.sqrt(trials_variance) * ((1.0 - EULER_MASCHERONI) * one + EULER_MASCHERONI * other)


def min_track_record(
    sharpe: float, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0, confidence: float = 0.95
) -> float:
    """How many returns it takes to be so confident that the true ratio is above `benchmark`; inf where it is not.

    sharpe, benchmark: per period. Raises StatisticError.
    """
    finite("min_track_record", sharpe=sharpe, skew=skew, kurtosis=kurtosis, benchmark=benchmark, confidence=confidence)
    if not 0.5 < confidence < 1.0:
        raise StatisticError(f"min_track_record: confidence must be between 0.5 and 1, such as 0.95, was {confidence}")
    error = _error("min_track_record", sharpe, skew, kurtosis)
    if sharpe <= benchmark:
        return math.inf
    root = error * NORMAL.inv_cdf(confidence) / (sharpe - benchmark)
    return 1.0 + root * root


def below(z: float) -> float:
    """The probability of a normal number below z, exact in both tails."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _error(what: str, sharpe: float, skew: float, kurtosis: float) -> float:
    """The standard error of a Sharpe ratio, times the root of the observations less one (Mertens 2002)."""
    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not variance > 0.0:
        raise StatisticError(
            f"{what}: no returns have skew {skew:g} and kurtosis {kurtosis:g} together with a Sharpe ratio of "
            f"{sharpe:g} per period; kurtosis is 3, not 0, for a normal distribution"
        )
    return math.sqrt(variance)

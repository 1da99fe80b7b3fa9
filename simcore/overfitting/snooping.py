"""Whether the best of many trials beats a benchmark, by more than the luck of having tried many.

White's reality check and Hansen's test of superior predictive ability, both by the stationary bootstrap, which keeps
runs of periods together. The p-value is the chance of a best trial as good as this one where none is better than the
benchmark. White compares means with every trial's; Hansen leaves out what is too bad to matter. Both p-values are those
of the package `arch` (extra `research`). Hansen's paper divides each mean by its deviation as well, which arch does not
(to 8.0 at least, whatever its `studentize` is told): `spa(..., studentize=True)` does.

Sources: H. White, "A Reality Check for Data Snooping", Econometrica 68 (2000); P. Hansen, "A Test for Superior
Predictive Ability", Journal of Business & Economic Statistics 23 (2005).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.overfitting.errors import StatisticError
from simcore.overfitting.matrix import Float64, matrix_of


class Snooping(float):
    """A p-value, a number, with its bounds, and the trial with the highest mean against the benchmark.

    consistent is Hansen's; lower leaves out every trial worse than the benchmark, upper none of them, as White does.
    """

    lower: float
    consistent: float
    upper: float
    best: int
    trials: int

    @property
    def p_value(self) -> float:
        """The number itself."""
        return float(self)

    def __repr__(self) -> str:
        return f"Snooping({float(self):.4f}, {self.trials} trials, lower {self.lower:.4f}, upper {self.upper:.4f})"


def spa(
    returns: Any,
    benchmark: Any = 0.0,
    *,
    reps: int = 1_000,
    block_size: int | None = None,
    studentize: bool = False,
    seed: int = 0,
) -> Snooping:
    """Hansen's test: the p-value of "no trial is better than the benchmark".

    returns: (periods, trials), an array or a frame of returns per period. benchmark: (periods,), or one number for all.
    reps: bootstrap samples. block_size: the mean length of runs kept together, default the root of the periods.
    studentize: compare each mean over its long-run deviation, so that a trial that varies much does not hide the
    others; of use where trials differ in volatility and periods are many enough to tell it.
    Raises StatisticError for what does not fit, or where `arch` is not installed.
    """
    return _tested("spa", "consistent", returns, benchmark, reps, block_size, seed, studentize)


def reality_check(
    returns: Any, benchmark: Any = 0.0, *, reps: int = 1_000, block_size: int | None = None, seed: int = 0
) -> Snooping:
    """White's reality check: the p-value of "no trial is better than the benchmark"; arguments as `spa` has them.

    Trials that are worse than the benchmark count, so bad ones in great number make it blunt; `spa` was made for that.
    """
    return _tested("reality_check", "upper", returns, benchmark, reps, block_size, seed, studentize=False)


def _tested(
    what: str,
    which: str,
    returns: Any,
    benchmark: Any,
    reps: int,
    block_size: int | None,
    seed: int,
    studentize: bool,
) -> Snooping:
    matrix = matrix_of(what, returns, 1)
    against = _benchmark(what, benchmark, len(matrix))
    for name, value, least in (("reps", reps, 10), ("block_size", block_size, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise StatisticError(f"{what}: {name} must be a whole number of at least {least}, was {value!r}")
    if len(matrix) < 10:
        raise StatisticError(f"{what}: needs at least 10 periods, returns has {len(matrix)}")
    gained = matrix - against[:, None]
    if (np.ptp(gained, axis=0) == 0.0).any():
        column = int(np.flatnonzero(np.ptp(gained, axis=0) == 0.0)[0])
        raise StatisticError(f"{what}: column {column} does not vary against the benchmark; leave it out")
    try:
        from arch.bootstrap import SPA
    except ImportError as error:
        raise StatisticError(f"{what} needs the package arch: pip install 'simcore[research]'") from error
    length = block_size or int(len(matrix) ** 0.5)
    weighed = gained / _deviations(gained, length) if studentize else gained
    test = SPA(np.zeros(len(matrix)), -weighed, block_size=length, reps=reps, seed=seed)
    test.compute()
    found = test.pvalues
    made = Snooping(found[which])
    made.lower, made.consistent, made.upper = (float(found[name]) for name in ("lower", "consistent", "upper"))
    made.best, made.trials = int(gained.mean(axis=0).argmax()), matrix.shape[1]
    return made


def _deviations(gained: Float64, length: int) -> Float64:
    """The long-run deviation of each column, as the stationary bootstrap of this mean length has it.

    Politis and Romano (1994), lemma 1; where it is not above zero, the plain deviation.
    """
    n, stay = len(gained), 1.0 - 1.0 / length
    centred = gained - gained.mean(axis=0)
    power = np.abs(np.fft.rfft(centred, 2 * n, axis=0)) ** 2
    covariance = np.fft.irfft(power, 2 * n, axis=0)[:n] / n  # by lag
    lag = np.arange(1, n)
    weight = (1.0 - lag / n) * stay**lag + lag / n * stay ** (n - lag)
    found = covariance[0] + 2.0 * weight @ covariance[1:]
    return np.asarray(np.sqrt(np.where(found > 0.0, found, covariance[0])))


def _benchmark(what: str, given: Any, periods: int) -> Float64:
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticError(f"{what}: benchmark must be a number or one a period ({error})") from error
    if found.ndim == 2 and 1 in found.shape:
        found = found.ravel()
    if found.ndim == 0:
        found = np.full(periods, float(found))
    if found.shape != (periods,):
        raise StatisticError(f"{what}: benchmark has shape {found.shape}, returns has {periods} periods")
    if not np.isfinite(found).all():
        raise StatisticError(f"{what}: benchmark must be finite, row {int(np.argmin(np.isfinite(found)))} is not")
    return found

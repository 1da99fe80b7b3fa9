"""What a record of returns proves, given what else was tried: the figures, and what they mean in words.

Assumes returns per period of the strategy that was chosen, and of the other trials what the ledger kept. A probability
of 95 % is what people call proof; every sentence says how far from it a result is. Periods are trading days.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simcore.overfitting.cscv import Overfitting, pbo
from simcore.overfitting.errors import StatisticError
from simcore.overfitting.haircut import Haircut, haircut_sharpe, p_value
from simcore.overfitting.matrix import Float64
from simcore.overfitting.sharpe import (
    FEWEST,
    deflated_sharpe,
    expected_max_sharpe,
    min_track_record,
    probabilistic_sharpe,
)
from simcore.overfitting.snooping import Snooping, reality_check, spa

PROOF: Final = 0.95
BLOCKS: Final = (16, 14, 12, 10, 8, 6, 4)
WORK: Final = 10_000_000  # ways times trials
NAN: Final = float("nan")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Figures of one record; Sharpe ratios per year where the name says so, else per day. nan: cannot be said.

    trials: how many there were, this one included. expected: what the best of as many without skill would show.
    """

    sharpe: float
    observations: int
    skew: float
    kurtosis: float
    per_year: float
    trials: int = 1
    trials_variance: float = 0.0
    probabilistic: float = NAN
    deflated: float = NAN
    expected: float = NAN
    min_track_record: float = NAN
    haircut: Haircut | None = None
    pbo: Overfitting | None = None
    spa: Snooping | None = None
    reality_check: Snooping | None = None
    counted: bool = True  # whether there is a ledger to count by

    @property
    def sharpe_year(self) -> float:
        """The Sharpe ratio of a year."""
        return self.sharpe * math.sqrt(self.per_year)

    def figures(self) -> dict[str, float]:
        """Name -> value, in the order of the report."""
        cut = self.haircut
        year = math.sqrt(self.per_year)
        return {
            "Sharpe Ratio (Daily)": self.sharpe_year,
            "Daily Returns": float(self.observations),
            "Probabilistic Sharpe [%]": 100.0 * self.probabilistic,
            "Min. Track Record": math.ceil(self.min_track_record)
            if math.isfinite(self.min_track_record)
            else self.min_track_record,
            "Trials": float(self.trials),
            "Best of Trials by Luck": self.expected * year,
            "Deflated Sharpe [%]": 100.0 * self.deflated,
            "Haircut Sharpe Ratio": NAN if cut is None else cut.sharpe * year + 0.0,
            "Haircut [%]": NAN if cut is None else 100.0 * cut.haircut,
            "Backtest Overfitting [%]": NAN if self.pbo is None else 100.0 * self.pbo,
            "Hansen's SPA, p-value": NAN if self.spa is None else float(self.spa),
            "White's Reality Check, p-value": NAN if self.reality_check is None else float(self.reality_check),
        }

    def sentences(self) -> list[str]:
        """What the figures mean, a sentence or two each."""
        if math.isnan(self.probabilistic):
            there = "one daily return" if self.observations == 1 else f"{self.observations:,} daily returns"
            why = f"at least {FEWEST} are needed" if self.observations < FEWEST else "they do not vary"
            return [f"There is no saying whether this is skill or luck: of {there}, {why}."]
        return list(self._said())

    def _said(self) -> Iterator[str]:
        chance = f"{100.0 * (1.0 - self.probabilistic):.3g} %"
        yield (
            f"The Sharpe ratio is {self.sharpe_year:.2f} a year, of {self.observations:,} daily returns. Without any "
            f"skill, a record of this length shows as much or more by luck in {chance} of cases (probabilistic Sharpe "
            f"ratio {_percent(self.probabilistic)})."
        )
        yield self._track()
        yield from self._tried()
        if self.pbo is not None:
            yield (
                f"In {_percent(self.pbo)} of the ways to part the days into two halves, the trial that was best in "
                f"one half was no better than the median in the other (probability of backtest overfitting). Near 50 % "
                "or above, choosing by the past said nothing about the future."
            )
        if self.spa is not None and self.reality_check is not None:
            verdict = (
                "which is too often for proof" if self.spa > 1.0 - PROOF else "so some trial earned by more than luck"
            )
            yield (
                f"If no trial were any better than doing nothing, the best would look as good as it does in "
                f"{_percent(self.spa)} of cases (Hansen's test of superior predictive ability; White's reality check "
                f"says {_percent(self.reality_check)}), {verdict}."
            )

    def _track(self) -> str:
        if math.isinf(self.min_track_record):
            return "No record, however long, proves a Sharpe ratio that is not above zero."
        needed = math.ceil(self.min_track_record)
        enough = "which it has" if needed <= self.observations else f"and it has {self.observations:,}"
        return f"To be 95 % sure that such a ratio is above zero takes {needed:,} daily returns, {enough}."

    def _tried(self) -> Iterator[str]:
        year = math.sqrt(self.per_year)
        if not self.counted:
            yield "The trial ledger is off, so nobody knows how many trials there were; this counts as the only one."
        elif self.trials == 1:
            yield "The ledger knows of no other trial of this strategy on these data, so nothing is deflated."
        else:
            verdict = (
                "which is proof as people take it"
                if self.deflated >= PROOF
                else "below 95 %, so that it may well be the luckiest of the trials"
            )
            yield (
                f"It is one of {self.trials:,} trials of this strategy on these data. The best of as many without any "
                f"skill may be expected to show {self.expected * year:.2f} a year; that this one is better than luck "
                f"is {_percent(self.deflated)} sure (deflated Sharpe ratio), {verdict}."
            )
        if self.haircut is not None and self.trials > 1 and self.sharpe > 0.0:
            yield (
                f"After as many tests, {self.haircut.sharpe * year:.2f} a year is left of it, a haircut of "
                f"{_percent(self.haircut.haircut)} (Harvey and Liu)."
            )


def weigh(
    *,
    sharpe: float,
    observations: int,
    skew: float,
    kurtosis: float,
    per_year: float = 252.0,
    others: Sequence[tuple[float, int]] = (),
    untold: int = 0,
    variance: float = 0.0,
    matrix: Float64 | None = None,
    reps: int = 0,
    counted: bool = True,
) -> Evidence:
    """The evidence of a record of daily returns, given the Sharpe ratio and the days of every other trial.

    untold: trials that have no Sharpe ratio. variance: of the Sharpe ratios of all trials. matrix: (days, trials), the
    returns of all trials; the probability of backtest overfitting needs twice as many days as blocks. reps: bootstrap
    samples of White's and Hansen's tests, which need the package arch; 0 for none.
    """
    trials = 1 + len(others) + untold
    plain = Evidence(
        sharpe=sharpe,
        observations=observations,
        skew=skew,
        kurtosis=kurtosis,
        per_year=per_year,
        trials=trials,
        trials_variance=variance,
        counted=counted,
    )
    if observations < FEWEST or not all(map(math.isfinite, (sharpe, skew, kurtosis))):
        return plain
    tests = _snooped(matrix, reps)
    try:
        return replace(
            plain,
            probabilistic=probabilistic_sharpe(sharpe, observations, skew, kurtosis),
            deflated=deflated_sharpe(sharpe, observations, skew, kurtosis, trials=trials, trials_variance=variance),
            expected=expected_max_sharpe(trials, variance),
            min_track_record=min_track_record(sharpe, skew, kurtosis),
            haircut=_haircut(sharpe, observations, others, untold),
            pbo=_pbo(matrix),
            spa=tests[0],
            reality_check=tests[1],
        )
    except StatisticError:  # moments of so few returns that no distribution has them
        return plain


def _haircut(sharpe: float, observations: int, others: Sequence[tuple[float, int]], untold: int) -> Haircut:
    """By Holm's steps, with the p-values of the other trials; one that has no Sharpe ratio proves nothing."""
    values = [p_value(one, n) for one, n in others if n > 1] + [1.0] * untold
    values += [1.0] * (len(others) + untold - len(values))
    return haircut_sharpe(sharpe, observations, method="holm", others=values)


def _pbo(matrix: Float64 | None) -> Overfitting | None:
    """By as many blocks as the days and the work allow: four days or more in each."""
    if matrix is None or matrix.shape[1] < 2:
        return None
    allowed = [one for one in BLOCKS if 4 * one <= len(matrix)]
    affordable = [one for one in allowed if math.comb(one, one // 2) * matrix.shape[1] <= WORK]
    return pbo(matrix, blocks=(affordable or allowed[-1:])[0]) if allowed else None


def _snooped(matrix: Float64 | None, reps: int) -> tuple[Snooping | None, Snooping | None]:
    """Hansen's and White's test of the trials that moved, where there are two or more of them and enough days."""
    if not reps or matrix is None or len(matrix) < FEWEST:
        return None, None
    moved = matrix[:, np.ptp(matrix, axis=0) > 0.0]
    if moved.shape[1] < 2:
        return None, None
    return spa(moved, reps=reps), reality_check(moved, reps=reps)


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"

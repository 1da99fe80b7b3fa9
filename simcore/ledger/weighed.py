"""A result against all that was tried: its daily returns, and the trials of its strategy that the ledger has."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from simcore.ledger.ledger import Ledger
from simcore.ledger.measured import line_of_run, trial_of
from simcore.ledger.trial import Trial
from simcore.ledger.tried import Tried, tried
from simcore.overfitting.evidence import Evidence, weigh
from simcore.report.curve import basis_of
from simcore.run.frames import Frames

REPS: Final = 500


def weighed(result: Frames, ledger: Ledger | None, reps: int | None = None) -> Evidence:
    """What the returns of a finished run prove; without a ledger it is taken for the only trial.

    reps: bootstrap samples of White's and Hansen's tests; default REPS where the package for them is installed.
    """
    if reps is None:
        reps = REPS if find_spec("arch") else 0
    return weighed_trial(trial_of(result), ledger, basis_of(line_of_run(result).ends).per_year, reps)


def weighed_trial(mine: Trial, ledger: Ledger | None, per_year: float = 252.0, reps: int = 0) -> Evidence:
    """What the returns of a run prove, told by its row."""
    others = [] if ledger is None else _others(ledger, mine)
    told = [(one.sharpe, one.observations) for one in others if math.isfinite(one.sharpe)]
    every = Tried((mine, *others))
    return weigh(
        sharpe=mine.sharpe,
        observations=mine.observations,
        skew=mine.skew,
        kurtosis=mine.kurtosis,
        per_year=per_year,
        others=told,
        untold=len(others) - len(told),
        variance=every.variance,
        matrix=every.returns(mine.days)[1] if others else None,
        reps=reps,
        counted=ledger is not None,
    )


def _others(ledger: Ledger, mine: Trial) -> list[Trial]:
    """Every other trial. A run read from a file has lost its code: the last run with its parameters is taken for it."""
    span = {"start": mine.start, "end": mine.end, "data": mine.data}
    found = tried(ledger, mine.strategy, mine.symbols, **span)  # type: ignore[arg-type]
    if not mine.code:
        same = [one for one in found.trials if replace(one, code="").trial == mine.trial]
        mine = same[-1] if same else mine
    return [one for one in found.trials if one.trial != mine.trial]

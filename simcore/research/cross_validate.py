"""cross_validate(): parameters chosen on some stretches of data, looked at on others, in every way there is.

Every combination is run once over all of the data; its daily returns are then cut into `folds` stretches of trading
days. In purged k-fold (tests=1) each stretch is the test once; in combinatorial purged cross-validation (tests=2 or
more; Lopez de Prado 2018, chapter 12) every choice of that many stretches is. Days within `purge` before a test and
within `purge` and `embargo` after it are left out of training: a position held there reaches into the test.

Assumes that a run's returns on a day tell what its parameters are worth there: its memory is warm in every fold, and it
saw only what came before that day. The objective is one of daily returns, or a function of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations as choices
from math import comb
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.inputs import Data
from simcore.ledger.ledger import Place, kept_together, ledger_of
from simcore.progress import Hears, heard
from simcore.report.curve import Float64, Int64
from simcore.research.counted import Counted
from simcore.research.executors import check
from simcore.research.grid import Where, class_of, combinations
from simcore.research.sweep import opened, swept
from simcore.research.table import ERROR
from simcore.strategy.strategy import Strategy

YEAR: Final = 252.0
DAY_NS: Final = 86_400_000_000_000

OfReturns = str | Callable[[Float64], float]


def _sharpe(r: Float64) -> float:
    spread = float(r.std(ddof=1)) if r.size > 1 else 0.0
    return float(r.mean()) / spread * float(np.sqrt(YEAR)) if spread > 0.0 else float("nan")


def _sortino(r: Float64) -> float:
    down = float(np.sqrt(np.mean(np.minimum(r, 0.0) ** 2))) if r.size > 1 else 0.0
    return float(r.mean()) / down * float(np.sqrt(YEAR)) if down > 0.0 else float("nan")


def _return(r: Float64) -> float:
    return 100.0 * float(np.prod(1.0 + r) - 1.0)


def _drawdown(r: Float64) -> float:
    grown = np.append(1.0, np.cumprod(1.0 + r))
    return 100.0 * float((grown / np.maximum.accumulate(grown) - 1.0).min())


OBJECTIVES: Final[dict[str, Callable[[Float64], float]]] = {
    "Sharpe Ratio": _sharpe,
    "Sortino Ratio": _sortino,
    "Return [%]": _return,
    "Max. Drawdown [%]": _drawdown,
}


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    """What came of it.

    splits: a row a split: its test folds, the parameters chosen, the objective in training and in testing, days of
    each. days: trading days since 1970; returns (days, combinations) of every run, in the order of `rows`, its
    parameters. chosen: the number of the combination of each split; tests: its test folds; fold: of each day.
    """

    splits: pl.DataFrame
    days: Int64
    returns: Float64
    rows: Sequence[Mapping[str, Any]]
    chosen: Int64
    tests: Sequence[tuple[int, ...]]
    fold: Int64
    objective: str

    def __repr__(self) -> str:
        train, test = (float(self.splits[f"{part} objective"].to_numpy().mean()) for part in ("train", "test"))
        return f"CrossValidation({self.splits.height} splits, {self.objective}: train {train:.3f}, test {test:.3f})"

    @cached_property
    def paths(self) -> pl.DataFrame:
        """Returns by day out of sample: a column a path, each day once, by the parameters chosen without its fold.

        Of N folds and k tests there are comb(N, k) * k / N paths: one for k = 1.
        """
        folds = int(self.fold.max()) + 1
        seen = [[n for n, test in enumerate(self.tests) if k in test] for k in range(folds)]
        columns = {}
        for path in range(len(seen[0])):
            own = np.empty(self.days.size)
            for k in range(folds):
                at = self.fold == k
                own[at] = self.returns[at, self.chosen[seen[k][path]]]
            columns[str(path)] = own
        day = pl.Series(self.days * DAY_NS).cast(pl.Datetime("ns", "UTC"))
        return pl.DataFrame({"ts": day, **columns})

    @cached_property
    def stats(self) -> pl.DataFrame:
        """One row a path: the figures of its daily returns."""
        rows = [
            {"path": n, **{name: of(self.paths[str(n)].to_numpy()) for name, of in OBJECTIVES.items()}}
            for n in range(self.paths.width - 1)
        ]
        return pl.DataFrame(rows)


def cross_validate(
    strategy: type[Strategy] | Strategy,
    data: Data,
    *,
    params: Mapping[str, Any],
    folds: int = 5,
    tests: int = 1,
    purge: int = 1,
    embargo: int = 0,
    objective: OfReturns = "Sharpe Ratio",
    maximize: bool = True,
    where: Where | None = None,
    executor: str = "threads",
    workers: int | None = None,
    ledger: Place = True,
    progress: Hears = None,
    **account: Any,
) -> CrossValidation:
    """Cross-validate the choice of parameters; see the module's text. purge, embargo: trading days.

    objective: "Sharpe Ratio", "Sortino Ratio", "Return [%]" or "Max. Drawdown [%]" of daily returns, or a function of
    them (n,). All else as in sc.sweep; every combination is written to the ledger once, as kind sweep.

    Raises ConfigError for folds that the data have not the days for, and where the objective is nan in a training.
    """
    of = _objective(objective)
    check(executor, workers)
    _check(folds, tests, purge, embargo)
    written = ledger_of(ledger)
    cls, _ = class_of(strategy)
    rows = combinations(strategy, params, where)
    conditions = opened("cross_validate", data, account)
    counted = Counted.of(written, "sweep", cls, conditions, rows)
    with heard(progress, f"{cls.__name__} cross-validated", "combinations") as tell, kept_together(written):
        found = swept(cls, conditions, rows, executor=executor, workers=workers, counted=counted, progress=tell)
    good = [n for n, one in enumerate(found) if one.row[ERROR] is None]
    if not good:
        raise ConfigError(f"cross_validate: all {len(rows)} combinations failed; the first: {found[0].row[ERROR]}")
    days = found[good[0]].days
    returns = np.stack([found[n].returns for n in good], axis=1)
    if days.size < 2 * folds:
        raise ConfigError(
            f"cross_validate: {folds} folds of at least 2 days are longer than the data: {days.size} days"
        )
    fold = np.arange(days.size) * folds // days.size
    splits = list(choices(range(folds), tests))
    judged = _Judged(returns, of, 1.0 if maximize else -1.0)
    told: list[dict[str, Any]] = []
    chosen: list[int] = []
    for test in splits:
        looked = np.isin(fold, test)
        best, figures = judged.split(looked, training_days(looked, purge, embargo), test)
        chosen.append(best)
        told.append({"split": len(told), "test folds": list(test), **rows[good[best]], **figures})
    return CrossValidation(
        splits=pl.DataFrame(told, infer_schema_length=None),
        days=days,
        returns=returns,
        rows=[rows[n] for n in good],
        chosen=np.array(chosen),
        tests=splits,
        fold=fold,
        objective=objective if isinstance(objective, str) else getattr(objective, "__name__", "objective"),
    )


class _Judged(NamedTuple):
    """Daily returns (days, combinations), and what is looked for in them: `of`, the largest times `sign`."""

    returns: Float64
    of: Callable[[Float64], float]
    sign: float

    def split(self, looked: Any, trained: Any, test: tuple[int, ...]) -> tuple[int, dict[str, Any]]:
        """The combination that was best on the days trained on, and what it did there and on those of the test."""
        values = np.array([self.of(self.returns[trained, n]) for n in range(self.returns.shape[1])]) * self.sign
        if trained.sum() < 2 or np.isnan(values).all():
            raise ConfigError(f"cross_validate: the objective is nan in training without folds {test}; give more data")
        best = int(np.nanargmax(values))
        return best, {
            "train objective": self.of(self.returns[trained, best]),
            "test objective": self.of(self.returns[looked, best]),
            "train days": int(trained.sum()),
            "test days": int(looked.sum()),
        }


def training_days(looked: Any, purge: int, embargo: int) -> Any:
    """Which days (n,) are trained on, where `looked` are those of the tests."""
    left_out = looked.copy()
    for day in np.flatnonzero(looked):
        left_out[max(day - purge, 0) : day + purge + embargo + 1] = True
    return ~left_out


def _objective(objective: Any) -> Callable[[Float64], float]:
    if callable(objective):
        found: Callable[[Float64], float] = objective
        return found
    if objective not in OBJECTIVES:
        raise ConfigError(f"objective {objective!r} is not one of daily returns; {did_you_mean(objective, OBJECTIVES)}")
    return OBJECTIVES[objective]


def _check(folds: Any, tests: Any, purge: Any, embargo: Any) -> None:
    given = (("folds", folds, 2), ("tests", tests, 1), ("purge", purge, 0), ("embargo", embargo, 0))
    for name, value, least in given:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(f"cross_validate: {name} must be a whole number of at least {least}, was {value!r}")
    if tests >= folds:
        raise ConfigError(f"cross_validate: tests = {tests} of {folds} folds leave none to train on")
    if comb(folds, tests) > 10_000:
        raise ConfigError(f"cross_validate: {comb(folds, tests):,} splits are too many; take fewer folds or tests")

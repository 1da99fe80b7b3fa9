"""optimize(): parameters found by Optuna instead of trying all of them.

Trials are played in groups, one pass over the ticks for all of a group, so that few thousand rows stay in the
processor's cache; the sampler knows the results of all groups before. With `pruning` each is given up where its equity
falls behind the median of the others at that point of the data. A study in a storage (a SQLite file, a
PostgreSQL URL) is shared by every process that names it. Without a storage the same seed gives the same trials.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.account import Conditions
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.inputs import Data
from simcore.ledger.ledger import Place, kept_together, ledger_of
from simcore.progress import Hears, Progress, heard
from simcore.research.checkpoint import key_of
from simcore.research.counted import Counted
from simcore.research.executors import check
from simcore.research.grid import Values, Where, class_of, condition
from simcore.research.objective import Objective, check_objective, value_of
from simcore.research.optimized import ROW, WHY, Optimization, trials_of
from simcore.research.pruned import pruned
from simcore.research.space import Axis, Constraint, read_constraints, read_space, suggest
from simcore.research.studies import kept_in, quiet, sampler_of, state, study_of
from simcore.research.sweep import opened, swept
from simcore.research.table import ERROR, Figures, Row
from simcore.strategy.strategy import Strategy

SAMPLERS: Final = ("tpe", "cmaes", "nsga2", "random")
GROUP: Final = 8  # trials that share a pass over the ticks


def optimize(
    strategy: type[Strategy] | Strategy,
    data: Data,
    *,
    params: Mapping[str, Any],
    objective: Objective | Sequence[Objective] = "Sharpe Ratio",
    maximize: bool | Sequence[bool] = True,
    trials: int = 100,
    sampler: str = "tpe",
    constraints: Any = None,
    where: Where | None = None,
    pruning: bool = False,
    storage: str | os.PathLike[str] | None = None,
    study: str | None = None,
    seed: int = 0,
    executor: str = "threads",
    workers: int | None = None,
    ledger: Place = True,
    progress: Hears = None,
    **account: Any,
) -> Optimization:
    """Let Optuna choose `trials` combinations of params, and return all of them, the best and the front.

    params, constraints: see simcore.research.space. objective: a statistic's name, a function of a run's statistics, or
    several of them; maximize: of each. sampler: "tpe", "cmaes" (numbers only, one objective), "nsga2" or "random"; of
    several objectives TPE and NSGA-II draw a front. pruning: give up early what falls behind (one objective that is
    maximised). storage: a SQLite file or a URL of SQLAlchemy's; with it study names the study that processes share
    (default: made of the strategy, the data and the rest, so that the same call goes on). ledger: where every trial is
    written to. where, executor, workers: as in sc.sweep. progress: True shows a bar; or a function
    that hears (trials done, of).

    Raises ConfigError for a parameter, statistic, sampler or study that does not fit; where not one trial has a figure
    or keeps the constraints, `best` says so.
    """
    objectives = [objective] if isinstance(objective, str) or callable(objective) else list(objective)
    for one in objectives or [""]:
        check_objective(one)
    ways = [maximize] * len(objectives) if isinstance(maximize, bool) else list(maximize)
    check(executor, workers)
    _check(sampler, objectives, ways, trials, pruning, executor)
    written = ledger_of(ledger)
    cls, fixed = class_of(strategy)
    space, limits = read_space(cls, params), read_constraints(constraints)
    conditions = opened("optimize", data, account)
    names = [
        name if isinstance(name, str) else getattr(name, "__name__", f"objective_{n}")
        for n, name in enumerate(objectives)
    ]
    parameters = [*fixed, *(name for name in space if name not in fixed)]
    plan = Plan(cls, fixed, space, objectives, limits, condition(cls, where), sampler == "cmaes")
    known = (sorted((n, str(a)) for n, a in space.items()), names, ways, [str(one) for one in limits], str(where))
    hears = heard(progress, f"{cls.__name__} optimized", "trials")
    with quiet(), hears as tell, kept_in(storage) as tables, kept_together(written):
        own = seed if storage is None else (seed + 1_000_003 * os.getpid()) % 2**32  # no two processes draw the same
        made_study = study_of(tables, study, key_of(cls, conditions, known), ways, sampler_of(sampler, own), pruning)
        counted = Counted.of(written, "optimize", cls, conditions, known)
        if pruning:
            _pruned(made_study, plan, conditions, trials, counted, tell, workers)
        else:
            _grouped(made_study, plan, conditions, trials, counted, tell, executor=executor, workers=workers)
        return Optimization(
            study=made_study,
            trials=trials_of(made_study, parameters, names),
            parameters=parameters,
            objectives=names,
            maximize=ways,
            constraints=[str(one) for one in limits],
        )


@dataclass(frozen=True)
class Plan:
    """What a trial is and what is told of it."""

    strategy: type[Strategy]
    fixed: Values
    space: Mapping[str, Axis]
    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
    kept: Callable[[Values], bool]
    penalised: bool  # the sampler knows no constraints

    def ask(self, study: Any) -> tuple[Any, Values]:
        """The next trial, one that `where` keeps."""
        for _ in range(1_000):
            trial = study.ask()
            chosen = {**self.fixed, **suggest(trial, self.strategy, self.space)}
            if self.kept(chosen):
                return trial, chosen
            trial.set_user_attr(ROW, {**chosen, ERROR: "left out by where"})
            study.tell(trial, state=state("FAIL"))
        raise ConfigError("where: a thousand combinations in a row were left out; loosen it")

    def tell(self, study: Any, trial: Any, row: Row) -> None:
        """A finished run."""
        values = [value_of(row, one) for one in self.objectives]
        beyond = [one.beyond(row) for one in self.constraints]
        trial.set_user_attr(ROW, row)
        trial.set_user_attr(WHY, beyond)
        if any(value != value for value in values):
            study.tell(trial, state=state("FAIL"))
            return
        if self.penalised:
            worse = 1e6 * sum(max(one, 0.0) for one in beyond)
            up = study.direction.name == "MAXIMIZE"
            values = [values[0] - worse if up else values[0] + worse]
        study.tell(trial, values)


def _grouped(
    study: Any, plan: Plan, conditions: Conditions, trials: int, counted: Any, progress: Progress | None, **where: Any
) -> list[Figures]:
    """Trials in groups that share a pass over the ticks."""
    done: list[Figures] = []
    while len(done) < trials:
        asked = [plan.ask(study) for _ in range(min(GROUP, trials - len(done)))]
        rows = [chosen for _, chosen in asked]
        found = swept(plan.strategy, conditions, rows, counted=counted, **where)
        for (trial, _), one in zip(asked, found, strict=True):
            plan.tell(study, trial, one.row)
        done += found
        if progress is not None:
            progress(len(done), trials)
    return done


def _pruned(
    study: Any,
    plan: Plan,
    conditions: Conditions,
    trials: int,
    counted: Any,
    progress: Progress | None,
    workers: int | None,
) -> None:
    """Trials in groups, each given up where it falls behind."""
    for done in range(0, trials, GROUP):
        asked = [plan.ask(study) for _ in range(min(GROUP, trials - done))]
        ended = pruned(plan.strategy, conditions, asked, workers)
        for (trial, chosen), (found, whole) in zip(asked, ended, strict=True):
            if whole:
                plan.tell(study, trial, found.row)
            else:
                trial.set_user_attr(ROW, {**chosen, ERROR: "given up: behind the median of the others"})
                study.tell(trial, state=state("PRUNED"))
            if counted is not None:
                counted.keep([found]) if whole else counted.give_up(found)
        if progress is not None:
            progress(done + len(asked), trials)


def searched(search: Any, train: Conditions) -> tuple[list[Figures], list[str]]:
    """What a walk-forward asks for in each window: trials and the parameters' names. `search` has its settings."""
    cls, fixed = class_of(search.strategy)
    space = read_space(cls, search.params)
    plan = Plan(cls, fixed, space, [search.objective], [], condition(cls, search.where), False)
    counted = Counted.of(search.ledger, "walk_forward", cls, train, sorted((n, str(a)) for n, a in space.items()))
    with quiet():
        study = study_of(None, None, {}, [search.maximize], sampler_of("tpe", search.seed), False)
        where = {"executor": search.executor, "workers": search.workers}
        found = _grouped(study, plan, train, search.trials, counted, None, **where)
    return found, [*fixed, *(name for name in space if name not in fixed)]


def _check(
    sampler: Any, objectives: Sequence[Any], ways: Sequence[Any], trials: Any, pruning: bool, executor: str
) -> None:
    if sampler not in SAMPLERS:
        raise ConfigError(f"optimize: sampler {sampler!r} is not known; {did_you_mean(sampler, SAMPLERS)}")
    if len(ways) != len(objectives):
        raise ConfigError(f"optimize: maximize has {len(ways)} entries, there are {len(objectives)} objectives")
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise ConfigError(f"optimize: trials must be a whole number of at least 1, was {trials!r}")
    if len(objectives) > 1 and sampler == "cmaes":
        raise ConfigError("optimize: cmaes has one objective; of several, use tpe or nsga2")
    if pruning and (len(objectives) > 1 or not ways[0] or executor != "threads"):
        raise ConfigError("optimize: pruning needs one objective that is maximised, on executor 'threads'")

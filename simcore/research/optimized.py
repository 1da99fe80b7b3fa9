"""What an optimiser found: its trials, the best of them, and the front where there are several objectives.

Assumes a study of Optuna's whose trials hold their row of statistics and how far each constraint was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.research.table import ERROR, frame_of

if TYPE_CHECKING:
    import optuna

ROW: Final = "row"  # of a trial's user attributes
WHY: Final = "constraints"


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """What an optimiser found.

    study: Optuna's own. trials: a row a trial of the study, of every process: number, state, parameters, objectives,
    feasible, statistics. objectives and whether each is maximised; constraints as texts.
    """

    study: optuna.Study
    trials: pl.DataFrame
    parameters: Sequence[str]
    objectives: Sequence[str]
    maximize: Sequence[bool]
    constraints: Sequence[str]

    def __repr__(self) -> str:
        kept = self.trials["feasible"].any()
        return f"Optimization({self.trials.height} trials, {f'best {self.best}' if kept else 'none of them fits'})"

    def __len__(self) -> int:
        return self.trials.height

    @cached_property
    def front(self) -> pl.DataFrame:
        """The feasible trials that no other beats in every objective; of one objective, the best."""
        kept = self.trials.filter("feasible")
        if kept.is_empty():
            raise ConfigError(self._nothing())
        signs = [1.0 if up else -1.0 for up in self.maximize]
        values = [
            [s * v for s, v in zip(signs, row, strict=True)] for row in kept.select(pl.col("^objective .*$")).rows()
        ]
        best = [not any(_beats(other, own) for other in values) for own in values]
        return kept.filter(pl.Series(best))

    def _nothing(self) -> str:
        done = self.trials.filter(pl.col("state") == "complete")
        if done.is_empty():
            failed = self.trials["error"].drop_nulls()
            why = f"the first failed: {failed[0]}" if failed.len() else "too few trades or days?"
            return f"optimize: {' and '.join(self.objectives)} is nan for all {self.trials.height} trials; {why}"
        return f"optimize: none of {done.height} trials keeps {', '.join(self.constraints)}; loosen them, or try more"

    @property
    def best(self) -> dict[str, Any]:
        """The parameters of the best feasible trial; of several objectives, of the first of the front."""
        return {name: self.front[name][0] for name in self.parameters}

    @property
    def best_value(self) -> float:
        """The first objective of the best feasible trial."""
        return float(self.front[f"objective {self.objectives[0]}"][0])


def trials_of(study: Any, parameters: Sequence[str], objectives: Sequence[str]) -> pl.DataFrame:
    """A row a trial of the study; see Optimization."""
    told = study.get_trials(deepcopy=False)
    rows = [one.user_attrs.get(ROW) or {**one.params, ERROR: None} for one in told]
    front = pl.DataFrame({"number": [t.number for t in told], "state": [t.state.name.lower() for t in told]})
    found = {f"objective {name}": [_at(t.values, n) for t in told] for n, name in enumerate(objectives)}
    kept = [t.state.name == "COMPLETE" and _keeps(t) for t in told]
    return pl.concat(
        [front, pl.DataFrame(found, schema=dict.fromkeys(found, pl.Float64)), pl.DataFrame({"feasible": kept}),
         frame_of(rows, parameters)],
        how="horizontal",
    )  # fmt: skip


def _at(values: Any, n: int) -> float | None:
    return None if values is None else float(values[n])


def _beats(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(x >= y for x, y in zip(a, b, strict=True)) and any(x > y for x, y in zip(a, b, strict=True))


def _keeps(trial: Any) -> bool:
    return all(beyond <= 0.0 for beyond in trial.user_attrs.get(WHY, ()))

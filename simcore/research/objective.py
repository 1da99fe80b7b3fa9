"""What a study looks for: a statistic by its name, or a function of all of a run's statistics; more is better.

A statistic that is a loss or a cost (a drawdown is negative in `stats`) is better the nearer it is to zero, so more is
better there, too; for one of which less is better, `maximize=False` turns it round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.research.table import ERROR, TIMES, Row

Objective = str | Callable[[Row], float]

_TEXT: Final = ("Currency", "Annualisation", "Daily Basis")


@cache
def statistics() -> tuple[str, ...]:
    """The names of the statistics that are numbers, in the order of `Result.stats`."""
    empty = _nothing()
    return tuple(name for name in empty if name not in (*TIMES, *_TEXT) and not name.startswith("_"))


def _nothing() -> Iterable[str]:
    """The statistics of a run in which nothing happened: their names."""
    from simcore.report.stats import stats

    frames: dict[str, Any] = {
        "equity": pl.DataFrame({"ts": [0], "equity": [1.0], "used_margin": [0.0], "margin_level": [math.inf]}),
        "trades": pl.DataFrame(
            schema={"net": pl.Float64, "return_pct": pl.Float64, "entry_time": pl.Int64, "exit_time": pl.Int64}
        ),
        "fills": pl.DataFrame(schema={"swap": pl.Float64}),
        "events": pl.DataFrame(schema={"ts": pl.Int64, "type": pl.String, **dict.fromkeys("abcd", pl.Float64)}),
    }
    return [str(name) for name in stats(**frames, start_ns=0, end_ns=1, cash=1.0, currency="", ticks=0).index]


def check_statistic(name: str) -> None:
    """Raise ConfigError where a name is no statistic that is a number."""
    if name not in statistics():
        raise ConfigError(f"objective {name!r} is not a statistic; {_near(name)}")


def _near(name: str) -> str:
    holding = [one for one in statistics() if name.lower() in one.lower()]
    near = f"did you mean {holding[0]!r}?" if holding else did_you_mean(name, statistics())
    return near if near.startswith("did") else "result.stats has their names, such as 'Sharpe Ratio'"


def check_objective(objective: Any) -> None:
    """Raise ConfigError for what is neither a statistic nor a function."""
    if isinstance(objective, str):
        check_statistic(objective)
    elif not callable(objective):
        raise ConfigError(
            f"objective must be a statistic's name or a function of a run's statistics, was {objective!r}"
        )


def value_of(row: Row, objective: Objective) -> float:
    """The objective of one row; nan where the run failed or has no such figure."""
    if row.get(ERROR) is not None:
        return math.nan
    found: Any = row.get(objective) if isinstance(objective, str) else objective(row)
    return math.nan if found is None else float(found)


def best_of(rows: Sequence[Row], objective: Objective, maximize: bool = True, place: str = "") -> int:
    """The number of the best row, the first of equals. Raises ConfigError where not one has a figure."""
    values = [value_of(row, objective) for row in rows]
    there = [(value if maximize else -value, -n) for n, value in enumerate(values) if not math.isnan(value)]
    if not there:
        name = objective if isinstance(objective, str) else getattr(objective, "__name__", "the objective")
        failed = next((str(row[ERROR]) for row in rows if row.get(ERROR) is not None), None)
        why = f"the first failed: {failed}" if failed else "too few trades or days? choose another objective or span"
        raise ConfigError(f"{place}{name} is nan for all {len(rows)} combinations; {why}")
    return -max(there)[1]


def ordered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Rows by a statistic, best first, those without one last."""
    value = pl.col(name).cast(pl.Float64).fill_nan(None)
    return frame.sort(value, descending=True, nulls_last=True, maintain_order=True)

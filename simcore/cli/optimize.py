"""`simcore optimize STRATEGY -p fast=5:100 slow=50:500:10 --data FILE... --symbol NAME`: Optuna's choice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli.given import Given, reads
from simcore.cli.sweep import Executor, Where, Workers
from simcore.cli.walk_forward import Minimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simcore.strategy.strategy import Strategy


@reads("save")
def command(
    given: Given,
    trials: Annotated[int, typer.Option("--trials", help="How many combinations to try.")] = 100,
    objective: Annotated[
        list[str] | None, typer.Option("--objective", metavar="STATISTIC", help="Several draw a front; Sharpe Ratio.")
    ] = None,
    minimize: Minimize = False,
    sampler: Annotated[str, typer.Option("--sampler", help="tpe, cmaes, nsga2 or random.")] = "tpe",
    constraint: Annotated[
        list[str] | None, typer.Option("--constraint", metavar="LIMIT", help='"max_drawdown <= 20", "trades >= 30".')
    ] = None,
    where: Where = None,
    pruning: Annotated[bool, typer.Option("--pruning", help="Give up early what falls behind.")] = False,
    storage: Annotated[
        str | None, typer.Option("--storage", metavar="PLACE", help="A SQLite file or postgresql://... to share.")
    ] = None,
    study: Annotated[str | None, typer.Option("--study", metavar="NAME", help="The study in the storage.")] = None,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    top: Annotated[int, typer.Option("--top", help="Rows to show.")] = 10,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="The trials, .csv or .parquet.")] = None,
    executor: Executor = "threads",
    workers: Workers = None,
) -> None:
    """Let Optuna look for parameters: -p fast=5:100 is a range, fast=5,10,20 a choice.

    simcore optimize ema-cross --data eurusd.csv --symbol EURUSD -p fast=5:50 slow=50:300 --constraint "stop_outs == 0"
    """
    from simcore.cli.show import print_json, rows
    from simcore.cli.sweep import show, write_table
    from simcore.progress.bar import progress_bar
    from simcore.research.optimize import optimize

    objectives: Any = objective or ["Sharpe Ratio"]
    with progress_bar(f"{given.strategy.__name__} optimized", quiet=given.as_json, unit="trials") as tell:
        found = optimize(
            given.strategy,
            given.data,
            params=ranges_of(given.strategy, given.texts),
            objective=objectives,
            maximize=not minimize,
            trials=trials,
            sampler=sampler,
            constraints=constraint,
            where=where,
            pruning=pruning,
            storage=storage,
            study=study,
            seed=seed,
            executor=executor,
            workers=workers,
            progress=tell,
            **given.account,
        )
    if save is not None:
        write_table(found.trials, save)
    front = found.front
    if given.as_json:
        print_json({"best": found.best, "best_value": found.best_value, "front": rows(front), "trials": len(found)})
        return
    column = f"objective {objectives[0]}"
    best = found.trials.filter("feasible").sort(column, descending=not minimize) if len(objectives) == 1 else front
    show(best, [*found.parameters], objectives[0], top)
    typer.echo(f"best of {len(found)} trials: " + ", ".join(f"{name}={value}" for name, value in found.best.items()))


def ranges_of(cls: type[Strategy], texts: Sequence[str]) -> dict[str, Any]:
    """{"fast": (5, 100), "side": [1, -1]} of ["fast=5:100", "side=1,-1"]. Raises StrategyError or ConfigError."""
    from simcore.cli.given import check_varied, values_of
    from simcore.strategy.find import read_parameters

    check_varied(texts)
    found: dict[str, Any] = {}
    for text in texts:
        name, _, listed = text.partition("=")
        if ":" not in listed or "," in listed:
            found |= values_of(cls, [text])
        else:
            ends = listed.split(":")
            found[name.strip()] = tuple(read_parameters(cls, [f"{name}={end}"])[name.strip()] for end in ends)
    return found

"""`simcore walk-forward STRATEGY -p fast=5:50:5 --training 252D --testing 63D --data FILE... --symbol NAME`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simcore.cli.given import Given, reads
from simcore.cli.sweep import Executor, Where, Workers

if TYPE_CHECKING:
    from simcore.research.walked import WalkForwardResult

Objective = Annotated[str, typer.Option("--objective", metavar="STATISTIC", help="What to look for: the most of it.")]
Minimize = Annotated[bool, typer.Option("--minimize", help="The least of it.")]


@reads("chart", "report", "save")
def command(
    given: Given,
    training: Annotated[str, typer.Option("--training", help="Trading days 252D, or 12M, 4W, 6h.")],
    testing: Annotated[str, typer.Option("--testing", help="The same.")],
    step: Annotated[str | None, typer.Option("--step", show_default="testing")] = None,
    anchored: Annotated[bool, typer.Option("--anchored", help="Training keeps its beginning.")] = False,
    gap: Annotated[str, typer.Option("--gap", help="Left out between training and testing.")] = "0D",
    embargo: Annotated[str, typer.Option("--embargo", help="Left out of training after a testing.")] = "0D",
    where: Where = None,
    objective: Objective = "Sharpe Ratio",
    minimize: Minimize = False,
    positions: Annotated[str, typer.Option("--positions", help="flat or carry, from test to test.")] = "flat",
    optimizer: Annotated[str, typer.Option("--optimizer", help="sweep or optuna.")] = "sweep",
    trials: Annotated[int, typer.Option("--trials", help="Of optuna, a window.")] = 50,
    chart: Annotated[Path | None, typer.Option("--chart", metavar="FILE", help="Chosen parameters, as SVG.")] = None,
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="HTML of the stitched run.")] = None,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="The windows, .csv or .parquet.")] = None,
    executor: Executor = "threads",
    workers: Workers = None,
) -> None:
    """Choose parameters on one stretch of data, trade them on the next, again and again.

    simcore walk-forward ema-cross --data d/ --symbol EURUSD -p fast=5:50:5 slow=50,100 --training 252D --testing 63D
    """
    from simcore.cli.given import values_of
    from simcore.cli.show import print_json, rows
    from simcore.cli.sweep import write_table
    from simcore.progress.bar import progress_bar
    from simcore.research.walk_forward import walk_forward

    axes = values_of(given.strategy, given.texts)
    with progress_bar(f"{given.strategy.__name__}: walk-forward", quiet=given.as_json, unit="windows") as tell:
        found = walk_forward(
            given.strategy,
            given.data,
            params=axes,
            training=training,
            testing=testing,
            step=step,
            anchored=anchored,
            gap=gap,
            embargo=embargo,
            objective=objective,
            maximize=not minimize,
            where=where,
            positions=positions,
            optimizer=optimizer,
            trials=trials,
            executor=executor,
            workers=workers,
            progress=tell,
            **given.account,
        )
    if chart is not None:
        found.chart(chart)
    if report is not None:
        found.stitched.report(report)
    if save is not None:
        write_table(found.windows, save)
    if given.as_json:
        told = {"windows": rows(found.windows), "stability": rows(found.stability), "stats": found.stats}
        print_json({**told, "efficiency": found.efficiency, "positions": found.positions})
        return
    show(found)


def show(found: WalkForwardResult) -> None:
    """A line a window, then the stitched account."""
    from rich.console import Console
    from rich.table import Table

    from simcore.cli.show import print_result

    table = Table(box=None, pad_edge=False)
    for name in ("testing from", "to", *found.parameters, f"{found.objective}: train", "test", "return [%]", "trades"):
        table.add_column(name, justify="right")
    for row in found.windows.iter_rows(named=True):
        times = (f"{row[name]:%Y-%m-%d %H:%M}" for name in ("test_start", "test_end"))
        figures = (row["train objective"], row["test objective"], row["test Return [%]"])
        numbers = ("-" if one is None else f"{one:,.3f}" for one in figures)
        table.add_row(*times, *(f"{row[name]:g}" for name in found.parameters), *numbers, f"{row['test # Trades']}")
    Console().print(table)
    typer.echo(f"\nefficiency {found.efficiency:.2f}; stitched, positions {found.positions}:")
    print_result(found.stitched, found.stitched.run.strategy)

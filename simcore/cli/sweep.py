"""`simcore sweep STRATEGY -p fast=5,10 slow=50:200:50 --data FILE... --symbol NAME`: every combination, one table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli.given import Given, reads

if TYPE_CHECKING:
    import polars as pl

Where = Annotated[
    str | None, typer.Option("--where", metavar="CONDITION", help='Which combinations to keep: "fast < slow".')
]
Executor = Annotated[str, typer.Option("--executor", help="threads, or ray: a cluster.")]
Workers = Annotated[int | None, typer.Option("--workers", help="How many at once.", show_default="all cores")]


@reads("heat", "save")
def command(
    given: Given,
    where: Where = None,
    sort: Annotated[str, typer.Option("--sort", metavar="STATISTIC", help="Best first.")] = "Return [%]",
    top: Annotated[int, typer.Option("--top", help="Rows to show.")] = 20,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FOLDER", help="Keep what is done; called again, go on.")
    ] = None,
    heat: Annotated[Path | None, typer.Option("--heat-map", metavar="FILE", help="Draw it, as SVG.")] = None,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="The table, .csv or .parquet.")] = None,
    executor: Executor = "threads",
    workers: Workers = None,
) -> None:
    """Run every combination of the parameters through an account of its own.

    simcore sweep ema-cross --data eurusd.csv --symbol EURUSD -p fast=5:50:5 slow=50,100,200 --where "fast < slow"
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.given import values_of
    from simcore.cli.show import print_json, rows
    from simcore.progress.bar import progress_bar
    from simcore.report.heat import heat_map
    from simcore.research.objective import check_statistic, ordered
    from simcore.research.sweep import sweep

    check_statistic(sort)
    axes = values_of(given.strategy, given.texts)
    drawn = [name for name, values in axes.items() if len(values) > 1]
    if heat is not None and len(drawn) < 2:
        raise ConfigError(f"--heat-map needs two parameters with several values; there is {', '.join(drawn) or 'none'}")
    with progress_bar(f"{given.strategy.__name__} swept", quiet=given.as_json, unit="combinations") as tell:
        found = sweep(
            given.strategy,
            given.data,
            params=axes,
            where=where,
            executor=executor,
            workers=workers,
            checkpoint=checkpoint,
            progress=tell,
            **given.account,
        )
    if heat is not None:
        heat_map(found, drawn[0], drawn[1], sort, heat)
    if save is not None:
        write_table(found, save)
    if given.as_json:
        print_json(rows(found))
        return
    show(ordered(found, sort), [*axes], sort, top)


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """The table as CSV or Parquet by the file's name, whole or not at all."""
    from io import BytesIO

    import polars as pl

    from simcore.report.write import write_whole

    content = BytesIO()
    if path.suffix == ".parquet":
        frame.write_parquet(content)
    else:
        times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Duration)]
        frame.with_columns(pl.col(name).dt.total_seconds(fractional=True) for name in times).write_csv(content)
    write_whole(path, content.getvalue())


SHOWN = ("Return [%]", "Sharpe Ratio", "Max. Drawdown [%]", "# Trades", "Win Rate [%]", "Profit Factor", "Stop Outs")


def show(frame: pl.DataFrame, names: list[str], sort: str, top: int) -> None:
    """The first rows: the parameters, the figure sorted by, and a few others."""
    from rich.console import Console
    from rich.table import Table

    columns = list(dict.fromkeys([*names, sort, *(one for one in SHOWN if one in frame.columns)]))
    failed = frame.filter(frame["error"].is_not_null())
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right")
    for row in frame.filter(frame["error"].is_null()).head(top).iter_rows(named=True):
        table.add_row(*(_text(row[name]) for name in columns))
    Console(width=None if os.isatty(1) else 200).print(table)
    typer.echo(f"{frame.height:,} combinations" + (f", {failed.height:,} failed" if failed.height else ""))
    for row in failed.head(5).iter_rows(named=True):
        typer.echo("  " + ", ".join(f"{name}={row[name]}" for name in names) + f": {row['error']}")


def _text(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return "–" if value != value else f"{value:,.3f}"

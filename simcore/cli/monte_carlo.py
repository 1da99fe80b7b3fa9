"""`simcore monte-carlo STRATEGY --method NAME --data FILE... --symbol NAME`: what else could have come of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli.given import Given, reads
from simcore.cli.sweep import Executor, Workers

if TYPE_CHECKING:
    import polars as pl

Set = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="NAME=VALUE", help="A setting of the method: block=500, spread=0.3, missed=0.1."),
]

METHODS = (
    "What is drawn: trade_shuffle, trade_bootstrap, stationary_returns, circular_returns, stationary_ticks, "
    "circular_ticks, perturb, jitter, gbm, jump, garch, heston or regime."
)


@reads("chart", "save")
def command(
    given: Given,
    method: Annotated[str, typer.Option("--method", metavar="NAME", help=METHODS)] = "trade_bootstrap",
    n: Annotated[int, typer.Option("-n", "--paths", help="How many.")] = 1_000,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    settings: Set = None,
    ruin: Annotated[float, typer.Option("--ruin", help="Share of the cash at which an account is ruined.")] = 0.5,
    chart: Annotated[Path | None, typer.Option("--chart", metavar="FILE", help="The fan of the equity: SVG.")] = None,
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="A row a path, .csv or .parquet.")] = None,
    executor: Executor = "threads",
    workers: Workers = None,
) -> None:
    """Draw paths of trades, returns, ticks, costs, parameters or model prices, and say what share of them ends how.

    simcore monte-carlo ema-cross --method stationary_ticks --data eurusd.csv --symbol EURUSD --with block=500
    """
    from simcore.brokers.errors import ConfigError, did_you_mean
    from simcore.cli.show import print_json, rows
    from simcore.cli.sweep import write_table
    from simcore.cli.texts import pairs
    from simcore.progress.bar import progress_bar
    from simcore.research.monte_carlo import SETTINGS, monte_carlo
    from simcore.strategy.find import instance_of

    strategy = instance_of(given.strategy, texts=given.texts)
    chosen, known = pairs("--with", settings or ()), {name for takes in SETTINGS.values() for name in takes}
    for name in chosen.keys() - known:
        raise ConfigError(f"--with {name}: no method has such a setting; {did_you_mean(name, sorted(known))}")
    with progress_bar(f"{type(strategy).__name__}: {method}", quiet=given.as_json, unit="paths") as tell:
        found = monte_carlo(
            strategy,
            given.data,
            method=method,
            n=n,
            seed=seed,
            ruin=ruin,
            executor=executor,
            workers=workers,
            progress=tell,
            **chosen,
            **given.account,
        )
    if chart is not None:
        found.chart(chart)
    if save is not None:
        write_table(found.stats, save)
    if given.as_json:
        told = {"probabilities": found.probabilities, "confidence": rows(found.confidence), "bands": rows(found.bands)}
        print_json({"method": method, "n": n, "seed": seed, "settings": found.settings, **told})
        return
    show(found.confidence, found.probabilities, repr(found))


def show(confidence: pl.DataFrame, probabilities: dict[str, Any], title: str) -> None:
    """The figures at each level, then the probabilities."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    typer.echo(title)
    table = Table(box=None, pad_edge=False)
    for name in confidence.columns:
        table.add_column(name, justify="left" if name == "figure" else "right")
    for row in confidence.iter_rows():
        table.add_row(Text(str(row[0])), *map(_text, row[1:]))  # its unit in brackets is no markup
    Console().print(table)
    for name, share in probabilities.items():
        if share == share:
            typer.echo(f"{name.replace('_', ' '):<20}{100.0 * share:6.1f} %")


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if value == 0.0 or abs(value) >= 0.01 else f"{value:.2g}"

"""`simcore backtest STRATEGY --data FILE... --symbol NAME`: one run, its statistics, account and fills."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simcore.cli.given import Given, reads

if TYPE_CHECKING:
    from simcore.result import Result


@reads("report", "save")
def command(
    given: Given,
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the HTML report.")] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Keep the result; `simcore report` shows it again.")
    ] = None,
    explain: Annotated[
        int | None, typer.Option("--explain", metavar="ID", help="Explain order ID instead of the statistics.")
    ] = None,
) -> None:
    """Replay data through an account that a strategy trades.

    simcore backtest ema-cross --data eurusd.csv --symbol EURUSD -p fast=10 slow=40 --set commission.per_lot=3.5
    """
    from simcore.backtest import backtest
    from simcore.cli.show import print_json
    from simcore.progress.bar import progress_bar
    from simcore.strategy.find import instance_of

    chosen = instance_of(given.strategy, texts=given.texts)
    began = time.perf_counter()
    with progress_bar(f"{type(chosen).__name__} over {', '.join(given.data)}", quiet=given.as_json) as tell:
        result = backtest(chosen, given.data, **given.account, progress=tell)
    result.quality = given.quality
    written = result.report(report) if report else None
    if save:
        result.save(save)
    if explain is not None:
        told = result.explain(explain)
        print_json(told.to_dict()) if given.as_json else typer.echo(told.text)
        return
    show(result, time.perf_counter() - began, given.as_json, written)


def show(result: Result, seconds: float, as_json: bool, written: Path | None) -> None:
    """Print a result for machines or for people."""
    from simcore.cli.show import print_json, print_result, result_json
    from simcore.overfitting.sharpe import FEWEST

    if as_json:
        looked = {s: {"verdict": q.verdict, "policy": q.policy, "faults": q.faults} for s, q in result.quality.items()}
        print_json({**result_json(result), "quality": looked})
        return
    given = ", ".join(f"{name}={value}" for name, value in result.run.parameters.items())
    print_result(result, f"{result.run.strategy}({given})")
    ticks = len(result.run.feed)
    typer.echo(f"\n{ticks:,} ticks in {seconds:.2f} s, the replay alone {ticks / result.run.seconds:,.0f} a second")
    typer.echo(f"fingerprint {result.fingerprint}")
    if result.returns.size >= FEWEST:
        for sentence in result.overfitting(reps=0).sentences():
            typer.echo(sentence)
    for one in result.quality.values():
        typer.echo(f"data {one.verdict}")
    if written:
        typer.echo(f"report {written}")

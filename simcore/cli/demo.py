"""`simcore demo`: the main job on the sample that comes along, and an account that is stopped out.

A day of real EURUSD quotes goes through a breakout strategy, compiled and plain, with the same final account, byte for
byte. Then an account of 1,000 at leverage 500 sells into a rising market until the broker closes its positions.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import simcore as sc
from simcore.cli.options import AsJson

if TYPE_CHECKING:
    from simcore.market.columns import Quotes
    from simcore.result import Result

STRATEGY = "donchian-atr"
TOO_MUCH = {"leverage": 500, "cash": 1_000.0}


class SellThrice(sc.Strategy):
    """Sells one lot at nine, ten and eleven o'clock, without a stop loss."""

    bars = "1h"

    def on_bar(self, ctx: sc.Context) -> None:
        if 9 <= ctx.hour <= 11:
            ctx.sell(1.0)


def command(
    report: Annotated[Path, typer.Option("--report", metavar="FILE", help="Where the HTML report is written.")] = Path(
        "simcore-demo.html"
    ),
    as_json: AsJson = False,
) -> None:
    """Run a day of real quotes through an account, and one account into its stop-out."""
    from simcore.cli.compiling import compile_kernel
    from simcore.cli.show import plain, print_json, result_json
    from simcore.market.sample import SYMBOL, sample_path
    from simcore.report.write import check_target

    began = time.perf_counter()
    check_target(report)
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL)
    compile_kernel(quiet=as_json)
    compiled, plain_form = (_run(form, quotes, as_json) for form in (True, False))
    same = compiled.fingerprint == plain_form.fingerprint
    ruined = _ruin(quotes)
    written = compiled.report(report).resolve()
    if as_json:
        told = ruined.events.select("type", "sentence").to_dicts()
        ruin = {"account": plain(ruined.account), "events": told}
        print_json({**result_json(compiled), "plain_is_the_same": same, "report": str(written), "stop_out": ruin})
        return
    _tell(compiled, plain_form, same, written)
    _tell_ruin(ruined)
    _tell_next(sample_path(), time.perf_counter() - began)


def _run(compiled: bool, quotes: Quotes, quiet: bool) -> Result:
    from simcore.progress.bar import progress_bar
    from simcore.strategy.find import make_strategy

    strategy = make_strategy(STRATEGY, compiled=compiled)
    with progress_bar(f"{STRATEGY}, {'compiled' if compiled else 'plain Python'}", quiet=quiet) as tell:
        return sc.backtest(strategy, quotes, ledger=None, progress=tell)


def _ruin(quotes: Quotes) -> Result:
    broker = sc.Broker.preset("mt5-hedging", leverage=TOO_MUCH["leverage"])
    return sc.backtest(SellThrice(), quotes, broker=broker, cash=TOO_MUCH["cash"], ledger=None)


def _tell(compiled: Result, plain_form: Result, same: bool, written: Path) -> None:
    from rich.console import Console

    from simcore.cli.show import print_result

    ticks = len(compiled.run.feed)
    given = ", ".join(f"{name}={value}" for name, value in compiled.run.parameters.items())
    print_result(compiled, f"{compiled.run.strategy}({given}) on {ticks:,} real EURUSD quotes of 2016-06-14")
    forms = [f"{name} {1e3 * result.run.seconds:,.0f} ms" for name, result in _named(compiled, plain_form)]
    agree = "the same account, byte for byte" if same else "DIFFERENT accounts: please report this"
    typer.echo(f"\nreplay: {', '.join(forms)}; {agree}")
    Console(soft_wrap=True).print(f"report: {written}", highlight=False)


def _named(compiled: Result, plain_form: Result) -> list[tuple[str, Any]]:
    return [("compiled", compiled), ("plain Python", plain_form)]


def _tell_ruin(result: Result) -> None:
    """The first margin call, every stop-out, and what is left."""
    import polars as pl
    from rich.console import Console

    from simcore.cli.show import events_table

    typer.echo(
        f"\nThe same day, {TOO_MUCH['cash']:,.0f} USD at leverage {TOO_MUCH['leverage']}, three lots sold too early:"
    )
    calls = result.events.filter(pl.col("type") == "margin_call")
    Console().print(events_table(pl.concat([calls.head(1), result.events.filter(pl.col("type") == "stop_out")])))
    typer.echo(f"Left: {result.account['equity']:,.2f} USD.")


def _tell_next(sample: Path, seconds: float) -> None:
    typer.echo(f"\nAll of that took {seconds:.1f} s. Next:")
    near = sample.relative_to(Path.cwd()) if sample.is_relative_to(Path.cwd()) else sample
    typer.echo("  simcore strategies list")
    typer.echo(f"  simcore backtest ema-cross --data {near} --symbol EURUSD -p fast=10 slow=40 --report ema.html")
    typer.echo("  simcore brokers show mt5-hedging")

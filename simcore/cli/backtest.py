"""`simcore backtest STRATEGY --data FILE... --symbol NAME`: one run, its statistics, account and fills."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.result import Result


def command(
    strategy: o.Strategy,
    data: o.Files,
    symbol: o.Symbols,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    start: o.Start = None,
    end: o.End = None,
    policy: o.Policy = "keep",
    path: o.BarPath = "ohlc",
    actions: o.ActionFiles = None,
    broker: o.BrokerName = "mt5-hedging",
    currency: o.Currency = None,
    leverage: o.Leverage = None,
    cash: o.Cash = 10_000.0,
    overrides: o.Overrides = None,
    instrument: o.Instruments = None,
    size: o.Size = "M",
    sample: Annotated[str | None, typer.Option("--sample", help="Time between equity samples: 1min, 1h.")] = None,
    track: Annotated[bool, typer.Option("--track", help="Drawdown and lowest margin level on every tick.")] = False,
    finalize: Annotated[bool, typer.Option("--finalize-trades", help="Close what is open at the end.")] = False,
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the HTML report.")] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Keep the result; `simcore report` shows it again.")
    ] = None,
    explain: Annotated[
        int | None, typer.Option("--explain", metavar="ID", help="Explain order ID instead of the statistics.")
    ] = None,
    ledger: o.Ledger = None,
    as_json: o.AsJson = False,
) -> None:
    """Replay data through an account that a strategy trades.

    simcore backtest ema-cross --data eurusd.csv --symbol EURUSD -p fast=10 slow=40 --set commission.per_lot=3.5
    """
    from simcore.backtest import backtest
    from simcore.cli.checked import read_checked
    from simcore.cli.progress import compile_kernel, progress_bar
    from simcore.cli.show import print_json
    from simcore.cli.sources import actions_of
    from simcore.report.write import check_target
    from simcore.strategy.find import make_strategy

    for target in (report, save):
        if target is not None:
            check_target(target)
    chosen = make_strategy(strategy, compiled=compiled, texts=param or ())
    rules, fields = o.make_broker(broker, currency, leverage, overrides or (), symbol)
    contracts = o.make_instruments(symbol, instrument or (), fields)
    columns = {field: str(name) for field, name in o.pairs("--column", column or ()).items()}
    reading = o.pairs("--read", read or ())
    form = {"kind": kind, "timeframe": timeframe, "timezone": timezone, "start": start, "end": end}
    with progress_bar(f"reading and checking {', '.join(symbol)}", quiet=as_json):
        rows, found = read_checked(data, symbol, policy, rules.calendar, columns=columns, reading=reading, **form)
    booked = actions_of(actions or (), symbol, timezone)
    compile_kernel(quiet=as_json)
    began = time.perf_counter()
    with progress_bar(f"{type(chosen).__name__} over {', '.join(symbol)}", quiet=as_json) as tell:
        result = backtest(
            chosen,
            rows,
            broker=rules,
            instruments=contracts,
            cash=cash,
            size=size.upper(),
            sample=sample,
            track=track,
            finalize_trades=finalize,
            path=path,
            actions=booked,
            ledger=o.ledger(ledger),
            progress=tell,
        )
    result.quality = found
    written = result.report(report) if report else None
    if save:
        result.save(save)
    if explain is not None:
        told = result.explain(explain)
        print_json(told.to_dict()) if as_json else typer.echo(told.text)
        return
    show(result, time.perf_counter() - began, as_json, written)


def show(result: Result, seconds: float, as_json: bool, written: Path | None) -> None:
    """Print a result for machines or for people."""
    from simcore.cli.show import print_json, print_result, result_json

    if as_json:
        looked = {s: {"verdict": q.verdict, "policy": q.policy, "faults": q.faults} for s, q in result.quality.items()}
        print_json({**result_json(result), "quality": looked})
        return
    given = ", ".join(f"{name}={value}" for name, value in result.run.parameters.items())
    print_result(result, f"{result.run.strategy}({given})")
    ticks = len(result.run.feed)
    typer.echo(f"\n{ticks:,} ticks in {seconds:.2f} s, the replay alone {ticks / result.run.seconds:,.0f} a second")
    typer.echo(f"fingerprint {result.fingerprint}")
    for one in result.quality.values():
        typer.echo(f"data {one.verdict}")
    if written:
        typer.echo(f"report {written}")

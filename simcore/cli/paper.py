"""`simcore paper STRATEGY --data FILE... --session DIR`: recorded ticks, one event at a time, every one journaled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simcore.cli import options as o


def command(
    strategy: o.Strategy,
    data: o.Files,
    symbol: o.Symbols,
    session: Annotated[Path, typer.Option("--session", metavar="DIR", help="A new folder for the session.")],
    speed: Annotated[str, typer.Option("--speed", help="max: as fast as the ticks go.")] = "max",
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    start: o.Start = None,
    end: o.End = None,
    broker: o.BrokerName = "mt5-hedging",
    currency: o.Currency = None,
    leverage: o.Leverage = None,
    cash: o.Cash = 10_000.0,
    overrides: o.Overrides = None,
    instrument: o.Instruments = None,
    size: o.Size = "M",
    journal: Annotated[
        str | None, typer.Option("--journal", metavar="URL", help="A PostgreSQL database for the journal.")
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Trade recorded ticks on paper, event by event, and keep everything that proves it.

    simcore paper ema-cross --data eurusd.parquet --symbol EURUSD --session my-session; then simcore verify my-session
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.progress import compile_kernel, progress_bar
    from simcore.cli.show import print_json, print_result, result_json
    from simcore.cli.sources import read_data
    from simcore.live.paper import paper
    from simcore.strategy.find import lasting, make_strategy

    if speed != "max":
        raise ConfigError(f"--speed {speed}: recorded ticks are replayed as fast as they go; write --speed max")
    chosen = make_strategy(strategy, compiled=compiled, texts=param or ())
    rules, fields = o.make_broker(broker, currency, leverage, overrides or (), symbol)
    contracts = o.make_instruments(symbol, instrument or (), fields)
    columns = {field: str(name) for field, name in o.pairs("--column", column or ()).items()}
    reading = o.pairs("--read", read or ())
    form = {"kind": kind, "timeframe": timeframe, "timezone": timezone, "start": start, "end": end}
    rows = read_data(data, symbol, columns=columns, reading=reading, **form)
    compile_kernel(quiet=as_json)
    with progress_bar(f"{type(chosen).__name__} on paper, {', '.join(symbol)}", quiet=as_json) as tell:
        done = paper(
            chosen,
            rows,
            session=session,
            spec=lasting(strategy),
            broker=rules,
            instruments=contracts,
            cash=cash,
            size=size.upper(),
            journal=journal,
            progress=tell,
        )
    if as_json:
        print_json({**result_json(done.result), "session": str(done.folder), "events_journaled": done.events})
        return
    print_result(done.result, f"{done.result.run.strategy} on paper")
    typer.echo(f"\n{done.events:,} events journaled in {done.folder}; prove it with: simcore verify {done.folder}")

"""`simcore paper STRATEGY --data FILE... --session DIR`: recorded ticks, one event at a time, every one journaled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from simcore.cli import options as o
from simcore.cli.given import Market, options_of, read_market


@options_of(read_market)
def command(
    market: Callable[[], Market],
    strategy: o.Strategy,
    session: Annotated[Path, typer.Option("--session", metavar="DIR", help="A new folder for the session.")],
    speed: Annotated[str, typer.Option("--speed", help="max: as fast as the ticks go.")] = "max",
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    journal: Annotated[
        str | None, typer.Option("--journal", metavar="URL", help="A PostgreSQL database for the journal.")
    ] = None,
) -> None:
    """Trade recorded ticks on paper, event by event, and keep everything that proves it.

    simcore paper ema-cross --data eurusd.parquet --symbol EURUSD --session my-session; then simcore verify my-session
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.show import print_json, print_result, result_json
    from simcore.live.paper import paper
    from simcore.progress.bar import progress_bar
    from simcore.strategy.find import lasting, make_strategy

    if speed != "max":
        raise ConfigError(f"--speed {speed}: recorded ticks are replayed as fast as they go; write --speed max")
    chosen = make_strategy(strategy, compiled=compiled, texts=param or ())
    read = market()
    with progress_bar(f"{type(chosen).__name__} on paper, {', '.join(read.data)}", quiet=read.as_json) as tell:
        done = paper(
            chosen,
            read.data,
            session=session,
            spec=lasting(strategy),
            journal=journal,
            progress=tell,
            **read.account,
        )
    if read.as_json:
        print_json({**result_json(done.result), "session": str(done.folder), "events_journaled": done.events})
        return
    print_result(done.result, f"{done.result.run.strategy} on paper")
    typer.echo(f"\n{done.events:,} events journaled in {done.folder}; prove it with: simcore verify {done.folder}")

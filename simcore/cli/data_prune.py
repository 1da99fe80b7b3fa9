"""`simcore data prune FOLDER --symbol NAME --end TIME`: delete a range of a store."""

from __future__ import annotations

from typing import Annotated

import typer

from simcore.cli import options as o

Symbol = Annotated[str | None, typer.Option("--symbol", metavar="NAME", help="Only this symbol.", show_default="all")]
All = Annotated[bool, typer.Option("--all", help="Everything: needed where neither symbol nor times are given.")]
Unfinished = Annotated[bool, typer.Option("--unfinished", help="Delete what interrupted imports left, nothing else.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted.")]


def command(
    store: o.From,
    symbol: Symbol = None,
    start: o.Start = None,
    end: o.End = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    everything: All = False,
    unfinished: Unfinished = False,
    dry_run: DryRun = False,
    as_json: o.AsJson = False,
) -> None:
    """Delete a range of a store: rows from --start up to --end, of one symbol or of all. All of it or nothing.

    simcore data prune ticks --symbol EURUSD --end 2020-01-01 --dry-run
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.show import print_json
    from simcore.market.store import Store, job

    opened = Store(store)
    if unfinished:
        left = job.unfinished(store)
        if not dry_run:
            job.discard(store)
        gone = {path.name: 0 for path in left}
    elif symbol is None and start is None and end is None and not everything:
        raise ConfigError("say what to delete: --symbol, --start and --end, or --all")
    else:
        gone = opened.prune(symbol, start, end, kind=kind, timeframe=timeframe, dry_run=dry_run)
    if as_json:
        print_json({"store": str(store), "deleted": gone, "dry_run": dry_run})
        return
    verb = "would be deleted" if dry_run else "deleted"
    for name, rows in gone.items():
        typer.echo(f"{name} {verb}" if unfinished else f"{name}: {rows:,} rows {verb}")
    if not gone:
        typer.echo("there is none")

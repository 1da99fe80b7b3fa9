"""`simcore ledger prune --strategy NAME`: delete runs."""

from __future__ import annotations

from typing import Annotated

import typer

from simcore.cli import ledger as cli
from simcore.cli import options as o

Run = Annotated[int | None, typer.Option("--run", metavar="N", help="Only this run.")]
Before = Annotated[str | None, typer.Option("--before", metavar="TIME", help="Only what was written before.")]
All = Annotated[bool, typer.Option("--all", help="Everything: needed where nothing else is said.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how many would be deleted.")]


def command(
    strategy: cli.Strategy = None,
    kind: cli.Kind = None,
    study: cli.Study = None,
    run: Run = None,
    before: Before = None,
    everything: All = False,
    dry_run: DryRun = False,
    ledger: cli.Place = None,
    as_json: o.AsJson = False,
) -> None:
    """Delete runs: of a strategy, a kind, a study, or before a time. Trials that are deleted count no more.

    simcore ledger prune --study 5f2c --dry-run
    """
    from simcore.cli.show import print_json
    from simcore.ledger.errors import LedgerError
    from simcore.market.instants import span_of

    where = cli.sought(strategy, kind, study)
    where |= {} if run is None else {"id": run}
    where |= {} if before is None else {"until": span_of(None, before)[1]}
    if not where and not everything:
        raise LedgerError("say what to delete: --strategy, --kind, --study, --run, --before, or --all")
    opened = cli.opened(ledger)
    gone = opened.prune(dry_run=dry_run, **where)
    if as_json:
        print_json({"ledger": opened.shown, "deleted": gone, "dry_run": dry_run})
        return
    verb = "would be deleted from" if dry_run else "deleted from"
    typer.echo(f"{gone:,} runs {verb} {opened.shown}")

"""`simcore ledger list`: the runs, a line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import ledger as cli
from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.ledger.trial import Trial

Last = Annotated[int | None, typer.Option("--last", min=1, metavar="N", help="Only the newest N.")]
WORDS = ("written", "kind", "what", "data")
NUMBERS = ("trades", "return", "Sharpe a day")


def command(
    strategy: cli.Strategy = None,
    kind: cli.Kind = None,
    study: cli.Study = None,
    last: Last = None,
    ledger: cli.Place = None,
    as_json: o.AsJson = False,
) -> None:
    """List the runs of the ledger, the newest last, and say how many different trials they are.

    simcore ledger list --strategy EmaCross --last 20
    """
    from simcore.cli.show import print_json, rows

    opened = cli.opened(ledger)
    where = cli.sought(strategy, kind, study)
    if as_json:
        print_json({"ledger": opened.shown, "runs": [_json(row) for row in rows(opened.frame(**where, last=last))]})
        return
    found = opened.trials(**where, last=last)
    _print(found)
    different = len({(one.strategy, one.trial) for _, one in found})
    trials = "1 trial" if different == 1 else f"{different:,} trials"
    typer.echo(f"{len(found):,} runs of {trials} in {opened.shown}")


def _json(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: json.loads(row[name]) for name in ("parameters", "symbols", "stats")}}


def _print(found: list[tuple[int, Trial]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("run", justify="right", no_wrap=True)
    for head in WORDS:
        table.add_column(head, no_wrap=head in ("written", "kind"))
    for head in NUMBERS:
        table.add_column(head, justify="right")
    for number, one in found:
        table.add_row(str(number), *_cells(one))
    if found:
        Console().print(table)


def _cells(one: Trial) -> list[Any]:
    from simcore.report.display import number_text, time_text

    if one.error:
        told = [one.error, "", ""]
    else:
        trades, grown = one.stats.get("# Trades"), one.stats.get("Return [%]")
        told = [
            "" if trades is None else f"{trades:,}",
            "" if grown is None else f"{number_text(grown, 2)} %",
            number_text(one.sharpe, 4),
        ]
    return [
        time_text(one.ts, seconds=False)[5:],
        one.kind,
        " ".join([one.strategy, *(f"{name}={value}" for name, value in one.parameters.items())]),
        ", ".join(one.symbols),
        *told,
    ]

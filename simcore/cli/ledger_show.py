"""`simcore ledger show N`: everything that is known of one run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simcore.cli import ledger as cli
from simcore.cli import options as o

Number = Annotated[int, typer.Argument(metavar="RUN", help="Its number in `simcore ledger list`.")]


def command(run: Number, ledger: cli.Place = None, as_json: o.AsJson = False) -> None:
    """Show everything that is known of one run: what was run, on what, what came of it, how many trials there were.

    simcore ledger show 17
    """
    from simcore.cli.show import print_json
    from simcore.ledger.errors import LedgerError
    from simcore.ledger.weighed import weighed_trial

    opened = cli.opened(ledger)
    found = opened.trials(id=run)
    if not found:
        raise LedgerError(f"ledger {opened.shown}: no run {run}; simcore ledger list has their numbers")
    number, one = found[0]
    evidence = weighed_trial(one, opened)
    told = {"run": number, **one.told(), "trials": evidence.trials, "trials_variance": evidence.trials_variance}
    if as_json:
        print_json({**told, "overfitting": evidence.figures()})
        return
    for name, value in told.items():
        if isinstance(value, dict):
            typer.echo(f"{name}")
            for key, inner in value.items():
                typer.echo(f"  {key:<24}{_text(inner)}")
        else:
            typer.echo(f"{name.replace('_', ' '):<26}{_text(value)}")
    for sentence in evidence.sentences():
        typer.echo(sentence)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)

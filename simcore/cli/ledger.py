"""`simcore ledger VERB`: the runs that were made, and how many trials they are.

A verb `list` is the function `command` of `ledger_list`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from simcore.cli import Verb

if TYPE_CHECKING:
    from simcore.ledger.ledger import Ledger

VERBS: Final = {  # verb -> what the list of verbs says
    "list": "List the runs, the newest last.",
    "show": "Show everything that is known of one run.",
    "prune": "Delete runs.",
}

Place = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="PLACE",
        help="A file, or postgresql://user@host/database.",
        show_default="what SIMCORE_LEDGER says, the project's, the user's",
    ),
]
Strategy = Annotated[str | None, typer.Option("--strategy", metavar="NAME", help="Only runs of this strategy.")]
Kind = Annotated[
    str | None, typer.Option("--kind", help="Only backtest, sweep, optimize, walk_forward or monte_carlo.")
]
Study = Annotated[str | None, typer.Option("--study", metavar="ID", help="Only runs of this study.")]


class LedgerVerbs(TyperGroup):
    """The verbs of the table."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        for name, help_ in VERBS.items():
            self.add_command(Verb(name, module=f"ledger_{name}", help=help_))


app = typer.Typer(cls=LedgerVerbs, no_args_is_help=True, add_completion=False)


@app.callback()
def ledger() -> None:
    """List, show and prune the runs in the trial ledger, which the statistics of overfitting count."""


def opened(place: str | None) -> Ledger:
    """The ledger that --ledger names. Raises LedgerError."""
    from simcore.ledger.ledger import Ledger

    return Ledger(place)


def sought(strategy: str | None, kind: str | None, study: str | None) -> dict[str, Any]:
    """What --strategy, --kind and --study choose. Raises LedgerError for a kind there is not."""
    from simcore.brokers.errors import did_you_mean
    from simcore.ledger.errors import LedgerError
    from simcore.ledger.trial import KINDS

    plain = kind.replace("-", "_") if kind else None
    if plain is not None and plain not in KINDS:
        raise LedgerError(f"--kind {kind}: no such kind of run; {did_you_mean(plain, KINDS)}")
    chosen = {"strategy": strategy, "kind": plain, "study": study}
    return {name: value for name, value in chosen.items() if value is not None}

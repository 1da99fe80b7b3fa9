"""The command line `simcore`: one verb a file, each with `--json` for machines and a table for people.

A verb `walk-forward` is the function `command` of `simcore.cli.walk_forward`, or its typer app `app` where it has verbs
of its own. Only the verb that runs is imported, so that `simcore --help` and every start are fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

import simcore

VERBS: Final[dict[str, str]] = {  # verb -> what the list of verbs says, the first line of the command's docstring
    "scenario": "Play scenario files and check what they expect.",
}


class Verb(TyperCommand):
    """Stands for a verb until it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the verb and let it read its arguments."""
        module = import_module(f"{__name__}.{str(self.name).replace('-', '_')}")
        verb = getattr(module, "app", None)
        if verb is None:
            verb = typer.Typer(add_completion=False)
            verb.command(self.name)(module.command)
        return typer.main.get_command(verb).make_context(info_name, args, parent, **extra)


class Verbs(TyperGroup):
    """The verbs of the table."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        for name, help_ in VERBS.items():
            self.add_command(Verb(name, help=help_))


app = typer.Typer(name="simcore", cls=Verbs, no_args_is_help=True, add_completion=False)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"simcore {simcore.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Replay market ticks through one account with the rules of your broker."""

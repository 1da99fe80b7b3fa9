"""The command line `simcore`: one verb a file, each with `--json` for machines and a table for people."""

from __future__ import annotations

from typing import Annotated

import typer

import simcore

app = typer.Typer(name="simcore", no_args_is_help=True, add_completion=False)


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

"""`simcore conformance [FILE]`: brokers' worked examples, computed by the functions the simulation runs on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simcore.cli.options import AsJson
from simcore.cli.show import print_json

if TYPE_CHECKING:
    from simcore.conformance import Outcome


def command(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Cases (JSON). [default: (those in $SIMCORE_SHARED or ../shared, which are no part of simcore)]",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute brokers' worked examples with the rules of the simulated account.

    Exit code 1 where a case fails; cases of brokers whose rules are not built yet are unsupported.
    """
    from simcore.cli.compiling import compile_kernel
    from simcore.conformance import default_file, run_file, summary

    compile_kernel(as_json)
    outcomes = run_file(file or default_file())
    counts = summary(outcomes)
    if as_json:
        print_json(counts)
    else:
        _print(outcomes)
        typer.echo(f"{counts['passed']} passed, {counts['failed']} failed, {counts['unsupported']} unsupported")
    if counts["failed"]:
        raise typer.Exit(1)


def _print(outcomes: list[Outcome]) -> None:
    """A line for every kind, and one for every figure that differs."""
    kinds: dict[str, list[Outcome]] = {}
    for one in outcomes:
        kinds.setdefault(one.kind, []).append(one)
    for kind, group in kinds.items():
        words = {
            status: sum(one.status == status for one in group) for status in dict.fromkeys(o.status for o in group)
        }
        reasons = "; ".join(dict.fromkeys(line for one in group if one.status == "unsupported" for line in one.wrong))
        counts = ", ".join(f"{n} {status}" for status, n in words.items())
        typer.echo(f"{kind:24}{counts}{f': {reasons}' if reasons else ''}")
        for one in group:
            if one.status == "failed":
                typer.echo("".join(f"  {one.id}: {line}\n" for line in one.wrong), nl=False)

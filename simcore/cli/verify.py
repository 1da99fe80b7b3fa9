"""`simcore verify SESSION`: replay a session's journal and demand the same orders and the same State."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.strategy.strategy import Strategy


def command(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="The folder of a closed session.")],
    as_json: o.AsJson = False,
) -> None:
    """Replay a session and demand the same orders and the same State, byte for byte.

    Exit status 1 where they differ; 2 for a session that is damaged, changed or never closed.
    """
    from simcore.cli.progress import compile_kernel
    from simcore.cli.show import print_json
    from simcore.live.verify import verify

    compile_kernel(quiet=as_json)
    verdict = verify(session, _load)
    if as_json:
        print_json(
            {
                "same": verdict.same,
                "same_orders": verdict.same_orders,
                "same_state": verdict.same_state,
                "events": verdict.events,
                "order_changes": verdict.changes,
                "differences": verdict.differences,
            }
        )
    else:
        typer.echo(f"{verdict.events:,} events replayed, {verdict.changes:,} order changes")
        typer.echo(f"orders {'the same' if verdict.same_orders else 'DIFFER'}")
        typer.echo(f"State  {'the same, byte for byte' if verdict.same_state else 'DIFFERS'}")
        for difference in verdict.differences:
            typer.echo(f"  {difference}")
    if not verdict.same:
        raise typer.Exit(1)


def _load(spec: str, parameters: Mapping[str, Any], compiled: bool) -> Strategy:
    from simcore.strategy.find import make_strategy

    return make_strategy(spec, compiled=compiled, texts=[f"{name}={value}" for name, value in parameters.items()])

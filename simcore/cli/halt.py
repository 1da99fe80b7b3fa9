"""`simcore halt SESSION`: the kill switch of a live session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simcore.cli import options as o


def command(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="The folder of a live session.")],
    flatten: Annotated[bool, typer.Option("--flatten", help="Close its positions too, at the market.")] = False,
    as_json: o.AsJson = False,
) -> None:
    """Cancel every order of a live session, and let nothing of it leave any more.

    It goes to the broker by itself, so that it works while the strategy hangs. Exit status 1 where the broker refused.
    """
    from simcore.cli.show import print_json
    from simcore.live import folder
    from simcore.live.errors import SessionError
    from simcore.live.find import make_bridge
    from simcore.live.halting import ask, halt

    about = folder.read_json(session / folder.SESSION)
    if about.get("mode") != "live":
        raise SessionError(f"{session}: is no live session; a paper session ends with Ctrl-C")
    ask(session, flatten=flatten)  # first of all: what the broker hears comes after
    bridge = make_bridge(about["bridge"]["name"], about["bridge"]["options"], about["bridge"].get("account"))
    bridge.connect()
    try:
        done = halt(session, bridge, flatten=flatten)
    finally:
        bridge.disconnect()
    if as_json:
        print_json({"canceled": done.canceled, "closed": done.closed, "refused": done.refused})
    else:
        typer.echo(f"halted: {len(done.canceled)} orders canceled, {len(done.closed)} positions closed")
        for ticket in done.refused:
            typer.echo(f"  the broker did not take {ticket}; look at the terminal")
    if done.refused:
        raise typer.Exit(1)

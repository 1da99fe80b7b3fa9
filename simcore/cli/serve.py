"""`simcore serve --wire mt5 --data FILE... --symbol NAME`: a broker on recorded ticks, for any bot of its own."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import texts
from simcore.cli.given import Market, options_of, read_market

if TYPE_CHECKING:
    from bridges.emulators.mt5 import Terminal
    from bridges.emulators.mt5.server import Server

LOOK = 0.1  # seconds between looks at whether to stop
INTERRUPTED = 130  # what a shell calls a command that Ctrl-C ended


@options_of(read_market)
def command(
    market: Callable[[], Market],
    bot: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- COMMAND...]", help="A bot to run on it; without one, serve until interrupted."),
    ] = None,
    wire: Annotated[str, typer.Option("--wire", help="Whose interface: mt5.")] = "mt5",
    port: Annotated[int, typer.Option("--port", help="Of 127.0.0.1; 0: any that is free.")] = 0,
    connect: Annotated[
        Path, typer.Option("--connect", metavar="FILE", help="Where to write address and token for the bot.")
    ] = Path("simcore-mt5.json"),
    speed: Annotated[
        str, typer.Option("--speed", help="Times the wall clock; max: one recorded tick a look at prices.")
    ] = "1",
    history: Annotated[
        float, typer.Option("--history", metavar="HOURS", help="So much of the data has passed when the bot comes.")
    ] = 0.0,
    execution: Annotated[str, typer.Option("--execution", help="market, instant or exchange.")] = "market",
    faults: Annotated[Path | None, typer.Option("--faults", metavar="FILE", help="A plan of what goes wrong.")] = None,
) -> None:
    """Serve a broker's own interface over recorded ticks, with real margin rules, to an unmodified bot.

    simcore serve --wire mt5 --data eurusd.csv --symbol EURUSD --speed max -- python my_bot.py
    """
    from bridges.emulators.mt5 import Faults, Terminal
    from bridges.emulators.mt5.server import Server
    from simcore.brokers.errors import ConfigError

    if wire != "mt5":
        raise ConfigError(f"--wire {wire}: there is no such emulator; mt5 is the one there is")
    if not 0.0 <= history < float("inf"):
        raise ConfigError(f"--history {history}: must be a number of hours, 0 or more")
    if execution not in ("market", "instant", "exchange"):
        raise ConfigError(f"--execution {execution}: must be market, instant or exchange")
    pace, plan = texts.read_speed(speed) or "max", Faults.read(faults) if faults else None
    read = market()
    about: dict[str, Any] = {"speed": pace, "execution": execution, "faults": plan, "history": history}
    terminal = Terminal(read.data, **about, **read.account)
    with Server(terminal, port) as server:
        try:
            code = run(server, connect, bot, quiet=read.as_json)
        finally:
            connect.unlink(missing_ok=True)
    show(terminal, read.as_json)
    raise typer.Exit(code)


def run(server: Server, connect: Path, bot: list[str] | None, *, quiet: bool) -> int:
    """Serve while the bot runs, or until interrupted; returns the bot's exit code."""
    from bridges.emulators.mt5.wire import VARIABLE, site
    from simcore.cli.stopping import Stopping

    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    if not bot:
        with Stopping() as stopping:
            server.connection(connect)
            if not quiet:
                typer.echo(f"MetaTrader 5 on {server.address}; in another shell:")
                typer.echo(f"  PYTHONPATH={site()} {VARIABLE}={connect.resolve()} python your_bot.py", color=False)
            while not stopping.asked():
                thread.join(LOOK)  # a thread that is waited for without end hears no signal
        return 0
    server.connection(connect)
    paths = os.pathsep.join([str(site()), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": paths, VARIABLE: str(connect.resolve())}
    try:
        return subprocess.run(bot, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return INTERRUPTED


def show(terminal: Terminal, as_json: bool) -> None:
    """The account as the bot left it."""
    from simcore.cli.show import print_json

    books, figures = terminal.books, terminal.venue.figures
    deals = [deal._asdict() for deal in books.deals]
    if as_json:
        used = figures["margin_level"] if figures["used_margin"] > 0.0 else None
        print_json({"account": figures | {"margin_level": used}, "deals": deals})
        return
    traded = sum(1 for deal in deals if deal["symbol"])
    typer.echo(
        f"{traded} deals, {len(books.positions())} positions open, balance {figures['balance']:,.2f}, "
        f"equity {figures['equity']:,.2f} {terminal.broker.currency}"
    )

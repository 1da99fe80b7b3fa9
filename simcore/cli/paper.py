"""`simcore paper STRATEGY --session DIR` with recorded ticks (--data FILE...) or the prices of a --bridge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli import texts
from simcore.cli.given import Market, options_of, read_market
from simcore.cli.stopping import Stopping

if TYPE_CHECKING:
    from simcore.live.paper import Session
    from simcore.strategy.strategy import Strategy


@options_of(read_market, "data")
def command(
    market: Callable[[], Market],
    strategy: o.Strategy,
    session: Annotated[Path, typer.Option("--session", metavar="DIR", help="New, or one to go on with.")],
    speed: Annotated[
        str, typer.Option("--speed", help="Of recorded ticks: times the wall clock, 1, 60; max: as fast as they go.")
    ] = "max",
    bridge: Annotated[
        str | None, typer.Option("--bridge", help="Prices as they come of mt5, or module:Class; nothing is sent.")
    ] = None,
    bridge_set: o.BridgeOptions = None,
    account: o.AccountName = None,
    stale: o.Stale = 60.0,
    drift: o.Drift = 5.0,
    seconds: o.Seconds = None,
    end_session: Annotated[
        bool, typer.Option("--end-session", help="On stopping, close the session for good, for verify.")
    ] = False,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    journal: o.JournalUrl = None,
) -> None:
    """Trade on paper, event by event, and keep everything that proves it. Ctrl-C stops it; started again, it goes on.

    simcore paper ema-cross --data eurusd.parquet --symbol EURUSD --session my-session; then simcore verify my-session
    """
    from simcore.brokers.errors import ConfigError
    from simcore.live.guards import Guards
    from simcore.strategy.find import lasting, make_strategy

    pace = texts.read_speed(speed)
    chosen = make_strategy(strategy, compiled=compiled, texts=param or ())
    read = market()
    recorded = any(rows is not None for rows in read.data.values())
    if recorded == (bridge is not None):
        raise ConfigError("paper: give --data FILE... or --bridge NAME, one of them: where do the prices come from?")
    given = {"session": session, "spec": lasting(strategy), "journal": journal}
    if bridge is None:
        _recorded(chosen, read, pace, seconds, given | {"seal": end_session})
        return
    if speed != "max":
        raise ConfigError(f"--speed {speed}: is for recorded ticks; a bridge's prices come when they come")
    options = texts.pairs("--bridge-set", bridge_set or ())
    guards = Guards(stale=stale, drift=drift)
    _at_bridge(chosen, read, (bridge, options, account), seconds, given | {"guards": guards}, end=end_session)


def _recorded(
    chosen: Strategy, read: Market, speed: float | None, seconds: float | None, given: dict[str, Any]
) -> None:
    """Play recorded ticks; the terminal shows a bar, or at a chosen speed how the account stands."""
    from simcore.cli.status import Status
    from simcore.live.paper import Pace, paper
    from simcore.progress.bar import progress_bar

    if speed is None:
        text = f"{type(chosen).__name__} on paper, {', '.join(read.data)}"
        with Stopping(seconds) as stopping, progress_bar(text, quiet=read.as_json) as tell:
            done = paper(chosen, read.data, progress=tell, until=stopping.asked, **given, **read.account)
    else:
        pace = Pace(speed)
        status = Status(given["session"].name, list(read.data), quiet=read.as_json)
        with Stopping(seconds) as stopping, status:

            def until(count: int) -> bool:
                status.show("PAPER", pace.behind)
                return stopping.asked(count)

            done = paper(
                chosen, read.data, pace=pace, opened=status.follow, until=until, **given, **read.account
            )  # fmt: skip
    _show(done, read.as_json)


def _show(done: Session, as_json: bool) -> None:
    from simcore.cli.show import print_json, print_result, result_json

    if as_json:
        more = {"session": str(done.folder), "events_journaled": done.events, "ended": done.ended}
        print_json({**result_json(done.result), **more})
        return
    print_result(done.result, f"{done.result.run.strategy} on paper")
    then = f"prove it with: simcore verify {done.folder}" if done.ended else "start it again and it goes on"
    typer.echo(f"\n{done.events:,} events journaled in {done.folder}; {then}")


def _at_bridge(
    chosen: Strategy,
    read: Market,
    bridge: tuple[str, dict[str, Any], str | None],
    seconds: float | None,
    given: dict[str, Any],
    *,
    end: bool,
) -> None:
    """Follow a bridge's prices until stopped."""
    from simcore.cli.live import finish, run
    from simcore.live.find import make_bridge
    from simcore.live.paper_at import paper_at

    name, options, account = bridge
    at = make_bridge(name, options, account)
    at.connect()
    about = {"bridge": {"name": name, "options": options, "account": account}}
    held = paper_at(chosen, at, list(read.data), about=about, **given, **read.account)
    run(held, seconds, quiet=read.as_json)
    finish(held, read.as_json, end=end)
